// What a plan does about files and directories: what is sent, made, mounted, shown and removed.
#include "segue/host/contents.hpp"

#include "support/facts.hpp"

#include "segue/base/text.hpp"
#include "segue/plan/deploy_planner.hpp"
#include "segue/plan/plan_text.hpp"
#include "segue/plan/service_contents.hpp"

using namespace segue;

namespace {

const char* const kShop = R"yml(
project: shop
servers:
  web-1: {host: 203.0.113.7}
services:
  web:
    image: acme/web:v1
    hosts: [web-1]
    files:
      - ./config.json:/app/config.json
      - {local: secret.key, remote: /etc/key, mode: "0600", owner: "nginx:nginx"}
    directories:
      - ./templates:/app/templates
      - {local: logs, remote: /var/log/app, owner: "app:app"}
    proxy: {app_port: 3000, host: shop.example.com}
)yml";

struct Shop {
  Shop() : config(config_of(kShop)), host(config) {
    for (UploadConfig& upload : config.services.front().uploads) {
      upload.content = sha256_hex(upload.local);
      upload.size = 4096;
    }
    host.images().network().proxy();
  }
  UploadConfig& upload(const std::string& local) {
    for (UploadConfig& one : config.services.front().uploads)
      if (one.local == local) return one;
    FAIL("no upload of " << local);
    return config.services.front().uploads.front();
  }
  std::string name(const std::string& local) {
    const UploadConfig& one = upload(local);
    return content_name(one.content, one.owner, id_of_image("acme/web:v1"));
  }
  // As a deploy leaves it.
  void sent() {
    for (const char* local : {"config.json", "secret.key", "templates", "logs"}) {
      host.facts.contents.insert(sha256_hex(local));
      host.facts.contents.insert(name(local));
    }
    host.facts.contents.erase(name("logs"));
    host.facts.content_count = static_cast<int>(host.facts.contents.size());
    host.facts.kept.insert("web/var%2Flog%2Fapp");
  }
  Plan plan() const {
    const std::map<std::string, HostFacts> facts{{"web-1", host.facts}};
    return make_plan({config, facts, {}, {}, "4-v2-bb22", "new salt"});
  }
  std::vector<std::string> titles() const {
    std::vector<std::string> all;
    for (const HostSteps& steps : plan().stage)
      for (const Step& step : steps.steps)
        if (!step.content.empty() || step.section.name == "own") all.push_back(step.title);
    return all;
  }
  std::vector<std::string> errors() const {
    const std::map<std::string, HostFacts> facts{{"web-1", host.facts}};
    std::vector<std::string> texts;
    for (const Error& error : check_hosts({config, facts, {}, {}, "4-v2-bb22", "salt"}))
      texts.push_back(to_string(error));
    return texts;
  }

  Config config;
  FactsBuilder host;
};

using Titles = std::vector<std::string>;

}  // namespace

TEST_CASE("a host is sent what it lacks, and nothing else") {
  Shop shop;
  CHECK(shop.titles() == Titles{"send config.json (4 KiB)", "send secret.key (4 KiB)",
                                "give secret.key to nginx:nginx", "send templates (4 KiB)",
                                "send logs (4 KiB)", "make the folder of /var/log/app for web"});
  shop.sent();
  CHECK(shop.titles().empty());
  shop.upload("templates").content = sha256_hex("other");
  CHECK(shop.titles() == Titles{"send templates (4 KiB)"});
}

TEST_CASE("a new image looks up its owners anew, without anything being sent again") {
  Shop shop;
  shop.sent();
  shop.host.facts.images.at("acme/web:v1").id = "sha256:other";
  CHECK(shop.titles() == Titles{"give secret.key to nginx:nginx"});
  shop.upload("secret.key").owner = "101:101";
  shop.sent();
  shop.host.facts.images.at("acme/web:v1").id = "sha256:another";
  CHECK(content_name("a", "101:101", "x") == content_name("a", "101:101", "y"));
}

TEST_CASE("contents are mounted read-only, what is kept is not, and SELinux is told") {
  Shop shop;
  const ServiceConfig& web = shop.config.services.front();
  const auto mounts = [&] {
    return container_specs({shop.config, web, shop.host.facts, "1-v1-aa11", Slot::blue,
                            service_fields(web, id_of_image("acme/web:v1"), {}, kTestSalt)})
        .front()
        .volumes;
  };
  const std::string folder = "/var/lib/segue/projects/shop/_";
  CHECK(mounts() ==
        std::vector<std::string>{
            folder + "/files/" + shop.name("config.json") + "/content:/app/config.json:ro",
            folder + "/files/" + shop.name("secret.key") + "/content:/etc/key:ro",
            folder + "/files/" + shop.name("templates") + "/content:/app/templates:ro",
            folder + "/kept/web/var%2Flog%2Fapp/content:/var/log/app"});
  shop.host.facts.selinux = true;
  CHECK(mounts().front().ends_with(":ro,z"));
  CHECK(mounts().back().ends_with(":/var/log/app:z"));
}

TEST_CASE("changed content is a change that the plan shows by its path, without content or hash") {
  Shop shop;
  shop.sent();
  shop.host.deployed("web", {"3-v1-aa11", Slot::green, {}});
  CHECK(shop.plan().empty());
  shop.upload("config.json").content = sha256_hex("two");
  const std::string text = plan_text(shop.plan());
  CHECK(contains(text, "files./app/config.json"));
  CHECK(contains(text, "send config.json (4 KiB)"));
  CHECK_FALSE(contains(text, sha256_hex("two").substr(0, 12)));
  CHECK_FALSE(contains(text, "templates"));
}

TEST_CASE("other content for what the application writes into changes nothing") {
  Shop shop;
  shop.sent();
  shop.host.deployed("web", {"3-v1-aa11", Slot::green, {}});
  shop.upload("logs").content = sha256_hex("two");
  CHECK(shop.plan().empty());
}

TEST_CASE("a directory that is kept counts as a volume, a file does not") {
  const auto mode_of = [](const std::string& key) {
    return choose_mode(
               config_of("project: shop\nservers:\n  web-1: {host: 203.0.113.7}\nservices:\n"
                         "  web:\n    image: acme/web:v1\n    hosts: [web-1]\n    " +
                         key + "\n")
                   .services.front())
        .mode;
  };
  CHECK(mode_of("files: [\"a:/b\"]") == RollMode::start_first);
  CHECK(mode_of("directories: [\"a:/b\"]") == RollMode::start_first);
  CHECK(mode_of("directories: [\"a:/b:rw\"]") == RollMode::stop_first);
}

TEST_CASE("the record names what is mounted, and what is left over is removed at the end") {
  Shop shop;
  shop.sent();
  const auto removes = [&] {
    const Plan plan = shop.plan();
    for (const HostSteps& steps : plan.cleanup)
      for (const Step& step : steps.steps)
        if (step.section.name == "contents") return step.section.body.without_secrets();
    return std::string();
  };
  CHECK(removes().empty());
  ++shop.host.facts.content_count;
  CHECK(contains(removes(), shop.name("secret.key")));
  const auto contents = shop.plan().record.services.front().contents;
  CHECK(contents.at("/etc/key") == shop.name("secret.key"));
  CHECK(contents.at("/var/log/app") == sha256_hex("logs"));
  CHECK(parse_record(record_json(shop.plan().record))->services.front().contents == contents);
}

TEST_CASE("a host must have room for what is sent, twice") {
  Shop shop;
  shop.upload("templates").size = 1'000'000'000;
  shop.host.facts.free_kib = 1'900'000;
  REQUIRE(shop.errors().size() == 1);
  CHECK(contains(shop.errors().front(), "the files that are sent need 1,953,"));
  shop.host.facts.free_kib = 2'100'000;
  CHECK(shop.errors().empty());
}

TEST_CASE("a path in the container is one name, and no two are the same") {
  CHECK(kept_name("web", "/var/log/app") == "web/var%2Flog%2Fapp");
  CHECK(kept_name("web", "/a%2Fb") != kept_name("web", "/a/b"));
}
