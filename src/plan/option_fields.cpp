#include "option_fields.hpp"

#include "segue/base/byte_size.hpp"
#include "segue/base/text.hpp"

namespace segue {
namespace {

using nlohmann::json;

// In deploy.yml a dollar begins a variable.
json escaped(const std::string& text) {
  return replace_all(text, "$", "$$");
}

json escaped(const std::vector<std::string>& texts) {
  json list = json::array();
  for (const std::string& text : texts) list.push_back(escaped(text));
  return list;
}

json escaped(const std::map<std::string, std::string>& texts) {
  json map = json::object();
  for (const auto& [name, text] : texts) map[name] = escaped(text);
  return map;
}

template <class Value>
void add_key(json& service, const char* key, const Value& value) {
  if (!value.empty()) service[key] = escaped(value);
}

std::string size_text(long long bytes) {
  return bytes == 0 ? "" : byte_size_text(bytes);
}

}  // namespace

void add_option_fields(const ContainerOptions& options, Fields& fields) {
  const auto field = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) fields[name] = value;
  };
  if (options.milli_cpus != 0) field("cpus", cpus_text(options.milli_cpus));
  field("memory", size_text(options.memory));
  field("shm_size", size_text(options.shm_size));
  field("gpus", join(options.gpus, ","));
  for (const std::string& device : options.devices) field("devices." + device, "mapped");
  field("cap_add", join(options.cap_add, ", "));
  field("cap_drop", join(options.cap_drop, ", "));
  for (const auto& [name, limit] : options.ulimits) field("ulimits." + name, limit_text(limit));
  for (const auto& [path, more] : options.tmpfs) field("tmpfs." + path, tmpfs_text(path, more));
  field("privileged", options.privileged ? "true" : "");
  field("init", options.init ? "true" : "");
  field("read_only", options.read_only ? "true" : "");
  field("logging.driver", options.log_driver);
  for (const auto& [name, value] : options.log_options) fields["logging.options." + name] = value;
  for (const auto& [name, value] : options.labels) fields["labels." + name] = value;
  field("user", options.user);
  field("working_dir", options.working_dir);
  if (!options.entrypoint.empty()) field("entrypoint", json(options.entrypoint).dump());
  field("network_mode", options.network_mode);
}

void add_option_keys(const ContainerOptions& options, json& service) {
  if (options.milli_cpus != 0) service["cpus"] = cpus_text(options.milli_cpus);
  add_key(service, "memory", size_text(options.memory));
  add_key(service, "shm_size", size_text(options.shm_size));
  add_key(service, "gpus", join(options.gpus, ","));
  add_key(service, "devices", options.devices);
  add_key(service, "cap_add", options.cap_add);
  add_key(service, "cap_drop", options.cap_drop);
  for (const auto& [name, limit] : options.ulimits)
    service["ulimits"][name] = {{"soft", std::to_string(limit.soft)},
                                {"hard", std::to_string(limit.hard)}};
  for (const auto& [path, more] : options.tmpfs)
    service["tmpfs"].push_back(escaped(tmpfs_text(path, more)));
  if (options.privileged) service["privileged"] = true;
  if (options.init) service["init"] = true;
  if (options.read_only) service["read_only"] = true;
  if (!options.log_driver.empty()) service["logging"]["driver"] = escaped(options.log_driver);
  if (!options.log_options.empty()) service["logging"]["options"] = escaped(options.log_options);
  add_key(service, "labels", options.labels);
  add_key(service, "user", options.user);
  add_key(service, "working_dir", options.working_dir);
  add_key(service, "entrypoint", options.entrypoint);
  add_key(service, "network_mode", options.network_mode);
}

}  // namespace segue
