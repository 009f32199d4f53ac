// Pushes what was built, from the machine that built it: to the registry of deploy.yml, or to the
// one of this machine.
#pragma once
#include "build_machine.hpp"

#include <vector>

namespace segue {

// Of these services, each image under its name; where there are several architectures, with theirs
// behind it. A registry of deploy.yml is logged in to before; its digests are remembered, and hosts
// pull by them. There the name alone stands for the images of all architectures. Hosts go on asking
// for what is in the one of this machine by its id: that digest is between us and it.
Result<> push_images(App& app, const Project& project, BuildMachine& machine,
                     const std::vector<ServiceConfig*>& services);

}  // namespace segue
