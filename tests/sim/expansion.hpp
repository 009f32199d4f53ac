// Turns words into what a command gets: parameters, $( ), arithmetic, splitting, file names.
//   Expansion(shell).fields(command.words)
#pragma once
#include "shell.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sim {

class Expansion {
 public:
  explicit Expansion(Shell& shell) : shell_(shell) {}

  std::vector<std::string> fields(const std::vector<Word>& words);
  std::string text(const Word& word);     // of one word, unsplit
  std::string pattern(const Word& word);  // the same, for `case` and ${x#...}

 private:
  void expand(const Word& word, bool splits);
  void part(const WordPart& part, bool splits);
  void parameter(const WordPart& part, bool splits);
  void arguments(const WordPart& part, bool splits);
  std::optional<std::string> value_of(const std::string& name) const;
  std::string trimmed(std::string value, const WordPart& part);
  std::string output_of(const Program& program);
  void append(const std::string& text, bool quoted, bool splits);
  void append_literal(const std::string& text, bool quoted);
  void append_split(const std::string& text);
  void finish_field();
  void file_names(const Field& field, std::vector<std::string>& found) const;

  Shell& shell_;
  std::vector<Field> done_;
  Field current_;
  bool has_current_ = false;
  bool after_blank_ =
      false;  // a field has ended at a blank: a separator that follows is the same end
};

// The value of `1 + x * 2`; names are looked up by the function.
long long evaluate(const std::string& expression, const Shell& shell);

}  // namespace sim
