#include "openssh_forward.hpp"

#include "segue/base/number.hpp"
#include "segue/base/text.hpp"
#include "segue/os/debug_log.hpp"

#include <unistd.h>

#include <array>

namespace segue {
namespace {

constexpr Duration kForwardLook{20};

}  // namespace

OpensshForward::OpensshForward(const Endpoint& endpoint, std::string master, std::string door,
                               TimePoint now)
    : endpoint_(endpoint),
      master_(std::move(master)),
      door_(std::move(door)),
      deadline_(now + endpoint.connect_timeout),
      look_at_(now) {
  if (const auto asked = ask("forward"); !asked) number_ = tl::unexpected(asked.error());
}

// It reads no configuration: all of that is the master's.
Result<> OpensshForward::ask(const std::string& what) {
  ProcessRequest request;
  request.argv = {"ssh",
                  "-F",
                  "none",
                  "-O",
                  what,
                  "-o",
                  "ControlPath=" + master_,
                  "-R",
                  "127.0.0.1:0:" + door_,
                  "--",
                  endpoint_.address};
  request.environment = {{"SSH_ASKPASS_REQUIRE", "never"}, {"LC_ALL", "C"}};
  TRY_ASSIGN(child_, ChildProcess::start(request, ChildProcess::Streams::merged));
  child_->input.reset();
  return {};
}

void OpensshForward::advance(TimePoint now) {
  if (!child_ || now < look_at_) return;
  look_at_ = now + kForwardLook;
  const auto end = child_->try_wait();
  std::array<char, 1024> buffer{};
  ssize_t count = 0;
  while ((count = ::read(child_->output.get(), buffer.data(), buffer.size())) > 0)
    said_.append(buffer.data(), static_cast<size_t>(count));
  if (!end && now < deadline_) return;
  if (!end) child_->kill_group();
  child_.reset();
  if (number_) return;
  // It prints the port, and may have said that it was allocated.
  for (const std::string& line : split_lines(said_))
    if (const auto port = parse_number<int>(trim(line)); port && *port > 0) number_ = *port;
  if (number_) return;
  debug_log("{}: ssh forwards no port: {}", endpoint_.name, visible(said_));
  number_ = fail(Code::failed, "its sshd forwards no port to this machine (AllowTcpForwarding)");
}

void OpensshForward::close() {
  const bool is_open = number_ && number_->has_value();
  if (is_open && !ask("cancel")) debug_log("{}: ssh does not end the forward", endpoint_.name);
}

}  // namespace segue
