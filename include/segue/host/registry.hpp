// What a host does with a registry: pulls an image, or tries a login. Credentials are in a folder
// of the project that is there for that one command, which nobody else can look into.
#pragma once
#include "segue/base/duration.hpp"
#include "segue/engine/engine.hpp"
#include "segue/engine/registry_login.hpp"
#include "segue/host/layout.hpp"
#include "segue/script/section.hpp"

#include <optional>
#include <string>

namespace segue {

struct ImagePull {
  std::string reference;  // what the registry is asked for
  std::string image;      // what the image is called in the plan, and on the host
  std::string problem;    // `image-missing`, `proxy-image-missing`
  std::optional<RegistryLogin> login;
  Duration timeout{0};
  // Of a registry that is lent to the host for the moment: the id that the image must have. It then
  // keeps its own name only.
  std::string lent_id{};
};

// Tells `pulled IMAGE FACTS`; problem ImagePull::problem, or `image-differs`.
Section pull_image(const Layout& layout, const Engine& engine, const ImagePull& pull);

// Asks the registry whether it takes the credentials; nothing of them is left. Problem `registry`.
Section try_login(const Layout& layout, const Engine& engine, const RegistryLogin& login);

// Credentials of commands that were killed.
Section forget_credentials(const Layout& layout);

}  // namespace segue
