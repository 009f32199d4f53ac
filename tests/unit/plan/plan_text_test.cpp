// Each folder of tests/golden/plans holds what ran (was.yml, absent on a fresh host), what is
// wanted (deploy.yml) and the plan as people read it.
#include "segue/plan/plan_text.hpp"

#include "support/facts.hpp"
#include "support/golden.hpp"

#include "segue/base/text.hpp"

#include <algorithm>
#include <filesystem>

using namespace segue;

namespace {

struct Case {
  explicit Case(std::string folder) : name(std::move(folder)) {
    wanted = config_of(golden_text("plans/" + name + "/deploy.yml"));
    const std::string was_text = golden_text("plans/" + name + "/was.yml");
    was = was_text.empty() ? wanted : config_of(was_text);
    for (const ServerConfig& server : wanted.servers) {
      FactsBuilder builder(was, server.name);
      if (!was_text.empty()) set_up(builder);
      facts[server.name] = builder.facts;
    }
  }

  void set_up(FactsBuilder& builder) const {
    builder.images().network();
    const std::string& host = builder.facts.host;
    bool proxied = false;
    for (const ServiceConfig& service : was.services) {
      if (std::count(service.hosts.begin(), service.hosts.end(), host) == 0) continue;
      builder.deployed(service.name, {"3-v1-aa11", Slot::green, old_secrets});
      proxied = proxied || needs_proxy(service);
    }
    if (proxied) builder.proxy();
    for (const ServiceConfig& service : wanted.services) builder.image(service.image);
  }

  ContainerFacts& container(const std::string& container_name) {
    for (ContainerFacts& container : facts.at("web-1").containers)
      if (container.name == container_name) return container;
    throw std::out_of_range(container_name);
  }

  Plan plan() const {
    return make_plan({wanted, facts, {}, new_secrets, "4-v2-bb22", "a salt that is new"});
  }

  std::string text() const { return plan_text(plan()); }

  std::string name;
  Config was;
  Config wanted;
  std::map<std::string, HostFacts> facts;
  static const SecretValues old_secrets;
  static const SecretValues new_secrets;
};

const SecretValues Case::old_secrets{{"DATABASE_URL", Secret("postgres://old-password@db")}};
const SecretValues Case::new_secrets{{"DATABASE_URL", Secret("postgres://new-password@db")},
                                     {"API_KEY", Secret("k-123456")}};

void check_plan(const Case& tested) {
  const std::string text = tested.text();
  check_golden("plans/" + tested.name + "/plan.txt", text);
  for (const std::string& line : split_lines(text)) {
    INFO(line);
    CHECK(line.size() <= 100);
    CHECK((line.empty() || line.back() != ' '));
  }
  CHECK(text.find("password") == std::string::npos);
  CHECK(text.find("k-123456") == std::string::npos);
}

}  // namespace

TEST_CASE("a plan says what differs, what is done in which order, and why") {
  for (const char* name : {"first-deploy", "new-image", "environment", "replicas", "worker",
                           "stop-first-port", "stop-first-proxied", "two-hosts", "route-only",
                           "nothing-to-do", "left-the-file", "proxy-new", "fleet"})
    check_plan(Case(name));
}

TEST_CASE("a plan names what was broken before") {
  Case broken("broken");
  broken.container("shop-web").state = "exited";
  broken.container("shop-web").exit_code = 137;
  broken.container("shop-web").out_of_memory = true;
  check_plan(broken);
}

TEST_CASE("a proxy that is gone is made again, and no container is touched") {
  Case gone("proxy-missing");
  gone.facts["web-1"].proxy = {};
  gone.facts["web-1"].ports.clear();
  CHECK(gone.plan().rolls.empty());
  check_plan(gone);
}

TEST_CASE("what a dead deploy left beside the live containers is retired with them") {
  Case dead("leftovers");
  ContainerFacts candidate = dead.container("shop-web");
  dead.container("shop-web").name = "shop-web_old_3-v1-aa11";
  candidate.labels[label::kRelease] = "4-v2-cafe";
  candidate.labels[label::kSlot] = "blue";
  candidate.state = "exited";
  dead.facts["web-1"].containers.push_back(candidate);
  check_plan(dead);
}

TEST_CASE("every folder of golden plans is used") {
  for (const auto& entry : std::filesystem::directory_iterator(golden_path("plans")))
    CHECK(std::filesystem::exists(entry.path() / "plan.txt"));
}
