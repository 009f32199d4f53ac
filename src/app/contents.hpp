// The files and directories that a project's services have in their containers: found in the
// project's folder, checked, hashed, and read again when a host lacks them.
#pragma once
#include "project.hpp"

#include "segue/app/app.hpp"

namespace segue {

// Of the services and hosts that take part. What is missing, or leads out of the folder, is shown
// with its place in deploy.yml, all at once; the error then has no text.
Result<> find_contents(App& app, Project& project);

}  // namespace segue
