// Where this user's own small files lie: manual locks, and what deploy.yml may run.
//   state_folder()  ->  "/home/ada/.local/state/segue"
#pragma once
#include <string>

namespace segue {

std::string state_folder();

}  // namespace segue
