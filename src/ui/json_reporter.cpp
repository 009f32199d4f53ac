#include "segue/ui/json_reporter.hpp"

#include "segue/base/text.hpp"

#include <nlohmann/json.hpp>

namespace segue {
namespace {

using nlohmann::json;

json error_json(const Error& error, const std::string& severity) {
  json value{{"event", severity},
             {"message", to_string(error)},
             {"hint", error.hint},
             {"exit_status", static_cast<int>(exit_status_of(error.code))}};
  if (error.at)
    value["at"] = {
        {"file", error.at->file}, {"line", error.at->line}, {"column", error.at->column}};
  return value;
}

const char* kind_name(Report::Kind kind) {
  switch (kind) {
    case Report::Kind::phase:
      return "phase";
    case Report::Kind::began:
      return "step_began";
    case Report::Kind::succeeded:
      return "step_succeeded";
    case Report::Kind::failed:
      return "step_failed";
    case Report::Kind::drained:
      return "drained";
    case Report::Kind::evidence:
      return "evidence";
    case Report::Kind::note:
      return "note";
    case Report::Kind::output:
      return "build_output";
    case Report::Kind::sent:
      return "step_sent";
  }
  return "note";
}

const char* what_name(FinalState::What what) {
  switch (what) {
    case FinalState::What::changed:
      return "changed";
    case FinalState::What::unchanged:
      return "unchanged";
    case FinalState::What::as_before:
      return "as_before";
    case FinalState::What::unknown:
      return "unknown";
  }
  return "unknown";
}

const char* ending_name(RolloutResult::Ending ending) {
  switch (ending) {
    case RolloutResult::Ending::deployed:
      return "deployed";
    case RolloutResult::Ending::in_part:
      return "in_part";
    case RolloutResult::Ending::undone:
      return "undone";
    case RolloutResult::Ending::unclear:
      return "unclear";
  }
  return "unclear";
}

json steps_json(const std::vector<Step>& steps) {
  json list = json::array();
  for (const Step& step : steps) list.push_back({{"title", step.title}, {"why", step.why}});
  return list;
}

json hosts_json(const std::vector<HostSteps>& hosts) {
  json list = json::array();
  for (const HostSteps& host : hosts)
    list.push_back({{"host", host.host}, {"steps", steps_json(host.steps)}});
  return list;
}

json roll_json(const Roll& roll) {
  json changes = json::array();
  for (const FieldChange& change : roll.changes)
    changes.push_back({{"field", change.field},
                       {"before", change.before},
                       {"after", change.after},
                       {"origin", change.origin}});
  return {{"host", roll.host},
          {"service", roll.service},
          {"mode", roll.mode == RollMode::start_first ? "start_first" : "stop_first"},
          {"mode_reason", roll.mode_reason},
          {"new", roll.first},
          {"trouble", roll.trouble},
          {"changes", changes},
          {"steps", steps_json(roll.steps)}};
}

const char* policy_name(OnFailure policy) {
  switch (policy) {
    case OnFailure::rollback:
      return "rollback";
    case OnFailure::stop:
      return "stop";
    case OnFailure::isolate:
      return "isolate";
  }
  return "rollback";
}

json commands_json(const Plan& plan) {
  json list = json::array();
  for (const ReleaseCommand& command : plan.commands)
    list.push_back({{"host", command.host},
                    {"service", command.service},
                    {"title", command.step.title},
                    {"after", command.needs}});
  return list;
}

json order_json(const Plan& plan) {
  json list = json::array();
  for (const ServiceRollout& service : plan.order) {
    json batches = json::array();
    for (const auto& rolls : service.batches) {
      json hosts = json::array();
      for (const size_t roll : rolls) hosts.push_back(plan.rolls[roll].host);
      batches.push_back(std::move(hosts));
    }
    list.push_back({{"service", service.service},
                    {"batches", batches},
                    {"pause_ms", service.policy.pause.count()},
                    {"bake_ms", service.policy.bake.count()},
                    {"max_failures", service.policy.max_failures},
                    {"on_failure", policy_name(service.policy.on_failure)},
                    {"depends_on", service.depends_on}});
  }
  return list;
}

json service_json(const ServiceView& service) {
  json containers = json::array();
  for (const ContainerView& container : service.containers)
    containers.push_back({{"name", container.name},
                          {"role", container.role},
                          {"state", container.state},
                          {"health", container.health},
                          {"release", container.release},
                          {"slot", container.slot},
                          {"started_at", container.started_at},
                          {"restarts", container.restarts}});
  return {{"host", service.host},    {"service", service.service}, {"release", service.release},
          {"slot", service.slot},    {"trouble", service.trouble}, {"drift", service.drift},
          {"containers", containers}};
}

}  // namespace

void JsonReporter::print(const json& value) {
  // Hosts may say anything: what is no UTF-8 becomes the replacement character.
  const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  std::fwrite(text.data(), 1, text.size(), out_);
  std::fflush(out_);
}

void JsonReporter::progress(const Report& report) {
  if (report.kind == Report::Kind::note) return note(report.title);
  print({{"event", kind_name(report.kind)},
         {"host", report.host},
         {"service", report.service},
         {"title", report.title},
         {"detail", report.detail},
         {"took_ms", report.took.count()}});
}

void JsonReporter::plan(const Plan& plan) {
  json rolls = json::array();
  for (const Roll& roll : plan.rolls) rolls.push_back(roll_json(roll));
  json unchanged = json::array();
  for (const Unchanged& entry : plan.unchanged)
    unchanged.push_back(
        {{"host", entry.host}, {"service", entry.service}, {"release", entry.release}});
  print({{"event", "plan"},
         {"release", plan.release},
         {"changes", !plan.empty()},
         {"stage", hosts_json(plan.stage)},
         {"rolls", rolls},
         {"commands", commands_json(plan)},
         {"order", order_json(plan)},
         {"unchanged", unchanged},
         {"cleanup", hosts_json(plan.cleanup)},
         {"notes", plan.notes}});
}

void JsonReporter::deployed(const DeployView& view) {
  json states = json::array();
  for (const FinalState& state : view.result.states)
    states.push_back({{"host", state.host},
                      {"service", state.service},
                      {"state", what_name(state.what)},
                      {"why", state.why}});
  const auto& failure = view.result.error;
  if (failure) error(*failure);
  print({{"event", "deployed"},
         {"release", view.release},
         {"restores", view.restores},
         {"succeeded", !failure},
         {"ending", ending_name(view.result.ending)},
         {"nothing_to_do", view.nothing_to_do},
         {"took_ms", view.took.count()},
         {"states", states},
         {"warnings", view.result.warnings}});
}

void JsonReporter::status(const StatusView& view) {
  json hosts = json::array();
  for (const HostView& host : view.hosts) {
    json value{{"host", host.host}, {"engine", host.engine}, {"proxy", host.proxy}};
    if (host.error) value["error"] = to_string(*host.error);
    hosts.push_back(value);
  }
  json services = json::array();
  for (const ServiceView& service : view.services) services.push_back(service_json(service));
  json certificates = json::array();
  for (const CertificateView& certificate : view.certificates)
    certificates.push_back({{"host", certificate.host},
                            {"name", certificate.name},
                            {"issuer", certificate.issuer},
                            {"not_after", certificate.not_after},
                            {"pending", certificate.pending}});
  print({{"event", "status"},
         {"project", view.project},
         {"environment", view.environment},
         {"hosts", hosts},
         {"services", services},
         {"certificates", certificates},
         {"leftovers", view.leftovers}});
}

void JsonReporter::deploys(const std::vector<DeploysView>& releases) {
  for (const DeploysView& view : releases) release(view);
}

void JsonReporter::release(const DeploysView& view) {
  json value = json::parse(record_json(view.record));
  value["event"] = "release";
  value["hosts"] = view.hosts;
  value["disagree"] = json::array();
  value["statuses"] = json::object();
  for (const std::string& host : view.hosts)
    value["statuses"][host] = to_string(view.record.status);
  for (const auto& [host, status] : view.disagree) {
    value["disagree"].push_back(host);
    value["statuses"][host] = status;
  }
  value["missing"] = view.missing;
  value["live"] = view.live;
  print(value);
}

void JsonReporter::audit(const std::vector<AuditView>& entries) {
  for (const AuditView& view : entries) {
    json value = json::parse(audit_json(view.entry));
    value["event"] = "audit";
    value["hosts"] = view.hosts;
    print(value);
  }
}

void JsonReporter::images(const std::vector<ImageView>& images, bool /*in_full*/) {
  for (const ImageView& view : images) {
    json value{{"event", "image"},
               {"host", view.host},
               {"service", view.service},
               {"id", view.id},
               {"image", view.image},
               {"digest", view.digest},
               {"tags", view.tags},
               {"releases", view.releases},
               {"gone", view.gone},
               {"runs", view.runs},
               {"rollback_target", view.rollback_target},
               {"kept_by", view.kept_by}};
    if (!view.gone) {
      value["size"] = view.size;
      value["created"] = view.created;
    }
    print(value);
  }
}

void JsonReporter::lock(const std::vector<LockView>& hosts) {
  for (const LockView& view : hosts) {
    json value{{"event", "lock"},
               {"host", view.host},
               {"held", view.held},
               {"generation", view.generation}};
    if (view.error) value["error"] = to_string(*view.error);
    if (view.held && view.holder) {
      value["who"] = view.holder->who;
      value["since"] = view.holder->since;
      value["message"] = view.holder->message;
      value["kind"] = view.holder->kind;
      value["owner"] = view.owner;
      value["ours"] = view.ours;
      value["release"] = view.holder->release;
      value["took_over"] = view.holder->took_over;
      value["ci_run"] = view.holder->ci_run;
      value["under"] = view.under;
      if (view.seconds_left >= 0) value["seconds_left"] = view.seconds_left;
    }
    print(value);
  }
}

void JsonReporter::proxies(const std::vector<ProxyView>& hosts) {
  for (const ProxyView& view : hosts) {
    json routes = json::array();
    for (const ProxyRouteView& route : view.routes)
      routes.push_back({{"project", route.project},
                        {"environment", route.environment},
                        {"service", route.service},
                        {"hosts", route.hosts},
                        {"path", route.path},
                        {"https", route.https},
                        {"slot", route.slot},
                        {"in_flight", route.in_flight},
                        {"in_flight_other", route.in_flight_other}});
    json value{{"event", "proxy"},
               {"host", view.host},
               {"state", view.state},
               {"version", view.version},
               {"image", view.image},
               {"wanted_image", view.wanted_image},
               {"started_at", view.started_at},
               {"ports", view.ports},
               {"loaded", view.is_loaded},
               {"upgrading", view.upgrading},
               {"routes", routes}};
    if (view.error) value["error"] = to_string(*view.error);
    print(value);
  }
}

void JsonReporter::note(const std::string& text) {
  print({{"event", "note"}, {"message", text}});
}

void JsonReporter::detail(const std::string& /*text*/) {}

void JsonReporter::error(const Error& error) {
  print(error_json(error, "error"));
}

void JsonReporter::diagnostics(const std::vector<Error>& errors, const SourceTexts&,
                               const std::string& severity) {
  for (const Error& error : errors) print(error_json(error, severity));
}

void JsonReporter::value(const std::string& name, const std::map<std::string, std::string>& fields,
                         const std::string&) {
  json value = fields;
  value["event"] = name;
  print(value);
}

void JsonReporter::document(const std::string& name, const std::string& json,
                            const std::string& /*people_text*/) {
  auto value = nlohmann::json::parse(json);
  value["event"] = name;
  print(value);
}

}  // namespace segue
