#include "release_builder.hpp"

#include "segue/base/sha256.hpp"
#include "segue/base/text.hpp"
#include "segue/script/checked.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace segue {
namespace {

using nlohmann::json;

// The engine's own wait says how it ended, and is given signs of life beside it.
constexpr std::string_view kAwait = R"sh(
segue_hear_long "$segue_engine" wait "$segue_name" || { segue_problem release-command "$segue_answer"; return 96; }
segue_status=${segue_answer##*[!0-9]}
timeout 30 "$segue_engine" logs --tail 500 "$segue_name" 2>&1 | tail -c 65536
[ "$segue_status" != 0 ] || return 0
segue_answer=$("$segue_engine" rm -f "$segue_name" 2>&1)
segue_problem release-command "exit code $segue_status"
return 96
)sh";

// What would be run: with another image or other words it is another command.
std::string command_hash(const ContainerRequest& request) {
  const json what{{"image_id", request.fields.at("image_id")},
                  {"command", request.service.release_command}};
  return sha256_hex(what.dump(-1, ' ', true, json::error_handler_t::replace)).substr(0, 16);
}

ContainerSpec command_container(const ContainerRequest& request) {
  const Identity identity = identity_of(request.config);
  ContainerSpec spec = container_specs(request).front();
  spec.name = release_container_name(identity, request.service.name);
  spec.labels = {{label::kProject, identity.project},
                 {label::kEnvironment, identity.environment},
                 {label::kCommand, request.service.name},
                 {label::kRelease, request.release},
                 {label::kSpec, command_hash(request)}};
  spec.aliases.clear();
  spec.addresses.clear();
  spec.published_ports.clear();
  spec.command = request.service.release_command;
  spec.restart = "no";
  return spec;
}

}  // namespace

// No service's name has the underscore in it that a container's may.
std::string release_container_name(const Identity& identity, const std::string& service) {
  return identity.container_name(service, 1) + "_release";
}

Step run_release_command(const ContainerRequest& request) {
  const Engine engine(request.facts);
  const ContainerSpec spec = command_container(request);
  Section section{"release-command", {}};
  ShellText& body = section.body;
  body.raw(fmt::format("segue_engine={}\nsegue_name={}\n", quote(engine.path()), quote(spec.name)));
  body += engine.remove({spec.name});
  body.raw(" >/dev/null 2>&1\n");
  body += checked(engine.run(spec), "start");
  body.raw(kAwait);
  return {fmt::format("run `{}` once, from {}", join(spec.command, " "), request.service.image),
          "the release command, before any container is touched", std::move(section),
          request.service.name};
}

const ContainerFacts* finished_command(const HostFacts& facts, const ContainerRequest& request) {
  const Config& config = request.config;
  const std::string hash = command_hash(request);
  const auto same = [&](const ContainerFacts& container) {
    return container.of(config.project, config.environment) &&
           container.label(label::kCommand) == request.service.name &&
           container.label(label::kSpec) == hash && container.state == "exited" &&
           container.exit_code == 0;
  };
  const auto found = std::find_if(facts.commands.begin(), facts.commands.end(), same);
  return found == facts.commands.end() ? nullptr : &*found;
}

Step remove_release_containers(const Engine& engine, const std::vector<std::string>& names) {
  ShellText body("segue_answer=$(");
  body += engine.remove(names);
  body.raw(" 2>&1) || { segue_problem stop \"$segue_answer\"; return 96; }");
  return {"remove " + join(names, ", "),
          "the release command has done its work",
          {"remove-command", std::move(body)}};
}

}  // namespace segue
