#include "deploy_story.hpp"
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/host/lock.hpp"
#include "segue/host/record.hpp"
#include "segue/plan/service_containers.hpp"

#include <algorithm>
#include <fstream>

using namespace segue;
using namespace torture;
namespace fs = std::filesystem;

namespace {

constexpr const char* kSecret = "s3cret 'with' \"quotes\" $PATH `id`\nand a second line\\";

const std::vector<Kind> kKinds{Kind::proxied, Kind::stop_first, Kind::worker};

void require_at_rest(const TortureHost& host, const Config& config) {
  for (const std::string& wrong : what_is_not_at_rest(host, config)) FAIL_CHECK(wrong);
}

// Every file below the state folder, as one text.
std::string all_state(const TortureHost& host) {
  std::string text;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(host.root()))
    if (entry.is_regular_file()) text += entry.path().string() + "\n" + read_file(entry.path());
  return text;
}

}  // namespace

TEST_CASE("A deploy goes through under every shell, for every kind of service") {
  for (const Shell& shell : shells()) {
    for (const Kind kind : kKinds) {
      for (const int replicas : {1, 2}) {
        INFO(shell.name << ", " << name_of(kind) << ", " << replicas << " replicas");
        TortureHost host;
        host.secrets.emplace("TOKEN", Secret(kSecret));
        const DeployOptions options{{.shell = shell}};
        must_deploy(host, make_config(kind, replicas, "v1"), kFirst, options);
        require_at_rest(host, make_config(kind, replicas, "v1"));
        const size_t served = host.lines_of("served").size();

        const Config next = make_config(kind, replicas, "v2");
        must_deploy(host, next, kSecond, options);
        require_at_rest(host, next);
        CHECK(live_release(host, next) == kSecond);
        const HostFacts facts = read_host(host, next, false);
        CHECK_FALSE(facts.lock.held);
        CHECK(facts.records.size() == 2);
        if (kind != Kind::proxied) continue;
        const std::vector<std::string> after = host.lines_of("served");
        CHECK(std::count(after.begin() + static_cast<long>(served), after.end(), "shop.web no") ==
              0);
      }
    }
  }
}

// Podman 5 does that on a host with the older cgroups, Podman 4 for a user without a session.
TEST_CASE("A warning beside each answer of the engine is no part of it") {
  for (const Kind kind : kKinds) {
    INFO(name_of(kind));
    TortureHost host;
    host.secrets.emplace("TOKEN", Secret(kSecret));
    std::ofstream(host.root().parent_path() / "engine" / "warning")
        << "time=\"2026-01-02T03:04:05Z\" level=warning msg=\"Using `x` is deprecated.\"\n";
    must_deploy(host, make_config(kind, 1, "v1"), kFirst);
    const DeployResult second = must_deploy(host, make_config(kind, 1, "v2"), kSecond);
    require_at_rest(host, make_config(kind, 1, "v2"));
    if (kind != Kind::proxied) continue;
    bool drained = false;
    for (const ShellRun& run : second.runs)
      if (const auto told = run.told("drained")) {
        drained = true;
        CHECK(*told == "0 0");
      }
    CHECK(drained);
  }
}

TEST_CASE("Values reach a container byte for byte, and no secret is seen on the way") {
  for (const Shell& shell : shells()) {
    INFO(shell.name);
    TortureHost host;
    host.secrets.emplace("TOKEN", Secret(kSecret));
    const Config config = make_config(Kind::proxied, 1, "v1");
    must_deploy(host, config, kFirst, {{.shell = shell}});
    const nlohmann::json state = host.engine_state();
    const auto& containers = state["containers"];
    const auto web = std::find_if(containers.begin(), containers.end(),
                                  [](const auto& one) { return one["name"] == "shop-web"; });
    REQUIRE(web != containers.end());
    CHECK((*web)["environment"]["TOKEN"] == kSecret);
    CHECK((*web)["environment"]["PLAIN"] == kHardValue);
    for (const std::string& call : host.lines_of("calls")) CHECK_FALSE(contains(call, "s3cret"));
    CHECK_FALSE(contains(all_state(host), "s3cret"));
    CHECK_FALSE(contains(all_state(host), "second line"));
  }
}

TEST_CASE("A candidate that never gets healthy leaves everything as it was") {
  for (const Kind kind : kKinds) {
    for (const char* version : {"bad", "exits"}) {
      INFO(name_of(kind) << ", " << version);
      TortureHost host;
      host.secrets.emplace("TOKEN", Secret(kSecret));
      const Config before = make_config(kind, 2, "v1");
      must_deploy(host, before, kFirst);
      const DeployResult failed = deploy(host, make_config(kind, 2, version), kSecond);
      INFO(story(failed));
      REQUIRE(failed.result.error.has_value());
      CHECK(failed.result.error->code == Code::failed);
      require_at_rest(host, before);
      CHECK(live_release(host, before) == kFirst);
    }
  }
}

TEST_CASE("A first deploy that fails leaves no container behind") {
  for (const Kind kind : kKinds) {
    INFO(name_of(kind));
    TortureHost host;
    host.secrets.emplace("TOKEN", Secret(kSecret));
    const Config config = make_config(kind, 2, "bad");
    REQUIRE(deploy(host, config, kFirst).result.error.has_value());
    const HostFacts facts = read_host(host, config, false);
    CHECK(facts.containers.empty());
    CHECK_FALSE(facts.lock.held);
  }
}

TEST_CASE("The way back gives the old containers the restart policy that they had") {
  TortureHost host;
  host.secrets.emplace("TOKEN", Secret(kSecret));
  const Config before = make_config(Kind::stop_first, 1, "v1");
  must_deploy(host, before, kFirst);
  Config next = make_config(Kind::stop_first, 1, "bad");
  next.services.front().restart = RestartPolicy::no;
  // The undo that follows would set it too: what counts is what happens before the start.
  const int calls = host.calls();
  const DeployResult failed = deploy(host, next, kSecond);
  INFO(story(failed));
  REQUIRE(failed.result.error.has_value());
  const std::vector<std::string> all = host.lines_of("calls");
  std::vector<std::string> verbs;  // of commands to the old container, with the policy given
  for (auto call = all.begin() + calls; call != all.end(); ++call)
    if (contains(*call, "\"update\"")) verbs.push_back(*call);
  REQUIRE(verbs.size() >= 2);
  CHECK(contains(verbs[1], "unless-stopped"));
  CHECK(contains(verbs[1], "shop-web\""));
  const auto start = std::find_if(all.begin() + calls, all.end(), [](const std::string& call) {
    return contains(call, "[\"start\"");
  });
  REQUIRE(start != all.end());
  CHECK(std::find(all.begin() + calls, start, verbs[1]) != start);
  require_at_rest(host, before);
}
