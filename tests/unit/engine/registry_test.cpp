// What engines' clients say of a registry, as Docker 20.10 and Podman 4.3 said it, and what people
// are told.
#include "support/catch.hpp"

#include "segue/base/text.hpp"
#include "segue/engine/registry_failure.hpp"
#include "segue/engine/registry_login.hpp"

using namespace segue;

namespace {

std::string told(const std::string& said) {
  return explain_registry("ghcr.io", said).what;
}

}  // namespace

TEST_CASE("the cause of a registry's failure is named") {
  struct Case {
    std::string said;
    std::string cause;
  };
  const std::vector<Case> cases{
      {"Error response from daemon: Head \"https://ghcr.io/v2/acme/web/manifests/1\": no basic "
       "auth "
       "credentials",
       "ghcr.io refuses the credentials"},
      {"Error response from daemon: login attempt to https://ghcr.io/v2/ failed with status: 401 "
       "Unauthorized",
       "ghcr.io refuses the credentials"},
      {"Error: initializing source docker://ghcr.io/acme/web:1: reading manifest 1 in "
       "ghcr.io/acme/web: unauthorized: authentication required",
       "ghcr.io refuses the credentials"},
      {"denied: requested access to the resource is denied", "ghcr.io does not allow it"},
      {"Error response from daemon: Get \"https://ghcr.io/v2/\": dial tcp 203.0.113.9:443: "
       "connect: "
       "connection refused",
       "ghcr.io does not answer"},
      {"Error response from daemon: Get \"https://ghcr.io/v2/\": dial tcp: lookup ghcr.io: no such "
       "host",
       "ghcr.io does not answer"},
      {"Error response from daemon: Get \"https://ghcr.io/v2/\": net/http: request canceled while "
       "waiting for connection (Client.Timeout exceeded while awaiting headers)",
       "ghcr.io is too slow"},
      {"it took longer than 30m", "ghcr.io is too slow"},
      {"Error response from daemon: Get \"https://ghcr.io/v2/\": x509: certificate signed by "
       "unknown "
       "authority",
       "the certificate of ghcr.io is not trusted"},
      {"Error response from daemon: Get \"https://ghcr.io/v2/\": http: server gave HTTP response "
       "to "
       "HTTPS client",
       "ghcr.io speaks plain HTTP"},
      {"Error response from daemon: manifest for ghcr.io/acme/web:1 not found: manifest unknown: "
       "manifest unknown",
       "ghcr.io has no such image"},
      {"unknown blob", "ghcr.io has lost a part of the image"},
      {"write /var/lib/docker/tmp/GetImageBlob1: no space left on device", "a disk is full"},
      {"received unexpected HTTP status: 500 Internal Server Error", "ghcr.io fails"},
      {"Error: writing blob: uploading layer chunked: received unexpected HTTP status: 500 "
       "Internal "
       "Server Error",
       "ghcr.io fails"},
      {"error parsing HTTP 405 response body: invalid character 'M' looking for beginning of "
       "value: "
       "\"Method not allowed\\n\"",
       "ghcr.io takes no images"},
      {"Error: writing blob: initiating layer upload to /v2/acme/web/blobs/uploads/ in ghcr.io: "
       "StatusCode: 405, Method not allowed",
       "ghcr.io takes no images"},
      {"no such manifest: ghcr.io/acme/web@sha256:aa", "ghcr.io has no such image"},
      {"toomanyrequests: You have reached your pull rate limit.",
       "ghcr.io has had enough requests"},
  };
  for (const auto& [said, cause] : cases) {
    CAPTURE(said);
    const RegistryFailure failure = explain_registry("ghcr.io", said);
    CHECK(failure.what.starts_with(cause + ": "));
    CHECK_FALSE(failure.hint.empty());
  }
}

TEST_CASE(
    "of much that was said the last error is shown, without what every client puts before it") {
  CHECK(told("Using default tag\nError response from daemon: denied: no\n") ==
        "ghcr.io does not allow it: denied: no");
  CHECK(told("something new") == "something new");
  CHECK(explain_registry("", "something new").hint.empty());
}

TEST_CASE("the file of credentials is what both clients read") {
  const RegistryLogin login{"ghcr.io", "acme"};
  const Secret credentials = registry_credentials(login, Secret("pass:word"));
  CHECK(credentials.reveal() == "YWNtZTpwYXNzOndvcmQ=");
  CHECK(credentials_file(login, credentials) ==
        R"({"auths":{"ghcr.io":{"auth":"YWNtZTpwYXNzOndvcmQ="}}})");
  // Docker Hub is called otherwise there.
  CHECK(contains(credentials_file({"docker.io", "acme"}, credentials),
                 "\"https://index.docker.io/v1/\""));
}

TEST_CASE("a script that writes them shows nothing of them before it is sent") {
  const ShellText text = write_credentials({"ghcr.io", "acme"});
  CHECK(contains(text.without_secrets(), "[secret]"));
  const Secret value("YWNtZTpwYXNzOndvcmQ=");
  CHECK(text.render([&](const std::string& name) -> const Secret& {
    CHECK(name == kRegistryCredentials);
    return value;
  }) == R"(printf '%s' '{"auths":{"ghcr.io":{"auth":"' YWNtZTpwYXNzOndvcmQ= '"}}}')");
}
