#include "state_folder.hpp"

#include "segue/os/environment.hpp"

namespace segue {

std::string state_folder() {
  const auto state = environment_variable("XDG_STATE_HOME");
  const std::string folder = state && !state->empty() ? *state : home_folder() + "/.local/state";
  return folder + "/segue";
}

}  // namespace segue
