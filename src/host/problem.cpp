#include "segue/host/problem.hpp"

#include "segue/base/text.hpp"
#include "segue/engine/registry_failure.hpp"

#include <fmt/format.h>

#include <array>

namespace segue {
namespace {

struct Known {
  std::string_view word;
  Code code;
  std::string_view what;              // {} is the detail
  std::string_view hint;              // {engine} is docker or podman
  std::string_view podman_hint = {};  // where it is another one
};

constexpr std::array kKnown{
    Known{"engine-missing", Code::failed, "there is no `{}` on this host",
          "install it (Debian: apt-get install docker.io, or podman), or set builder.engine"},
    Known{"engine-permission", Code::failed, "no permission to talk to the container engine as {}",
          "add that user to the engine's group: usermod -aG docker USER, then log in anew; or set "
          "builder.engine: podman"},
    Known{"docker-down", Code::failed, "the container engine does not answer: {}",
          "start it: systemctl start docker"},
    Known{"podman-down", Code::failed, "Podman does not answer: {}",
          "try it on that host, as the same user: podman info"},
    Known{"engine-down", Code::failed, "the container engine does not answer: {}",
          "try it on that host: {engine} info"},
    Known{"state", Code::failed, "the state folder {} can't be written",
          "make it once, as root: install -d -m 2770 -g docker /var/lib/segue",
          "the user whose Podman it is must be able to write it"},
    Known{"disk", Code::failed, "{} can't be written: the disk may be full",
          "free some space (df -h; {engine} system df), then try again"},
    Known{"content", Code::failed, "{} did not arrive as it was sent",
          "it changed while it was sent, or the connection broke: try again"},
    Known{"owner", Code::failed, "the owner could not be set in a container of the image: {}",
          "the image must have chown, and know that owner; or leave `owner` out, and let everyone "
          "read by `mode`"},
    Known{"image-missing", Code::failed, "the image {} is not on this host and can't be pulled",
          "check its name and tag, and that this host may pull it: {engine} pull IMAGE"},
    Known{"image-load", Code::failed, "the engine did not take the image: {}",
          "see its free space: df -h; {engine} system df; then try again"},
    Known{"image-differs", Code::failed,
          "the engine took {}, but knows it by another id: it keeps images in containerd",
          "that does not work yet: set \"features\": {\"containerd-snapshotter\": false} in "
          "/etc/docker/daemon.json"},
    Known{"proxy-image-missing", Code::failed,
          "the proxy's image {} is not on this host and can't be pulled",
          "set proxy.image to one that is, or load it there: {engine} pull IMAGE"},
    Known{"builder-disk", Code::failed, "nothing can be written on the machine that builds: {}",
          "free some space there (df -h; segue services prune --builder-cache), then try again"},
    Known{"builder-context", Code::failed, "the build's context did not arrive whole: {}",
          "is there space for it (df -h; TMPDIR names another place)? Or a file of it has changed "
          "meanwhile: try again"},
    Known{"registry", Code::failed, "the registry {} can't be used",
          "try it on that host: {engine} login"},
    Known{"proxy-start", Code::failed, "the proxy did not start: {}",
          "look at it: {engine} logs segue-proxy"},
    Known{"proxy-port", Code::failed, "the proxy can't listen: {}",
          "free that port, or set proxy.http_port and proxy.https_port"},
    Known{"proxy-config", Code::failed, "the proxy refused its configuration: {}",
          "the proxy still runs the former one; look at `proxy.extra`, without it this is a "
          "mistake of "
          "segue"},
    Known{"proxy-probe", Code::failed, "no probe can run inside the proxy: {}",
          "proxy.image needs sh and wget beside caddy, as caddy:2 has"},
    Known{
        "proxy-files", Code::failed, "the engine does not see the files of this host ({})",
        "the engine must run on the host itself: unset DOCKER_HOST, and no Docker Desktop or snap"},
    Known{"proxy-upgrade", Code::failed, "the proxy could not be upgraded: {}",
          "the former one still serves; see `segue proxy logs`"},
    Known{"proxy-busy", Code::failed, "another deploy is changing the proxy: {}",
          "try again in a moment"},
    Known{"start", Code::failed, "the container could not be started: {}", ""},
    Known{"release-command", Code::failed, "the release command failed: {}",
          "what it printed is above; nothing was rolled for it"},
    Known{"rename", Code::failed, "a container could not be renamed: {}", ""},
    Known{"gate-timeout", Code::failed, "not healthy in time: {}",
          "see the log above; healthcheck.deploy_timeout sets how long to wait"},
    Known{"bake", Code::failed, "healthy at first, and then no more: {}",
          "see the log above; it was watched for rollout.bake"},
    Known{"gate-exited", Code::failed, "{}", "see the log above for why it ended"},
    Known{"verify", Code::failed, "the proxy does not show the new containers: {}", ""},
    Known{"switch", Code::failed, "the traffic could not be switched: {}", ""},
    Known{"stop", Code::failed, "a container could not be stopped: {}", ""},
    Known{"nothing-serves", Code::partial,
          "neither the new nor the old containers of {} pass their health check",
          "look at them: {engine} ps -a, {engine} logs NAME; nothing was removed"},
};

// What the client said of a pull or a login, after the image or the registry: its cause has a
// remedy of its own.
std::optional<Error> registry_problem(const std::string& word, const std::string& detail) {
  const size_t blank = detail.find(' ');
  if (blank == std::string::npos) return std::nullopt;
  const std::string subject = detail.substr(0, blank);
  const size_t slash = subject.find('/');
  const std::string first = word == "registry" ? subject : subject.substr(0, slash);
  const bool is_host = word == "registry" || (slash != std::string::npos &&
                                              first.find_first_of(".:") != std::string::npos);
  const RegistryFailure failure = explain_registry(is_host ? first : "", detail.substr(blank + 1));
  std::string what = fmt::format("the registry {} can't be used", subject);
  if (word == "image-missing")
    what = fmt::format("the image {} is not on this host and can't be pulled", subject);
  if (word == "proxy-image-missing")
    what = fmt::format("the proxy's image {} is not on this host and can't be pulled", subject);
  return Error{Code::failed, what + ": " + failure.what, failure.hint, {}, {}};
}

// What engines say of a layer that is not what the image says of it.
bool is_damage(const std::string& said) {
  return contains(said, "invalid diffID") || contains(said, "did not match, expected") ||
         contains(said, "verification failed");
}

}  // namespace

Error problem_error(const std::string& word, const std::string& detail, EngineKind engine) {
  const std::string shown = visible(detail);
  const bool of_registry =
      word == "image-missing" || word == "proxy-image-missing" || word == "registry";
  std::optional<Error> explained = of_registry ? registry_problem(word, shown) : std::nullopt;
  for (const Known& known : kKnown) {
    if (known.word != word) continue;
    const bool other = engine == EngineKind::podman && !known.podman_hint.empty();
    std::string hint(other ? known.podman_hint : known.hint);
    if (word == "image-load" && is_damage(shown))
      hint =
          "a byte of it was changed on its way or on a disk, and the engine has noticed: try again";
    // The cause first; but nobody knows whether the name is not what is wrong.
    if (explained && !explained->hint.empty()) hint = explained->hint + "; or " + hint;
    return Error{known.code,
                 explained ? explained->what : replace_all(std::string(known.what), "{}", shown),
                 replace_all(std::move(hint), "{engine}", to_string(engine)),
                 {},
                 {}};
  }
  return Error{Code::failed, word + ": " + shown, {}, {}, {}};
}

std::optional<Error> told_problem(const std::vector<ScriptEvent>& events, EngineKind engine) {
  for (auto it = events.rbegin(); it != events.rend(); ++it) {
    if (it->kind != ScriptEvent::Kind::told || it->key != "problem") continue;
    const size_t blank = std::min(it->value.find(' '), it->value.size());
    return problem_error(it->value.substr(0, blank),
                         it->value.substr(std::min(blank + 1, it->value.size())), engine);
  }
  return std::nullopt;
}

}  // namespace segue
