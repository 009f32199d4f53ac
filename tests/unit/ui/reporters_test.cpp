// What people and programs get to see, word for word: tests/golden/output. A deploy that succeeds,
// one that fails, and the views of the other commands, on a terminal and not.
#include "support/golden.hpp"

#include "segue/base/text.hpp"
#include "segue/ui/json_reporter.hpp"
#include "segue/ui/plain_reporter.hpp"
#include "segue/ui/quiet_waits.hpp"
#include "segue/ui/two_reporters.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

using namespace segue;

namespace {

// A stream whose text can be read back.
class Captured {
 public:
  Captured() : file_(open_memstream(&bytes_, &size_)) { REQUIRE(file_ != nullptr); }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  ~Captured() {
    std::fclose(file_);
    std::free(bytes_);
  }
  FILE* file() const { return file_; }
  std::string text() const {
    std::fflush(file_);
    return {bytes_, size_};
  }

 private:
  char* bytes_ = nullptr;
  size_t size_ = 0;
  FILE* file_;
};

Step step(const std::string& title, const std::string& why) {
  return {title, why, {}};
}

Plan a_plan() {
  Plan plan;
  plan.release = "4-v2-bb22";
  plan.hosts = {"web-1"};
  Roll roll;
  roll.host = "web-1";
  roll.service = "web";
  roll.mode_reason = "behind the proxy";
  roll.changes = {{"image", "acme/web:v1", "acme/web:v2"}, {"secret.TOKEN", "[secret]", "[other]"}};
  roll.steps = {step("start shop-web", "from acme/web:v2")};
  plan.rolls = {roll};
  plan.order = {{"web", {{0}}, {}, {}}};
  plan.stage = {{"web-1", {step("pull acme/web:v2", "it is not on this host yet")}}};
  plan.cleanup = {{"web-1", {step("remove shop-web_old_3-v1-aa11", "")}}};
  plan.unchanged = {{"web-1", "jobs", "2-v1-cc33"}};
  plan.notes = {"something to know"};
  return plan;
}

Report report(Report::Kind kind, const std::string& title, const std::string& detail = "",
              int milliseconds = 0) {
  return {kind,   kind == Report::Kind::phase ? "" : "web-1",
          "web",  title,
          detail, Duration(milliseconds)};
}

using Kind = Report::Kind;

void tell_good_deploy(Reporter& reporter) {
  reporter.plan(a_plan());
  reporter.progress(report(Kind::phase, "Roll web on web-1"));
  reporter.progress(report(Kind::began, "start shop-web", "from acme/web:v2"));
  reporter.progress(report(Kind::succeeded, "start shop-web", "", 310));
  reporter.progress(report(Kind::began, "drain green, at most 30s", ""));
  reporter.progress(report(Kind::drained, "drain green, at most 30s",
                           "12 in flight at the switch, 0 still open and cut at drain_timeout"));
  reporter.progress(report(Kind::succeeded, "drain green, at most 30s", "", 12'345));
  DeployView view;
  view.release = "4-v2-bb22";
  view.took = Duration(14'020);
  view.result.states = {{"web-1", "web", FinalState::What::changed},
                        {"web-1", "jobs", FinalState::What::unchanged}};
  view.result.warnings = {"web-1: the lock could not be released"};
  reporter.deployed(view);
}

void tell_failed_deploy(Reporter& reporter, Code code) {
  reporter.progress(report(Kind::phase, "Roll web on web-1"));
  reporter.progress(report(Kind::began, "wait until it is healthy: GET /health answers 2xx"));
  reporter.progress(
      report(Kind::failed, "wait until it is healthy: GET /health answers 2xx", "shop-web exited"));
  reporter.progress(
      report(Kind::evidence, "", "shop-web: log:\n\x1b[31mpanic\x1b[0m: no database\n"));
  reporter.progress(report(Kind::phase, "Bring everything back"));
  reporter.progress(report(Kind::note, "web-2 is asked again"));
  DeployView view;
  view.release = "4-v2-bb22";
  view.took = Duration(2'340);
  view.result.error = Error{code,
                            "shop-web exited with code 3",
                            "see the log above for why it ended",
                            {"web on web-1"},
                            {}};
  const bool unclear = code == Code::partial;
  view.result.ending = unclear ? RolloutResult::Ending::unclear : RolloutResult::Ending::undone;
  view.result.states = {{"web-1", "web",
                         unclear ? FinalState::What::unknown : FinalState::What::as_before,
                         "shop-web exited with code 3"}};
  reporter.deployed(view);
}

// Three hosts, two at a time; one of them fails and the policy is `stop`.
void tell_deploy_in_part(Reporter& reporter) {
  Plan plan;
  plan.release = "4-v2-bb22";
  plan.hosts = {"web-1", "web-2", "web-3"};
  for (const std::string& host : plan.hosts) {
    Roll roll;
    roll.host = host;
    roll.service = "web";
    roll.steps = {step("start shop-web", "from acme/web:v2")};
    plan.rolls.push_back(roll);
  }
  RolloutConfig policy{2, false, Duration(5'000), 0, OnFailure::stop};
  plan.order = {{"web", {{0, 1}, {2}}, policy, {"db"}}};
  reporter.plan(plan);
  reporter.progress(report(Kind::phase, "Roll web on web-1, web-2 (batch 1 of 2)"));
  DeployView view;
  view.release = "4-v2-bb22";
  view.took = Duration(2'340);
  view.result.ending = RolloutResult::Ending::in_part;
  view.result.error = Error{Code::partial,
                            "shop-web exited with code 3",
                            "the next `segue deploy` goes on from here",
                            {"web on web-2"},
                            {}};
  view.result.states = {
      {"web-1", "web", FinalState::What::changed},
      {"web-2", "web", FinalState::What::as_before, "shop-web exited with code 3"},
      {"web-3", "web", FinalState::What::as_before, "nothing more was started"}};
  reporter.deployed(view);
}

void tell_views(Reporter& reporter) {
  StatusView status;
  status.project = "shop";
  status.environment = "production";
  status.hosts = {
      {"web-1", "docker 20.10.24", "running", std::nullopt},
      {"web-2", "", "",
       Error{Code::unreachable, "connection refused", "is sshd running?", {"web-2"}, {}}}};
  ServiceView service;
  service.host = "web-1";
  service.service = "web";
  service.release = "3-v1-aa11";
  service.slot = "green";
  service.trouble = "1 of 2 replicas are there";
  service.drift = {"environment.LOG_LEVEL: info -> debug"};
  service.containers = {{"shop-web", "live", "running", "healthy", "3-v1-aa11", "green",
                         "2026-11-20T10:00:00.123Z", 0},
                        {"shop-web_old_2-v0-9999", "retired", "exited", "unhealthy", "2-v0-9999",
                         "blue", "2026-11-19T10:00:00Z", 2}};
  status.services = {service, {"web-1", "db", "", "", "nothing runs", {}, {}}};
  status.certificates = {
      {"web-1", "shop.example.com", "Test Authority", "2026-12-20T10:00:00Z", ""},
      {"web-1", "www.example.com", "", "", "no such name\x07"}};
  status.leftovers = {"web-1: web: shop-web of release 4-v2-bb22 was left exited"};
  reporter.status(status);

  reporter.deploys({});
  ReleaseRecord record;
  record.id = "4-v2-bb22";
  record.sequence = 4;
  record.project = "shop";
  record.status = ReleaseStatus::succeeded;
  record.finished_at = "2026-11-21T04:17:30Z";
  record.duration_ms = 3'910;
  record.initiator = "ana@laptop";
  record.message = "the new \x1b[2Jcheckout";
  record.git_commit = "0123456789ab";
  record.tool_version = "0.1.0 (0123456789ab)";
  record.restores = "2-v0-9999";
  record.phases = {{"Look at the hosts", 120}, {"Roll web on web-1", 3'200}};
  record.services = {
      {"web-1", "web", "acme/web:v2", "sha256:ab", "1:aa", "4-v2-bb22", true, 2, "changed",
       "acme/web@sha256:cd", R"({"image":"acme/web:v2"})"},
      {"web-3", "db", "db:9", "sha256:ef", "1:bb", "1-v1-cc33", false, 1, "unchanged"}};
  const DeploysView known{record, {"web-1", "web-2"}, {{"web-2", "interrupted"}}, {"web-3"}, true};
  reporter.deploys({known});
  reporter.release(known);

  LockHolder holder;
  holder.who = "ana@laptop";
  holder.since = "2026-11-21T04:17:30Z";
  holder.kind = "deploy";
  holder.message = "deploying v2";
  reporter.lock({{"web-1", true, 3, holder, "alive", std::nullopt},
                 {"web-2", false, 2, std::nullopt, "", std::nullopt},
                 {"web-3", true, 1, std::nullopt, "", std::nullopt}});
  holder.took_over = "held by bob@ci since 2026-11-21T04:00:00Z: v1\x1b";
  holder.ttl = 60'000;
  LockView full{"web-1", true, 4, holder, "elsewhere", std::nullopt, true, 90, "held by ana", true};
  reporter.lock({full});
  AuditEntry entry{"0a1b",
                   "2026-11-21T04:17:30Z",
                   "",
                   "deploy",
                   "succeeded",
                   "ana@laptop",
                   "the great rename",
                   "5-v2-aa11",
                   "",
                   "held by bob@ci: v1\x1b",
                   3'210,
                   "0.1.0"};
  const AuditView done{entry, {"web-1", "web-2"}};
  entry.action = "lock acquire";
  entry.status = "failed";
  entry.release.clear();
  entry.environment = "staging";
  entry.detail = "two\nlines";
  reporter.audit({done, {entry, {"web-1"}}});
  ProxyView proxy{"web-1",   "running", "2.6.2", "caddy:2", "caddy:2.8", "2026-11-21T04:17:30Z",
                  {80, 443}, true,      false,   {},        {}};
  proxy.routes = {{"shop", "", "web", {"shop.example.com"}, "/api", true, "green", 3, 1},
                  {"shop", "staging", "jobs", {}, "", false, "blue", 0, 0}};
  ProxyView odd = proxy;
  odd.host = "web-2";
  odd.wanted_image.clear();
  odd.is_loaded = false;
  odd.upgrading = true;
  odd.routes.clear();
  ProxyView absent;
  absent.host = "web-3";
  absent.state = "not there";
  reporter.proxies({proxy, odd, absent});
  reporter.note("what a host said:\x07 \xff");
  reporter.value("valid", {{"file", "deploy.yml"}}, "deploy.yml is valid");
  Error wrong{Code::usage, "unknown key \"imagee\"", "did you mean \"image\"?", {}, {}};
  wrong.at = SourceSpan{"deploy.yml", 2, 3, 6};
  reporter.diagnostics({wrong}, {{"deploy.yml", "web:\n  imagee: x\n"}}, "error");
}

template <class Tell>
std::string plain(PlainOptions options, const Tell& tell) {
  Captured out;
  options.out = out.file();
  options.error = out.file();
  {
    PlainReporter reporter(options);
    tell(reporter);
  }
  return out.text();
}

template <class Tell>
std::string as_json(const Tell& tell) {
  Captured out;
  JsonReporter reporter(out.file());
  tell(reporter);
  return out.text();
}

const auto kFails = [](Reporter& reporter) { tell_failed_deploy(reporter, Code::failed); };
const auto kPartlyFails = [](Reporter& reporter) { tell_failed_deploy(reporter, Code::partial); };

}  // namespace

TEST_CASE("a deploy reads well in a file") {
  check_golden("output/deploy.txt", plain({}, tell_good_deploy));
  check_golden("output/failed.txt", plain({}, kFails));
  check_golden("output/partial.txt", plain({}, kPartlyFails));
  check_golden("output/in-part.txt", plain({}, tell_deploy_in_part));
  check_golden("output/views.txt", plain({}, tell_views));
}

TEST_CASE("verbose output tells each step when it begins, and why") {
  PlainOptions options;
  options.verbose = true;
  check_golden("output/verbose.txt", plain(options, tell_good_deploy));
}

TEST_CASE("quiet output is errors and the last line") {
  PlainOptions options;
  options.quiet = true;
  CHECK(plain(options, tell_good_deploy) == "Deployed 4-v2-bb22 in 14.0 s\n");
  CHECK(plain(options, kFails) ==
        "error: web on web-1: shop-web exited with code 3\n  see the log above for why it ended\n"
        "Release 4-v2-bb22 was not deployed; everything is as before (2.34 s)\n");
}

TEST_CASE("nothing but a colour's codes differs in coloured output") {
  PlainOptions options;
  options.colour = true;
  std::string text = plain(options, tell_good_deploy);
  CHECK(text.find("\x1b[32mDeployed") != std::string::npos);
  for (const char* code : {"\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m"})
    text = replace_all(text, code, "");
  CHECK(text == golden_text("output/deploy.txt"));
}

TEST_CASE("on a terminal the running step stands on a line that is wiped again") {
  PlainOptions options;
  options.terminal = true;
  std::string text = plain(options, tell_good_deploy);
  CHECK(text.find("web-1: start shop-web\r\x1b[K") != std::string::npos);
  // What stays when every wiped line is taken out is what a file would hold.
  std::string stays;
  for (const std::string& line : split_lines(text)) {
    const size_t wipe = line.rfind("\x1b[K");
    stays += (wipe == std::string::npos ? line : line.substr(wipe + 3)) + "\n";
  }
  CHECK(stays == golden_text("output/deploy.txt"));
}

TEST_CASE("a running step never takes more than the terminal's width") {
  PlainOptions options;
  options.terminal = true;
  options.width = 30;
  const std::string text = plain(options, [](Reporter& reporter) {
    reporter.progress(report(Kind::began, "st\xc3\xa4rt shop-web and many other containers"));
  });
  CHECK(text.find("web-1: st\xc3\xa4rt shop\r") != std::string::npos);
}

TEST_CASE("a step's name can't break the line that is wiped") {
  PlainOptions options;
  options.terminal = true;
  const std::string text = plain(options, [](Reporter& reporter) {
    reporter.progress(report(Kind::began, "start\r\x1b[2J\nname"));
  });
  CHECK(text.find("start\\x0d\\x1b[2J name\r\x1b[K") != std::string::npos);
}

TEST_CASE("while several hosts are at work all of their steps are shown") {
  PlainOptions options;
  options.terminal = true;
  const std::string text = plain(options, [](Reporter& reporter) {
    Report other = report(Kind::began, "pull acme/web:v2");
    other.host = "web-2";
    reporter.progress(report(Kind::began, "pull acme/web:v2"));
    reporter.progress(other);
    reporter.progress(report(Kind::succeeded, "pull acme/web:v2", "", 100));
  });
  CHECK(text.find("web-1: pull acme/web:v2  web-2: pull acme/web:v2") != std::string::npos);
  CHECK(text.ends_with("  web-2: pull acme/web:v2\r\x1b[K"));
}

TEST_CASE("what a host says can't command the terminal") {
  for (const std::string& text : {plain({}, kFails), plain({}, tell_views)}) {
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\x07') == std::string::npos);
  }
}

TEST_CASE("programs get one JSON object per line") {
  check_golden("output/deploy.json", as_json(tell_good_deploy));
  check_golden("output/failed.json", as_json(kFails));
  check_golden("output/in-part.json", as_json(tell_deploy_in_part));
  check_golden("output/views.json", as_json(tell_views));
  for (const std::string& line : split_lines(as_json(tell_views))) {
    CHECK(line.front() == '{');
    CHECK(line.find("\"event\":\"") != std::string::npos);
  }
}

TEST_CASE("every event that is printed is documented") {
  std::string documented;
  {
    std::ifstream file(segue::in_source("docs/json.md"));
    documented.assign(std::istreambuf_iterator<char>(file), {});
  }
  for (const std::string& text :
       {as_json(tell_good_deploy), as_json(kFails), as_json(tell_views)}) {
    for (const std::string& line : split_lines(text)) {
      const std::string key = "\"event\":\"";
      const size_t at = line.find(key) + key.size();
      const std::string event = line.substr(at, line.find('"', at) - at);
      INFO(event);
      CHECK(documented.find("`" + event + "`") != std::string::npos);
    }
  }
}

TEST_CASE("two reporters are told the same") {
  Captured first;
  Captured second;
  PlainOptions options;
  options.out = options.error = second.file();
  JsonReporter machine(first.file());
  PlainReporter people(options);
  TwoReporters both(machine, people);
  tell_good_deploy(both);
  tell_views(both);
  CHECK(first.text() == as_json(tell_good_deploy) + as_json(tell_views));
  CHECK(second.text() == plain({}, tell_good_deploy) + plain({}, tell_views));
}

TEST_CASE("what lasts longer than five seconds is said, once") {
  const Captured out;
  PlainReporter reporter({out.file(), out.file()});
  QuietWaits waits(reporter);
  const TimePoint start = TimePoint{} + Duration(1'000);
  waits.heard(report(Kind::began, "drain green, at most 30s"), start);
  waits.begin("web-2", "probe", start + Duration(2'000));
  CHECK(waits.tell(start) == start + Duration(5'000));
  CHECK(out.text().empty());
  CHECK(waits.tell(start + Duration(5'000)) == start + Duration(7'000));
  CHECK(contains(out.text(), "web-1: still at \"drain green, at most 30s\" after 5s"));
  waits.end("web-2");
  CHECK(waits.tell(start + Duration(9'000)) == TimePoint::max());
  waits.heard(report(Kind::succeeded, "drain green, at most 30s"), start + Duration(9'000));
  waits.heard(report(Kind::began, "stop shop-web_old"), start + Duration(9'000));
  CHECK(waits.tell(start + Duration(13'000)) == start + Duration(14'000));
  waits.heard(report(Kind::failed, "stop shop-web_old"), start + Duration(13'500));
  CHECK(waits.tell(start + Duration(20'000)) == TimePoint::max());
  CHECK_FALSE(contains(out.text(), "web-2"));
  CHECK_FALSE(contains(out.text(), "stop shop-web_old"));
}
