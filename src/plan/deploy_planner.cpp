#include "segue/plan/deploy_planner.hpp"

#include "cleanup_builder.hpp"
#include "release_builder.hpp"
#include "roll_builder.hpp"
#include "stage_builder.hpp"

#include "segue/base/text.hpp"
#include "segue/host/history.hpp"
#include "segue/model/release_id.hpp"
#include "segue/plan/recorded_service.hpp"
#include "segue/plan/retention.hpp"
#include "segue/plan/service_contents.hpp"
#include "segue/proxy/proxy_sections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace segue {
namespace {

bool runs_on(const ServiceConfig& service, const std::string& host) {
  return std::find(service.hosts.begin(), service.hosts.end(), host) != service.hosts.end();
}

bool takes_part(const PlanRequest& request, const std::string& service) {
  return request.services.empty() || std::find(request.services.begin(), request.services.end(),
                                               service) != request.services.end();
}

std::vector<const ServiceConfig*> services_on(const PlanRequest& request, const std::string& host) {
  std::vector<const ServiceConfig*> services;
  for (const ServiceConfig& service : request.config.services) {
    const auto& hosts = service.hosts;
    if (takes_part(request, service.name) &&
        std::find(hosts.begin(), hosts.end(), host) != hosts.end())
      services.push_back(&service);
  }
  return services;
}

class Planner {
 public:
  explicit Planner(const PlanRequest& request) : request_(request) {
    plan_.identity = identity_of(request.config);
    plan_.release = request.release;
    plan_.file = request.config.file;
    for (const ServerConfig& server : request.config.servers)
      if (request.facts.contains(server.name)) plan_.hosts.push_back(server.name);
  }

  Plan make() {
    for (const ServiceConfig* service : request_.config.services_in_order()) {
      if (!takes_part(request_, service->name)) continue;
      if (service->image_was_untagged)
        plan_.notes.push_back(
            fmt::format("{}: {} has no tag, `latest` is meant", service->name, service->image));
      const size_t first = plan_.rolls.size();
      for (const std::string& host : plan_.hosts)
        if (runs_on(*service, host)) decide(*service, request_.facts.at(host));
      order(*service, first);
    }
    for (const std::string& host : plan_.hosts) stage(host);
    note_different_images();
    for (const std::string& host : plan_.hosts) {
      note_what_left(request_.facts.at(host));
      if (request_.facts.at(host).boot_unit == "none")
        plan_.notes.push_back(fmt::format(
            "{} has no systemd: nothing will start Podman's containers after a reboot", host));
    }
    History history = read_history(request_.facts);
    fill_record(history);
    clean_up(std::move(history));
    std::stable_sort(plan_.commands.begin(), plan_.commands.end(),
                     [](const auto& a, const auto& b) { return a.before < b.before; });
    remove_commands();
    return std::move(plan_);
  }

 private:
  // Batches count all hosts of the service, also those that have nothing to do: a quarter of them
  // is what may be busy at a time.
  void order(const ServiceConfig& service, size_t first) {
    if (first == plan_.rolls.size()) return;
    ServiceRollout rollout{service.name, {}, service.rollout, {}};
    for (const Dependency& on : service.depends_on) {
      rollout.depends_on.push_back(on.service);
      note_unseen_hosts(service, *request_.config.service(on.service));
    }
    const size_t size = service.rollout.batch_size(service.hosts.size());
    for (size_t i = first; i < plan_.rolls.size(); ++i) {
      if (rollout.batches.empty() || rollout.batches.back().size() == size)
        rollout.batches.emplace_back();
      rollout.batches.back().push_back(i);
    }
    time_command(service);
    plan_.order.push_back(std::move(rollout));
  }

  void note_unseen_hosts(const ServiceConfig& service, const ServiceConfig& dependency) {
    std::vector<std::string> unseen;
    for (const std::string& host : dependency.hosts)
      if (!request_.facts.contains(host)) unseen.push_back(host);
    if (!unseen.empty())
      plan_.notes.push_back(
          fmt::format("{} depends on {}, which is not looked at on {}: -H or -S left it out",
                      service.name, dependency.name, join(unseen, ", ")));
  }

  // What a service that rolls depends on, and what stays as it is on this host.
  std::vector<const ServiceConfig*> needed_on(const std::string& host) const {
    std::vector<const ServiceConfig*> needed;
    for (const ServiceConfig* service : request_.config.services_in_order()) {
      const auto rolls_here = [&](const Roll& roll) {
        return roll.host == host && roll.service == service->name;
      };
      const bool wanted =
          std::any_of(plan_.order.begin(), plan_.order.end(), [&](const ServiceRollout& rollout) {
            const auto& on = rollout.depends_on;
            return std::find(on.begin(), on.end(), service->name) != on.end();
          });
      if (wanted && runs_on(*service, host) &&
          std::none_of(plan_.rolls.begin(), plan_.rolls.end(), rolls_here))
        needed.push_back(service);
    }
    return needed;
  }

  void stage(const std::string& host) {
    std::set<std::string> rolling;
    for (const Roll& roll : plan_.rolls)
      if (roll.host == host) rolling.insert(roll.service);
    StageBuilder builder(request_, request_.facts.at(host), std::move(rolling));
    const std::vector<const ServiceConfig*> services = services_on(request_, host);
    HostSteps steps = builder.build(services, needed_on(host));
    const bool proxied =
        std::any_of(services.begin(), services.end(),
                    [](const ServiceConfig* service) { return needs_proxy(*service); });
    if (proxied && builder.proxy_image_differs())
      plan_.notes.push_back(
          fmt::format("the proxy of {} runs from {}, not from {}: `segue proxy reboot` changes "
                      "that without refusing a connection",
                      host, request_.facts.at(host).proxy.image, request_.config.proxy.image));
    for (const int port : proxied ? builder.left_proxy_ports() : std::set<int>())
      plan_.notes.push_back(
          fmt::format("the proxy of {} still publishes port {}, which leads nowhere now: it is "
                      "closed when the proxy is made anew, by `{} rm -f {}` and a deploy, with "
                      "connections refused for a moment",
                      host, port, to_string(request_.facts.at(host).engine_kind), kProxyName));
    if (!steps.steps.empty()) plan_.stage.push_back(std::move(steps));
  }

  void decide(const ServiceConfig& service, const HostFacts& facts) {
    const LiveSet live = find_live_set(facts, plan_.identity, service.name);
    const auto image = facts.images.find(service.image);
    const std::string image_id =
        image == facts.images.end() ? "(known after the pull)" : image->second.id;
    const std::string& salt = facts.salt.empty() ? request_.new_salt : facts.salt;
    const Fields wanted = service_fields(service, image_id, request_.secrets, salt);
    std::string trouble = live.live.empty() ? "" : what_is_wrong(live, service.replicas);
    std::vector<FieldChange> changes;
    for (const ContainerFacts& container : live.live)
      if (changes.empty() && container.label(label::kSpec) != spec_of(wanted))
        changes = compare_fields(parse_fields(container.label(label::kFields)), wanted);
    if (request_.origins != nullptr)
      for (FieldChange& change : changes)
        if (!change.after.empty()) change.origin = request_.origins->of(service, change.field);
    const bool unproxied =
        needs_proxy(service) && !live.live.empty() && live.live.front().label(label::kSlot).empty();
    if (unproxied && changes.empty())
      changes.push_back({"proxy", "", "health checks go through it"});
    ServiceRecord record{facts.host,      service.name, service.image, image_id,
                         spec_of(wanted), live.release, false,         service.replicas};
    record.configuration = recorded_service(service);
    for (const NeededContent& need : needed_contents(service, facts))
      record.contents[need.upload->target] = need.upload->keeps ? need.upload->content : need.name;
    if (request_.restores != nullptr) note_other_secrets(service, record);
    if (image != facts.images.end() && !image->second.digests.empty())
      record.digest = image->second.digests.front();
    if (live.live.empty() || !trouble.empty() || !changes.empty() || unproxied) {
      roll(service, facts, live, wanted, {std::move(changes), std::move(trouble)});
      record.changed = true;
      record.release = request_.release;
    } else {
      plan_.unchanged.push_back({facts.host, service.name, live.release});
    }
    plan_.record.services.push_back(record);
  }

  // What was configured then is configured again, but for the values of secrets: only their
  // hashes were kept, and those only within the whole. Both must have been computed alike.
  void note_other_secrets(const ServiceConfig& service, const ServiceRecord& now) {
    if (service.secrets.empty()) return;
    for (const ServiceRecord& then : request_.restores->services) {
      const bool same_way =
          then.spec.substr(0, then.spec.find(':')) == now.spec.substr(0, now.spec.find(':'));
      if (then.host != now.host || then.service != now.service || !same_way ||
          then.spec == now.spec)
        continue;
      std::string note = fmt::format("{} gets today's value of {}: {} had another one",
                                     service.name, service.secrets.front(), request_.restores->id);
      if (service.secrets.size() > 1)
        note = fmt::format("{} gets today's values of {}: {} had another one of at least one",
                           service.name, join(service.secrets, ", "), request_.restores->id);
      auto& notes = plan_.notes;
      if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
    }
  }

  struct Reasons {
    std::vector<FieldChange> changes;
    std::string trouble;
  };

  void roll(const ServiceConfig& service, const HostFacts& facts, const LiveSet& live,
            const Fields& wanted, Reasons reasons) {
    const bool stop_first = choose_mode(service).mode == RollMode::stop_first;
    const Slot slot = stop_first ? live.slot : other(live.slot);
    // Before the pull the image's own health check is not known: the plan is made anew after it.
    HostFacts known = facts;
    known.images.try_emplace(service.image, ImageFacts{service.image, {}, {}, {}, {}});
    const ContainerRequest request{request_.config, service, known, request_.release, slot, wanted};
    plan_.rolls.push_back(
        RollBuilder(request, live).build(std::move(reasons.changes), std::move(reasons.trouble)));
    plan_.rolls.back().before = record_of(service, facts, live);
    const auto rolls = std::count_if(plan_.rolls.begin(), plan_.rolls.end(), [&](const Roll& roll) {
      return roll.service == service.name;
    });
    if (rolls == 1 && !service.release_command.empty()) command(request);
  }

  static std::optional<ServiceRecord> record_of(const ServiceConfig& service,
                                                const HostFacts& facts, const LiveSet& live) {
    if (live.live.empty()) return std::nullopt;
    const ContainerFacts& container = live.live.front();
    Fields fields = parse_fields(container.label(label::kFields));
    ServiceRecord record{facts.host,
                         service.name,
                         fields["image"],
                         container.image_id,
                         container.label(label::kSpec),
                         live.release,
                         false,
                         static_cast<int>(live.live.size())};
    complete(record, facts);
    return record;
  }

  // How it was configured is known from the release that made it.
  static void complete(ServiceRecord& former, const HostFacts& facts) {
    const auto text = facts.records.find(former.release);
    if (text == facts.records.end()) return;
    const auto record = parse_record(text->second);
    if (!record) return;
    for (const ServiceRecord& known : record->services) {
      if (known.host != former.host || known.service != former.service) continue;
      former.configuration = known.configuration;
      former.contents = known.contents;
      former.digest = known.digest;
    }
  }

  // On the first of the hosts where the service rolls. What a deploy has run that then died is not
  // run a second time (rules B14).
  void command(const ContainerRequest& request) {
    for (const auto& [host, facts] : request_.facts) {
      const ContainerFacts* done = finished_command(facts, request);
      if (done == nullptr) continue;
      plan_.notes.push_back(
          fmt::format("the release command of {} has run on {}, for {}, which then did not end: it "
                      "is not run again",
                      request.service.name, host, done->label(label::kRelease)));
      return;
    }
    plan_.commands.push_back(
        {request.facts.host, request.service.name, 0, {}, run_release_command(request)});
  }

  // As early as what it may need is there: after the last service that this one depends on.
  void time_command(const ServiceConfig& service) {
    if (plan_.commands.empty() || plan_.commands.back().service != service.name) return;
    ReleaseCommand& command = plan_.commands.back();
    const std::set<std::string> needed = all_dependencies(service);
    for (size_t i = 0; i < plan_.order.size(); ++i) {
      if (!needed.contains(plan_.order[i].service)) continue;
      command.needs.push_back(plan_.order[i].service);
      command.before = i + 1;
    }
  }

  std::set<std::string> all_dependencies(const ServiceConfig& service) const {
    std::set<std::string> found;
    std::vector<const ServiceConfig*> left{&service};
    while (!left.empty()) {
      const ServiceConfig* next = left.back();
      left.pop_back();
      for (const Dependency& on : next->depends_on)
        if (found.insert(on.service).second) left.push_back(request_.config.service(on.service));
    }
    return found;
  }

  // The containers of commands go when all is done: until then they say what has been run.
  void remove_commands() {
    for (const std::string& host : plan_.hosts) {
      const HostFacts& facts = request_.facts.at(host);
      std::set<std::string> names;
      for (const ContainerFacts& container : facts.commands)
        if (container.of(plan_.identity.project, plan_.identity.environment))
          names.insert(container.name);
      for (const ReleaseCommand& command : plan_.commands)
        if (command.host == host)
          names.insert(release_container_name(plan_.identity, command.service));
      if (names.empty() || plan_.rolls.empty()) continue;
      Step step = remove_release_containers(Engine(facts), {names.begin(), names.end()});
      const auto at = std::find_if(plan_.cleanup.begin(), plan_.cleanup.end(),
                                   [&](const HostSteps& steps) { return steps.host == host; });
      if (at == plan_.cleanup.end())
        plan_.cleanup.push_back({host, {std::move(step)}});
      else
        at->steps.push_back(std::move(step));
    }
  }

  void note_different_images() {
    for (const ServiceConfig& service : request_.config.services) {
      std::set<std::string> ids;
      for (const std::string& host : plan_.hosts) {
        const auto& images = request_.facts.at(host).images;
        const auto it = images.find(service.image);
        const bool here =
            std::find(service.hosts.begin(), service.hosts.end(), host) != service.hosts.end();
        if (here && it != images.end() && it->second.present()) ids.insert(it->second.id);
      }
      if (ids.size() > 1)
        plan_.notes.push_back(
            fmt::format("{}: {} is not the same image on all hosts", service.name, service.image));
    }
  }

  // A deploy never removes what left the file: it says so (rules B13).
  void note_what_left(const HostFacts& facts) {
    std::set<std::string> gone;
    for (const ContainerFacts& container : facts.containers) {
      if (!container.of(plan_.identity.project, plan_.identity.environment)) continue;
      const std::string& name = container.label(label::kService);
      const ServiceConfig* service = request_.config.service(name);
      const bool here = service != nullptr &&
                        std::find(service->hosts.begin(), service->hosts.end(), facts.host) !=
                            service->hosts.end();
      if (!here && gone.insert(name).second)
        plan_.notes.push_back(
            request_.restores == nullptr
                ? fmt::format("deploy.yml has no {} on {} any more; what runs there is left alone",
                              name, facts.host)
                : fmt::format("{} had no {} on {}; what runs there is left alone",
                              request_.restores->id, name, facts.host));
    }
  }

  // The history is that before this deploy; what may leave is decided as if it had succeeded. A
  // rollback removes nothing: who goes back may want to come again.
  void clean_up(History history) {
    std::optional<Retention> retention;
    if (const auto id = parse_release_id(request_.release); id && request_.restores == nullptr) {
      history.releases.insert(history.releases.begin(), {plan_.record, {}, {}});
      history.releases.front().record.sequence = id->sequence;
      retention.emplace(RetentionRequest{request_.config, history, request_.services});
    }
    for (const std::string& host : plan_.hosts) {
      HostSteps steps = CleanupBuilder(request_, request_.facts.at(host),
                                       services_on(request_, host), plan_.rolls)
                            .build(retention ? &*retention : nullptr);
      if (!steps.steps.empty()) plan_.cleanup.push_back(std::move(steps));
    }
  }

  void fill_record(const History& history) {
    plan_.record.id = request_.release;
    plan_.record.project = plan_.identity.project;
    plan_.record.environment = plan_.identity.environment;
    if (request_.restores != nullptr) plan_.record.restores = request_.restores->id;
    copy_untouched(history);
  }

  // What this deploy leaves alone (-S, -H) stays in the record as the newest one that was deployed,
  // in whole or in part, knew it, so that every record is whole (rules C2).
  void copy_untouched(const History& history) {
    const KnownRelease* newest = history.live();
    if (newest == nullptr) return;
    for (ServiceRecord former : newest->record.services) {
      const auto& services = plan_.record.services;
      const bool planned = std::any_of(services.begin(), services.end(), [&](const auto& service) {
        return service.host == former.host && service.service == former.service;
      });
      former.changed = false;
      if (former.state != "unknown") former.state = "unchanged";
      if (!planned) plan_.record.services.push_back(std::move(former));
    }
  }

  const PlanRequest& request_;
  Plan plan_;
};

}  // namespace

bool HostSteps::set_routes() const {
  return std::any_of(steps.begin(), steps.end(),
                     [](const Step& step) { return step.section.name == kRoutesSection; });
}

bool Plan::empty() const {
  return rolls.empty() && stage.empty() &&
         std::none_of(cleanup.begin(), cleanup.end(),
                      [](const HostSteps& host) { return host.set_routes(); });
}

Plan make_plan(const PlanRequest& request) {
  return Planner(request).make();
}

std::vector<std::string> images_on_host(const Config& config, const std::string& host) {
  std::vector<std::string> images;
  bool proxied = false;
  for (const ServiceConfig& service : config.services) {
    if (std::find(service.hosts.begin(), service.hosts.end(), host) == service.hosts.end())
      continue;
    proxied = proxied || needs_proxy(service);
    if (std::find(images.begin(), images.end(), service.image) == images.end())
      images.push_back(service.image);
  }
  if (proxied) images.push_back(config.proxy.image);
  return images;
}

}  // namespace segue
