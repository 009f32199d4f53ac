// Adapters against recorded answers of the programs that they run (tests/support/stores), and
// against the real age and pass where this machine has them.
#include "support/catch.hpp"
#include "support/places.hpp"

#include "segue/base/text.hpp"
#include "segue/os/process.hpp"
#include "segue/os/real_files.hpp"
#include "segue/secrets/adapter_source.hpp"
#include "segue/secrets/age_file.hpp"
#include "segue/secrets/sops_file.hpp"

#include <stdlib.h>

#include <filesystem>

using namespace segue;

namespace {

using Options = std::map<std::string, std::vector<std::string>>;
using Plain = std::map<std::string, std::string>;

// The stores' programs are found before any real one of that name.
struct Stores {
  Stores() : path(::getenv("PATH")) {
    ::setenv("PATH", (in_source("tests/support/stores") + ":" + path).c_str(), 1);
    ::setenv("BW_SESSION", "key", 1);
  }
  ~Stores() { ::setenv("PATH", path.c_str(), 1); }
  std::string path;
};

struct Place {
  Place() {
    std::string name = (std::filesystem::temp_directory_path() / "segue-secrets-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Place() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name, const std::string& text, unsigned mode = 0700) const {
    REQUIRE(RealFiles().write(path + "/" + name, text, mode));
    return path + "/" + name;
  }
  std::string path;
};

Result<Plain> ask(const AdapterSettings& settings, const std::vector<std::string>& names) {
  AdapterSource source(settings, -1);
  TRY(source.expect(names));
  Plain plain;
  for (const std::string& name : names)
    if (const auto value = source.find(name)) plain[name] = value->reveal();
  return plain;
}

Plain found(const std::string& adapter, const Options& options,
            const std::vector<std::string>& names) {
  const Stores stores;
  const auto answer = ask({adapter, options, "/", {}}, names);
  if (!answer) FAIL(answer.error().what + " " + answer.error().hint);
  return *answer;
}

Error refused(const std::string& adapter, const Options& options,
              const std::vector<std::string>& names) {
  const Stores stores;
  const auto answer = ask({adapter, options, "/", {}}, names);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::usage);
  return answer.error();
}

bool runs(const std::string& program) {
  ProcessRequest request;
  request.argv = {"sh", "-c", "command -v " + program};
  return run_process(request)->succeeded();
}

std::string shell(const Place& place, const std::string& text) {
  ProcessRequest request;
  request.argv = {"sh", "-c", text};
  request.folder = place.path;
  const auto result = run_process(request);
  REQUIRE(result);
  INFO(text + ": " + result->error_output);
  REQUIRE(result->succeeded());
  return std::string(trim(result->output));
}

}  // namespace

TEST_CASE("1Password: the fields of an item") {
  const Options options{{"item", {"shop"}}, {"vault", {"Deploys"}}, {"account", {"acme"}}};
  CHECK(found("1password", options, {"TOKEN", "PEM", "NOWHERE"}) ==
        Plain{{"TOKEN", "op-token"}, {"PEM", "first\nsecond\n"}});
  CHECK(refused("1password", options, {"twice"}).what ==
        "secrets: 1password: op: it has twice twice");
}

TEST_CASE("Bitwarden: the fields of an item, or the items of a folder") {
  CHECK(found("bitwarden", {{"item", {"shop"}}}, {"TOKEN", "PEM"}) == Plain{{"TOKEN", "bw-token"}});
  CHECK(found("bitwarden", {{"folder", {"1234"}}}, {"TOKEN", "PEM"}) ==
        Plain{{"TOKEN", "bw-login"}, {"PEM", "first\nsecond\n"}});
  CHECK(found("bitwarden-sm", {{"project", {"77aa"}}}, {"TOKEN", "PEM"}) ==
        Plain{{"TOKEN", "bws-token"}});
}

TEST_CASE("AWS: one secret of JSON, or one for each name, twenty to a call") {
  CHECK(found("aws", {{"secret", {"prod/shop"}}, {"region", {"eu-west-1"}}, {"profile", {"ci"}}},
              {"TOKEN", "PORT", "NOWHERE"}) == Plain{{"TOKEN", "aws-token"}, {"PORT", "5432"}});
  CHECK(found("aws", {{"prefix", {"prod/"}}}, {"TOKEN", "NOWHERE"}) ==
        Plain{{"TOKEN", "aws-single"}});
  CHECK(refused("aws", {}, {"DENIED"}).what == "secrets: aws: aws: DENIED: no permission");
  std::vector<std::string> names;
  for (int i = 0; i < 45; ++i) names.push_back("N" + std::to_string(i));
  const Plain all = found("aws", {}, names);
  CHECK(all.size() == 45);
  CHECK(all.at("N44") == "of N44");
}

TEST_CASE("Google: one command for each name, bytes as they are") {
  CHECK(found("gcp", {{"project", {"acme"}}, {"prefix", {"shop-"}}}, {"TOKEN", "NOWHERE"}) ==
        Plain{{"TOKEN", "gcp-token\xFF"}});
}

TEST_CASE("Doppler, Vault and sops: all at once") {
  CHECK(found("doppler", {{"project", {"shop"}}, {"config", {"prd"}}}, {"TOKEN", "EMPTY", "X"}) ==
        Plain{{"TOKEN", "doppler-token"}, {"EMPTY", ""}});
  CHECK(found("vault", {{"mount", {"kv"}}, {"path", {"apps/shop"}}}, {"TOKEN", "NESTED"}) ==
        Plain{{"TOKEN", "vault-token"}});
  CHECK(found("vault", {{"path", {"secret/shop"}}}, {"TOKEN"}) == Plain{{"TOKEN", "vault-one"}});
  CHECK(found("sops", {{"file", {"secrets.sops.env"}}}, {"TOKEN", "PEM"}) ==
        Plain{{"TOKEN", "sops-token"}, {"PEM", "first\nsecond\n"}});
}

TEST_CASE("sops gets new keys, then a new data key") {
  const Stores stores;
  const Place place;
  REQUIRE(rotate_sops({"sops", {{"file", {"secrets.sops.env"}}}, place.path, {}}, -1));
  CHECK(*RealFiles().read(place.path + "/asked", 1000) ==
        "updatekeys --yes secrets.sops.env\n--rotate --in-place secrets.sops.env\n");
}

TEST_CASE("any command: .env or JSON, in the project's folder, told the names") {
  const Place place;
  place.file("fetch", "#!/bin/sh\necho \"NAMES='$SEGUE_SECRETS $1'\"\n");
  place.file("json", "#!/bin/sh\necho '{\"NAMES\": \"as JSON\"}'\n");
  const auto settings = [&](std::vector<std::string> argv) {
    return AdapterSettings{"command", {{"command", std::move(argv)}}, place.path, {}};
  };
  CHECK(ask(settings({"./fetch", "two words"}), {"NAMES", "B"})->at("NAMES") ==
        "NAMES B two words");
  CHECK(ask(settings({"./json"}), {"NAMES"})->at("NAMES") == "as JSON");
}

TEST_CASE("an adapter that fails says which one, its exit code, its last line and what to do") {
  const Error error = refused("1password", {{"item", {"gone"}}}, {"TOKEN"});
  CHECK(contains(error.what, "secrets: 1password: op ended with exit code 1: [ERROR] "));
  CHECK(contains(error.what, "isn't an item in any vault."));
  CHECK(error.what.find('\033') == std::string::npos);
  CHECK(contains(error.hint, "OP_SERVICE_ACCOUNT_TOKEN"));
}

TEST_CASE("a program that is not there comes with where to get it") {
  const auto answer = ask({"command", {{"command", {"./no-such-program"}}}, "/", {}}, {"TOKEN"});
  REQUIRE_FALSE(answer);
  CHECK(contains(answer.error().what, "secrets: command: cannot run ./no-such-program"));
  CHECK(contains(answer.error().hint, "install ./no-such-program"));
}

TEST_CASE("output that makes no sense is an error that shows nothing of it") {
  const Place place;
  for (const char* text : {"hunter2", "{\"TOKEN\": hunter2", "TOKEN='hunter2"}) {
    place.file("fetch", std::string("#!/bin/sh\ncat <<'X'\n") + text + "\nX\n");
    const auto answer = ask({"command", {{"command", {"./fetch"}}}, place.path, {}}, {"TOKEN"});
    REQUIRE_FALSE(answer);
    CHECK_FALSE(contains(answer.error().what + answer.error().hint, "hunter2"));
  }
}

TEST_CASE("a store that says too much is cut short and refused") {
  const Place place;
  place.file("fetch", "#!/bin/sh\nhead -c 9000000 /dev/zero | tr '\\0' x\n");
  const auto answer = ask({"command", {{"command", {"./fetch"}}}, place.path, {}}, {"TOKEN"});
  REQUIRE_FALSE(answer);
  CHECK(contains(answer.error().what, "said more than 4 MiB"));
}

TEST_CASE("commands for one name each run side by side") {
  const Place place;
  // Each waits until the other is there too; one after the other would be ended by the deadline.
  place.file("pass",
             "#!/bin/sh\nprintf '' >\"here-$2\"\n"
             "until [ -e here-A ] && [ -e here-B ]; do :; done\necho \"of $2\"\n");
  const std::string path = ::getenv("PATH");
  ::setenv("PATH", (place.path + ":" + path).c_str(), 1);
  const auto answer = ask({"pass", {}, place.path, {}}, {"A", "B"});
  ::setenv("PATH", path.c_str(), 1);
  REQUIRE(answer);
  CHECK(*answer == Plain{{"A", "of A"}, {"B", "of B"}});
}

TEST_CASE("the real age: encrypted for others, read with a key in a file or by hand") {
  if (!runs("age")) {
    WARN("skipped: this machine has no age");
    return;
  }
  const Place place;
  shell(place, "age-keygen -o mine 2>/dev/null && age-keygen -o other 2>/dev/null");
  const std::string mine = shell(place, "age-keygen -y mine");
  const std::string other = shell(place, "age-keygen -y other");
  const Secret text("TOKEN=hunter2\nPEM=\"first\nsecond\"\n");
  AdapterSettings settings{"age",
                           {{"file", {"secrets.age"}},
                            {"identity", {place.path + "/mine"}},
                            {"recipients", {mine, other}}},
                           place.path,
                           {}};
  const auto sealed = encrypt_age(settings, text, -1);
  REQUIRE(sealed);
  CHECK_FALSE(contains(*sealed, "hunter2"));
  place.file("secrets.age", *sealed, 0600);
  CHECK(decrypt_age(settings, -1)->reveal() == text.reveal());
  CHECK(*ask(settings, {"TOKEN", "PEM", "NOWHERE"}) ==
        Plain{{"TOKEN", "hunter2"}, {"PEM", "first\nsecond"}});

  AdapterSettings by_hand = settings;
  by_hand.options["identity"] = {"/no/such/file"};
  by_hand.master_key = Secret(*RealFiles().read(place.path + "/other", 4096));
  CHECK(ask(by_hand, {"TOKEN"})->at("TOKEN") == "hunter2");
  CHECK(decrypt_age(by_hand, -1)->reveal() == text.reveal());

  settings.options["recipients"] = {other};  // who encrypts locks themselves out
  CHECK(contains(encrypt_age(settings, text, -1).error().what, "your own key could not read"));
  settings.options.erase("recipients");
  CHECK(contains(encrypt_age(settings, text, -1).error().hint, "age-keygen -y"));
  shell(place, "age-keygen -o stranger 2>/dev/null");
  settings.options["identity"] = {place.path + "/stranger"};
  CHECK(
      contains(ask(settings, {"TOKEN"}).error().what, "secrets: age: age ended with exit code 1"));
}

TEST_CASE("the real pass: whole entries, and those that are not there") {
  if (!runs("pass") || !runs("gpg")) {
    WARN("skipped: this machine has no pass or no gpg");
    return;
  }
  const Place place;
  ::setenv("GNUPGHOME", place.path.c_str(), 1);
  ::setenv("PASSWORD_STORE_DIR", (place.path + "/store").c_str(), 1);
  shell(place,
        "gpg --batch --quiet --passphrase '' --quick-generate-key me@example.com default default "
        "never 2>&1 && pass init me@example.com 2>&1 && printf 'hunter2\\nsecond\\n' | pass insert "
        "-m shop/TOKEN 2>&1");
  const auto answer = ask({"pass", {{"prefix", {"shop/"}}}, place.path, {}}, {"TOKEN", "NOWHERE"});
  shell(place, "gpgconf --kill gpg-agent");
  ::unsetenv("GNUPGHOME");
  ::unsetenv("PASSWORD_STORE_DIR");
  REQUIRE(answer);
  CHECK(*answer == Plain{{"TOKEN", "hunter2\nsecond"}});
}
