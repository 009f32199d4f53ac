#include "image_reference.hpp"
#include "mounts_and_ports.hpp"
#include "names.hpp"
#include "read_build.hpp"
#include "read_command.hpp"
#include "read_config.hpp"
#include "read_container_options.hpp"
#include "read_rollout.hpp"
#include "read_route.hpp"
#include "read_uploads.hpp"

#include "segue/base/edit_distance.hpp"
#include "segue/model/identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace segue {
namespace {

constexpr int kMostReplicas = 100;

class ServiceReader {
 public:
  ServiceReader(const YamlEntry& entry, const ServiceContext& context, Problems& problems)
      : keys_(entry.value->kind == YamlNode::Kind::map ? entry.value.get() : nullptr, entry.key_at),
        context_(context),
        problems_(problems) {
    service_.name = entry.key;
    service_.at = entry.key_at;
  }

  ServiceConfig read() {
    problems_.take(check_plain_name("service", service_.name).map([] { return true; }),
                   service_.at);
    read_image();
    read_hosts();
    service_.replicas = std::clamp(keys_.number("replicas").value_or(1), 1, kMostReplicas);
    read_ports();
    read_volumes();
    read_command();
    service_.release_command = read_words(keys_, "release", "remove it", problems_).words;
    read_restart();
    service_.options = read_container_options(keys_, problems_);
    read_environment(context_.shared_environment);
    read_environment(keys_.section("environment"));
    read_proxy();
    service_.healthcheck =
        read_healthchecks(keys_, service_.route, context_.config.engine, problems_);
    for (const MapReader::Text& name : keys_.texts("depends_on"))
      service_.depends_on.push_back({name.text, name.at});
    service_.rollout = read_rollout(keys_.section("rollout"), context_.config.rollout, problems_);
    service_.stop_first = keys_.flag("stop_first");
    service_.stop_timeout = keys_.duration("stop_timeout").value_or(service_.stop_timeout);
    service_.drain_timeout = keys_.duration("drain_timeout").value_or(service_.drain_timeout);
    service_.retain = keys_.number("retain").value_or(kImagesRetained);
    check_container_options(keys_, service_, problems_);
    return std::move(service_);
  }

 private:
  void read_image() {
    service_.build = read_build(keys_, context_.builder, problems_);
    const auto text = keys_.text("image");
    if (service_.build) return read_built_image(*service_.build, text);
    if (!text) return;
    const auto reference = problems_.take(parse_image_reference(text->text), text->at);
    if (!reference) return;
    service_.image = reference->text;
    service_.image_was_untagged = reference->untagged;
    if (reference->untagged)
      problems_.note(
          text->at,
          fmt::format("`services.{}.image` has no tag: {} is used", service_.name, service_.image),
          "name a version");
  }

  // Called as the service's containers are; with a registry, `image` may say where it is pushed.
  void read_built_image(BuildConfig& build, const std::optional<MapReader::Text>& text) {
    const Config& config = context_.config;
    const RegistryConfig& registry = config.builder.registry;
    build.repository =
        Identity{config.project, config.environment}.container_name(service_.name, 1);
    if (registry.exists()) build.repository = registry.server + "/" + build.repository;
    if (text && !registry.exists())
      problems_.add(build.at,
                    fmt::format("`services.{}` has both `image` and `build`", service_.name),
                    "remove one: what is built has its name from the project and the service, or, "
                    "with a registry, from `image`");
    if (text && registry.exists()) read_repository(*text, build);
    service_.image = build.image(context_.request.version.value_or("latest"));
    if (const auto& version = context_.request.version)
      problems_.take(parse_image_reference("built:" + *version), build.at);
  }

  void read_repository(const MapReader::Text& text, BuildConfig& build) {
    const RegistryConfig& registry = context_.config.builder.registry;
    const auto reference = problems_.take(parse_image_reference(text.text), text.at);
    if (!reference) return;
    if (!reference->untagged)
      problems_.add(text.at, "what is built has its version as its tag",
                    "leave out what follows the name: --version says the tag");
    else if (!registry.holds(text.text))
      problems_.add(text.at,
                    fmt::format("{} is not in the registry {}", text.text, registry.host()),
                    fmt::format("what is built is pushed there: {}/...", registry.host()));
    build.repository = text.text;
  }

  void read_hosts() {
    const auto hosts = keys_.texts("hosts");
    const YamlNode* node = keys_.node("hosts");
    if (node != nullptr && node->kind == YamlNode::Kind::list && node->items.empty())
      problems_.add(node->at, fmt::format("`services.{}.hosts` is empty", service_.name),
                    "name at least one server");
    std::set<std::string> named;
    for (const MapReader::Text& host : hosts) {
      if (!host.from_list) continue;  // not a list: check_schema has said so
      if (!named.insert(host.text).second) {
        problems_.add(host.at, fmt::format("\"{}\" is named twice", host.text), "remove one");
        continue;
      }
      service_.hosts.push_back(host.text);
      if (context_.servers.empty() || context_.servers.contains(host.text)) continue;
      problems_.add(host.at, fmt::format("there is no server \"{}\"", host.text),
                    problems_.may_suggest() ? known_servers(host.text) : "");
    }
  }

  std::string known_servers(const std::string& word) const {
    const std::vector<std::string> known(context_.servers.begin(), context_.servers.end());
    if (const auto meant = nearest(word, known)) return fmt::format("did you mean \"{}\"?", *meant);
    return fmt::format("known: {}", fmt::join(known, ", "));
  }

  void read_ports() {
    for (const MapReader::Text& text : keys_.texts("ports")) {
      auto ports = problems_.take(parse_ports(text.text), text.at);
      if (!ports) continue;
      for (PortConfig& port : *ports) {
        port.at = text.at;
        service_.ports.push_back(std::move(port));
      }
    }
  }

  void read_volumes() {
    std::set<std::string> targets;
    for (const MapReader::Text& text : keys_.texts("volumes")) {
      const auto volume = problems_.take(parse_volume(text.text, service_.name), text.at);
      if (!volume) continue;
      if (!targets.insert(volume->target).second)
        problems_.add(text.at, fmt::format("two volumes have the target {}", volume->target));
      service_.volumes.push_back(*volume);
    }
    service_.uploads = read_uploads(keys_, problems_);
    for (const UploadConfig& upload : service_.uploads)
      if (!upload.target.empty() && !targets.insert(upload.target).second)
        problems_.add(upload.at, fmt::format("{} is mounted twice", upload.target), "remove one");
  }

  void read_proxy() {
    auto routes = read_routes(keys_.section("proxy"), problems_);
    if (routes.empty()) return;
    service_.route = std::move(routes.front());
    service_.more_routes.assign(std::make_move_iterator(routes.begin() + 1),
                                std::make_move_iterator(routes.end()));
    give_ports(*service_.route);
    for (RouteConfig& route : service_.more_routes) give_ports(route);
  }

  // As Jiji demands it: the port of the application, published under the same number, is the
  // proxy's to publish (rules E3). Of two routes to one port the first has it.
  void give_ports(RouteConfig& route) {
    if (route.app_port == 0) return;
    const auto given = [&](const PortConfig& port) {
      return port.host_port == route.app_port && port.container_port == route.app_port &&
             port.protocol == "tcp";
    };
    std::ranges::copy_if(service_.ports, std::back_inserter(route.ports), given);
    std::erase_if(service_.ports, given);
  }

  void read_command() {
    const Command command =
        read_words(keys_, "command", "remove it to run the image's own", problems_);
    service_.command = command.words;
    if (command.by_shell && command.words.back().find("exec ") == std::string::npos)
      problems_.note(
          command.at,
          fmt::format("`services.{}.command` has shell syntax, so `sh -c` runs it", service_.name),
          "write exec before the program, so that it gets SIGTERM");
  }

  void read_restart() {
    const auto restart = keys_.text("restart");
    if (!restart) return;
    if (restart->text == "no") service_.restart = RestartPolicy::no;
    if (restart->text == "on-failure") service_.restart = RestartPolicy::on_failure;
    if (restart->text == "always") service_.restart = RestartPolicy::always;
  }

  // Called for the shared environment first, so that the service's own wins.
  void read_environment(const MapReader& environment) {
    std::set<std::string> clear;
    for (const YamlEntry& entry : environment.section("clear").entries()) {
      if (entry.key.empty() || entry.key.find_first_of("= \t\n") != std::string::npos)
        problems_.add(entry.key_at, "this is not a name of an environment variable",
                      "no blanks and no =");
      const YamlNode& value = *entry.value;
      if (value.kind != YamlNode::Kind::scalar) continue;
      clear.insert(entry.key);
      forget(entry.key);
      if (!value.secret) {
        service_.environment[entry.key] = value.text;
        continue;
      }
      problems_.take(check_variable_name(entry.key).map([] { return true; }), entry.key_at);
      secrets_.insert(entry.key);
      service_.secret_texts[entry.key] = value.text;
    }
    std::set<std::string> names;
    for (const MapReader::Text& secret : environment.texts("secrets")) {
      problems_.take(check_variable_name(secret.text).map([] { return true; }), secret.at);
      if (clear.count(secret.text) != 0)
        problems_.add(secret.at, fmt::format("\"{}\" is both clear and secret", secret.text),
                      "remove one of them");
      if (!names.insert(secret.text).second)
        problems_.add(secret.at, fmt::format("\"{}\" is named twice", secret.text), "remove one");
      forget(secret.text);
      secrets_.insert(secret.text);
    }
    service_.secrets.assign(secrets_.begin(), secrets_.end());
  }
  void forget(const std::string& name) {
    service_.environment.erase(name);
    service_.secret_texts.erase(name);
    secrets_.erase(name);
  }

  MapReader keys_;
  const ServiceContext& context_;
  Problems& problems_;
  ServiceConfig service_;
  std::set<std::string> secrets_;
};

}  // namespace

ServiceConfig read_service(const YamlEntry& entry, const ServiceContext& context,
                           Problems& problems) {
  return ServiceReader(entry, context, problems).read();
}

}  // namespace segue
