#include "ssh_fixture.hpp"

#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/random.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

namespace segue {
namespace {

constexpr const char* kSshd = "/usr/sbin/sshd";

void must_run(std::vector<std::string> argv,
              std::vector<std::pair<std::string, std::string>> environment = {}) {
  ProcessRequest request;
  request.argv = std::move(argv);
  request.environment = std::move(environment);
  const ProcessResult result = run_process(request).value();
  INFO(result.output << result.error_output);
  REQUIRE(result.succeeded());
}

// A free port of loopback, and the socket that keeps it free for whoever sets SO_REUSEADDR, as sshd
// does: an outgoing connection of another test would take it otherwise.
struct HeldPort {
  Fd socket;
  int number = 0;
};

HeldPort hold_port() {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  REQUIRE(::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length);
  return {std::move(socket), ntohs(address.sin_port)};
}

}  // namespace

SshFixture::SshFixture(const std::string& extra)
    : folder_(std::filesystem::temp_directory_path() / ("segue-ssh-" + random_hex(6))),
      mark_("SEGUE_TEST_MARK=" + random_hex(16)) {
  std::filesystem::create_directory(folder_);
  std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
  try {
    make_keys();
    start_sshd(extra);
  } catch (...) {  // a failed REQUIRE; no destructor will run
    end_all();
    throw;
  }
}

void SshFixture::make_keys() {
  const auto make = [&](const std::string& name, const std::string& type,
                        const std::string& passphrase = {}) {
    std::vector<std::string> argv = {"ssh-keygen", "-q", "-N",       passphrase, "-C",
                                     name,         "-f", file(name), "-t",       type};
    if (type == "rsa") argv.insert(argv.end(), {"-b", "2048"});
    must_run(argv);
  };
  make("host_ed25519", "ed25519");
  make("host_ecdsa", "ecdsa");
  make("user_ed25519", "ed25519");
  make("user_ecdsa", "ecdsa");
  make("user_rsa", "rsa");
  make("user_agent", "ed25519");
  make("user_encrypted", "ed25519", "a passphrase");
  make("stranger", "ed25519");
  // The older format of key files, as cloud providers hand them out.
  std::filesystem::copy_file(file("user_rsa"), file("user_rsa_pem"));
  must_run({"ssh-keygen", "-q", "-p", "-P", "", "-N", "", "-m", "PEM", "-f", file("user_rsa_pem")});
  write("authorized_keys", read("user_ed25519.pub") + read("user_ecdsa.pub") +
                               read("user_rsa.pub") + read("user_agent.pub"));
}

void SshFixture::start_sshd(const std::string& extra) {
  if (!RealFiles().exists(kSshd))
    FAIL("skipped: this machine has no " << kSshd << " (package openssh-server)");
  const HeldPort held = hold_port();
  port_ = held.number;
  if (::getuid() == 0) ::mkdir("/run/sshd", 0755);
  write("sshd_config",
        fmt::format("{}\nPort {}\nListenAddress 127.0.0.1\nHostKey {}\nHostKey {}\nPidFile none\n"
                    "UsePAM no\nStrictModes no\nPasswordAuthentication no\n"
                    "KbdInteractiveAuthentication no\nPermitRootLogin yes\n"
                    "AuthorizedKeysFile {}\nSetEnv {}\n",
                    extra, port_, file("host_ed25519"), file("host_ecdsa"), file("authorized_keys"),
                    mark_));
  for (const char* type : {"ed25519", "ecdsa"}) {
    const std::vector<std::string> words = split_words(read(std::string("host_") + type + ".pub"));
    write("known",
          read("known") + fmt::format("[127.0.0.1]:{} {} {}\n", port_, words[0], words[1]));
  }
  ProcessRequest request;
  request.argv = {kSshd, "-D", "-f", file("sshd_config"), "-E", file("log")};
  children_.push_back(ChildProcess::start(request, ChildProcess::Streams::merged).value());
  await([&] {
    INFO(read("log"));
    REQUIRE_FALSE(children_.back().try_wait().has_value());
    return contains(read("log"), "Server listening");
  });
}

std::string SshFixture::start_agent(const std::string& key) {
  const std::string socket = file("agent-" + key);
  ProcessRequest request;
  request.argv = {"ssh-agent", "-D", "-a", socket};
  children_.push_back(ChildProcess::start(request, ChildProcess::Streams::merged).value());
  await([&] { return RealFiles().exists(socket); });
  must_run({"ssh-add", "-q", file(key)}, {{"SSH_AUTH_SOCK", socket}});
  return socket;
}

SshFixture::~SshFixture() {
  end_all();
}

void SshFixture::end_all() {
  for (ChildProcess& child : children_) {
    end_sessions(child.id());
    child.kill_group();
  }
  end_marked_processes();
  std::filesystem::remove_all(folder_);
}

// Each session of sshd is a group of its own, and one that a test has stopped would never end.
void SshFixture::end_sessions(pid_t sshd) {
  const std::string children = fmt::format("/proc/{0}/task/{0}/children", sshd);
  for (const std::string& id : split_words(RealFiles().read(children, 1 << 20).value_or("")))
    ::kill(std::stoi(id), SIGKILL);
}

// Scripts outlive their connection, so the children of sshd are looked for by what they inherited.
void SshFixture::end_marked_processes() const {
  RealFiles files;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string environment =
        files.read(entry.path().string() + "/environ", 1 << 20).value_or("");
    if (contains(environment, mark_)) ::kill(std::stoi(name), SIGKILL);
  }
}

std::string SshFixture::read(const std::string& name) const {
  return RealFiles().read(file(name), 1 << 20).value_or("");
}

void SshFixture::write(const std::string& name, const std::string& text) const {
  REQUIRE(RealFiles().write(file(name), text, 0600));
}

Endpoint SshFixture::endpoint_with(const std::string& name, const std::string& key,
                                   const std::string& settings, const std::string& known) const {
  const std::string config = "config-" + name;
  write(config, fmt::format("Host *\n{}\nIdentityAgent none\nIdentitiesOnly yes\n"
                            "IdentityFile {}\nUserKnownHostsFile {}\nGlobalKnownHostsFile none\n",
                            settings, file(key), file(known)));
  Endpoint endpoint;
  endpoint.name = name;
  endpoint.address = "127.0.0.1";
  endpoint.port = port_;
  endpoint.ssh_config_file = file(config);
  endpoint.transport = SshTransport::native;
  return endpoint;
}

std::map<int, Ran> run_all(HostTransport& transport, std::vector<int> tickets, Duration limit) {
  std::map<int, Ran> ran;
  const TimePoint deadline = Clock::now() + limit;
  while (!tickets.empty()) {
    REQUIRE(Clock::now() < deadline);
    std::vector<TransportEvent> events;
    transport.poll(deadline, events);
    for (TransportEvent& event : events) {
      const int number = event.ticket.number;
      const auto open = std::find(tickets.begin(), tickets.end(), number);
      REQUIRE(open != tickets.end());  // nothing comes after the outcome
      if (const auto* output = std::get_if<Output>(&event.what)) {
        ran[number].output += output->bytes;
      } else {
        ran[number].outcome = std::get<Outcome>(event.what);
        tickets.erase(open);
      }
    }
  }
  return ran;
}

Ran run(HostTransport& transport, const std::string& host, const std::string& script) {
  static int last = 1000;
  transport.start(Ticket{++last}, host, script);
  return run_all(transport, {last})[last];
}

std::string run_until(HostTransport& transport, const std::string& text) {
  std::string output;
  const TimePoint deadline = Clock::now() + Duration{30'000};
  while (!contains(output, text)) {
    REQUIRE(Clock::now() < deadline);
    std::vector<TransportEvent> events;
    transport.poll(deadline, events);
    for (const TransportEvent& event : events) {
      const auto* some = std::get_if<Output>(&event.what);
      INFO((some ? std::string() : describe(std::get<Outcome>(event.what))));
      REQUIRE(some != nullptr);
      output += some->bytes;
    }
  }
  return output;
}

std::string describe(const Outcome& outcome) {
  if (const auto* exited = std::get_if<Exited>(&outcome))
    return fmt::format("exited {}", exited->status);
  if (const auto* signaled = std::get_if<Signaled>(&outcome)) return "signal " + signaled->name;
  if (const auto* lost = std::get_if<Lost>(&outcome)) return "lost: " + lost->why;
  const Error& error = std::get<NotStarted>(outcome).error;
  return fmt::format("not started: {} | {}", error.what, error.hint);
}

void await(const std::function<bool()>& condition) {
  const TimePoint limit = Clock::now() + Duration{30'000};
  while (!condition()) {
    REQUIRE(Clock::now() < limit);
    ::poll(nullptr, 0, 5);
  }
}

}  // namespace segue
