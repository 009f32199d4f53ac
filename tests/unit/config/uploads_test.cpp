// `files` and `directories`, in both forms.
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/config/load.hpp"

using namespace segue;

namespace {

LoadedConfig load(const std::string& lines) {
  std::string text =
      "project: shop\nservers: {web-1: {host: 10.0.0.1}}\nservices:\n  web:\n    image: web:1\n"
      "    hosts: [web-1]\n";
  for (const std::string& line : split_lines(lines)) text += "    " + line + "\n";
  return load_config({"deploy.yml", text, "", {}});
}

UploadConfig upload(const std::string& key, const std::string& item) {
  const LoadedConfig loaded = load(key + ": [" + item + "]");
  for (const Error& error : loaded.errors) FAIL_CHECK(to_string(error));
  REQUIRE(loaded.config);
  return loaded.config->services.front().uploads.at(0);
}

std::string error_of(const std::string& key, const std::string& item) {
  const LoadedConfig loaded = load(key + ":\n  - " + item);
  REQUIRE(loaded.errors.size() == 1);
  CHECK(loaded.errors.front().at->line == 8);
  return loaded.errors.front().what;
}

}  // namespace

TEST_CASE("a file in short form: paths, then a mode or options") {
  const UploadConfig plain = upload("files", "\"./config.json:/app/config.json\"");
  CHECK(plain.local == "config.json");
  CHECK(plain.target == "/app/config.json");
  CHECK_FALSE(plain.mode);
  CHECK_FALSE(plain.keeps);
  CHECK(upload("files", "\"./secrets.env:/app/.env:600\"").mode == 0600U);
  CHECK(upload("files", "\"a:/b:0644\"").mode == 0644U);
  CHECK(upload("files", "\"a:/b:Z\"").relabel == "Z");
  CHECK(upload("files", "\".//dir/./a b ü:/b\"").local == "dir/a b ü");
}

TEST_CASE("a file in long form: mode as text or number, owner by names or numbers") {
  const UploadConfig key = upload("files",
                                  "{local: config/secret.key, remote: /etc/app/secret.key, mode: "
                                  "\"0600\", owner: \"nginx:nginx\", options: \"ro\"}");
  CHECK(key.local == "config/secret.key");
  CHECK(key.mode == 0600U);
  CHECK(key.owner == "nginx:nginx");
  CHECK_FALSE(key.keeps);
  CHECK(upload("files", "{local: a, remote: /b, mode: 0600}").mode == 0600U);
  CHECK(upload("files", "{local: a, remote: /b, owner: 101}").owner == "101");
  CHECK(upload("files", "{local: \"a:b\", remote: /b}").local == "a:b");
}

TEST_CASE("a directory is kept when it has an owner or says rw, and ro denies it") {
  CHECK_FALSE(upload("directories", "\"./templates:/app/templates/\"").keeps);
  CHECK(upload("directories", "\"./templates:/app/templates/\"").target == "/app/templates");
  CHECK(upload("directories", "\"data:/data:rw\"").keeps);
  const std::string logs = "local: logs, remote: /var/log/app, mode: \"0755\", owner: \"app:app\"";
  CHECK(upload("directories", "{" + logs + "}").keeps);
  CHECK_FALSE(upload("directories", "{" + logs + ", options: ro}").keeps);
}

TEST_CASE("what makes no sense is told with its place and what to write instead") {
  CHECK(error_of("files", "a") == "\"a\" does not say what goes where");
  CHECK(error_of("files", "a:/b:600:ro") == "\"a:/b:600:ro\" does not say what goes where");
  CHECK(error_of("files", "/etc/passwd:/b") ==
        "\"/etc/passwd\" is not a path in the project's folder");
  CHECK(error_of("files", "~/x:/b") == "\"~/x\" is not a path in the project's folder");
  CHECK(error_of("files", "a:b") == "\"b\" is no place for it");
  CHECK(error_of("files", "a:/") == "\"/\" is no place for it");
  CHECK(error_of("files", "a:/../b") == "\"/../b\" is no place for it");
  CHECK(error_of("files", "a:/b:888") == "\"888\" is not a mode");
  CHECK(error_of("files", "a:/b:4755") == "\"4755\" is not a mode");
  CHECK(error_of("files", "a:/b:rw") == "files are read-only");
  CHECK(error_of("directories", "a:/b:ro,rw") == "\"ro,rw\" is no option here");
  CHECK(error_of("directories", "a:/b:delegated") == "\"delegated\" is no option here");
  CHECK(error_of("files", "{local: a, remote: /b, owner: \"-R\"}") == "\"-R\" is not an owner");
  CHECK(error_of("files", "{local: a}") == "`services.web.files[0].remote` is missing");
  CHECK(error_of("files", "{local: a, remote: /b, modes: 1}") ==
        "unknown key \"modes\" in `services.web.files[0]`");
  CHECK(error_of("files", "[a]") ==
        "`services.web.files[0]` must be text, or a map of keys, not a list");
}

TEST_CASE("two things can't be mounted at one place") {
  const LoadedConfig loaded = load("volumes: [\"data:/b\"]\nfiles: [\"a:/b\"]");
  REQUIRE(loaded.errors.size() == 1);
  CHECK(loaded.errors.front().what == "/b is mounted twice");
}
