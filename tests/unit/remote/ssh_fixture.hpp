// A real sshd of our own on a high port of 127.0.0.1, with keys made for it, and a real ssh-agent.
//   const SshFixture& ssh = SshFixture::shared();
//   HostTransport transport({ssh.endpoint("web-1")});
// Everything it started carries a mark in its environment and is ended with it.
#pragma once
#include "segue/os/child_process.hpp"
#include "segue/os/real_files.hpp"
#include "segue/remote/endpoint.hpp"
#include "segue/remote/host_transport.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace segue {

// What one script printed and how it ended.
struct Ran {
  std::string output;
  Outcome outcome;
};

class SshFixture {
 public:
  // `extra` lines go to the beginning of sshd_config, where they win.
  explicit SshFixture(const std::string& extra = {});
  SshFixture(const SshFixture&) = delete;
  SshFixture& operator=(const SshFixture&) = delete;
  ~SshFixture();

  // Logs in with the accepted ed25519 key and knows the right host key.
  Endpoint endpoint(const std::string& name) const { return endpoint_with(name, "user_ed25519"); }

  // With another private key file of this folder, other lines for ssh_config, and known hosts.
  Endpoint endpoint_with(const std::string& name, const std::string& key,
                         const std::string& settings = {},
                         const std::string& known = "known") const;

  std::string file(const std::string& name) const { return folder_ + "/" + name; }
  std::string read(const std::string& name) const;
  void write(const std::string& name, const std::string& text) const;
  int port() const { return port_; }

  // Starts an agent on a socket in this folder and puts the key into it.
  std::string start_agent(const std::string& key);

 private:
  void make_keys();
  void start_sshd(const std::string& extra);
  void end_all();
  static void end_sessions(pid_t sshd);
  void end_marked_processes() const;

  std::string folder_;
  std::string mark_;
  int port_ = 0;
  std::vector<ChildProcess> children_;
};

// Runs the loop until the tickets have ended.
std::map<int, Ran> run_all(HostTransport& transport, std::vector<int> tickets,
                           Duration limit = Duration{60'000});
Ran run(HostTransport& transport, const std::string& host, const std::string& script);

// Runs the loop until the ticket has printed this text.
std::string run_until(HostTransport& transport, const std::string& text);

// "exited 3", "signal KILL", "lost: WHY", "not started: WHAT | HINT"
std::string describe(const Outcome& outcome);

// Looks again and again until it is true; fails the test after half a minute.
void await(const std::function<bool()>& condition);

}  // namespace segue
