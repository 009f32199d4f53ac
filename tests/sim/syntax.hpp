// The subset of the POSIX shell's language that our scripts use, as a tree. What the parser does
// not know is an error that names it, never skipped: a script that the simulator can't run must
// not look like one that does nothing.
//   const Program program = parse_shell("for x in a b; do echo \"$x\"; done");
#pragma once
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sim {

// A construct, option or program that the simulator does not know.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// What a real shell refuses too: a script that arrived in part, for one.
struct SyntaxError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Command;
using Program = std::shared_ptr<const Command>;

struct WordPart;
using Word = std::vector<WordPart>;

struct WordPart {
  enum class Kind { literal, parameter, command, arithmetic };
  Kind kind = Kind::literal;
  bool quoted = false;
  std::string text;  // the literal, or the parameter's name
  std::string
      operation;  // of a parameter: "", ":-", "-", ":+", "+", "#", "##", "%", "%%", "length"
  std::shared_ptr<Word> argument;  // of the operation, or the arithmetic expression
  Program program;                 // of $(...)
};

struct Redirection {
  int descriptor = 1;
  enum class Kind { read, write, append, read_write, duplicate } kind = Kind::write;
  Word target;
};

struct Command {
  enum class Kind {
    simple,      // assignments words
    pipeline,    // children, piped; negated: !
    both,        // a && b
    either,      // a || b
    list,        // children, one after another
    group,       // { children[0] }
    subshell,    // ( children[0] )
    background,  // children[0] &
    branch,      // if children[0]; then children[1]; else children[2]
    loop,        // while or until (negated) children[0]; do children[1]
    each,        // for name in words; do children[0]
    choice,      // case words[0] in cases
    function     // name() children[0]
  };
  struct Case {
    std::vector<Word> patterns;
    Program body;
  };
  Kind kind = Kind::simple;
  std::vector<std::pair<std::string, Word>> assignments;
  std::vector<Word> words;
  std::vector<Redirection> redirections;
  std::vector<Program> children;
  std::vector<Case> cases;
  std::string name;
  bool negated = false;
  bool all_arguments = false;  // `for name; do`
};

Program parse_shell(std::string_view text);

}  // namespace sim
