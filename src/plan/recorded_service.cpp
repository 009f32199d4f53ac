#include "segue/plan/recorded_service.hpp"

#include "option_fields.hpp"

#include "segue/base/text.hpp"
#include "segue/config/load.hpp"
#include "segue/plan/service_containers.hpp"
#include "segue/plan/service_fields.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace segue {
namespace {

using nlohmann::json;

// In deploy.yml a dollar begins a variable.
std::string text(const std::string& value) {
  return replace_all(value, "$", "$$");
}

json texts(const std::vector<std::string>& values) {
  json list = json::array();
  for (const std::string& value : values) list.push_back(text(value));
  return list;
}

// Volumes' names have got the service's in front when they were read.
std::string volume_text(const VolumeConfig& volume, const std::string& service) {
  const std::string source =
      volume.named ? volume.source.substr(service.size() + 1) : volume.source;
  return source + ":" + volume.target + (volume.options.empty() ? "" : ":" + volume.options);
}

json health_json(const HealthcheckConfig& check) {
  json value{{"interval", to_string(check.interval)},
             {"timeout", to_string(check.timeout)},
             {"deploy_timeout", to_string(check.deploy_timeout)},
             {"readiness_delay", to_string(check.readiness_delay)}};
  if (!check.path.empty()) value["path"] = text(check.path);
  if (!check.command.empty()) value["cmd"] = text(check.command);
  if (!check.status.empty()) value["status"] = check.status;
  if (!check.host_header.empty()) value["host"] = text(check.host_header);
  if (check.port) value["port"] = *check.port;
  if (check.command_runtime) value["cmd_runtime"] = to_string(*check.command_runtime);
  return value;
}

json route_json(const RouteConfig& route) {
  json value{{"app_port", route.app_port}};
  if (!route.hosts.empty()) value["hosts"] = texts(route.hosts);
  if (!route.path_prefix.empty()) value["path_prefix"] = text(route.path_prefix);
  if (route.strip_prefix) value["strip_prefix"] = true;
  if (route.h2c) value["scheme"] = "h2c";
  if (!route.ssl) return value;
  if (route.ssl->is_automatic())
    value["ssl"] = true;
  else
    value["ssl"] = {{"certificate_pem", route.ssl->certificate_secret},
                    {"private_key_pem", route.ssl->key_secret}};
  return value;
}

json proxy_json(const RouteConfig& first, const std::vector<RouteConfig>& more) {
  if (more.empty()) return route_json(first);
  json targets = json::array({route_json(first)});
  for (const RouteConfig& route : more) targets.push_back(route_json(route));
  return {{"targets", targets}};
}

// Without `bake`: what a rollback brings back has been watched, and now is wanted soon.
json rollout_json(const RolloutConfig& rollout) {
  constexpr const char* kPolicies[]{"rollback", "stop", "isolate"};
  return {{"parallel", fmt::format("{}{}", rollout.parallel, rollout.is_percent ? "%" : "")},
          {"pause", to_string(rollout.pause)},
          {"max_failures", rollout.max_failures},
          {"on_failure", kPolicies[static_cast<size_t>(rollout.on_failure)]}};
}

json environment_json(const ServiceConfig& service) {
  json value = json::object();
  for (const auto& [name, clear] : service.environment) value["clear"][name] = text(clear);
  for (const std::string& name : service.secrets)
    if (!service.secret_texts.contains(name)) value["secrets"].push_back(name);
  for (const auto& [name, secret] : service.secret_texts) value["clear"][name] = secret;
  return value;
}

json uploads_json(const ServiceConfig& service, bool directories) {
  json list = json::array();
  for (const UploadConfig& upload : service.uploads) {
    if (upload.directory != directories) continue;
    json value{{"local", text(upload.local)}, {"remote", text(upload.target)}};
    if (upload.mode) value["mode"] = fmt::format("{:04o}", *upload.mode);
    if (!upload.owner.empty()) value["owner"] = text(upload.owner);
    const std::string access = upload.directory && upload.keeps ? "rw" : "ro";
    value["options"] = upload.relabel.empty() ? access : access + "," + upload.relabel;
    list.push_back(std::move(value));
  }
  return list;
}

json service_json(const ServiceConfig& service) {
  json value{{"image", text(service.image)},
             {"hosts", texts(service.hosts)},
             {"replicas", service.replicas},
             {"restart", restart_name(service.restart)},
             {"rollout", rollout_json(service.rollout)},
             {"stop_timeout", to_string(service.stop_timeout)},
             {"drain_timeout", to_string(service.drain_timeout)},
             {"retain", service.retain}};
  for (const PortConfig& port : service.all_ports()) value["ports"].push_back(port_text(port));
  for (const VolumeConfig& volume : service.volumes)
    value["volumes"].push_back(text(volume_text(volume, service.name)));
  if (json files = uploads_json(service, false); !files.empty()) value["files"] = std::move(files);
  if (json folders = uploads_json(service, true); !folders.empty())
    value["directories"] = std::move(folders);
  if (!service.command.empty()) value["command"] = texts(service.command);
  if (json environment = environment_json(service); !environment.empty())
    value["environment"] = std::move(environment);
  if (service.route) value["proxy"] = proxy_json(*service.route, service.more_routes);
  if (service.healthcheck) value["healthcheck"] = health_json(*service.healthcheck);
  for (const Dependency& on : service.depends_on) value["depends_on"].push_back(on.service);
  add_option_keys(service.options, value);
  if (service.stop_first) value["stop_first"] = *service.stop_first;
  return value;
}

bool contains_name(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Restoration {
 public:
  Restoration(const Config& today, const ReleaseRecord& record)
      : today_(today), record_(record), restored_{today, {}} {}

  Result<RestoredRelease> restore(const std::vector<std::string>& hosts,
                                  const std::vector<std::string>& services) {
    for (const ServiceRecord& part : record_.services) {
      if (!services.empty() && !contains_name(services, part.service)) continue;
      if (today_.server(part.host) == nullptr)
        return fail(Code::usage,
                    fmt::format("{} ran {} on {}, which deploy.yml has no more", record_.id,
                                part.service, part.host),
                    fmt::format("add {} under servers, or name the services to roll back with -S",
                                part.host));
      if (!contains_name(hosts, part.host)) continue;
      TRY(take(part));
    }
    if (services_.empty())
      return fail(Code::usage, fmt::format("{} has nothing on these hosts", record_.id),
                  "leave out -H or -S");
    TRY(load());
    return std::move(restored_);
  }

 private:
  Result<> take(const ServiceRecord& part) {
    if (part.configuration.empty())
      return fail(Code::usage,
                  fmt::format("the record of {} does not say how {} was configured: an older segue "
                              "wrote it",
                              record_.id, part.service),
                  "deploy that version instead: segue deploy --version V");
    json service = json::parse(part.configuration, nullptr, false);
    if (!service.is_object() || !service.contains("image") || !service["image"].is_string())
      return fail(Code::usage, fmt::format("the record of {} can't be read", record_.id));
    const auto [it, is_new] = services_.emplace(part.service, service);
    if (!is_new && it->second != service)
      return fail(Code::usage,
                  fmt::format("{} was not the same on all hosts when {} was deployed", part.service,
                              record_.id),
                  "roll back host by host: -H HOST");
    const std::string image = replace_all(service["image"].get<std::string>(), "$$", "$");
    const auto [image_at, first] = restored_.images[part.host].emplace(image, part.image_id);
    if (!first && image_at->second != part.image_id)
      return fail(Code::usage,
                  fmt::format("two services of {} ran from different images, both named {}",
                              record_.id, image),
                  "roll them back one by one: -S SERVICE");
    return {};
  }

  // By the reader of deploy.yml, so that nothing is valid here that would not be valid there.
  Result<> load() {
    json servers = json::object();
    for (const ServerConfig& server : today_.servers) {
      json value{{"host", text(server.host)}};
      if (server.user) value["user"] = text(*server.user);
      if (server.port) value["port"] = *server.port;
      servers[server.name] = std::move(value);
    }
    forget_dependencies_that_left();
    const json document{
        {"project", today_.project},
        {"servers", servers},
        {"proxy", {{"http_port", today_.proxy.http_port}, {"https_port", today_.proxy.https_port}}},
        {"services", services_}};
    const std::string file = "the record of " + record_.id;
    LoadedConfig loaded = load_config({file,
                                       document.dump(1, ' ', false, json::error_handler_t::replace),
                                       today_.environment,
                                       {}});
    if (!loaded.config) {
      const Error& error = loaded.errors.front();
      return fail(Code::usage, fmt::format("{} can't be used: {}", file, error.what), error.hint);
    }
    restored_.config.services = std::move(loaded.config->services);
    return find_contents();
  }

  // What was mounted then is known by its hash; the project's folder may hold something else today.
  Result<> find_contents() {
    for (ServiceConfig& service : restored_.config.services) {
      for (UploadConfig& upload : service.uploads) {
        for (const ServiceRecord& part : record_.services) {
          const auto content = part.contents.find(upload.target);
          if (part.service == service.name && content != part.contents.end())
            upload.content = content->second.substr(0, content->second.find('-'));
        }
        if (upload.content.empty() && !upload.keeps)
          return fail(Code::usage, fmt::format("the record of {} does not say which {} {} had",
                                               record_.id, upload.target, service.name));
      }
    }
    return {};
  }

  // With -S some services stay as they are, also those that others depend on.
  void forget_dependencies_that_left() {
    for (auto& [name, service] : services_) {
      if (!service.contains("depends_on")) continue;
      json kept = json::array();
      for (const json& on : service["depends_on"])
        if (on.is_string() && services_.contains(on.get<std::string>())) kept.push_back(on);
      service["depends_on"] = std::move(kept);
    }
  }

  const Config& today_;
  const ReleaseRecord& record_;
  RestoredRelease restored_;
  std::map<std::string, json> services_;
};

}  // namespace

std::string recorded_service(const ServiceConfig& service) {
  return service_json(service).dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<RestoredRelease> read_release(const Config& today, const ReleaseRecord& record,
                                     const std::vector<std::string>& hosts,
                                     const std::vector<std::string>& services) {
  return Restoration(today, record).restore(hosts, services);
}

}  // namespace segue
