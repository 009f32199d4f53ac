// The real program, asked on its command line. Help texts stand in tests/golden/help.
#include "support/golden.hpp"

#include "segue/base/text.hpp"
#include "segue/os/process.hpp"

#include <stdlib.h>

#include <filesystem>

using namespace segue;

namespace {

ProcessResult segue_says(const std::vector<std::string>& words, const std::string& folder = "/") {
  ProcessRequest request;
  request.argv = {segue::in_build("segue")};
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  request.folder = folder;
  const auto result = run_process(request);
  REQUIRE(result);
  return *result;
}

// An empty folder that is gone afterwards.
struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "segue-cli-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

void check_refused(const std::vector<std::string>& words, const std::string& error,
                   const std::string& hint) {
  INFO(join(words, " "));
  const ProcessResult result = segue_says(words);
  CHECK(result.end.status == 2);
  CHECK(result.output.empty());
  CHECK(result.error_output == "error: " + error + "\n  " + hint + "\n");
}

}  // namespace

TEST_CASE("every command has its help") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
      {"segue", {}},
      {"deploy", {"deploy"}},
      {"rollback", {"rollback"}},
      {"plan", {"plan"}},
      {"status", {"status"}},
      {"deploys", {"deploys"}},
      {"deploys-list", {"deploys", "list"}},
      {"deploys-show", {"deploys", "show"}},
      {"audit", {"audit"}},
      {"lock", {"lock"}},
      {"config-show", {"config", "show"}},
      {"config-schema", {"config", "schema"}},
      {"images", {"images"}},
      {"images-list", {"images", "list"}},
      {"images-show", {"images", "show"}},
      {"services", {"services"}},
      {"services-prune", {"services", "prune"}},
      {"lock-acquire", {"lock", "acquire"}},
      {"lock-status", {"lock", "status"}},
      {"lock-show", {"lock", "show"}},
      {"lock-release", {"lock", "release"}},
      {"recover", {"recover"}},
      {"build", {"build"}},
      {"secrets", {"secrets"}},
      {"secrets-print", {"secrets", "print"}},
      {"secrets-edit", {"secrets", "edit"}},
      {"secrets-rotate", {"secrets", "rotate"}},
      {"proxy", {"proxy"}},
      {"proxy-status", {"proxy", "status"}},
      {"proxy-reboot", {"proxy", "reboot"}},
      {"proxy-logs", {"proxy", "logs"}},
      {"proxy-gc", {"proxy", "gc"}},
      {"network", {"network"}},
      {"network-status", {"network", "status"}},
      {"server", {"server"}},
      {"server-exec", {"server", "exec"}},
      {"server-ssh", {"server", "ssh"}},
      {"registry", {"registry"}},
      {"registry-login", {"registry", "login"}},
      {"registry-logout", {"registry", "logout"}},
      {"registry-setup", {"registry", "setup"}},
      {"registry-remove", {"registry", "remove"}},
      {"init", {"init"}},
      {"config", {"config"}},
      {"config-validate", {"config", "validate"}},
      {"version", {"version"}}};
  for (const auto& [name, words] : cases) {
    std::vector<std::string> by_command{"help"};
    by_command.insert(by_command.end(), words.begin(), words.end());
    const ProcessResult asked = segue_says(by_command);
    CHECK(asked.end.status == 0);
    check_golden("help/" + name + ".txt", asked.output);
    std::vector<std::string> by_option = words;
    by_option.emplace_back("--help");
    CHECK(segue_says(by_option).output == asked.output);
    for (const std::string& line : split_lines(asked.output)) CHECK(line.size() <= 80);
  }
  CHECK(segue_says({}).output == golden_text("help/segue.txt"));
}

TEST_CASE("a slip is answered with what was meant") {
  check_refused({"dploy"}, "there is no command `segue dploy`", "did you mean `segue deploy`?");
  check_refused({"lock", "relaese"}, "there is no command `segue lock relaese`",
                "did you mean `segue lock release`?");
  check_refused({"deploy", "--vresion", "v1"}, "there is no option --vresion",
                "did you mean --version?");
  check_refused({"deploy", "--mesage=why"}, "there is no option --mesage",
                "did you mean --message?");
  check_refused({"lock", "xyz"}, "there is no command `segue lock xyz`",
                "there are: acquire, status, show, release");
}

TEST_CASE("what is missing or too much is named") {
  check_refused({"lock"}, "`segue lock` alone does nothing",
                "there are: acquire, status, show, release");
  check_refused({"lock", "acquire"}, "`segue lock acquire` needs MESSAGE",
                "see: segue help lock acquire");
  check_refused({"deploy", "-y", "--lock-timeout", "soon"},
                "--lock-timeout: must be seconds, or a length of time such as 5m, not soon",
                "see: segue help deploy");
  check_refused({"audit", "--since", "2026-11-2"},
                "--since: must be a moment such as 2026-11-21 or 2026-11-21T04:17, in UTC, or an "
                "age such as 2h or 7d, not 2026-11-2",
                "see: segue help audit");
  check_refused(
      {"audit", "--status", "well"},
      "--status: must be one of succeeded, rolled_back, partial, interrupted, failed, not "
      "well",
      "see: segue help audit");
  check_refused({"plan", "--hosts"}, "--hosts needs a value", "see: segue help plan");
  check_refused({"lock", "release", "now"}, "`segue lock release` takes no argument now",
                "see: segue help lock release");
  check_refused({"--color", "maybe", "plan"}, "--color: must be auto, always or never, not maybe",
                "see: segue help plan");
  check_refused({"init", "--app-port", "70000"},
                "--app-port: must be a number from 1 to 65535, not 70000", "see: segue help init");
}

TEST_CASE("of two commands neither is run") {
  check_refused({"-S", "web", "deploy", "status"}, "`segue deploy` takes no argument status",
                "see: segue help deploy");
}

TEST_CASE("a command or option that is still to come says so") {
  for (const char* name : {"maintenance", "canary", "preview", "promote", "abort", "completion"})
    check_refused({name, "whatever", "--with=options"},
                  fmt::format("`segue {}` does not work yet", name), "see what does: segue help");
  check_refused({"help", "server", "teardown"}, "`segue server teardown` does not work yet",
                "see what does: segue help");
  check_refused({"deploy", "--plan"}, "--plan does not work yet", "see: segue help deploy");
}

TEST_CASE("the version names the commit, in each of its spellings") {
  const std::string text = segue_says({"version"}).output;
  CHECK(text.starts_with("segue 0."));
  CHECK(text.find(" (") != std::string::npos);
  CHECK(segue_says({"--version"}).output == text);
  CHECK(segue_says({"status", "--version"}).output == text);
}

TEST_CASE("options of every command stand before or after it") {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"-c", "/no/such.yml", "status"},
        {"status", "-c", "/no/such.yml"},
        {"lock", "status", "--config=/no/such.yml", "-q", "-v", "-v"}}) {
    const ProcessResult result = segue_says(words);
    CHECK(result.end.status == 2);
    CHECK(result.error_output.find("/no/such.yml: No such file") != std::string::npos);
  }
}

TEST_CASE("with --json each line is an object, and people read the standard error") {
  const ProcessResult good = segue_says({"version", "--json"});
  CHECK(good.output.starts_with("{\"commit\":"));
  CHECK(good.error_output.starts_with("segue 0."));
  const ProcessResult wrong = segue_says({"--json", "dploy"});
  CHECK(wrong.end.status == 2);
  CHECK(wrong.output.starts_with("{\"event\":\"error\",\"exit_status\":2,"));
  CHECK(split_lines(wrong.output).size() == 1);
}

TEST_CASE("without a deploy.yml every command says how to get one") {
  const Folder empty;
  for (const char* command : {"plan", "status", "recover"}) {
    std::vector<std::string> words{command};
    if (words.front() == "recover") words.emplace_back("-y");
    const ProcessResult result = segue_says(words, empty.path);
    CHECK(result.end.status == 2);
    CHECK(result.error_output ==
          "error: there is no deploy.yml in this folder or above it\n"
          "  make one with `segue init`, or name it with -c FILE\n");
  }
}

TEST_CASE("where nobody can be asked, nothing is changed without -y") {
  const Folder empty;
  for (const char* command : {"deploy", "recover", "rollback"}) {
    const ProcessResult result = segue_says({command}, empty.path);
    CHECK(result.end.status == 2);
    CHECK(result.error_output.find("nobody is there to ask") != std::string::npos);
  }
}

TEST_CASE("init writes a deploy.yml that is valid, and does not overwrite one") {
  const Folder folder;
  const ProcessResult made =
      segue_says({"init", "--project", "shop", "--image", "acme/shop:1"}, folder.path);
  CHECK(made.end.status == 0);
  CHECK(made.error_output.empty());
  CHECK(segue_says({"config", "validate"}, folder.path).output ==
        "deploy.yml is valid: project shop, 1 service, 1 host\n");
  const ProcessResult again = segue_says({"init"}, folder.path);
  CHECK(again.end.status == 2);
  CHECK(again.error_output.find("there is a deploy.yml already") != std::string::npos);
  CHECK(segue_says({"init", "--force"}, folder.path).end.status == 0);
}

TEST_CASE("a log file that can't be written ends it before anything is done") {
  const ProcessResult result = segue_says({"version", "--log-file", "/dev/null/log"});
  CHECK(result.end.status == 2);
  CHECK(result.error_output.find("/dev/null/log") != std::string::npos);
}

TEST_CASE("a closed output does no harm") {
  for (const char* words : {"version", "help", "version --json"}) {
    ProcessRequest request;
    request.argv = {"sh", "-c", segue::in_build("segue") + " " + words + " >&- 2>&- <&-"};
    const auto result = run_process(request);
    REQUIRE(result);
    CHECK(result->end.signal.empty());
    CHECK(result->end.status == 0);
  }
}
