// A host without a machine: a folder, a fake engine as `docker`, and real shells that get scripts
// on stdin, as a transport would hand them over. Whatever goes wrong there can go wrong here.
//   TortureHost host;
//   const ShellRun run = host.run(script, {.shell = shells().front(), .hook = "kill-after:7"});
#pragma once
#include "segue/host/facts_probe.hpp"
#include "segue/script/outcome.hpp"
#include "segue/script/script.hpp"
#include "segue/script/script_reader.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace torture {

struct Shell {
  std::string name;
  std::vector<std::string> argv;
};
// dash, bash and busybox sh: those that are installed. With CI=true all must be.
std::vector<Shell> shells();
Shell shell_named(const std::string& name);

struct RunOptions {
  Shell shell = shell_named("dash");
  std::string hook = {};                       // for the fake engine
  int pace = 40;                               // how much faster `sleep` is
  std::optional<size_t> cut = {};              // only so many bytes arrive
  std::optional<size_t> deaf_after_line = {};  // then nobody listens any more
};

struct ShellRun {
  segue::Outcome outcome;
  segue::ScriptReader reader{""};
  std::vector<segue::ScriptEvent> events;
  std::vector<std::string> outputs;
  std::string text;  // all that was printed
  int status = -1;   // of the shell; -1: killed

  std::optional<std::string> told(const std::string& key) const;
};

class TortureHost {
 public:
  TortureHost();
  ~TortureHost();
  TortureHost(const TortureHost&) = delete;
  TortureHost& operator=(const TortureHost&) = delete;

  std::string render(const segue::Script& script) const;
  ShellRun run(const segue::Script& script, const RunOptions& options) const;
  ShellRun run_text(const std::string& text, const RunOptions& options) const;

  std::filesystem::path root() const { return folder_ / "root"; }
  nlohmann::json engine_state() const;
  void set_engine_state(const nlohmann::json& state) const;
  std::vector<std::string> lines_of(const std::string& file) const;  // of the fake engine's logs
  int calls() const { return engine_state()["calls"].get<int>(); }

  void save() const;     // everything, the state folder included
  void restore() const;  // as it was saved

  std::map<std::string, segue::Secret> secrets;

 private:
  std::filesystem::path folder_;
};

std::string read_file(const std::filesystem::path& path);

}  // namespace torture
