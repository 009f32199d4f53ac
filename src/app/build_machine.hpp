// The machine that builds: this one, or the one of `builder.remote`. What is built stays in its
// engine; from there it is sent, or pushed.
//   TRY_ASSIGN(BuildMachine machine, BuildMachine::find(app, project));
//   for (const Result<std::string>& id : machine.build(orders)) ...
#pragma once
#include "build_order.hpp"
#include "local_engine.hpp"
#include "project.hpp"
#include "registry_client.hpp"
#include "remote_builder.hpp"

#include "segue/plan/build_cache.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace segue {

class BuildMachine {
 public:
  // Code::failed when no engine answers, Code::unreachable when the other machine does not.
  static Result<BuildMachine> find(App& app, Project& project);

  const LocalEngine& engine() const { return engine_; }
  std::string title() const;  // "docker", "podman on build.example.com"
  std::string place() const;  // "this machine", "build.example.com"

  // Asked of the engine once.
  Result<BuilderAbilities> abilities();

  // Some at once; the id of each image, or why there is none. `id_folder` is one of ours.
  Result<std::vector<Result<std::string>>> build(const std::vector<BuildOrder>& orders,
                                                 const std::string& id_folder);
  Result<LocalImage> image(const std::string& reference);

  // The password has been found before (registry_password.hpp).
  Result<> log_in();
  Result<> push(std::vector<RegistryClient::Push>& pushes);
  // One name for several of them, by what they are called there: "shop-web@sha256:...".
  Result<> push_list(const std::string& image, std::vector<std::string> parts);

  // What the engine's client prints when it is asked that.
  Result<std::string> ask(const std::vector<std::string>& words);

 private:
  BuildMachine(App& app, const Project& project, LocalEngine engine,
               std::shared_ptr<RemoteBuilder> remote)
      : app_(app), project_(project), engine_(std::move(engine)), remote_(std::move(remote)) {}
  ProcessRequest request(const BuildOrder& order, const std::string& id_folder) const;
  Result<std::vector<Result<std::string>>> build_here(const std::vector<BuildOrder>& orders,
                                                      const std::string& id_folder);

  App& app_;
  const Project& project_;
  LocalEngine engine_;
  std::shared_ptr<RemoteBuilder> remote_;  // none: this machine
  std::shared_ptr<RegistryClient> registry_;
  std::optional<BuilderAbilities> abilities_;
};

}  // namespace segue
