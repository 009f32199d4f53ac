#include "segue/plan/service_fields.hpp"

#include "option_fields.hpp"

#include "segue/base/sha256.hpp"
#include "segue/base/text.hpp"
#include "segue/plan/service_containers.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <set>

namespace segue {
namespace {

using nlohmann::json;

constexpr std::string_view kSecretPrefix = "secret.";

FieldChange change_of(const std::string& field, const std::string& before,
                      const std::string& after) {
  if (!field.starts_with(kSecretPrefix)) return {field, before, after};
  const auto shown = [](const std::string& value) { return value.empty() ? "" : "[secret]"; };
  return {field, shown(before), after.empty() ? "" : "[secret, another value]"};
}

void add_route(const RouteConfig& route, Fields& fields) {
  if (route.app_port != 0)
    fields[route_field(route.target, "app_port")] = std::to_string(route.app_port);
  if (route.h2c) fields[route_field(route.target, "scheme")] = "h2c";
}

}  // namespace

std::string volume_text(const VolumeConfig& volume) {
  return volume.source + ":" + volume.target + (volume.options.empty() ? "" : ":" + volume.options);
}

std::string upload_text(const UploadConfig& upload) {
  std::string text = upload.local;
  if (upload.mode) text += fmt::format(" {:04o}", *upload.mode);
  if (!upload.owner.empty()) text += " " + upload.owner;
  if (!upload.relabel.empty()) text += " " + upload.relabel;
  return text;
}

std::string port_text(const PortConfig& port) {
  std::string text = port.address.empty() ? "" : port.address + ":";
  if (port.host_port) text += fmt::format("{}:", *port.host_port);
  return fmt::format("{}{}/{}", text, port.container_port, port.protocol);
}

Fields service_fields(const ServiceConfig& service, const std::string& image_id,
                      const SecretValues& secrets, const std::string& salt) {
  Fields fields{
      {"image", service.image}, {"image_id", image_id}, {"restart", restart_name(service.restart)}};
  add_option_fields(service.options, fields);
  if (!service.command.empty()) fields["command"] = json(service.command).dump();
  for (const PortConfig& port : service.ports) fields["ports." + port_text(port)] = "published";
  for (const VolumeConfig& volume : service.volumes)
    fields["volumes." + volume.target] = volume_text(volume);
  // A hash of the content could be compared with guesses: this one can't, without the salt. What
  // the application writes into is filled once, so other content is no reason to replace it.
  for (const UploadConfig& upload : service.uploads) {
    std::string& field = fields[fmt::format("{}.{}", upload.section(), upload.target)];
    field = upload_text(upload);
    field += upload.keeps ? ", kept"
                          : ", content " + hmac_sha256_hex(salt, upload.content).substr(0, 12);
  }
  for (const auto& [name, value] : service.environment) fields["environment." + name] = value;
  for (const std::string& name : service.secrets) {
    const auto it = secrets.find(service.secret_key(name));
    const std::string value = it == secrets.end() ? "" : it->second.reveal();
    fields[std::string(kSecretPrefix) + name] =
        hmac_sha256_hex(salt, name + "=" + value).substr(0, 16);
  }
  if (service.route) add_route(*service.route, fields);
  for (const RouteConfig& route : service.more_routes) add_route(route, fields);
  return fields;
}

std::string route_field(int target, const char* key) {
  return target == 0 ? fmt::format("proxy.{}", key)
                     : fmt::format("proxy.targets.{}.{}", target + 1, key);
}

std::string spec_of(const Fields& fields) {
  return "1:" + sha256_hex(fields_json(fields)).substr(0, 16);
}

std::string fields_json(const Fields& fields) {
  return json(fields).dump(-1, ' ', true, json::error_handler_t::replace);
}

Fields parse_fields(const std::string& text) {
  const json value = json::parse(text, nullptr, false);
  Fields fields;
  if (!value.is_object()) return fields;
  for (const auto& [name, element] : value.items())
    if (element.is_string()) fields[name] = element.get<std::string>();
  return fields;
}

std::vector<FieldChange> compare_fields(const Fields& before, const Fields& after) {
  std::set<std::string> names;
  for (const auto& [name, value] : before) names.insert(name);
  for (const auto& [name, value] : after) names.insert(name);
  const auto value_of = [](const Fields& fields, const std::string& name) {
    const auto it = fields.find(name);
    return it == fields.end() ? std::string() : it->second;
  };
  std::vector<FieldChange> changes;
  for (const std::string& name : names) {
    const std::string old_value = value_of(before, name);
    const std::string new_value = value_of(after, name);
    if (old_value != new_value || before.contains(name) != after.contains(name))
      changes.push_back(change_of(name, old_value, new_value));
  }
  return changes;
}

}  // namespace segue
