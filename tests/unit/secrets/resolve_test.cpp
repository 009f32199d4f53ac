#include "segue/secrets/resolve.hpp"

#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/secrets/environment_source.hpp"
#include "segue/secrets/value_source.hpp"

#include <cstdlib>

using namespace segue;

namespace {

std::map<std::string, Secret> secrets(const std::map<std::string, std::string>& plain) {
  std::map<std::string, Secret> values;
  for (const auto& [name, value] : plain) values.emplace(name, Secret(value));
  return values;
}

// A source that writes down what it was asked for.
class AskedSource final : public SecretSource {
 public:
  explicit AskedSource(const std::map<std::string, std::string>& plain)
      : values_("store", secrets(plain)) {}
  std::string name() const override { return "store"; }
  Result<> expect(const std::vector<std::string>& names) override {
    questions.push_back(join(names, " "));
    return {};
  }
  std::optional<Secret> find(const std::string& secret) override { return values_.find(secret); }

  std::vector<std::string> questions;

 private:
  ValueSource values_;
};

std::string refused(const std::string& name, const std::string& value) {
  const auto checked = check_secret_value(name, Secret(value));
  if (checked) return "";
  CHECK(checked.error().code == Code::usage);
  return checked.error().what;
}

}  // namespace

TEST_CASE("each source is asked once, for what those before it lack") {
  ValueSource file(".env", secrets({{"A", "of the file"}, {"UNUSED", "1"}}));
  AskedSource store({{"A", "of the store"}, {"B", "b"}});
  ValueSource last("the environment", secrets({{"C", "c"}}));
  const auto found = find_secrets({"A", "B", "C", "B"}, {&file, &store, &last});
  REQUIRE(found);
  CHECK(store.questions == std::vector<std::string>{"B C"});
  CHECK(found->values.at("A").reveal() == "of the file");
  CHECK(found->values.size() == 3);
  CHECK(found->sources == std::map<std::string, std::string>{
                              {"A", ".env"}, {"B", "store"}, {"C", "the environment"}});
  CHECK(found->missing.empty());
}

TEST_CASE("a store is not asked when .env has everything") {
  ValueSource file(".env", secrets({{"A", ""}}));
  AskedSource store({});
  REQUIRE(find_secrets({"A"}, {&file, &store}));
  CHECK(store.questions.empty());
}

TEST_CASE("all missing secrets are named at once, with where they were looked for") {
  ValueSource file(".env.staging", secrets({{"B", "1"}}));
  AskedSource store({});
  const auto found = find_secrets({"A", "B", "C"}, {&file, &store});
  REQUIRE(found);
  const Error error = missing_secrets(*found);
  CHECK(error.code == Code::usage);
  CHECK(error.what == "2 secrets are missing: A, C");
  CHECK(error.hint == "add A=... to .env.staging; asked: .env.staging, store");
  const auto one = find_secrets({"A"}, {&file});
  CHECK(missing_secrets(*one).what == "a secret is missing: A");
  CHECK(missing_secrets(*one).hint == "add A=... to .env.staging");
}

TEST_CASE("the caller's environment is a source of its own") {
  ::setenv("SEGUE_TEST_SECRET", "from outside", 1);
  EnvironmentSource environment;
  CHECK(environment.find("SEGUE_TEST_SECRET")->reveal() == "from outside");
  CHECK_FALSE(environment.find("SEGUE_TEST_NO_SUCH_SECRET"));
}

TEST_CASE("a value that no container could be given is refused before anything runs") {
  CHECK(refused("A", std::string(200'000, 'x')) == "the secret A is longer than 128 KiB");
  CHECK(refused("A", std::string("a\0b", 3)) == "the secret A has a NUL byte in it");
  CHECK(refused("A", "two\nlines").empty());
  CHECK(refused("A", "\xFF\x01").empty());
  ValueSource file(".env", secrets({{"A", std::string(200'000, 'x')}}));
  CHECK_FALSE(find_secrets({"A"}, {&file}));
}

TEST_CASE("a name that the engine's client takes for itself goes with one line of plain text") {
  for (const char* name : {"PATH", "HOME", "LD_PRELOAD", "DOCKER_HOST", "XDG_RUNTIME_DIR", "UID",
                           "CONTAINERS_CONF", "CONTAINER_HOST", "http_proxy", "GODEBUG"}) {
    INFO(name);
    CHECK(refused(name, "one line, with 'quotes' and $dollars").empty());
    CHECK(refused(name, "").empty());
    CHECK(contains(refused(name, "two\nlines"), "must be one line of plain text"));
    CHECK(contains(refused(name, "a line end\r"), "must be one line of plain text"));
    CHECK(contains(refused(name, "\xFF"), "must be one line of plain text"));
    CHECK(contains(refused(name, std::string(70'000, 'x')), "must be one line of plain text"));
  }
  for (const char* name : {"PATHS", "API_KEY", "GOOGLE_CREDENTIALS", "MY_DOCKER_HOST"})
    CHECK(refused(name, "two\nlines").empty());
}
