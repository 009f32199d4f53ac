// A container engine for tests of scripts: takes the commands that segue sends, keeps its state in
// files, and does what real engines do to their clients at the worst moment.
//   FAKE_ENGINE=FOLDER       where the state is (without it: /var/lib/fake_engine)
//   FAKE_ENGINE_HOOK=...     what happens at the call with this number (counted since ever):
//     kill-before:N          the script's process group is killed, the command has no effect
//     kill-after:N           killed when the command has had its effect
//     late:N                 killed, and the command takes effect a moment later
//     touch:N:PATH           a file appears
//   FAKE_ENGINE_GROUP=PID    the process group of the script
// A file `think_ms` in the folder says how long each call takes, as a real engine's client does.
// What stands in a file `warning` there comes with each answer, on stderr.
// Called as `sleep` it sleeps FAKE_ENGINE_PACE times less long than it was asked to.
#include "folder_world.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>

namespace {

constexpr std::chrono::milliseconds kLate{50};  // well within what a recovery waits for

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

struct Hook {
  std::string kind;
  int call = 0;
  std::string path;
};

Hook read_hook() {
  const std::string text = variable("FAKE_ENGINE_HOOK");
  const size_t first = text.find(':');
  if (first == std::string::npos) return {};
  const size_t second = text.find(':', first + 1);
  return {text.substr(0, first), std::atoi(text.c_str() + first + 1),
          second == std::string::npos ? "" : text.substr(second + 1)};
}

[[noreturn]] void kill_script() {
  kill(-std::atoi(variable("FAKE_ENGINE_GROUP").c_str()), SIGKILL);
  kill(0, SIGKILL);  // `timeout` has made a group of its own
  _exit(137);
}

// Goes on as a process that no longer belongs to the script; the script is killed.
void leave_the_script() {
  int gone[2];
  if (pipe(gone) != 0) _exit(125);
  if (fork() != 0) {
    close(gone[1]);
    char byte = 0;
    while (read(gone[0], &byte, 1) > 0) {
    }
    kill_script();
  }
  setsid();
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int i = 0; i < 3; ++i) dup2(nowhere, i);
  close(gone[0]);
  close(gone[1]);
  std::this_thread::sleep_for(kLate);
}

std::string folder() {
  const std::string given = variable("FAKE_ENGINE");
  return given.empty() ? "/var/lib/fake_engine" : given;
}

void think() {
  int milliseconds = 0;
  if (std::ifstream(folder() + "/think_ms") >> milliseconds)
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

void warn() {
  std::ifstream warning(folder() + "/warning");
  if (warning) std::cerr << warning.rdbuf() << std::flush;
}

int count_call(const fake::Arguments& arguments) {
  fake::FolderWorld world(folder());
  const int number = world.state["calls"].get<int>() + 1;
  world.state["calls"] = number;
  world.save();
  world.append("calls",
               fake::json(arguments).dump(-1, ' ', false, fake::json::error_handler_t::replace));
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string program = argv[0];
  if (program.ends_with("sleep")) {
    const double pace = std::max(1.0, std::atof(variable("FAKE_ENGINE_PACE").c_str()));
    std::this_thread::sleep_for(std::chrono::duration<double>(std::atof(argv[1]) / pace));
    return 0;
  }
  const fake::Arguments arguments(argv + 1, argv + argc);
  think();
  warn();
  const int number = count_call(arguments);
  Hook hook = read_hook();
  if (hook.call != number) hook = {};
  if (hook.kind == "kill-before") kill_script();
  if (hook.kind == "touch") std::ofstream(hook.path) << "{}\n";
  if (hook.kind == "late") leave_the_script();
  fake::Answer answer;
  {
    fake::FolderWorld world(folder());
    answer = fake::do_command(world, arguments);
    world.save();
    fake::note_what_serves(world);
  }
  if (hook.kind == "kill-after") kill_script();
  std::cout << answer.text;
  std::cerr << answer.error;
  return answer.status;
}
