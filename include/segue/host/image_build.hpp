// What is asked of a machine that builds for whoever deploys: sections for its shell. What it needs
// is in a private folder that is gone when the section ends; the folder of one that was killed goes
// with the next one. A build or a push ends within seconds when nobody hears its output any more.
#pragma once
#include "segue/base/duration.hpp"
#include "segue/engine/engine.hpp"
#include "segue/engine/image_list.hpp"
#include "segue/engine/registry_login.hpp"
#include "segue/script/section.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace segue {

// Tells `builder KIND ARCHITECTURE PATH` of the first engine that answers, and before it
// `no-builder KIND WHY` of each that does not.
Section find_builder(const std::vector<EngineKind>& wanted);

struct ImageBuild {
  std::vector<std::string> verb{"build"};
  std::vector<std::string> options;  // of that, but for those that name files
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> secrets;  // variable of the environment -> name of the value
  // The address of a git repository, and the file there; else the archive of a ContextStream
  // follows as data.
  std::string address;
  std::string dockerfile;
  bool has_dockerfile = false;  // beside the context in the archive
};

// Prints what the builder prints; tells `built ID`, or `failed STATUS`. Problem `builder-disk`.
Section build_image(const Engine& engine, const ImageBuild& build);

// Tells `image` with what `inspect --format` makes of it; nothing when there is none.
Section look_at_image(const Engine& engine, const std::string& image, const std::string& format);

struct ImagePush {
  std::string image;
  std::optional<RegistryLogin> login;
  Duration timeout{0};
};

// Prints what the client prints; tells `pushed DIGEST` where the engine says it in a file, or
// `failed STATUS`. Problem `builder-disk`.
Section push_image(const Engine& engine, const ImagePush& push);

// The name for images of several architectures, which were pushed before. Prints and tells as
// push_image, but for the digest.
Section push_image_list(const Engine& engine, const ListCommands& commands,
                        const std::optional<RegistryLogin>& login, Duration timeout);

// Asks the registry whether it takes the credentials: prints its answer, and tells `failed STATUS`.
Section try_builder_login(const Engine& engine, const RegistryLogin& login);

// Prints what the engine answers to that; tells `failed STATUS`.
Section ask_builder(const Engine& engine, const std::vector<std::string>& words);

// A script of its own whose output is the image's archive and nothing else: should it fail, `mark`
// and what the engine said come last.
std::string save_image(const Engine& engine, const std::string& id, const std::string& mark);

}  // namespace segue
