// From source to images: builds the project's services on this machine or on the one of
// `builder.remote`, or finds what was built there before. What comes of it is written into the
// services: their images' names and ids.
#pragma once
#include "image_archive.hpp"
#include "project.hpp"

#include "segue/app/app.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace segue {

bool has_builds(const Project& project);  // of services that take part

struct BuildRequest {
  std::optional<std::string> version;  // empty: what the source says
  bool no_cache = false;
  std::string initiator;  // empty: user@machine
  std::string file;       // instead of the service's Dockerfile; empty: none
  bool push = false;      // to the registry of deploy.yml, which then says by which digest
  bool yes = false;       // the command that prints its password may be run
  // Done when all is known, the version too, and nothing is built yet; an error ends it.
  std::function<Result<>(const std::string& version)> before{};
};
// All at once; their output is shown as it comes. Code::failed with the last lines of what failed.
// That the registry takes the login is seen before anything is built.
Result<> build_images(App& app, Project& project, const BuildRequest& request);

// What is built is called so when nobody names a version.
Result<std::string> version_to_build(App& app, const Project& project,
                                     const std::optional<std::string>& named);

// Names the images of services that are built, and looks for them where images are built: there
// may be none, which is no error.
Result<> find_built_images(App& app, Project& project, const std::optional<std::string>& version);

// What hosts are sent: from this machine's engine, or from the machine that builds.
Result<ImageArchive> save_built_image(App& app, const Project& project, const std::string& id);

// By which ids, or digests of the registry, hosts are to be asked for what was built:
// host -> reference -> id.
std::map<std::string, std::map<std::string, std::string>> built_ids(const Project& project);

// Whether the architecture of a host is wanted that nobody has said: of one for which something is
// built, or was built for several.
bool needs_architectures(const Project& project, bool to_build);

}  // namespace segue
