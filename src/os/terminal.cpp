#include "segue/os/terminal.hpp"

#include "segue/base/text.hpp"
#include "segue/os/fd.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

namespace segue {
namespace {

constexpr int kUsualWidth = 80;
constexpr size_t kLongestAnswer = 1024;

Result<> await_answer(int tty, int wake_fd) {
  std::array<pollfd, 2> waits{pollfd{tty, POLLIN, 0}, pollfd{wake_fd, POLLIN, 0}};
  while (true) {
    const int ready = ::poll(waits.data(), waits.size(), -1);
    if (ready < 0 && errno != EINTR)
      return fail(Code::failed, "cannot wait for an answer: " + errno_text(errno));
    if (ready > 0 && waits[1].revents != 0) return fail(Code::interrupted, "interrupted");
    if (ready > 0) return {};
  }
}

// Nothing typed is shown while this lives.
class Hidden {
 public:
  explicit Hidden(const Fd& tty) : tty_(tty), known_(::tcgetattr(tty.get(), &before_) == 0) {
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    if (known_) ::tcsetattr(tty.get(), TCSADRAIN, &quiet);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;
  ~Hidden() {
    if (known_) ::tcsetattr(tty_.get(), TCSADRAIN, &before_);
  }
  bool works() const { return known_; }

 private:
  const Fd& tty_;
  termios before_{};
  bool known_;
};

Fd open_terminal() {
  return Fd(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
}

// The line that was typed; nothing when the input has ended.
Result<std::optional<std::string>> ask(const Fd& tty, const std::string& prompt, int wake_fd) {
  if (::write(tty.get(), prompt.data(), prompt.size()) < 0)
    return fail(Code::failed, "cannot write to the terminal: " + errno_text(errno));
  std::string answer;
  while (answer.size() < kLongestAnswer && answer.find('\n') == std::string::npos) {
    TRY(await_answer(tty.get(), wake_fd));
    std::array<char, 256> bytes{};
    const ssize_t count = ::read(tty.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::optional<std::string>();
    answer.append(bytes.data(), static_cast<size_t>(count));
  }
  return std::optional(answer);
}

Result<std::optional<std::string>> ask(const std::string& prompt, const std::string& way_out,
                                       int wake_fd) {
  const Fd tty = open_terminal();
  if (!tty) return fail(Code::usage, "there is no terminal to ask on", way_out);
  return ask(tty, prompt, wake_fd);
}

bool means_yes(std::string_view answer) {
  answer = trim(answer);
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes" || answer == "YES";
}

}  // namespace

bool is_terminal(int fd) {
  return ::isatty(fd) == 1;
}

int terminal_width() {
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO}) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  }
  return kUsualWidth;
}

Result<bool> ask_yes_no(const std::string& question, int wake_fd) {
  TRY_ASSIGN(const std::optional<std::string> answer,
             ask(question + " [y/N] ", "add -y to answer yes beforehand", wake_fd));
  return answer && means_yes(*answer);
}

Result<std::string> ask_text(const std::string& question, const std::string& usual, int wake_fd) {
  const std::string prompt =
      usual.empty() ? question + ": " : fmt::format("{} [{}]: ", question, usual);
  TRY_ASSIGN(const std::optional<std::string> answer, ask(prompt, "give it as an option", wake_fd));
  if (!answer) return fail(Code::usage, "the input ended before an answer", "give it as an option");
  const std::string text(trim(*answer));
  return text.empty() ? usual : text;
}

Secret ask_secret(const std::string& question, int wake_fd) {
  const Fd tty = open_terminal();
  if (!tty) return {};
  const Hidden hidden(tty);
  if (!hidden.works()) return {};
  const auto answer = ask(tty, question + ": ", wake_fd);
  if (!answer) return {};
  const std::string line = answer->value_or("");
  return Secret(line.substr(0, line.find_first_of("\r\n")));
}

void tell_on_terminal(const std::string& text) {
  const Fd tty = open_terminal();
  const std::string line = visible(text) + "\n";
  // What can't be shown is not shown: the question comes again all the same.
  if (tty && ::write(tty.get(), line.data(), line.size()) < 0) return;
}

}  // namespace segue
