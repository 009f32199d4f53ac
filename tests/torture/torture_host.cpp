#include "torture_host.hpp"

#include "support/catch.hpp"
#include "support/fake_engine/first_state.hpp"
#include "support/places.hpp"

#include "segue/base/text.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>

namespace torture {

namespace fs = std::filesystem;
using nlohmann::json;
using segue::ScriptEvent;

namespace {

constexpr const char* kNonce = "00112233445566778899aabbccddeeff";

json first_state(const std::string& root) {
  json state = fake::first_state(root);
  state["networks"]["segue"] = {{"labels", {{"segue.role", "proxy"}, {"segue.state", root}}}};
  state["images"]["app:exits"] = {{"id", "sha256:exits"}};
  return state;
}

struct Child {
  pid_t pid = -1;
  int input = -1;
  int output = -1;
};

Child start(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
  int in[2];
  int out[2];
  REQUIRE(pipe2(in, O_CLOEXEC) == 0);
  REQUIRE(pipe2(out, O_CLOEXEC) == 0);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    dup2(in[0], 0);
    dup2(out[1], 1);
    dup2(out[1], 2);
    std::vector<std::string> entries = environment;
    entries.push_back("FAKE_ENGINE_GROUP=" + std::to_string(getpid()));
    std::vector<char*> pointers;
    for (std::string& entry : entries) pointers.push_back(entry.data());
    pointers.push_back(nullptr);
    execvpe(words[0], words.data(), pointers.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  return {pid, in[1], out[0]};
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

std::string read_output(int descriptor, const std::optional<size_t>& lines) {
  std::string text;
  char buffer[4096];
  while (true) {
    const size_t wanted = lines ? 1 : sizeof buffer;
    const auto seen = static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
    if (lines && seen >= *lines) return text;
    const ssize_t got = read(descriptor, buffer, wanted);
    if (got <= 0) return text;
    text.append(buffer, static_cast<size_t>(got));
  }
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Shell> shells() {
  // cmake/install-dependencies lays a static busybox there.
  const std::string own_busybox = segue::in_source("build/deps/tools/busybox");
  const std::string busybox = fs::exists(own_busybox) ? own_busybox : "/bin/busybox";
  const std::vector<Shell> known{
      {"dash", {"/bin/dash"}}, {"bash", {"/bin/bash"}}, {"busybox", {busybox, "sh"}}};
  std::vector<Shell> found;
  for (const Shell& shell : known) {
    const bool there = fs::exists(shell.argv.front());
    if (there) found.push_back(shell);
    const char* ci = std::getenv("CI");
    if (!there && ci != nullptr && std::string(ci) == "true")
      FAIL(shell.name << " is missing: scripts must be tried under it");
  }
  return found;
}

Shell shell_named(const std::string& name) {
  const std::vector<Shell> found = shells();
  for (const Shell& shell : found)
    if (shell.name == name) return shell;
  return {"sh", {"/bin/sh"}};
}

std::optional<std::string> ShellRun::told(const std::string& key) const {
  for (const ScriptEvent& event : events)
    if (event.kind == ScriptEvent::Kind::told && event.key == key) return event.value;
  return std::nullopt;
}

TortureHost::TortureHost() {
  signal(SIGPIPE, SIG_IGN);
  std::string pattern = (fs::temp_directory_path() / "segue-torture-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
  for (const char* name : {"bin", "engine", "root"}) fs::create_directories(folder_ / name);
  for (const char* name : {"docker", "sleep"})
    fs::create_symlink(segue::in_build("tests/fake_engine"), folder_ / "bin" / name);
  set_engine_state(first_state(root().string()));
}

TortureHost::~TortureHost() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

json TortureHost::engine_state() const {
  return json::parse(read_file(folder_ / "engine/state.json"));
}

void TortureHost::set_engine_state(const json& state) const {
  std::ofstream(folder_ / "engine/state.json") << state.dump();
}

std::vector<std::string> TortureHost::lines_of(const std::string& file) const {
  return segue::split_lines(read_file(folder_ / "engine" / file));
}

void TortureHost::save() const {
  fs::remove_all(folder_ / "saved");
  fs::create_directories(folder_ / "saved");
  for (const char* name : {"engine", "root"})
    fs::copy(folder_ / name, folder_ / "saved" / name, fs::copy_options::recursive);
}

void TortureHost::restore() const {
  for (const char* name : {"engine", "root"}) {
    fs::remove_all(folder_ / name);
    fs::copy(folder_ / "saved" / name, folder_ / name, fs::copy_options::recursive);
  }
}

std::string TortureHost::render(const segue::Script& script) const {
  return script.render(
      kNonce, [this](const std::string& name) -> const segue::Secret& { return secrets.at(name); });
}

ShellRun TortureHost::run(const segue::Script& script, const RunOptions& options) const {
  ShellRun run = run_text(render(script), options);
  for (size_t i = 0; i <= script.sections.size(); ++i)
    run.outputs.push_back(run.reader.output_of(static_cast<int>(i)));
  return run;
}

ShellRun TortureHost::run_text(const std::string& text, const RunOptions& options) const {
  const std::vector<std::string> environment{
      "PATH=" + (folder_ / "bin").string() + ":/usr/sbin:/usr/bin:/sbin:/bin",
      "FAKE_ENGINE=" + (folder_ / "engine").string(), "FAKE_ENGINE_HOOK=" + options.hook,
      "FAKE_ENGINE_PACE=" + std::to_string(options.pace)};
  const Child child = start(options.shell.argv, environment);
  write_all(child.input, std::string_view(text).substr(0, options.cut.value_or(text.size())));
  close(child.input);
  ShellRun run;
  run.text = read_output(child.output, options.deaf_after_line);
  close(child.output);
  int status = 0;
  REQUIRE(waitpid(child.pid, &status, 0) == child.pid);
  if (WIFEXITED(status)) run.status = WEXITSTATUS(status);
  run.reader = segue::ScriptReader(kNonce);
  run.reader.feed(run.text);
  run.events = run.reader.take_events();
  if (run.reader.trailer()) {
    run.outcome = segue::Exited{*run.reader.trailer()};
  } else {
    run.outcome = segue::Lost{"the connection ended"};
  }
  return run;
}

}  // namespace torture
