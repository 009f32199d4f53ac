// The machine of `builder.remote`: its engine builds, in a session of our own, with nothing
// installed there but that engine. The session is made when it is needed, its host key checked as
// that of every host.
//   TRY_ASSIGN(const auto builder, RemoteBuilder::open(app, project));
//   TRY_ASSIGN(const auto built, builder->build(orders));
// Code::unreachable where the machine can't be reached, Code::interrupted when a signal came: what
// runs there then ends within seconds, and leaves nothing.
#pragma once
#include "build_order.hpp"
#include "local_engine.hpp"
#include "project.hpp"

#include "segue/host/image_build.hpp"
#include "segue/script/script_reader.hpp"

#include <memory>
#include <string>
#include <vector>

namespace segue {

class RemoteBuilder {
 public:
  // Asks which engine it has: Code::failed when there is none that answers.
  static Result<std::shared_ptr<RemoteBuilder>> open(App& app, const Project& project);

  const LocalEngine& engine() const { return engine_; }
  const std::string& name() const { return name_; }

  // All at once; the id of each image, or why there is none.
  Result<std::vector<Result<std::string>>> build(const std::vector<BuildOrder>& orders);
  Result<LocalImage> image(const std::string& reference);

  // The archive that its engine saves becomes a new file.
  Result<> save(const std::string& id, const std::string& file);

  // What the engine answers to that.
  Result<std::string> ask(const std::vector<std::string>& words);

  // Runs sections that print, all at once: what each told, or why it was not to be had.
  struct Job {
    Section section;
    DataReader data = nullptr;
    std::function<void(std::string_view)> on_output = nullptr;
  };
  using Told = std::vector<ScriptEvent>;
  Result<std::vector<Result<Told>>> run(std::vector<Job> jobs);
  Engine remote_engine() const { return Engine(path_, engine_.kind); }

 private:
  struct Running {
    size_t job = 0;
    ScriptReader reader;
    Told told;
  };

  RemoteBuilder(App& app, const Project& project, Endpoint endpoint);
  Result<> find_engine();
  Result<Job> job(const BuildOrder& order) const;
  Error explained(const Outcome& outcome, const ScriptReader& reader, const Told& told) const;
  Error lost(const std::string& why) const;
  Result<> receive(const std::string& id, const std::string& file, Report report);
  Result<> saved(const Outcome& outcome, const std::string& id, const std::string& why) const;

  App& app_;
  const Project& project_;
  Endpoint endpoint_;
  std::string name_;
  std::unique_ptr<Transport> transport_;
  LocalEngine engine_;
  std::string path_;  // of its program there
  int last_ticket_ = 0;
};

// The last thing told by that key; empty: nothing was.
std::string told_last(const RemoteBuilder::Told& told, const std::string& key);

}  // namespace segue
