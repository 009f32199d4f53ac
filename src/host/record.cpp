#include "segue/host/record.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace segue {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<ReleaseStatus, const char*>, 4> kStatuses{
    {{ReleaseStatus::succeeded, "succeeded"},
     {ReleaseStatus::rolled_back, "rolled_back"},
     {ReleaseStatus::partial, "partial"},
     {ReleaseStatus::interrupted, "interrupted"}}};

// A service is configured alike on all its hosts, as a rule: each configuration is written once.
json to_json(const ServiceRecord& service, json& configurations) {
  json value{{"host", service.host},       {"service", service.service},
             {"image", service.image},     {"image_id", service.image_id},
             {"spec", service.spec},       {"release", service.release},
             {"changed", service.changed}, {"replicas", service.replicas},
             {"state", service.state},     {"digest", service.digest}};
  if (!service.contents.empty()) value["contents"] = service.contents;
  json configuration = json::parse(service.configuration, nullptr, false);
  if (!configuration.is_object()) return value;
  const auto found = std::find(configurations.begin(), configurations.end(), configuration);
  value["configuration"] = found - configurations.begin();
  if (found == configurations.end()) configurations.push_back(std::move(configuration));
  return value;
}

ServiceRecord service_from(const json& value, const json& configurations) {
  ServiceRecord service;
  service.host = value.at("host").get<std::string>();
  service.service = value.at("service").get<std::string>();
  service.image = value.at("image").get<std::string>();
  service.image_id = value.at("image_id").get<std::string>();
  service.spec = value.at("spec").get<std::string>();
  service.release = value.at("release").get<std::string>();
  service.changed = value.at("changed").get<bool>();
  service.replicas = value.at("replicas").get<int>();
  service.state = value.value("state", "");
  service.digest = value.value("digest", "");
  if (value.contains("contents"))
    service.contents = value.at("contents").get<std::map<std::string, std::string>>();
  if (value.contains("configuration"))
    service.configuration = configurations.at(value.at("configuration").get<size_t>())
                                .dump(-1, ' ', false, json::error_handler_t::replace);
  return service;
}

}  // namespace

std::string to_string(ReleaseStatus status) {
  for (const auto& [known, name] : kStatuses)
    if (known == status) return name;
  return "unknown";
}

std::string record_json(const ReleaseRecord& record) {
  json services = json::array();
  json configurations = json::array();
  for (const ServiceRecord& service : record.services)
    services.push_back(to_json(service, configurations));
  json phases = json::array();
  for (const PhaseRecord& phase : record.phases)
    phases.push_back({{"title", phase.title}, {"duration_ms", phase.duration_ms}});
  const json value{{"format", 2},
                   {"id", record.id},
                   {"sequence", record.sequence},
                   {"project", record.project},
                   {"environment", record.environment},
                   {"status", to_string(record.status)},
                   {"started_at", record.started_at},
                   {"finished_at", record.finished_at},
                   {"duration_ms", record.duration_ms},
                   {"initiator", record.initiator},
                   {"message", record.message},
                   {"git_commit", record.git_commit},
                   {"tool_version", record.tool_version},
                   {"restores", record.restores},
                   {"phases", phases},
                   {"configurations", configurations},
                   {"services", services}};
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

Result<ReleaseRecord> parse_record(const std::string& text) try {
  const json value = json::parse(text);
  ReleaseRecord record;
  record.id = value.at("id").get<std::string>();
  record.sequence = value.at("sequence").get<int>();
  record.project = value.at("project").get<std::string>();
  record.environment = value.at("environment").get<std::string>();
  const auto status = value.at("status").get<std::string>();
  for (const auto& [known, name] : kStatuses)
    if (status == name) record.status = known;
  record.started_at = value.at("started_at").get<std::string>();
  record.finished_at = value.at("finished_at").get<std::string>();
  record.duration_ms = value.at("duration_ms").get<long long>();
  record.initiator = value.at("initiator").get<std::string>();
  record.message = value.at("message").get<std::string>();
  record.git_commit = value.at("git_commit").get<std::string>();
  record.tool_version = value.at("tool_version").get<std::string>();
  record.restores = value.value("restores", "");
  const json none = json::array();
  for (const json& phase : value.value("phases", none))
    record.phases.push_back(
        {phase.at("title").get<std::string>(), phase.at("duration_ms").get<long long>()});
  const json configurations = value.value("configurations", none);
  for (const json& service : value.at("services"))
    record.services.push_back(service_from(service, configurations));
  return record;
} catch (const json::exception& error) {
  return fail(Code::failed, "a release record can't be read: " + std::string(error.what()));
}

Section write_record(const Layout& layout, const ReleaseRecord& record) {
  const std::string file = layout.record(record.id);
  Section section{"record", {}};
  section.body.raw("printf '%s\\n'").word(record_json(record)).raw(" >").word(file + ".new");
  section.body.raw(" || { segue_problem disk").word(file).raw("; return 96; }\n");
  // Not every host's dd can sync; the rename is what must not come half.
  section.body.raw("sync").word(file + ".new").raw(" 2>/dev/null\nmv").word(file + ".new");
  section.body.word(file);
  return section;
}

}  // namespace segue
