#include "roll_builder.hpp"

#include "segue/base/text.hpp"
#include "segue/proxy/proxy_sections.hpp"
#include "segue/script/checked.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr size_t kStartsAtOnce = 4;

}  // namespace

RollBuilder::RollBuilder(const ContainerRequest& request, LiveSet live)
    : request_(request),
      live_(std::move(live)),
      engine_(request.facts),
      layout_{request.facts.state_root, identity_of(request.config)},
      specs_(container_specs(request)) {
  for (const ContainerSpec& spec : specs_) names_.push_back(spec.name);
  // What a dead deploy left and recovery could not judge is retired together with the live ones.
  live_.live.insert(live_.live.end(), live_.others.begin(), live_.others.end());
  for (const ContainerFacts& container : live_.live) {
    old_names_.push_back(container.name);
    const std::string live_name =
        layout_.identity.container_name(request.service.name, replica_of(container));
    retired_names_.push_back(retired_name(live_name, container.label(label::kRelease)));
  }
}

Roll RollBuilder::build(std::vector<FieldChange> changes, std::string trouble) {
  const ModeChoice choice = choose_mode(request_.service);
  Roll roll;
  roll.host = request_.facts.host;
  roll.service = request_.service.name;
  roll.mode = choice.mode;
  roll.mode_reason = choice.reason;
  roll.first = live_.live.empty();
  roll.changes = std::move(changes);
  roll.trouble = std::move(trouble);
  roll.retired = retired_names_;
  if (roll.mode == RollMode::start_first) {
    start_first(roll);
  } else {
    stop_first(roll);
  }
  return roll;
}

void RollBuilder::step(Roll& roll, std::string title, std::string why, const char* name,
                       ShellText body) {
  roll.steps.push_back({std::move(title), std::move(why), {name, std::move(body)}});
}

void RollBuilder::start_first(Roll& roll) {
  const ServiceConfig& service = request_.service;
  const std::string candidates = join(names_, ", ");
  if (!roll.first)
    step(roll, fmt::format("rename {} to {}", join(old_names_, ", "), join(retired_names_, ", ")),
         "it goes on serving under that name", "rename", rename_old());
  step(roll, fmt::format("start {}", candidates), fmt::format("from {}", service.image), "start",
       start_candidates());
  const Gate waiting = gate_for(service, layout_.identity, request_.facts.images.at(service.image),
                                names_, to_string(request_.slot));
  step(roll,
       fmt::format("wait until {} {}",
                   names_.size() == 1 ? "it is healthy:" : "all are healthy:", describe(waiting)),
       "nobody gets traffic before he has proved himself", "gate", gate());
  const ProxiedService proxied = proxied_service(request_.config, service, 1, 1);
  if (is_routed(service)) {
    roll.steps.push_back({fmt::format("switch traffic to {}", to_string(request_.slot)),
                          "one rename, all replicas at once",
                          switch_traffic(layout_.slot_folder(service.name), request_.slot)});
    roll.steps.push_back({"see the new containers answer through the proxy",
                          "a switch is believed when seen",
                          verify_switch(engine_, proxied, request_.slot, smoke_path(service))});
  }
  watch(roll, waiting);
  const bool drains = !roll.first && is_routed(service);
  step(roll, "commit", "from here on the new containers are the ones that serve", "commit",
       commit());
  if (roll.first) return;
  if (drains)
    step(roll,
         fmt::format("drain {}, at most {}", to_string(other(request_.slot)),
                     to_string(service.drain_timeout)),
         "requests in flight end where they began", "drain",
         drain_and_update(
             drain(engine_, proxied, other(request_.slot), service.drain_timeout).body));
  step(roll, fmt::format("stop {}", join(retired_names_, ", ")),
       "kept, stopped, until the deploy has succeeded everywhere", "stop",
       drains ? stop_old() : retire());
}

void RollBuilder::stop_first(Roll& roll) {
  const ServiceConfig& service = request_.service;
  if (!roll.first) {
    ShellText body = rename_old();
    body.raw("\n");
    body += retire();
    step(roll, fmt::format("stop {}", join(old_names_, ", ")), roll.mode_reason, "stop", body);
    roll.way_back = way_back();
  }
  step(roll, fmt::format("start {}", join(names_, ", ")), fmt::format("from {}", service.image),
       "start", start_candidates());
  const Gate waiting = gate_for(service, layout_.identity, request_.facts.images.at(service.image),
                                names_, "candidate");
  step(roll, "wait until healthy: " + describe(waiting), "else the old one is started again",
       "gate", gate());
  if (is_routed(service)) {
    if (!service.options.shares_host_network())
      step(roll, "let the proxy reach it", "requests that arrived meanwhile were held", "admit",
           admit());
    const ProxiedService proxied = proxied_service(request_.config, service, 1, 1);
    roll.steps.push_back({"see it answer through the proxy", "a switch is believed when seen",
                          verify_switch(engine_, proxied, request_.slot, smoke_path(service))});
  }
  watch(roll, waiting);
  step(roll, "commit", "from here on the new containers are the ones that serve", "commit",
       commit());
}

// Before the commit: whoever fails now goes back as if he had failed his gate.
void RollBuilder::watch(Roll& roll, Gate gate) {
  const Duration time = request_.service.rollout.bake;
  if (time.count() == 0) return;
  gate.just_made = true;
  step(roll, "watch for " + to_string(time),
       roll.first ? "whether it stays healthy" : "the former ones leave when it stays healthy",
       "bake", bake(engine_, std::move(gate), time));
}

// `answer=$(command 2>&1) || problem`: what the engine said becomes the message.
ShellText RollBuilder::rename_old() const {
  ShellText text;
  for (size_t i = 0; i < old_names_.size(); ++i)
    if (old_names_[i] != retired_names_[i])
      text += checked(engine_.rename(old_names_[i], retired_names_[i]), "rename");
  return text;
}

// Side by side, a few at a time: most of a start is waiting for the engine. All are waited for, so
// that nothing appears behind the back of an undo.
ShellText RollBuilder::start_candidates() const {
  ShellText text;
  if (specs_.size() == 1) return text += checked(engine_.run(specs_.front()), "start");
  for (size_t i = 0; i < specs_.size(); ++i) {
    text.raw(fmt::format("segue_start_{}() {{\n", i));
    text += checked(engine_.run(specs_[i]), "start");
    text.raw("}\n");
  }
  for (size_t first = 0; first < specs_.size(); first += kStartsAtOnce) {
    text.raw("segue_jobs=\n");
    for (size_t i = first; i < std::min(specs_.size(), first + kStartsAtOnce); ++i)
      text.raw(
          fmt::format("( trap : HUP PIPE; segue_start_{} ) & segue_jobs=\"$segue_jobs $!\"\n", i));
    text.raw("segue_status=0\nfor segue_job in $segue_jobs; do\n");
    text.raw("  wait \"$segue_job\" || segue_status=96\ndone\n");
    text.raw("[ \"$segue_status\" = 0 ] || return 96\n");
  }
  return text;
}

ShellText RollBuilder::gate() const {
  const std::string route = choose_mode(request_.service).mode == RollMode::stop_first
                                ? "candidate"
                                : to_string(request_.slot);
  const ImageFacts& image = request_.facts.images.at(request_.service.image);
  Gate waiting = gate_for(request_.service, layout_.identity, image, names_, route);
  waiting.just_made = true;
  ShellText text = gate_function(engine_, waiting);
  text.raw("segue_gate || return $?\n");
  // Without a policy nobody starts it again when it has ended since its check, nor would notice.
  if (request_.service.restart == RestartPolicy::no) text.raw("segue_watch || return $?\n");
  return text;
}

ShellText RollBuilder::admit() const {
  ShellText text;
  for (size_t i = 0; i < names_.size(); ++i) {
    const std::string alias =
        slot_alias(layout_.identity, request_.service.name, request_.slot, static_cast<int>(i) + 1);
    text +=
        checked(engine_.connect(admission_network(layout_.identity), alias, names_[i]), "switch");
  }
  return text;
}

ShellText RollBuilder::commit() const {
  const std::string file = layout_.live_file(request_.service.name);
  ShellText text("printf '%s\\n'");
  text.word(request_.release).raw(" >").word(file + ".new").raw(" && mv").word(file + ".new");
  return text.word(file).raw(" || { segue_problem disk").word(file).raw("; return 96; }\n");
}

// The retired ones lose their policy while the drain waits. Should that fail it is done again where
// it is seen; and it has ended when the section does, as an undo would change it back.
ShellText RollBuilder::drain_and_update(const ShellText& drain) const {
  ShellText text("segue_drain() {\n");
  text += drain;
  text.raw("\n}\nsegue_update() {\n");
  text += checked(engine_.set_restart_policy(retired_names_, "no"), "stop");
  text.raw("}\n( trap : HUP PIPE; segue_spool=; segue_update ) >/dev/null 2>&1 & segue_job=$!\n");
  text.raw("segue_drain\nsegue_status=$?\n");
  return text.raw("wait \"$segue_job\" || segue_update || return $?\nreturn $segue_status");
}

// The policy goes first: a retired container with one would come back after an engine restart.
ShellText RollBuilder::retire() const {
  ShellText text = checked(engine_.set_restart_policy(retired_names_, "no"), "stop");
  return text += stop_old();
}

ShellText RollBuilder::stop_old() const {
  const Duration grace = request_.service.stop_timeout;
  return checked(engine_.stop(retired_names_, grace), "stop", grace);
}

// Back as found: what ran runs again, what did not stays as it was (rules B8, B11).
ShellText RollBuilder::way_back() const {
  ShellText text;
  text += engine_.remove(names_);
  text.raw(" >/dev/null 2>&1\n");
  for (size_t i = 0; i < old_names_.size(); ++i) {
    text += engine_.rename(retired_names_[i], old_names_[i]);
    text.raw(" 2>/dev/null\n");
  }
  std::vector<std::string> running;
  for (size_t i = 0; i < live_.live.size(); ++i) {
    if (!live_.live[i].running()) continue;
    running.push_back(old_names_[i]);
    text += engine_.set_restart_policy({old_names_[i]}, live_.live[i].restart_policy);
    text.raw(" >/dev/null\n");
  }
  if (running.empty()) return text.raw("return 0");
  text += checked(engine_.start(running), "start");
  return text;
}

}  // namespace segue
