// What deploy.yml may run on this machine: a checkout of somebody else must not run programs here
// merely because its plan was looked at (rules F2). Asked once for each program, its arguments and,
// where it is a file of the project, its content; a yes is kept in the user's state folder.
//   TRY(ask_for_trust(app, wish, yes));
#pragma once
#include "segue/app/app.hpp"

#include <string>
#include <vector>

namespace segue {

struct TrustWish {
  std::string folder;                 // of the project
  std::vector<std::string> words;     // what decides about what runs: program, arguments, options
  std::vector<std::string> programs;  // of these, what may be a program in the project's folder
  std::string shown;                  // for the question: "op item get shop --format json"
  std::string who = "for the values of secrets deploy.yml wants";  // begins the question
};

bool is_trusted(App& app, const TrustWish& wish);

// Done when it is trusted already, or somebody said yes now or (`yes`) beforehand. Errors:
// Code::usage where nobody can be asked, Code::failed after a no.
Result<> ask_for_trust(App& app, const TrustWish& wish, bool yes);

}  // namespace segue
