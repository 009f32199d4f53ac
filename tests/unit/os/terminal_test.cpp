#include "segue/os/terminal.hpp"

#include "support/catch.hpp"

#include "segue/os/fd.hpp"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

using namespace segue;

namespace {

constexpr int kYes = 10;
constexpr int kNo = 11;
constexpr int kError = 20;

struct Answered {
  int status = -1;
  std::string shown;
};

// Asks in a child whose terminal is ours to type on.
Answered ask(const std::string& typed) {
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    const Result<bool> answer = ask_yes_no("Deploy?", -1);
    ::_exit(!answer ? kError + static_cast<int>(answer.error().code) : *answer ? kYes : kNo);
  }
  const Fd ours(terminal);
  REQUIRE(::write(terminal, typed.data(), typed.size()) == static_cast<ssize_t>(typed.size()));
  Answered answered;
  std::array<char, 256> bytes{};
  for (ssize_t count = 1; count > 0;) {
    count = ::read(terminal, bytes.data(), bytes.size());
    if (count > 0) answered.shown.append(bytes.data(), static_cast<size_t>(count));
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  answered.status = WEXITSTATUS(status);
  return answered;
}

}  // namespace

TEST_CASE("Only a clear yes on the terminal is a yes") {
  REQUIRE(ask("y\n").status == kYes);
  REQUIRE(ask("yes\n").status == kYes);
  REQUIRE(ask("n\n").status == kNo);
  REQUIRE(ask("\n").status == kNo);
  REQUIRE(ask("yesterday\n").status == kNo);
  REQUIRE(ask("\x04").status == kNo);  // end of input
  REQUIRE(ask("n\n").shown.find("Deploy? [y/N] ") != std::string::npos);
}

TEST_CASE("A pipe is no terminal, and a width is always known") {
  const Pipe pipe = make_pipe().value();
  REQUIRE_FALSE(is_terminal(pipe.read.get()));
  REQUIRE(terminal_width() > 0);
}
