// Records of several hosts put together, and which release a rollback goes to.
#include "segue/host/history.hpp"

#include "support/catch.hpp"

#include "segue/base/text.hpp"

using namespace segue;

namespace {

using Status = ReleaseStatus;

ReleaseRecord release(int number, Status status = Status::succeeded,
                      const std::string& restores = {}) {
  ReleaseRecord record;
  record.id = std::to_string(number) + "-v" + std::to_string(number) + "-aaaa";
  record.sequence = number;
  record.status = status;
  record.restores = restores;
  record.services = {{"web-1", "web", "shop:1", "sha256:1", "1:a", record.id},
                     {"web-2", "web", "shop:1", "sha256:1", "1:a", record.id}};
  return record;
}

std::map<std::string, HostFacts> hosts(const std::vector<ReleaseRecord>& records) {
  std::map<std::string, HostFacts> facts;
  for (const char* host : {"web-1", "web-2"}) {
    HostFacts& known = facts[host];
    known.host = host;
    for (const ReleaseRecord& record : records) {
      known.records[record.id] = record_json(record);
      known.highest_sequence = std::max(known.highest_sequence, record.sequence);
    }
  }
  return facts;
}

std::string target(const std::vector<ReleaseRecord>& records, const std::string& name = {}) {
  const auto found = rollback_target(read_history(hosts(records)), name);
  if (found) return found->id;
  CHECK(found.error().code == Code::usage);
  return found.error().what + "; " + found.error().hint;
}

}  // namespace

TEST_CASE("without a name a rollback goes to what succeeded before that which runs") {
  CHECK(target({release(1), release(2)}) == "1-v1-aaaa");
  CHECK(target({release(1), release(2, Status::rolled_back), release(3)}) == "1-v1-aaaa");
  CHECK(target({release(1), release(2), release(3, Status::rolled_back)}) == "1-v1-aaaa");
  CHECK(target({release(1), release(2), release(3, Status::partial)}) == "2-v2-aaaa");
  CHECK(target({release(1), release(2), release(3, Status::interrupted)}) == "1-v1-aaaa");
}

TEST_CASE("who rolls back twice goes back two releases, not forward again") {
  const ReleaseRecord back = release(4, Status::succeeded, "2-v2-aaaa");
  CHECK(target({release(1), release(2), release(3), back}) == "1-v1-aaaa");
  const ReleaseRecord again = release(5, Status::succeeded, "1-v1-aaaa");
  CHECK(contains(target({release(1), release(2), release(3), back, again}),
                 "there is no release before 5-v5-aaaa"));
  // A rollback to a rollback is one to what that one went back to.
  const ReleaseRecord to_back = release(6, Status::succeeded, "4-v4-aaaa");
  CHECK(target({release(1), release(2), release(3), back, release(5), to_back}) == "1-v1-aaaa");
}

TEST_CASE("a release is named by its id, its number or its version") {
  const std::vector<ReleaseRecord> all{release(1), release(2), release(3, Status::rolled_back)};
  CHECK(target(all, "1-v1-aaaa") == "1-v1-aaaa");
  CHECK(target(all, "2") == "2-v2-aaaa");
  CHECK(target(all, "v1") == "1-v1-aaaa");
  CHECK(target(all, "v9") == "there is no release v9; there are: 3-v3-aaaa, 2-v2-aaaa, 1-v1-aaaa");
  CHECK(contains(target(all, "3"), "the release 3-v3-aaaa has not succeeded (rolled_back)"));
  CHECK(contains(target(all, "3"), "there are: 2-v2-aaaa, 1-v1-aaaa"));
  CHECK(target({}) == "nothing has been deployed yet; ");
}

TEST_CASE("hosts that disagree are told apart, and one that saw it succeed is right") {
  auto facts = hosts({release(1), release(2)});
  facts["web-1"].records["2-v2-aaaa"] = record_json(release(2, Status::rolled_back));
  facts["web-2"].records.erase("1-v1-aaaa");
  facts["web-2"].records["3-broken-aaaa"] = "{";
  const History history = read_history(facts);
  REQUIRE(history.releases.size() == 2);
  CHECK(history.releases[0].record.status == Status::succeeded);
  CHECK(history.releases[0].hosts.at("web-1") == Status::rolled_back);
  CHECK(history.releases[0].hosts.at("web-2") == Status::succeeded);
  CHECK(history.releases[1].missing == std::vector<std::string>{"web-2"});
  CHECK(history.unreadable == std::vector<std::string>{"web-2: 3-broken-aaaa"});
  CHECK(history.live()->record.id == "2-v2-aaaa");
}

TEST_CASE("what a host is not asked for any more is not missing there") {
  auto facts = hosts({release(1), release(2)});
  facts["web-2"].records.clear();
  facts["web-2"].highest_sequence = 31;
  const History history = read_history(facts);
  CHECK(history.releases[0].missing == std::vector<std::string>{"web-2"});
  CHECK(history.releases[1].missing.empty());
}

TEST_CASE("a record is read back as it was written, and one of an older segue is read too") {
  ReleaseRecord record = release(7, Status::partial, "2-v2-aaaa");
  record.message = "it's \"so\" \n\x1b";
  record.phases = {{"Roll web on web-1", 1500}};
  record.services[0].configuration = R"({"hosts":["web-1"],"image":"shop:1"})";
  record.services[1].configuration = record.services[0].configuration;
  record.services[0].digest = "shop@sha256:9";
  const std::string text = record_json(record);
  CHECK(text.find(R"("image":"shop:1"})") == text.rfind(R"("image":"shop:1"})"));
  const auto read = parse_record(text);
  REQUIRE(read);
  CHECK(record_json(*read) == text);
  CHECK(read->services[1].configuration == record.services[0].configuration);
  CHECK(read->phases.at(0).duration_ms == 1500);

  const auto old = parse_record(
      R"({"environment":"","duration_ms":1,"finished_at":"","format":1,"git_commit":"","id":"1-v1-aaaa",)"
      R"("initiator":"","message":"","project":"shop","sequence":1,"services":[{"changed":true,"host":"h",)"
      R"("image":"a","image_id":"b","release":"c","replicas":1,"service":"web","spec":"d"}],)"
      R"("started_at":"","status":"succeeded","tool_version":""})");
  REQUIRE(old);
  CHECK(old->services.at(0).configuration.empty());
  CHECK(old->restores.empty());
}
