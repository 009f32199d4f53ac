// One part of a script that succeeds or fails as a whole and reports how it ended. Its body is the
// body of a shell function: it ends with `return N`, or falls through with the last status.
// In a body, `segue_tell KEY VALUE` reports a fact to the client and `segue_beat` says "still
// here".
#pragma once
#include "segue/script/shell_text.hpp"

#include <string>

namespace segue {

struct Section {
  std::string name;  // one word, for the journal: "switch"
  ShellText body;
};

}  // namespace segue
