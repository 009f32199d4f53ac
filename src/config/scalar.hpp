// Scalars by our own rules instead of YAML 1.1's: numbers are decimal ("010" is an error, not 8),
// booleans are true and false only ("no" stays text), `$$` is a dollar and `${NAME}` a variable.
#pragma once
#include "yaml_node.hpp"

#include "segue/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace segue {

struct NumberRange {
  long long least = 0;
  long long most = 0;  // both 0: any
};

// Their errors go on after the name of the key: "must be a whole number, not ...".
Result<int> read_number(const YamlNode& node, NumberRange range);
Result<bool> read_flag(const YamlNode& node);

struct Variable {
  std::string name;  // of ${name}
  size_t at = 0;     // offset of the $
  bool closed = true;
};
// The first ${...} in the text; `$${` is none.
std::optional<Variable> find_variable(std::string_view text);

std::string expand_dollars(std::string_view text);  // with `$$` as `$`

// The place of some bytes of a scalar, where it stands in the file as it is; else of all of it.
SourceSpan part_of(const YamlNode& node, size_t offset, size_t length);

// What stands there, for "..., not <this>": a list, a map, nothing, the text "abc".
std::string describe(const YamlNode& node);

}  // namespace segue
