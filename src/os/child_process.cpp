#include "segue/os/child_process.hpp"

#include "segue/base/check.hpp"
#include "segue/os/signals.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace segue {
namespace {

// posix_spawn's two option objects, freed in any case.
struct SpawnOptions {
  SpawnOptions() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  SpawnOptions(const SpawnOptions&) = delete;
  SpawnOptions& operator=(const SpawnOptions&) = delete;
  ~SpawnOptions() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

enum class Session { own, ours };

void use_default_signals(posix_spawnattr_t& attributes, Session session) {
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  sigdelset(&all, SIGKILL);
  sigdelset(&all, SIGSTOP);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  const int own_session = session == Session::own ? POSIX_SPAWN_SETSID : 0;
  ::posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK |
                                                             POSIX_SPAWN_SETSIGDEF | own_session));
}

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& additions) {
  std::vector<std::string> variables;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view variable = *at;
    bool replaced = false;
    for (const auto& [name, value] : additions) {
      const bool same_name = variable.starts_with(name) && variable.substr(name.size(), 1) == "=";
      replaced = replaced || same_name;
    }
    if (!replaced) variables.emplace_back(variable);
  }
  for (const auto& [name, value] : additions)
    variables.push_back(fmt::format("{}={}", name, value));
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

Result<pid_t> spawn(const ProcessRequest& request, SpawnOptions& options) {
  if (!request.folder.empty())
    ::posix_spawn_file_actions_addchdir_np(&options.actions, request.folder.c_str());
  std::vector<std::string> words = request.argv;
  std::vector<std::string> variables = environment_with(request.environment);
  pid_t id = -1;
  const int number = ::posix_spawnp(&id, words[0].c_str(), &options.actions, &options.attributes,
                                    pointers_to(words).data(), pointers_to(variables).data());
  if (number != 0)
    return fail(Code::failed, fmt::format("cannot run {}: {}", words[0], errno_text(number)));
  return id;
}

}  // namespace

std::string signal_name(int number) {
  switch (number) {  // the names of signal(7), which no standard function gives on every system
    case SIGHUP:
      return "HUP";
    case SIGINT:
      return "INT";
    case SIGQUIT:
      return "QUIT";
    case SIGILL:
      return "ILL";
    case SIGTRAP:
      return "TRAP";
    case SIGABRT:
      return "ABRT";
    case SIGBUS:
      return "BUS";
    case SIGFPE:
      return "FPE";
    case SIGKILL:
      return "KILL";
    case SIGUSR1:
      return "USR1";
    case SIGSEGV:
      return "SEGV";
    case SIGUSR2:
      return "USR2";
    case SIGPIPE:
      return "PIPE";
    case SIGALRM:
      return "ALRM";
    case SIGTERM:
      return "TERM";
    case SIGXCPU:
      return "XCPU";
    case SIGXFSZ:
      return "XFSZ";
    case SIGSYS:
      return "SYS";
    default:
      return std::to_string(number);
  }
}

Result<ChildProcess> ChildProcess::start(const ProcessRequest& request, Streams streams) {
  CHECK(!request.argv.empty(), "a process has a program to run");
  ignore_broken_pipes();
  TRY_ASSIGN(Pipe input, make_pipe());
  TRY_ASSIGN(Pipe output, make_pipe());
  TRY_ASSIGN(Pipe error_output, make_pipe());
  SpawnOptions options;
  use_default_signals(options.attributes, Session::own);
  const int error_target =
      streams == Streams::merged ? output.write.get() : error_output.write.get();
  ::posix_spawn_file_actions_adddup2(&options.actions, input.read.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&options.actions, output.write.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&options.actions, error_target, STDERR_FILENO);
  TRY_ASSIGN(const pid_t id, spawn(request, options));

  ChildProcess child;
  child.id_ = id;
  child.input = std::move(input.write);
  child.output = std::move(output.read);
  set_nonblocking(child.input.get());
  set_nonblocking(child.output.get());
  if (streams == Streams::separate) {
    child.error_output = std::move(error_output.read);
    set_nonblocking(child.error_output.get());
  }
  return child;
}

Result<ProcessEnd> ChildProcess::run_in_terminal(const ProcessRequest& request) {
  SpawnOptions options;
  use_default_signals(options.attributes, Session::ours);
  ChildProcess child;
  TRY_ASSIGN(child.id_, spawn(request, options));
  int status = 0;
  while (::waitpid(child.id_, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) return ProcessEnd{0, signal_name(WTERMSIG(status))};
  return ProcessEnd{WEXITSTATUS(status), ""};
}

std::optional<ProcessEnd> ChildProcess::try_wait() {
  if (end_) return end_;
  int status = 0;
  pid_t waited = -1;
  do {
    waited = ::waitpid(id_, &status, WNOHANG);
  } while (waited < 0 && errno == EINTR);
  if (waited == 0) return std::nullopt;
  // A child that somebody else has waited for ended in a way that nobody can tell any more.
  if (waited < 0) end_ = ProcessEnd{0, "unknown"};
  if (waited > 0 && WIFSIGNALED(status)) end_ = ProcessEnd{0, signal_name(WTERMSIG(status))};
  if (waited > 0 && WIFEXITED(status)) end_ = ProcessEnd{WEXITSTATUS(status), ""};
  return end_;
}

void ChildProcess::kill_group() {
  // The group first: while its leader has not been waited for, nobody else can have its number.
  if (id_ <= 0 || end_) return;
  ::kill(-id_, SIGKILL);
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  end_ = ProcessEnd{0, signal_name(SIGKILL)};
}

}  // namespace segue
