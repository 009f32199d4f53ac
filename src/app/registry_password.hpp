// The password of builder.registry: a secret of the project, or what a command of this machine
// prints. It is kept among the project's secrets, by names that no secret can have
// (segue/engine/registry_login.hpp), for this run alone.
#pragma once
#include "project.hpp"

#include "segue/app/app.hpp"

namespace segue {

// Nothing where no registry wants one. Errors: a secret is missing (Code::usage), the command may
// not run or prints nothing.
Result<> find_registry_password(App& app, Project& project, bool yes);

}  // namespace segue
