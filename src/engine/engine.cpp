#include "segue/engine/engine.hpp"

#include "option_flags.hpp"

#include "segue/base/secret_name.hpp"
#include "segue/base/sha256.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

long long whole_seconds(Duration duration) {
  return (duration.count() + 999) / 1000;
}

// An address that moves from container to container keeps its MAC too: else whoever talked to the
// former one goes on talking to a card that is gone. Locally administered, made of the name.
std::string mac_of(const std::string& name) {
  const std::string hash = sha256_hex(name);
  std::string mac = "02";
  for (size_t i = 0; i < 10; i += 2) mac += ":" + hash.substr(i, 2);
  return mac;
}

ShellText address_of(const std::string& folder, const std::string& name) {
  ShellText text;
  return text.raw("\"$(cat").word(folder + "/" + name).raw(" || echo none)\"");
}

}  // namespace

Engine::Engine(const HostFacts& facts) : Engine(facts.engine_path, facts.engine_kind) {
  if (kind_ == EngineKind::podman) address_folder_ = facts.state_root + "/proxy/addresses";
}

ShellText Engine::command(const std::vector<std::string>& arguments) const {
  ShellText text;
  return text.raw(path_).words(arguments);
}

// The values of secrets are in the environment of the client alone. What it would take for its own
// settings there comes through a pipe, line by line, which nobody else can read and no disk keeps;
// printf is the shell's own, so that no argument list holds a value (rules A7).
ShellText Engine::run(const ContainerSpec& spec) const {
  ShellText text;
  const auto key_of = [&](const std::string& name) {
    const auto key = spec.secret_keys.find(name);
    return key == spec.secret_keys.end() ? name : key->second;
  };
  ShellText piped;
  for (const std::string& name : spec.secrets)
    if (misleads_programs(name)) piped.raw(" " + name + "=").secret_value(key_of(name));
  if (!piped.empty()) (text.raw("printf '%s\\n'") += piped).raw(" | ");
  for (const std::string& name : spec.secrets)
    if (!misleads_programs(name)) text.secret_assignment(name, key_of(name));
  text.raw(path_).words({"run", "-d", "--pull=never", "--name", spec.name});
  if (!piped.empty()) text.words({"--env-file", "/dev/stdin"});
  text.words({"--restart", spec.restart, "--stop-timeout",
              std::to_string(whole_seconds(spec.stop_timeout))});
  if (spec.addresses.empty()) {
    text.words({"--network", spec.network});
    for (const std::string& alias : spec.aliases) text.words({"--network-alias", alias});
  } else {
    std::string network = spec.network;
    for (size_t i = 0; i < spec.aliases.size(); ++i)
      network += (i == 0 ? ":alias=" : ",alias=") + spec.aliases[i];
    text.words({"--network", network});
  }
  for (const FixedAddress& address : spec.addresses) {
    text.word("--network").word(address.network + ":mac=" + mac_of(address.name) + ",ip=");
    text += address_of(address_folder_, address.name);
  }
  for (const auto& [key, value] : spec.labels) text.words({"--label", key + "=" + value});
  for (const std::string& port : spec.published_ports) text.words({"-p", port});
  for (const std::string& volume : spec.volumes) text.words({"-v", volume});
  for (const auto& [name, value] : spec.environment) text.words({"-e", name + "=" + value});
  for (const std::string& name : spec.secrets)
    if (!misleads_programs(name)) text.words({"-e", name});
  text.words(option_flags(spec.options, kind_)).words(spec.extra).words({"--", spec.image_id});
  // The engine's option takes one word: what follows it comes first among the arguments.
  const auto& entrypoint = spec.options.entrypoint;
  if (!entrypoint.empty()) text.words({entrypoint.begin() + 1, entrypoint.end()});
  text.words(spec.command);
  return text;
}

ShellText Engine::rename(const std::string& from, const std::string& to) const {
  return command({"rename", "--", from, to});
}

ShellText Engine::start(const std::vector<std::string>& names) const {
  return command({"start", "--"}).words(names);
}

ShellText Engine::stop(const std::vector<std::string>& names, Duration grace) const {
  return command({"stop", "-t", std::to_string(whole_seconds(grace)), "--"}).words(names);
}

ShellText Engine::remove(const std::vector<std::string>& names) const {
  return command({"rm", "-f", "--"}).words(names);
}

ShellText Engine::exit_codes() const {
  if (kind_ == EngineKind::podman)
    return command({"events", "--since", "10m", "--stream=false", "--filter", "event=died",
                    "--format", "{{.ContainerExitCode}}"});
  return command({"events", "--since", "10m", "--until", "0s", "--filter", "event=die", "--format",
                  "{{.Actor.Attributes.exitCode}}"});
}

ShellText Engine::set_restart_policy(const std::vector<std::string>& names,
                                     const std::string& policy) const {
  if (kind_ == EngineKind::podman) return ShellText(":");
  return command({"update", "--restart", policy, "--"}).words(names);
}

ShellText Engine::connect(const std::string& network, const std::string& alias,
                          const std::string& container) const {
  std::vector<std::string> arguments{"network", "connect"};
  if (!alias.empty() && fixed_addresses()) {
    ShellText text = command({"network", "connect", "--mac-address", mac_of(alias), "--ip"});
    text.raw(" ");
    text += address_of(address_folder_, alias);
    return text.words({"--", network, container});
  }
  if (!alias.empty()) arguments.insert(arguments.end(), {"--alias", alias});
  arguments.insert(arguments.end(), {"--", network, container});
  return command(arguments);
}

// `always` would make Podman's own service start every stopped container at boot, retired ones too,
// whose policy can't be changed there.
std::string Engine::restart_policy(const std::string& wanted) const {
  return kind_ == EngineKind::podman && wanted == "always" ? "unless-stopped" : wanted;
}

std::string Engine::pull_reference(const std::string& image) const {
  if (kind_ == EngineKind::docker) return image;
  const size_t slash = image.find('/');
  if (slash == std::string::npos) return "docker.io/library/" + image;
  const std::string first = image.substr(0, slash);
  const bool registry = first.find_first_of(".:") != std::string::npos || first == "localhost";
  return registry ? image : "docker.io/" + image;
}

std::string Engine::container_format() {
  return R"({"id":{{json .ID}},"name":{{json .Name}},"image":{{json .Config.Image}},)"
         R"("image_id":{{json .Image}},"state":{{json .State.Status}},)"
         R"("exit_code":{{.State.ExitCode}},"out_of_memory":{{.State.OOMKilled}},)"
         R"("restarts":{{.RestartCount}},"policy":{{json .HostConfig.RestartPolicy.Name}},)"
         R"("started_at":{{json .State.StartedAt}},)"
         R"("health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}""{{end}},)"
         R"("labels":{{json .Config.Labels}},)"
         R"("networks":[{{range $name, $_ := .NetworkSettings.Networks}}{{json $name}},{{end}}""]})";
}

// The image's whole configuration: some clients fail on a template that names a field which this
// image lacks, as most lack a health check. It is the image's, so no container's secrets are in it.
std::string Engine::image_format(EngineKind kind) {
  if (kind == EngineKind::podman)
    return R"({"id":{{json .ID}},"digests":{{json .RepoDigests}},)"
           R"("tags":{{json .RepoTags}},"size":{{.Size}},"created":{{json .Created}},)"
           R"("architecture":{{json .Architecture}},"config":{"Healthcheck":{{json .HealthCheck}}}})";
  return R"({"id":{{json .ID}},"digests":{{json .RepoDigests}},)"
         R"("tags":{{json .RepoTags}},"size":{{.Size}},"created":{{json .Created}},)"
         R"("architecture":{{json .Architecture}},"config":{{json .Config}}})";
}

}  // namespace segue
