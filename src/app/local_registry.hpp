// The registry of this machine (builder.registry.type: local), on a port of 127.0.0.1: a container
// of `registry:2` where the engine has that image or can get it, else Debian's `docker-registry`.
// It goes on running when the command has ended. What runs is known as ours by its label, or by a
// file that says which process it is.
//   LocalRegistry registry(app, project.config);
//   TRY(registry.ensure());  TRY(registry.push(engine, pushes));
#pragma once
#include "local_engine.hpp"
#include "project.hpp"
#include "registry_client.hpp"

#include "segue/os/child_process.hpp"

#include <optional>
#include <string>
#include <vector>

namespace segue {

class LocalRegistry {
 public:
  LocalRegistry(App& app, const Project& project);

  // Starts it where it does not run, and says so; false: it ran. Code::failed with what to do.
  Result<bool> ensure();

  // Ends it, and removes what it has kept; false: there was none.
  Result<bool> remove();

  // What the engine has by its id, under the names that the service has: "shop-web:v1". By which
  // digests the registry has it is written into each `digest`. Starts it where it does not run.
  struct Push {
    std::string service;
    std::string image;
    std::string id;
    std::string digest{};
  };
  Result<> push(const LocalEngine& engine, std::vector<Push>& pushes);

  std::string address() const;  // "127.0.0.1:31270"

 private:
  struct Process {
    int64_t id = 0;
    uint64_t start = 0;
  };
  std::optional<LocalEngine> engine();
  Result<ProcessResult> run(const LocalEngine& engine, std::vector<std::string> words,
                            Duration deadline = Duration{60'000});
  Result<bool> has_container();
  bool has_image();
  Result<> start_container(bool exists);
  Result<> start_program();
  Result<> await_answer(ChildProcess* child);
  std::optional<Process> process();
  std::string configuration() const;

  App& app_;
  const Project& project_;
  int port_;
  std::string folder_;
  std::string name_;  // of the container, and of its volume
  std::optional<std::optional<LocalEngine>> engine_;
};

}  // namespace segue
