// `segue secrets`, and which commands may run what deploy.yml names: the real program, no hosts.
#include "support/catch.hpp"
#include "support/places.hpp"

#include "segue/base/text.hpp"
#include "segue/os/process.hpp"
#include "segue/os/real_files.hpp"

#include <stdlib.h>

#include <filesystem>

using namespace segue;

namespace {

// A project in a folder of its own, with a home and a place for temporary files.
struct SecretsProject {
  SecretsProject() {
    std::string name = (std::filesystem::temp_directory_path() / "segue-secrets-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
    std::filesystem::create_directory(path + "/private");
    yaml("");
  }
  ~SecretsProject() { std::filesystem::remove_all(path); }

  void file(const std::string& name, const std::string& text, unsigned mode = 0600) const {
    REQUIRE(RealFiles().write(path + "/" + name, text, mode));
  }
  std::string text_of(const std::string& name) const {
    return RealFiles().read(path + "/" + name, 1 << 20).value_or("");
  }
  bool exists(const std::string& name) const { return RealFiles().exists(path + "/" + name); }
  void yaml(const std::string& more) const {
    const std::string text =
        "project: shop\nservers: {web-1: {host: 127.0.0.1, port: 1}}\nservices:\n"
        "  web: {image: \"web:1\", hosts: [web-1], environment: {secrets: [TOKEN, PEM]}}\n"
        "  worker: {image: \"web:1\", hosts: [web-1], environment: {secrets: [TOKEN]}}\n" +
        more;
    file("deploy.yml", text);
    file("deploy.staging.yml", text);
  }

  ProcessResult says(const std::vector<std::string>& words,
                     std::vector<std::pair<std::string, std::string>> environment = {}) const {
    ProcessRequest request;
    request.argv = {in_build("segue")};
    request.argv.insert(request.argv.end(), words.begin(), words.end());
    request.folder = path;
    request.environment = std::move(environment);
    request.environment.insert(request.environment.end(), {{"XDG_STATE_HOME", path + "/state"},
                                                           {"XDG_RUNTIME_DIR", path + "/private"},
                                                           {"HOME", path}});
    return run_process(request).value();
  }
  ProcessResult shell(const std::string& text) const {
    ProcessRequest request;
    request.argv = {"sh", "-c", text};
    request.folder = path;
    return run_process(request).value();
  }

  std::string path;
};

bool says_no(const ProcessResult& result, const std::string& text) {
  INFO(result.output + result.error_output);
  CHECK(contains(result.error_output, text));
  return result.end.status == 2;
}

constexpr const char* kFetch = "#!/bin/sh\necho ran >>ran\necho TOKEN=hunter2-store\n";

}  // namespace

TEST_CASE("secrets print: which are set, from where, for whom, never their values unasked") {
  const SecretsProject project;
  project.file(".env", "TOKEN=hunter2-one\n");
  const ProcessResult missing = project.says({"secrets", "print"});
  CHECK(missing.output == "PEM: missing, for web\nTOKEN: from .env, for web, worker\n");
  CHECK(says_no(missing, "error: a secret is missing: PEM\n  add PEM=... to .env"));

  project.file(".env", "TOKEN='hunter2-one'\nPEM=\"first\nsec\\\"ond\\n\"\n");
  const ProcessResult complete = project.says({"secrets", "print"});
  CHECK(complete.end.status == 0);
  CHECK_FALSE(contains(complete.output + complete.error_output, "hunter2"));
  CHECK(project.says({"secrets", "print", "--show-values"}).output ==
        "PEM: from .env, for web\n  PEM=\"first\\nsec\\\"ond\\n\"\n"
        "TOKEN: from .env, for web, worker\n  TOKEN=\"hunter2-one\"\n");
  const std::string json = project.says({"--json", "secrets", "print"}).output;
  CHECK(contains(json, R"("event":"secret")"));
  CHECK(contains(json, R"("name":"TOKEN","services":"web,worker","set":"true","source":".env")"));
  CHECK_FALSE(contains(json, "hunter2"));
}

TEST_CASE(".env.NAME stands for .env in that environment, and secrets_path for both") {
  const SecretsProject project;
  project.file(".env", "TOKEN=1\nPEM=1\n");
  CHECK(contains(project.says({"-e", "staging", "secrets", "print"}).output, "from .env, "));
  project.file(".env.staging", "TOKEN=2\n");
  const ProcessResult staging = project.says({"-e", "staging", "secrets", "print"});
  CHECK(contains(staging.output, "TOKEN: from .env.staging,"));
  CHECK(contains(staging.output, "PEM: missing"));  // not key by key
  project.yaml("secrets_path: config/secret\n");
  std::filesystem::create_directory(project.path + "/config");
  project.file("config/secret", "TOKEN=3\nPEM=3\n");
  CHECK(contains(project.says({"secrets", "print"}).output, "TOKEN: from config/secret,"));
  project.file("config/secret.staging", "TOKEN=4\nPEM=4\n");
  CHECK(contains(project.says({"-e", "staging", "secrets", "print"}).output,
                 "TOKEN: from config/secret.staging,"));
}

TEST_CASE("the caller's environment is asked last, and only with --host-env") {
  const SecretsProject project;
  project.file(".env", "TOKEN=1\n");
  CHECK(project.says({"secrets", "print"}, {{"PEM", "x"}}).end.status == 2);
  const ProcessResult told = project.says({"--host-env", "secrets", "print"}, {{"PEM", "x"}});
  CHECK(told.end.status == 0);
  CHECK(told.output == "PEM: from the environment, for web\nTOKEN: from .env, for web, worker\n");
  const ProcessResult missing = project.says({"--host-env", "config", "validate"});
  CHECK(says_no(missing, "asked: .env, the environment"));
}

TEST_CASE("a checkout's deploy.yml runs nothing here before somebody agrees") {
  const SecretsProject project;
  project.file("fetch", kFetch, 0700);
  project.file(".env", "PEM=1\n");
  project.yaml("secrets: {adapter: command, command: ./fetch}\n");

  const ProcessResult valid = project.says({"config", "validate"});
  CHECK(valid.end.status == 0);
  CHECK(contains(valid.output, "command was not asked for TOKEN"));
  CHECK(says_no(project.says({"plan"}), "deploy.yml wants to run on this machine: ./fetch"));
  CHECK(says_no(project.says({"deploy"}), "nobody is there to ask"));
  const ProcessResult printed = project.says({"secrets", "print"});
  CHECK(contains(printed.output, "TOKEN: not asked"));
  CHECK(says_no(printed, "command was not asked for TOKEN"));
  project.says({"status"});
  CHECK_FALSE(project.exists("ran"));

  CHECK(project.says({"secrets", "print", "-y"}).end.status == 0);
  CHECK(project.text_of("ran") == "ran\n");
  CHECK(project.says({"secrets", "print"}).end.status == 0);  // it was remembered
  CHECK(project.says({"config", "validate"}).end.status == 0);
  CHECK(project.text_of("ran") == "ran\nran\nran\n");

  project.file("fetch", std::string(kFetch) + "# another program\n", 0700);
  CHECK(project.says({"secrets", "print"}).end.status == 2);
  project.file("fetch", kFetch, 0700);
  CHECK(project.says({"secrets", "print"}).end.status == 0);
  project.yaml("secrets: {adapter: command, command: ./fetch more}\n");
  CHECK(project.says({"secrets", "print"}).end.status == 2);
  CHECK(project.text_of("ran") == "ran\nran\nran\nran\n");
}

TEST_CASE("what .env has is not asked for, and an adapter that fails says so") {
  const SecretsProject project;
  project.file("fetch", "#!/bin/sh\nprintf 'no\\n\\033[31mlocked\\n' >&2\nexit 7\n", 0700);
  project.yaml("secrets: {adapter: command, command: ./fetch}\n");
  CHECK(says_no(project.says({"secrets", "print", "-y"}),
                "error: secrets: command: ./fetch ended with exit code 7: "));
  CHECK_FALSE(contains(project.says({"secrets", "print", "-y"}).error_output, "\033"));
  project.file(".env", "PEM=1\nTOKEN=1\n");
  CHECK(project.says({"secrets", "print"}).end.status == 0);
}

TEST_CASE("secrets edit and rotate: only the encrypted file is left") {
  const SecretsProject project;
  if (project.shell("command -v age").end.status != 0) {
    WARN("skipped: this machine has no age");
    return;
  }
  project.shell(
      "mkdir -p .config/segue; age-keygen -o .config/segue/age.key 2>/dev/null; "
      "age-keygen -o other 2>/dev/null");
  const auto recipient = [&](const std::string& key) {
    return std::string(trim(project.shell("age-keygen -y " + key).output));
  };
  const std::string mine = recipient(".config/segue/age.key");
  project.yaml("secrets: {adapter: age, recipients: [" + mine + "]}\n");
  project.file("editor",
               "#!/bin/sh\nstat -c '%a %n' \"$1\" \"${1%/*}\" >seen\ncat \"$1\" >>seen\n"
               "cp wanted \"$1\"\n",
               0700);
  const auto edit = [&] { return project.says({"secrets", "edit"}, {{"EDITOR", "./editor"}}); };

  project.file("wanted", "TOKEN=hunter2-1\nPEM='a\nb'\n");
  CHECK(edit().end.status == 0);
  const std::string sealed = project.text_of(".env.age");
  CHECK(sealed.starts_with("-----BEGIN AGE ENCRYPTED FILE-----"));
  CHECK_FALSE(contains(sealed, "hunter2"));
  CHECK(project.text_of("seen").starts_with("600 " + project.path + "/private/segue-"));
  CHECK(contains(project.text_of("seen"), "\n700 " + project.path + "/private/segue-"));
  CHECK(std::filesystem::is_empty(project.path + "/private"));
  CHECK(contains(project.says({"secrets", "print", "-y"}).output,
                 "TOKEN: from age, for web, worker"));

  CHECK(contains(edit().output, "nothing was changed"));
  CHECK(contains(project.text_of("seen"), "TOKEN=hunter2-1"));
  CHECK(project.text_of(".env.age") == sealed);

  project.file("wanted", "TOKEN='hunter2-2\n");
  CHECK(says_no(edit(), "this quote is never closed; nothing was written"));
  project.file("editor", "#!/bin/sh\necho X=1 >\"$1\"\nexit 3\n", 0700);
  CHECK(contains(edit().error_output, "the editor ended with exit code 3"));
  CHECK(project.text_of(".env.age") == sealed);
  CHECK(std::filesystem::is_empty(project.path + "/private"));

  const std::string open_other = "age --decrypt -i other .env.age";
  CHECK(project.shell(open_other).end.status != 0);
  project.yaml("secrets: {adapter: age, recipients: [" + mine + ", " + recipient("other") + "]}\n");
  CHECK(contains(project.says({"secrets", "rotate"}).output, "anew for 2 recipients"));
  CHECK(project.shell(open_other).output == "TOKEN=hunter2-1\nPEM='a\nb'\n");
  CHECK(project.says({"secrets", "print"}).end.status == 0);  // what was trusted is the same
}

TEST_CASE("sops opens the editor itself, with its temporary files in a private folder") {
  const SecretsProject project;
  project.yaml("secrets: {adapter: sops, file: secrets.sops.env}\n");
  const std::string path = in_source("tests/support/stores") + ":" + ::getenv("PATH");
  const auto edit = [&](const std::string& exit_code) {
    return project.says({"secrets", "edit"},
                        {{"PATH", path}, {"EDITOR", "my-editor"}, {"SOPS_EXIT", exit_code}});
  };
  CHECK(contains(edit("0").output, "secrets.sops.env was encrypted anew"));
  CHECK(project.text_of("asked").starts_with("700 " + project.path + "/private/segue-"));
  CHECK(contains(project.text_of("asked"), " my-editor\n"));
  CHECK(contains(edit("200").output, "nothing was changed"));
  CHECK(contains(edit("128").error_output, "sops ended with exit code 128"));
  CHECK(std::filesystem::is_empty(project.path + "/private"));
  CHECK(contains(project.says({"secrets", "rotate"}, {{"PATH", path}}).output, "a new data key"));
}

TEST_CASE("a yes beforehand is enough where nothing can be remembered") {
  const SecretsProject project;
  project.file("fetch", kFetch, 0700);
  project.file(".env", "PEM=1\n");
  project.file("state", "no folder");
  project.yaml("secrets: {adapter: command, command: ./fetch}\n");
  const ProcessResult printed = project.says({"secrets", "print", "-y"});
  CHECK(printed.end.status == 0);
  CHECK(contains(printed.output, "the yes can't be remembered"));
  CHECK(project.text_of("ran") == "ran\n");
}

TEST_CASE("there must be a file to edit") {
  const SecretsProject project;
  CHECK(says_no(project.says({"secrets", "edit"}), "there is no encrypted file to edit"));
  project.yaml("secrets: {adapter: doppler}\n");
  CHECK(says_no(project.says({"secrets", "rotate"}), "doppler keeps the secrets, not a file"));
}
