#include "segue/engine/image_list.hpp"

#include "support/catch.hpp"

#include "segue/base/text.hpp"

using namespace segue;

namespace {

std::string told(EngineKind engine, bool has_login, bool insecure) {
  const ImageListPush push{"ghcr.io/web:v1",
                           {"ghcr.io/web@sha256:aa", "ghcr.io/web@sha256:bb"},
                           "0a1b",
                           has_login,
                           insecure};
  const ListCommands commands = list_commands(engine, push);
  std::string text;
  for (const auto& words : commands.push) text += join(words, " ") + "\n";
  return text + join(commands.tidy, " ");
}

}  // namespace

TEST_CASE("Docker's client makes a list where its credentials are") {
  CHECK(told(EngineKind::docker, true, false) ==
        "--config . manifest create -- ghcr.io/web:v1 ghcr.io/web@sha256:aa "
        "ghcr.io/web@sha256:bb\n"
        "--config . manifest push -- ghcr.io/web:v1\n");
  CHECK(told(EngineKind::docker, false, true) ==
        "--config . manifest create --insecure -- ghcr.io/web:v1 ghcr.io/web@sha256:aa "
        "ghcr.io/web@sha256:bb\n"
        "--config . manifest push --insecure -- ghcr.io/web:v1\n");
}

TEST_CASE("Podman keeps a list of its own for as long as it takes") {
  CHECK(told(EngineKind::podman, true, false) ==
        "manifest create -- localhost/segue-list:0a1b\n"
        "manifest add --authfile config.json -- localhost/segue-list:0a1b "
        "docker://ghcr.io/web@sha256:aa\n"
        "manifest add --authfile config.json -- localhost/segue-list:0a1b "
        "docker://ghcr.io/web@sha256:bb\n"
        "manifest push --all=false --authfile config.json -- localhost/segue-list:0a1b "
        "docker://ghcr.io/web:v1\n"
        "manifest rm -- localhost/segue-list:0a1b");
}

TEST_CASE("a registry without a certificate is one that Docker's daemon is told to accept") {
  CHECK(is_insecure("other.example.com\n10.0.0.1:5000\n", "10.0.0.1:5000"));
  CHECK_FALSE(is_insecure("10.0.0.1:5000\n", "10.0.0.1"));
  CHECK_FALSE(is_insecure("", "10.0.0.1:5000"));
}
