#include "local_registry.hpp"

#include "state_folder.hpp"

#include "segue/base/number.hpp"
#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/local_port.hpp"
#include "segue/os/process.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace segue {
namespace {

constexpr const char* kImage = "docker.io/library/registry:2";
constexpr const char* kProgram = "docker-registry";
constexpr const char* kLabel = "segue.registry";
constexpr Duration kLongestPull{300'000};
constexpr Duration kLongestStart{15'000};
constexpr Duration kLongestEnd{5'000};
constexpr Duration kBetweenLooks{50};
constexpr Duration kLongestAnswer{2'000};
constexpr size_t kLongestFile = 4096;

enum class Listener { none, registry, other };

Listener who_listens(int port) {
  const auto answer = ask_local_port(
      port, "GET /v2/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", kLongestAnswer);
  if (!answer) return Listener::none;
  return contains(lower_case(*answer), "docker-distribution-api-version") ? Listener::registry
                                                                          : Listener::other;
}

}  // namespace

LocalRegistry::LocalRegistry(App& app, const Project& project)
    : app_(app),
      project_(project),
      port_(project.config.builder.registry.local_port),
      folder_(fmt::format("{}/registry-{}", state_folder(), port_)),
      name_(fmt::format("segue-registry-{}", port_)) {}

std::string LocalRegistry::address() const {
  return project_.config.builder.registry.server;
}

std::optional<LocalEngine> LocalRegistry::engine() {
  if (!engine_) {
    const auto found = find_local_engine(app_, project_.config);
    engine_ = found ? std::optional(*found) : std::nullopt;
  }
  return *engine_;
}

Result<ProcessResult> LocalRegistry::run(const LocalEngine& engine, std::vector<std::string> words,
                                         Duration deadline) {
  ProcessRequest request;
  request.argv = std::move(words);
  request.argv.insert(request.argv.begin(), engine.program());
  request.deadline = deadline;
  return run_process(request, app_.signals.wake_fd());
}

// Whether it runs or not.
Result<bool> LocalRegistry::has_container() {
  const auto engine = this->engine();
  if (!engine) return false;
  TRY_ASSIGN(const ProcessResult found,
             run(*engine, {"ps", "-aq", "--filter", fmt::format("label={}={}", kLabel, port_)}));
  return found.succeeded() && !trim(found.output).empty();
}

// The one that its file names, if it is still that one.
std::optional<LocalRegistry::Process> LocalRegistry::process() {
  const auto text = app_.files.read(folder_ + "/process", kLongestFile);
  const auto words = split_words(text.value_or(""));
  if (words.size() != 2) return std::nullopt;
  const auto id = parse_number<int64_t>(words[0]);
  const auto start = parse_number<uint64_t>(words[1]);
  if (!id || !start || process_start_time(*id) != start) return std::nullopt;
  return Process{*id, *start};
}

Result<bool> LocalRegistry::ensure() {
  const Listener there = who_listens(port_);
  const bool program = process().has_value();
  if (there == Listener::registry && program) return false;
  TRY_ASSIGN(const bool container, has_container());
  if (there == Listener::registry && container) return false;
  if (there != Listener::none)
    return fail(
        Code::failed,
        fmt::format("port {} of this machine is taken, and not by a registry of segue", port_),
        "builder.registry.port names another one");
  if (container || has_image()) {
    TRY(start_container(container));
  } else {
    TRY(start_program());
  }
  return true;
}

bool LocalRegistry::has_image() {
  const auto engine = this->engine();
  if (!engine) return false;
  const auto found = run(*engine, {"image", "inspect", "--format", "x", "--", kImage});
  if (found && found->succeeded()) return true;
  // A program that is there already needs no network.
  ProcessRequest program;
  program.argv = {kProgram, "--version"};
  if (run_process(program, app_.signals.wake_fd())) return false;
  const auto pulled = run(*engine, {"pull", "-q", kImage}, kLongestPull);
  return pulled && pulled->succeeded();
}

Result<> LocalRegistry::start_container(bool exists) {
  const auto engine = this->engine();
  if (!engine) return fail(Code::failed, "no container engine of this machine answers");
  std::vector<std::string> words{"start", name_};
  if (!exists)
    words = {"run",     "-d",
             "--name",  name_,
             "--label", fmt::format("{}={}", kLabel, port_),
             "-p",      fmt::format("127.0.0.1:{}:5000", port_),
             "-v",      name_ + ":/var/lib/registry",
             kImage};
  TRY_ASSIGN(const ProcessResult started, run(*engine, std::move(words)));
  if (!started.succeeded())
    return fail(Code::failed,
                fmt::format("the registry did not start: {}", visible(trim(started.error_output))),
                fmt::format("look at it: {} logs {}", engine->program(), name_));
  TRY(await_answer(nullptr));
  app_.reporter.note(fmt::format("a registry was started on this machine: {}, in the container {}",
                                 address(), name_));
  return {};
}

std::string LocalRegistry::configuration() const {
  return fmt::format(
      "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n"
      "storage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n"
      "http: {{addr: \"127.0.0.1:{}\"}}\n",
      nlohmann::json(folder_ + "/images").dump(), port_);
}

// What it says goes to a file: a pipe would end with us.
Result<> LocalRegistry::start_program() {
  TRY(app_.files.make_directories(folder_, 0700));
  const std::string file = folder_ + "/config.yml";
  TRY(app_.files.write(file, configuration(), 0600));
  ProcessRequest request;
  request.argv = {"/bin/sh", "-c", "exec \"$@\" >\"$0\" 2>&1", folder_ + "/log", kProgram,
                  "serve",   file};
  TRY_ASSIGN(ChildProcess child, ChildProcess::start(request, ChildProcess::Streams::merged));
  TRY(await_answer(&child));
  const auto start = process_start_time(child.id());
  TRY(app_.files.write(folder_ + "/process", fmt::format("{} {}\n", child.id(), start.value_or(0)),
                       0600));
  app_.reporter.note(fmt::format("a registry was started on this machine: {}, {} (process {})",
                                 address(), kProgram, child.id()));
  return {};
}

Result<> LocalRegistry::await_answer(ChildProcess* child) {
  constexpr int kNoSuchProgram = 127;
  const TimePoint end = Clock::now() + kLongestStart;
  const int before = app_.signals.count();
  while (true) {
    if (child != nullptr)
      if (const auto ended = child->try_wait()) {
        const auto said = app_.files.read(folder_ + "/log", size_t{1} << 20);
        const auto lines = split_lines(trim(said.value_or("")));
        if (ended->status == kNoSuchProgram)
          return fail(Code::failed,
                      "this machine has no registry to start: neither the image registry:2 nor "
                      "the program docker-registry",
                      "install it (Debian: apt-get install docker-registry), or remove "
                      "`builder.registry`: images then travel through the SSH sessions");
        return fail(Code::failed, "the registry did not start: " +
                                      visible(lines.empty() ? "it said nothing" : lines.back()));
      }
    if (who_listens(port_) == Listener::registry) return {};
    app_.signals.drain();
    if (app_.signals.count() != before) return fail(Code::interrupted, "interrupted");
    if (Clock::now() > end) break;
    app_.signals.rest(kBetweenLooks);
  }
  if (child != nullptr) child->kill_group();
  return fail(Code::failed,
              fmt::format("the registry was started, and does not answer on {}", address()));
}

Result<bool> LocalRegistry::remove() {
  bool removed = false;
  if (const auto running = process()) {
    ProcessRequest request;
    request.argv = {"/bin/sh", "-c", "kill \"$1\"", "kill", std::to_string(running->id)};
    TRY(run_process(request, app_.signals.wake_fd()));
    const TimePoint end = Clock::now() + kLongestEnd;
    while (process_start_time(running->id) == running->start && Clock::now() < end)
      app_.signals.rest(kBetweenLooks);
    removed = true;
  }
  if (app_.files.exists(folder_)) {
    TRY(app_.files.remove_folder(folder_));
    removed = true;
  }
  TRY_ASSIGN(const bool container, has_container());
  if (!container) return removed;
  const auto engine = this->engine();
  if (!engine) return removed;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"rm", "-f", name_}, {"volume", "rm", name_}}) {
    TRY_ASSIGN(const ProcessResult result, run(*engine, words));
    if (!result.succeeded())
      return fail(Code::failed, fmt::format("{} can't be removed: {}", name_,
                                            visible(trim(result.error_output))));
  }
  return true;
}

Result<> LocalRegistry::push(const LocalEngine& engine, std::vector<Push>& pushes) {
  TRY(ensure());
  TRY_ASSIGN(RegistryClient client, RegistryClient::open(app_, project_, engine));
  std::vector<RegistryClient::Push> wanted;
  for (const Push& push : pushes) {
    wanted.push_back({push.service, address() + "/" + push.image});
    TRY_ASSIGN(const ProcessResult named, run(engine, {"tag", push.id, wanted.back().image}));
    if (!named.succeeded())
      return fail(Code::failed, fmt::format("{} can't name {}: {}", engine.program(), push.image,
                                            visible(trim(named.error_output))));
  }
  const auto pushed = client.push(wanted);
  // The engine needs that name no longer.
  for (const RegistryClient::Push& push : wanted) TRY(run(engine, {"image", "rm", push.image}));
  TRY(pushed);
  for (size_t i = 0; i < pushes.size(); ++i) pushes[i].digest = wanted[i].digest;
  return {};
}

}  // namespace segue
