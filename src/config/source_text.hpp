// The text of a file by lines, and where a value ends in it: yaml-cpp tells only where one begins.
// Lines and columns are 1-based, columns count bytes.
#pragma once
#include "segue/base/error.hpp"
#include "segue/base/source_span.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

class SourceText {
 public:
  SourceText(std::string file, std::string_view text);

  // The value that begins at line and column (an anchor or tag before it is passed over).
  struct Extent {
    SourceSpan span;
    char opening = 0;       // its first byte: a quote, | or >, else anything
    bool unclosed = false;  // a quote without its partner
  };
  Extent extent_at(int line, int column, std::string_view value) const;

  SourceSpan span_at(int line, int column, int length = 1) const;  // moved into the text if outside
  std::string_view line(int number) const;                         // without its line break

  // Why this is no text that YAML could be: too large, a NUL byte, invalid UTF-8.
  std::optional<Error> unreadable() const;

 private:
  size_t offset_of(int line, int column) const;
  Error error_at_offset(size_t offset, std::string what, std::string hint) const;

  std::string file_;
  std::string_view text_;
  std::vector<size_t> starts_;  // offset of each line
};

}  // namespace segue
