#include "segue/engine/registry_failure.hpp"

#include "segue/base/text.hpp"

#include <algorithm>
#include <array>

namespace segue {
namespace {

// In lower case. The first row with a word that was said is the cause; {} is the registry.
struct Cause {
  std::array<std::string_view, 7> words;
  std::string_view name;
  std::string_view hint;
};

constexpr std::array kCauses{
    Cause{{"longer than", "timeout exceeded", "deadline exceeded", "i/o timeout",
           "handshake timeout"},
          "{} is too slow",
          "see whether it is well, and the way there; builder.registry.timeout says how long one "
          "image may take"},
    Cause{{"no space left on device"},
          "a disk is full",
          "free some space there (df -h; docker or podman system df), then try again"},
    Cause{{"x509:", "certificate signed by", "tls: "},
          "the certificate of {} is not trusted",
          "put its authority's certificate into /etc/docker/certs.d/{}/ca.crt (Podman: "
          "/etc/containers/certs.d), on this host"},
    Cause{{"http response to https client"},
          "{} speaks plain HTTP",
          "give it a certificate; or allow it as the engine does: insecure-registries in "
          "/etc/docker/daemon.json, insecure = true in /etc/containers/registries.conf"},
    Cause{{"unauthorized", "authentication required", "invalid username", "incorrect username",
           "no basic auth credentials", "401 "},
          "{} refuses the credentials",
          "check builder.registry.username and its password: segue registry login"},
    Cause{{"denied", "403 ", "forbidden"},
          "{} does not allow it",
          "the user needs the right to it, and some registries want the repository to exist"},
    Cause{{"toomanyrequests", "rate limit", "429 "},
          "{} has had enough requests",
          "wait; with a login registries allow more of them"},
    Cause{{"connection refused", "no such host", "no route to host", "network is unreachable",
           "server misbehaving", "connection reset"},
          "{} does not answer",
          "see whether it runs, and can be reached from there"},
    Cause{{"http 405", "statuscode: 405", "method not allowed", "405 "},
          "{} takes no images",
          "it is read-only for now, or only passes on what others have: its settings say so"},
    Cause{{"500 internal", "502 bad", "503 service", "504 gateway", "unexpected http status",
           "unknown error", "unexpected status"},
          "{} fails",
          "see its log, and whether its disk is full"},
    Cause{{"unknown blob", "blob unknown", "verification failed", "fetching blob", "unexpected eof",
           "digest did not match", "writing blob"},
          "{} has lost a part of the image",
          "build and push it anew: segue build --push --no-cache"},
    Cause{{"manifest unknown", "not found", "does not exist", "name unknown", "name_unknown",
           "no such manifest"},
          "{} has no such image",
          "check its name and tag; what is built here is pushed by segue build --push"},
};

// The last line that tells of an error, without what every client puts before it.
std::string in_short(const std::string& said) {
  std::string line;
  for (const std::string& candidate : split_lines(said)) {
    const std::string_view text = trim(candidate);
    if (!text.empty()) line = text;
  }
  for (const std::string_view prefix : {"Error response from daemon: ", "Error: "}) {
    const size_t at = line.rfind(prefix);
    if (at != std::string::npos) line = line.substr(at + prefix.size());
  }
  return line;
}

}  // namespace

RegistryFailure explain_registry(const std::string& registry, const std::string& said) {
  const std::string lower = lower_case(said);
  const std::string shown = registry.empty() ? "the registry" : registry;
  for (const Cause& cause : kCauses) {
    const bool fits = std::ranges::any_of(
        cause.words, [&](std::string_view word) { return !word.empty() && contains(lower, word); });
    if (!fits) continue;
    return {replace_all(std::string(cause.name), "{}", shown) + ": " + in_short(said),
            replace_all(std::string(cause.hint), "{}", registry.empty() ? "REGISTRY" : registry)};
  }
  return {in_short(said), ""};
}

}  // namespace segue
