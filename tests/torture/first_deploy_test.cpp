#include "deploy_story.hpp"
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/proxy/proxy_sections.hpp"

#include <unistd.h>

#include <fstream>

using namespace segue;
using namespace torture;
namespace fs = std::filesystem;

namespace {

// The 22nd field of /proc/PID/stat, behind the name in parentheses.
std::string start_time_of(pid_t pid) {
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  return split_words(stat.substr(stat.rfind(')') + 1)).at(19);
}

void lock_proxy(const TortureHost& host, const std::string& owner) {
  const fs::path lock = host.root() / "proxy/.lock";
  fs::remove(lock);
  fs::create_symlink(owner, lock);
}

}  // namespace

TEST_CASE("A first deploy killed at any call of the engine can simply be done again") {
  for (const Kind kind : {Kind::proxied, Kind::stop_first}) {
    const Config config = make_config(kind, 1, "v1");
    TortureHost host;
    host.secrets.emplace("TOKEN", Secret("a secret of some length"));
    host.save();
    must_deploy(host, config, kFirst);
    const std::vector<std::string> calls = host.lines_of("calls");
    for (size_t call = 1; call <= calls.size(); call += kind == Kind::proxied ? 1 : 3) {
      INFO(name_of(kind) << ", killed after " << calls[call - 1].substr(0, 100));
      host.restore();
      const DeployResult result =
          deploy(host, config, kFirst,
                 {.run = {.hook = "kill-after:" + std::to_string(call)}, .client_dies_too = true});
      if (!result.client_died) continue;  // a call of the probe: no hook is set there
      REQUIRE(settle(host, config).back().reader.trailer() == 0);
      const Config next = make_config(kind, 1, "v2");
      must_deploy(host, next, kSecond);
      for (const std::string& wrong : what_is_not_at_rest(host, next)) FAIL_CHECK(wrong);
      CHECK(live_release(host, next) == kSecond);
    }
  }
}

TEST_CASE("The proxy's lock is taken over from the dead, and left to the living") {
  for (const Shell& shell : shells()) {
    INFO(shell.name);
    TortureHost host;
    host.secrets.emplace("TOKEN", Secret("a secret of some length"));
    must_deploy(host, make_config(Kind::proxied, 1, "v1"), kFirst);
    Script script;
    script.sections = {write_routes(Engine("docker"), host.root().string(), {})};
    const std::string own = std::to_string(getpid());
    for (const std::string& dead : {std::string("999999999.1"), own + ".1"}) {
      INFO(dead);
      lock_proxy(host, dead);
      CHECK(host.run(script, {.shell = shell}).reader.trailer() == 0);
      CHECK_FALSE(fs::is_symlink(host.root() / "proxy/.lock"));
    }
    if (shell.name == "busybox") continue;  // its own `sleep` can't be hurried
    lock_proxy(host, own + "." + start_time_of(getpid()));
    const ShellRun busy = host.run(script, {.shell = shell});
    CHECK(busy.reader.trailer() == kProblemStatus);
    CHECK(busy.told("problem") == "proxy-busy process " + own);
    CHECK(fs::is_symlink(host.root() / "proxy/.lock"));
  }
}
