#include "segue/rollout/recovery.hpp"

#include "segue/base/text.hpp"
#include "segue/host/layout.hpp"
#include "segue/model/release_id.hpp"
#include "segue/plan/service_containers.hpp"
#include "segue/proxy/proxy_sections.hpp"
#include "segue/proxy/routes.hpp"
#include "segue/script/checked.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace segue {
namespace {

using Containers = std::vector<ContainerFacts>;

constexpr Duration kOneLook{5'000};  // how long a set that serves may take to pass its gate once

std::vector<std::string> names_of(const Containers& containers) {
  std::vector<std::string> names;
  for (const ContainerFacts& container : containers) names.push_back(container.name);
  return names;
}

bool all_run(const Containers& containers) {
  return std::all_of(containers.begin(), containers.end(),
                     [](const ContainerFacts& container) { return container.running(); });
}

// Recovers one service on one host. Names do not matter here, only labels and commit points.
class ServiceRecovery {
 public:
  ServiceRecovery(const RecoveryRequest& request, const std::string& service)
      : request_(request),
        name_(service),
        service_(request.config.service(service)),
        identity_(identity_of(request.config)),
        set_(find_live_set(request.facts, identity_, service)),
        engine_(request.facts),
        layout_{request.facts.state_root, identity_} {}

  void add_to(Recovery& recovery) {
    if (const auto& release = request_.unwind) {
      unwind(recovery, *release);
    } else {
      settle(recovery);
    }
  }

 private:
  bool stop_first() const {
    return service_ != nullptr && choose_mode(*service_).mode == RollMode::stop_first;
  }

  std::string shown_name() const { return name_ == kExtraRoutes ? kExtraKey : name_; }

  // Files of this service that a deploy has changed which has not ended. Those with the extra
  // routes of the project are looked at as if they were of a service that has no container.
  std::vector<std::string> changed_routes() const {
    std::vector<std::string> files;
    for (const auto& [file, release] : request_.facts.proxy.changed_by)
      if (service_of_route(file, identity_) == name_) files.push_back(file);
    return files;
  }

  // They belong to that release: with it they stay, without it they go.
  ShellText settle_routes(const std::string& kept_release) const {
    ShellText text;
    const std::vector<std::string> files = changed_routes();
    if (files.empty()) return text;
    const std::string& release = request_.facts.proxy.changed_by.at(files.front());
    if (release == kept_release)
      return forget_former_routes(request_.facts.state_root, identity_, release);
    text.raw("segue_restore_routes() {\n");
    text += restore_routes(engine_, request_.facts.state_root, release, files).body;
    return text.raw("\n}\nsegue_restore_routes || return $?\n");
  }

  bool at_rest() const {
    if (!set_.others.empty()) return false;
    return std::all_of(set_.live.begin(), set_.live.end(), [&](const ContainerFacts& container) {
      return container.name == live_name(container) &&
             (!container.running() || container.restart_policy == policy_of(container));
    });
  }

  std::string live_name(const ContainerFacts& container) const {
    return identity_.container_name(name_, replica_of(container));
  }

  static std::string policy_of(const ContainerFacts& container) {
    const std::string& policy = container.label(label::kRestart);
    return policy.empty() ? "unless-stopped" : policy;
  }

  void unwind(Recovery& recovery, const std::string& release) {
    Containers ours;
    Containers former;
    for (const ContainerFacts& container : set_.others)
      (container.label(label::kRelease) == release ? ours : former).push_back(container);
    ShellText body = preamble();
    std::string title;
    if (set_.release == release) {
      former = newest(former);
      title = former.empty() ? "remove what this deploy made" : "bring the former containers back";
      former.empty() ? body += forget(set_.live) : body += bring_back(former, set_.live);
    } else if (!ours.empty() || !at_rest()) {
      title = "remove the candidates";
      body += remove(ours);
      if (stop_first()) body += start(set_.live);
      body += settle_names(set_.live);
      body += settle_routes(set_.release);
    } else if (!changed_routes().empty()) {
      body += settle_routes(set_.release);
    } else {
      return;
    }
    body.raw("return 0");
    if (!changed_routes().empty())
      title += title.empty() ? "put its routes back" : ", put its routes back";
    recovery.steps.push_back({fmt::format("{}: {}", shown_name(), title),
                              "the deploy is undone",
                              {"undo-" + name_, std::move(body)}});
  }

  void settle(Recovery& recovery) {
    if (at_rest()) return settle_routes_alone(recovery);
    const Containers others = newest(set_.others);
    for (const ContainerFacts& container : set_.others)
      recovery.findings.push_back(fmt::format("{}: {} of release {} was left {}", name_,
                                              container.name, container.label(label::kRelease),
                                              container.state));
    if (set_.others.empty())
      recovery.findings.push_back(fmt::format("{}: a deploy ended between two steps", name_));
    ShellText body = preamble();
    if (!set_.live.empty() && all_run(set_.live)) {
      body += gate(set_.live, kOneLook);
      body.raw("if segue_gate; then\n");
      body += commit(set_.live);  // a deploy may have died between the switch and the file
      body += keep(set_.live, set_.others);
      body.raw("return 0\nfi\n");
    }
    const bool whole = is_whole(others);
    if (whole && all_run(others)) body += try_to_commit(others, set_.live, false);
    if (!set_.live.empty() && !all_run(set_.live))
      body += try_to_commit(set_.live, set_.others, true);
    // Half a set is better than none, and than nothing else.
    if (!others.empty() && !(whole && all_run(others)))
      body += try_to_commit(others, set_.live, true);
    body.raw("segue_problem nothing-serves").word(name_);
    recovery.steps.push_back({fmt::format("{}: keep the containers that pass their check", name_),
                              "a deploy ended before it was finished",
                              {"recover-" + name_, std::move(body)}});
  }

  void settle_routes_alone(Recovery& recovery) {
    if (changed_routes().empty()) return;
    recovery.findings.push_back(
        fmt::format("{}: a deploy ended after it had set the routes", shown_name()));
    ShellText body = settle_routes(set_.release);
    body.raw("return 0");
    const bool extra = name_ == kExtraRoutes;
    recovery.steps.push_back({fmt::format("{}: {}", shown_name(),
                                          extra ? "let what was before come back"
                                                : "let its routes be those of the containers"),
                              "a deploy ended before it was finished",
                              {"recover-" + name_, std::move(body)}});
  }

  // Candidates that died on their way may be fewer than were to be; retired ones were whole.
  bool is_whole(const Containers& others) const {
    if (others.empty()) return false;
    const bool retired =
        !set_.live.empty() && sequence_of(others.front()) < sequence_of(set_.live.front());
    return retired || service_ == nullptr ||
           others.size() >= static_cast<size_t>(service_->replicas);
  }

  // The members of `containers` of the newest release among them.
  static Containers newest(const Containers& containers) {
    int best = -1;
    for (const ContainerFacts& container : containers)
      best = std::max(best, sequence_of(container));
    Containers found;
    for (const ContainerFacts& container : containers)
      if (sequence_of(container) == best) found.push_back(container);
    return found;
  }

  static int sequence_of(const ContainerFacts& container) {
    const auto id = parse_release_id(container.label(label::kRelease));
    return id ? id->sequence : 0;
  }

  ShellText preamble() const {
    ShellText text;
    text.raw(
        "segue_ok() { segue_answer=$(\"$@\" 2>&1) || { segue_problem stop \"$segue_answer\"; "
        "return 96; }; }\n");
    return text;
  }

  ShellText must(const ShellText& command) const {
    ShellText text("segue_ok ");
    text += command;
    return text.raw(" || return $?\n");
  }

  ShellText remove(const Containers& containers) const {
    return containers.empty() ? ShellText() : must(engine_.remove(names_of(containers)));
  }

  ShellText start(const Containers& containers) const {
    return containers.empty() ? ShellText() : must(engine_.start(names_of(containers)));
  }

  ShellText gate(const Containers& containers, Duration deadline) const {
    const ContainerFacts& first = containers.front();
    // Containers are made by the image's id, so the reference is not theirs to tell.
    const auto& images = request_.facts.images;
    const auto image = std::find_if(images.begin(), images.end(), [&](const auto& known) {
      return known.second.id == first.image_id;
    });
    ServiceConfig service = service_ == nullptr ? ServiceConfig{} : *service_;
    service.name = name_;
    const std::string& slot = first.label(label::kSlot);
    // Probes of a path need the proxy, and a container that was made for it.
    if (slot.empty() && service.healthcheck && !service.healthcheck->path.empty())
      service.healthcheck.reset();
    Gate waiting =
        gate_for(service, identity_, image == images.end() ? ImageFacts{} : image->second,
                 names_of(containers), probe_route(engine_, service_, first));
    waiting.deadline = std::min(waiting.deadline, deadline);
    if (auto* stays = std::get_if<StaysUp>(&waiting.probe)) stays->delay = Duration(1'000);
    return gate_function(engine_, waiting);
  }

  // `rest` may still have requests in flight: they end first.
  ShellText keep(const Containers& kept, const Containers& rest) const {
    ShellText text;
    const bool running =
        std::any_of(rest.begin(), rest.end(), [](const auto& c) { return c.running(); });
    if (running) text += drain_and_stop(kept, rest);
    text += remove(rest);
    text += settle_names(kept);
    return text += settle_routes(kept.front().label(label::kRelease));
  }

  ShellText drain_and_stop(const Containers& kept, const Containers& rest) const {
    ShellText text;
    const std::string from = rest.front().label(label::kSlot);
    if (service_ != nullptr && is_routed(*service_) && !from.empty() &&
        from != kept.front().label(label::kSlot)) {
      const ProxiedService proxied = proxied_service(request_.config, *service_, 1, 1);
      text.raw("segue_drain() {\n");
      text += drain(engine_, proxied, slot_named(from), service_->drain_timeout).body;
      // Where the proxy can't be asked, a request may still be on its way for a moment (rules D3).
      text.raw("\n}\nsegue_drain || segue_nap 1\n");
    }
    const Duration grace = service_ == nullptr ? Duration(10'000) : service_->stop_timeout;
    text += must(engine_.set_restart_policy(names_of(rest), "no"));
    return text += checked(engine_.stop(names_of(rest), grace), "stop", grace);
  }

  // What is about to serve must come up again after a loss of power at any moment.
  ShellText protect(const Containers& containers) const {
    ShellText text;
    for (const ContainerFacts& container : containers)
      if (container.restart_policy != policy_of(container))
        text += must(engine_.set_restart_policy({container.name}, policy_of(container)));
    return text;
  }

  ShellText settle_names(const Containers& kept) const {
    ShellText text;
    for (const ContainerFacts& container : kept) {
      if (container.name != live_name(container))
        text += must(engine_.rename(container.name, live_name(container)));
      text += must(engine_.set_restart_policy({live_name(container)}, policy_of(container)));
    }
    return text;
  }

  ShellText commit(const Containers& containers) const {
    ShellText text;
    const ContainerFacts& first = containers.front();
    const std::string& slot = first.label(label::kSlot);
    if (!slot.empty()) {
      if (stop_first()) {
        for (const ContainerFacts& container : containers) {
          const std::string alias =
              slot_alias(identity_, name_, slot_named(slot), replica_of(container));
          text += engine_.connect(admission_network(identity_), alias, container.name);
          text.raw(" 2>/dev/null\n");
        }
      }
      text.raw("segue_switch() {\n");
      text += switch_traffic(layout_.slot_folder(name_), slot_named(slot)).body;
      text.raw("\n}\nsegue_switch || return $?\n");
    }
    const std::string file = layout_.live_file(name_);
    text.raw("printf '%s\\n'").word(first.label(label::kRelease)).raw(" >").word(file + ".new");
    return text.raw(" && mv").word(file + ".new").word(file).raw("\n");
  }

  ShellText try_to_commit(const Containers& chosen, const Containers& rest, bool start_it) const {
    ShellText text;
    if (start_it) {
      text += engine_.start(names_of(chosen));
      text.raw(" >/dev/null 2>&1\n");
    }
    text += gate(chosen, Duration(60'000));
    text.raw("if segue_gate; then\n");
    text += protect(chosen);
    text += commit(chosen);
    text += keep(chosen, rest);
    return text.raw("return 0\nfi\n");
  }

  // What this deploy had committed goes back: the former set is proved before the new one leaves.
  ShellText bring_back(const Containers& former, const Containers& present) const {
    ShellText text;
    if (stop_first()) {
      text += must(engine_.set_restart_policy(names_of(present), "no"));
      const Duration grace = service_->stop_timeout;
      text += checked(engine_.stop(names_of(present), grace), "stop", grace);
    }
    text += start(former);
    text += gate(former, Duration(60'000));
    text.raw("if ! segue_gate; then\n");
    if (stop_first()) text += start(present);
    text.raw("segue_problem nothing-serves").word(name_).raw("\nreturn 96\nfi\n");
    text += protect(former);
    text += commit(former);
    return text += keep(former, present);
  }

  ShellText forget(const Containers& containers) const {
    ShellText text = remove(containers);
    text.raw("rm -f").word(layout_.live_file(name_)).raw("\n");
    return text += settle_routes({});
  }

  const RecoveryRequest& request_;
  std::string name_;
  const ServiceConfig* service_;
  Identity identity_;
  LiveSet set_;
  Engine engine_;
  Layout layout_;
};

// Containers of `release` commands. One that ended well stays: it says that it need not be run
// again (rules B14). One that still runs is let run to its end.
class CommandRecovery {
 public:
  explicit CommandRecovery(const RecoveryRequest& request)
      : request_(request), engine_(request.facts) {}

  void add_to(Recovery& recovery) {
    for (const ContainerFacts& container : request_.facts.commands) {
      const std::string& service = container.label(label::kCommand);
      if (!container.of(request_.config.project, request_.config.environment)) continue;
      if (!request_.service.empty() && request_.service != service) continue;
      if (request_.unwind)
        unwind(recovery, container, service);
      else
        settle(recovery, container, service);
    }
  }

 private:
  void unwind(Recovery& recovery, const ContainerFacts& container, const std::string& service) {
    if (request_.unwind != container.label(label::kRelease)) return;
    recovery.steps.push_back(
        {fmt::format("{}: remove the container of its release command", service),
         "the deploy is undone",
         {"undo-command-" + service, removal(container)}});
  }

  void settle(Recovery& recovery, const ContainerFacts& container, const std::string& service) {
    if (container.state == "exited" && container.exit_code == 0) return;
    recovery.findings.push_back(
        fmt::format("{}: the release command of {} {}", service, container.label(label::kRelease),
                    container.running() ? "still runs" : "did not end well"));
    ShellText body;
    if (container.running()) {
      body.raw("segue_hear_long ");
      body += engine_.command({"wait", container.name});
      body.raw("\n[ \"${segue_answer##*[!0-9]}\" != 0 ] || return 0\n");
    }
    body += removal(container);
    recovery.steps.push_back({fmt::format("{}: see its release command end", service),
                              "a deploy ended before it was finished",
                              {"recover-command-" + service, std::move(body)}});
  }

  ShellText removal(const ContainerFacts& container) const {
    return checked(engine_.remove({container.name}), "stop");
  }

  const RecoveryRequest& request_;
  Engine engine_;
};

}  // namespace

Recovery recover(const RecoveryRequest& request) {
  Recovery recovery;
  recovery.host = request.facts.host;
  std::set<std::string> services;
  for (const ContainerFacts& container : request.facts.containers)
    if (container.of(request.config.project, request.config.environment))
      services.insert(container.label(label::kService));
  for (const auto& [file, release] : request.facts.proxy.changed_by)
    if (std::string service = service_of_route(file, identity_of(request.config)); !service.empty())
      services.insert(std::move(service));
  for (const std::string& service : services)
    if (request.service.empty() || service == request.service)
      ServiceRecovery(request, service).add_to(recovery);
  CommandRecovery(request).add_to(recovery);
  return recovery;
}

}  // namespace segue
