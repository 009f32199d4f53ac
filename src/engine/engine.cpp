#include "segue/engine/engine.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

long long whole_seconds(Duration duration) {
  return (duration.count() + 999) / 1000;
}

}  // namespace

ShellText Engine::command(const std::vector<std::string>& arguments) const {
  ShellText text;
  return text.raw(path_).words(arguments);
}

ShellText Engine::run(const ContainerSpec& spec) const {
  ShellText text;
  for (const std::string& name : spec.secrets) text.secret_assignment(name);
  text.raw(path_).words({"run", "-d", "--pull=never", "--name", spec.name});
  text.words({"--restart", spec.restart, "--stop-timeout",
              std::to_string(whole_seconds(spec.stop_timeout))});
  text.words({"--network", spec.network});
  for (const std::string& alias : spec.aliases) text.words({"--network-alias", alias});
  for (const auto& [key, value] : spec.labels) text.words({"--label", key + "=" + value});
  for (const std::string& port : spec.published_ports) text.words({"-p", port});
  for (const std::string& volume : spec.volumes) text.words({"-v", volume});
  for (const auto& [name, value] : spec.environment) text.words({"-e", name + "=" + value});
  for (const std::string& name : spec.secrets) text.words({"-e", name});
  text.words(spec.extra).words({"--", spec.image_id}).words(spec.command);
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

ShellText Engine::set_restart_policy(const std::vector<std::string>& names,
                                     const std::string& policy) const {
  return command({"update", "--restart", policy, "--"}).words(names);
}

ShellText Engine::connect(const std::string& network, const std::string& alias,
                          const std::string& container) const {
  std::vector<std::string> arguments{"network", "connect"};
  if (!alias.empty()) arguments.insert(arguments.end(), {"--alias", alias});
  arguments.insert(arguments.end(), {"--", network, container});
  return command(arguments);
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
std::string Engine::image_format() {
  return R"({"id":{{json .ID}},"digests":{{json .RepoDigests}},)"
         R"("architecture":{{json .Architecture}},"config":{{json .Config}}})";
}

}  // namespace segue
