#include "deployment.hpp"

#include "audit_entry.hpp"
#include "content_sending.hpp"
#include "image_sending.hpp"
#include "restoration.hpp"
#include "settle.hpp"

#include "segue/base/text.hpp"
#include "segue/engine/engine.hpp"
#include "segue/host/problem.hpp"
#include "segue/model/release_id.hpp"
#include "segue/os/process.hpp"
#include "segue/os/random.hpp"
#include "segue/os/terminal.hpp"
#include "segue/os/wall_clock.hpp"
#include "segue/plan/plan_text.hpp"
#include "segue/plan/service_contents.hpp"
#include "segue/ui/quiet_waits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr Duration kLongestTurn{60'000};
constexpr size_t kSaltBytes = 16;

std::string git_commit(const std::string& folder) {
  ProcessRequest request;
  request.argv = {"git", "rev-parse", "--short=12", "HEAD"};
  request.folder = folder;
  const auto result = run_process(request);
  return result && result->succeeded() ? std::string(trim(result->output)) : "";
}

}  // namespace

Deployment::Deployment(App& app, const DeploymentRequest& request, Project& project, Hosts& hosts)
    : app_(app),
      request_(request),
      project_(project),
      hosts_(hosts),
      origins_(project.document, project.secret_sources),
      holder_(make_holder(request.kind, request.initiator, request.message)),
      new_salt_(random_hex(kSaltBytes)),
      tail_(random_hex(2)) {}

void Deployment::end_phase(const std::string& title) {
  const TimePoint ended = now();
  phases_.push_back({title, std::chrono::duration_cast<Duration>(ended - phase_began_).count()});
  phase_began_ = ended;
}

Result<DeployView> Deployment::run() {
  const TimePoint began = now();
  auto view = guarded();
  if (!view) {
    // A rollback to what there is not has tried nothing that is worth a line.
    std::optional<AuditEntry> entry;
    if (!request_.back_to || restores_) entry = audit_entry();
    if (entry) entry->status = view.error().code == Code::interrupted ? "interrupted" : "failed";
    if (entry && !view.error().what.empty()) entry->detail = view.error().what;
    hosts_.unlock(facts_, entry);
    return view;
  }
  if (restores_) view->restores = restores_->id;
  view->took = std::chrono::duration_cast<Duration>(now() - began);
  return view;
}

Result<DeployView> Deployment::guarded() {
  if (!request_.yes) TRY(ask_first());
  if (nothing_to_do_) return DeployView{"", {}, {}, true};
  began_ = phase_began_ = now();
  TRY(examine_and_lock());
  end_phase("Look at the hosts");
  TRY(check_restorable());
  TRY(settle_leftovers());
  Plan plan = make();
  if (!request_.yes && plan_text(plan) != shown_)
    TRY(show_and_ask(plan,
                     restores_ ? "Facts have changed. Roll back?" : "Facts have changed. Deploy?"));
  if (request_.yes && !plan.empty()) app_.reporter.plan(plan);
  if (plan.empty()) {
    if (request_.yes) app_.reporter.plan(plan);
    AuditEntry entry = audit_entry();
    entry.status = "succeeded";
    hosts_.unlock(facts_, settled_ ? std::optional(entry) : std::nullopt);
    return DeployView{"", {}, {}, true};
  }
  TRY(check());
  if (request_.before_changes) TRY(request_.before_changes(plan.release));
  TRY(send_images(plan));
  TRY(pull(plan));
  TRY(send_contents(make()));
  return roll_out(make());
}

Result<> Deployment::ask_first() {
  TRY(examine(std::nullopt));
  TRY(choose_release());
  TRY(check_restorable());
  const Plan plan = make();
  if (plan.empty() && !needs_settling(project_.config, facts_)) {
    app_.reporter.plan(plan);
    nothing_to_do_ = true;
    return {};
  }
  TRY(check());
  return show_and_ask(plan, restores_ ? "Roll back?" : "Deploy?");
}

Result<> Deployment::show_and_ask(const Plan& plan, const std::string& question) {
  app_.reporter.plan(plan);
  shown_ = plan_text(plan);
  TRY_ASSIGN(const bool yes, ask_yes_no(question, app_.signals.wake_fd()));
  if (yes) return {};
  return fail(Code::failed, "not confirmed: nothing was changed");
}

Result<> Deployment::examine(const std::optional<LockHolder>& lock) {
  auto answers = hosts_.facts({.lock = lock, .recorded = request_.back_to && !restores_});
  // What is known is kept also when another host fails: its lock has to be released.
  for (const auto& [host, answer] : answers)
    if (answer) facts_[host] = *answer;
  TRY_ASSIGN(facts_, all_or_error(app_, std::move(answers)));
  return {};
}

// Who waits in line takes the lock by a probe of its own again: what the former holder has done is
// in the facts then.
Result<> Deployment::examine_and_lock() {
  const TimePoint deadline = now() + request_.lock_timeout;
  while (true) {
    TRY(examine(holder_));
    TRY(choose_release());
    auto locked = hosts_.lock(facts_, holder_);
    if (locked || locked.error().code != Code::lock_held || now() >= deadline) return locked;
    TRY(hosts_.await_lock(deadline));
    holder_.id = new_lock_id();  // a host may have been told that the former one is not wanted
  }
}

// A rollback learns from the probe, which may have taken the lock by then, where it goes.
Result<> Deployment::choose_release() {
  if (!request_.back_to) return {};
  if (restores_) {
    if (sequence() == newest_sequence_ + 1) return {};
    return fail(Code::failed, "another deploy has come in between: nothing was changed",
                "see what runs now: segue deploys list");
  }
  const std::map<std::string, HostFacts> before = facts_;
  TRY_ASSIGN(restores_,
             restore_project(app_, project_, hosts_, facts_, *request_.back_to, request_.yes));
  newest_sequence_ = sequence() - 1;
  const auto left_out = [&](const auto& held) { return !facts_.contains(held.first); };
  const auto& held = hosts_.generations();
  if (std::any_of(held.begin(), held.end(), left_out)) hosts_.unlock(before);
  // A host that has lost its record was not asked for what that of another names.
  const bool all_known = std::all_of(facts_.begin(), facts_.end(), [&](const auto& known) {
    return known.second.records.contains(restores_->id);
  });
  return all_known ? Result<>{} : examine(std::nullopt);
}

Result<> Deployment::settle_leftovers() {
  if (!needs_settling(project_.config, facts_)) return {};
  TRY(settle(app_, project_, hosts_, facts_));
  settled_ = true;
  TRY(examine(std::nullopt));
  end_phase("Settle what an earlier deploy left");
  return {};
}

Result<> Deployment::check() {
  const std::vector<Error> errors = check_hosts(plan_request());
  if (errors.empty()) return {};
  for (const Error& error : errors) app_.reporter.error(error);
  return fail(errors.front().code, "");
}

// A rollback runs what ran then: an image that is gone can't be had by its name, which may mean
// another one now. All hosts are looked at before any is touched.
Result<> Deployment::check_restorable() {
  if (!restores_) return {};
  bool missing = false;
  for (const ServiceRecord& then : restores_->services) {
    const ServiceConfig* service = project_.config.service(then.service);
    const auto facts = facts_.find(then.host);
    if (service == nullptr || facts == facts_.end()) continue;
    missing = !can_be_mounted(*service, facts->second, restores_->id) || missing;
    const auto image = facts->second.images.find(service->image);
    if (image != facts->second.images.end() && image->second.present()) continue;
    missing = true;
    const std::string from = then.digest.empty()
                                 ? "load it there again, or deploy that version anew"
                                 : fmt::format("get it there again: {} pull {}",
                                               to_string(facts->second.engine_kind), then.digest);
    app_.reporter.error({Code::failed,
                         fmt::format("the image of {} in {} is gone: {} ({})", then.service,
                                     restores_->id, then.image, then.image_id),
                         from,
                         {"on " + then.host},
                         {}});
  }
  if (missing) return fail(Code::failed, "");
  return {};
}

// The project's folder may hold something else by now, so nothing of it is sent.
bool Deployment::can_be_mounted(const ServiceConfig& service, const HostFacts& facts,
                                const std::string& release) {
  bool all = true;
  for (const NeededContent& need : needed_contents(service, facts)) {
    if (need.is_there || need.has_archive) continue;
    all = false;
    app_.reporter.error({Code::failed,
                         fmt::format("{} of {} in {} is gone: it was {}", need.upload->target,
                                     service.name, release, need.upload->local),
                         "bring that file back into the project, then deploy that version anew",
                         {"on " + facts.host},
                         {}});
  }
  return all;
}

Result<> Deployment::send_images(const Plan& plan) {
  TRY_ASSIGN(const auto ended, ImageSending(app_, project_, hosts_, facts_).run(plan));
  std::optional<Error> failure;
  for (const ScriptEnded& end : ended) {
    if (auto error = learn_images(end.host, end)) {
      app_.reporter.error(*error);
      failure = error;
    }
  }
  if (failure) return fail(failure->code, "");
  if (!ended.empty()) end_phase("Send images");
  return {};
}

// Images that a host lacks come before the rest: their ids and health checks belong to the plan.
Result<> Deployment::pull(const Plan& plan) {
  std::map<std::string, Script> scripts;
  for (const HostSteps& host : plan.stage)
    for (const Step& step : host.steps)
      if (step.section.name == "pull") scripts[host.host].sections.push_back(step.section);
  if (scripts.empty()) return {};
  app_.reporter.progress({Report::Kind::phase, "", "", "Pull images", "", {}});
  TRY_ASSIGN(const auto ended, hosts_.run(scripts));
  std::optional<Error> failure;
  for (const auto& [host, end] : ended) {
    if (auto error = learn_images(host, end)) {
      app_.reporter.error(*error);
      failure = error;
    }
  }
  if (failure) return fail(failure->code, "");
  end_phase("Pull images");
  return {};
}

std::optional<Error> Deployment::learn_images(const std::string& host, const ScriptEnded& end) {
  for (const ScriptEvent& event : end.events) {
    if (event.kind != ScriptEvent::Kind::told || event.key != "pulled") continue;
    const size_t blank = std::min(event.value.find(' '), event.value.size() - 1);
    auto image = parse_image(event.value.substr(blank + 1));
    if (!image) return image.error();
    image->reference = event.value.substr(0, blank);
    facts_[host].images[image->reference] = *image;
  }
  return why_not(end, "images were brought there");
}

// Nothing has been touched yet: whatever went wrong, everything is as before.
std::optional<Error> Deployment::why_not(const ScriptEnded& end, const std::string& doing) const {
  const auto* exited = std::get_if<Exited>(&end.outcome);
  if (exited != nullptr && exited->status == 0) return std::nullopt;
  if (const auto* refused = std::get_if<NotStarted>(&end.outcome)) return refused->error;
  Error error{Code::failed, "the connection was lost while " + doing, {}, {}, {}};
  if (exited != nullptr) error.what = fmt::format("something failed while {}", doing);
  const bool fenced = std::any_of(end.events.begin(), end.events.end(), [](const auto& event) {
    return event.kind == ScriptEvent::Kind::ended && event.status == kFenceStatus;
  });
  if (fenced)
    error = {Code::lock_held,
             "the lock was taken over by somebody else",
             "see `segue lock status`",
             {},
             {}};
  if (auto told = told_problem(end.events, facts_.at(end.host).engine_kind)) error = *told;
  return std::move(error).in("on " + end.host);
}

// Files and directories come before the rollout too: each script is given its archive to read.
Result<> Deployment::send_contents(const Plan& plan) {
  TRY_ASSIGN(const auto ended, ContentSending(app_, project_, hosts_, facts_).run(plan));
  std::optional<Error> failure;
  for (const ScriptEnded& end : ended) {
    if (auto error = why_not(end, "files were sent")) {
      app_.reporter.error(*error);
      failure = error;
    }
  }
  if (failure) return fail(failure->code, "");
  if (!ended.empty()) end_phase("Send files");
  return {};
}

Result<DeployView> Deployment::roll_out(Plan plan) {
  const std::string release = plan.release;
  ReleaseRecord record = plan.record;
  record.phases = phases_;
  record.sequence = sequence();
  record.started_at = utc_text(now_seconds());
  record.initiator = holder_.who;
  record.message = request_.message;
  if (record.message.empty() && restores_) record.message = "rollback to " + restores_->id;
  record.git_commit = git_commit(project_.folder);
  record.tool_version = app_.tool_version;
  Rollout rollout(std::move(plan), {project_.config, facts_, hosts_.generations(), record,
                                    hosts_.manual_locks(), audit_entry()});
  drive(rollout);
  hosts_.forget_locks();
  return DeployView{release, rollout.result(), {}, false};
}

AuditEntry Deployment::audit_entry() const {
  AuditEntry entry = make_audit_entry(app_, project_, holder_, request_.kind);
  entry.duration_ms = std::chrono::duration_cast<Duration>(now() - began_).count();
  entry.took_over = hosts_.took_over();
  if (settled_) entry.detail = "settled what an earlier deploy had left";
  if (restores_) entry.detail = "back to " + restores_->id;
  return entry;
}

// The loop of the program: what the rollout wants is done, what happens is handed back.
void Deployment::drive(Rollout& rollout) {
  std::map<std::string, FactsRequest> asked;
  int interrupts = app_.signals.count();
  std::vector<RolloutEvent> events;
  QuietWaits waits(app_.reporter);
  while (true) {
    rollout.record().finished_at = utc_text(now_seconds());
    rollout.record().duration_ms = std::chrono::duration_cast<Duration>(now() - began_).count();
    for (const RolloutAction& action : rollout.step(now(), std::exchange(events, {})))
      act(action, asked);
    for (const Report& report : rollout.take_reports()) {
      app_.reporter.progress(report);
      waits.heard(report, now());
    }
    if (rollout.finished()) return;
    const TimePoint wake_at = rollout.wake_at().value_or(now() + kLongestTurn);
    const Happened happened = hosts_.runner().wait(std::min(wake_at, waits.tell(now())));
    for (const ScriptProgress& progress : happened.progress)
      if (!asked.contains(progress.host)) events.emplace_back(progress);
    for (const ScriptEnded& ended : happened.ended) {
      waits.end(ended.host);
      events.push_back(arrived(ended, asked));
    }
    app_.signals.drain();
    if (app_.signals.count() == interrupts) continue;
    interrupts = app_.signals.count();
    events.emplace_back(Interrupted{++times_interrupted_});
    app_.reporter.note(times_interrupted_ == 1
                           ? "interrupted: bringing everything back; once more to leave it as it is"
                           : "interrupted again: left as it is; `segue recover` settles it");
  }
}

void Deployment::act(const RolloutAction& action, std::map<std::string, FactsRequest>& asked) {
  if (const auto* run = std::get_if<RunScript>(&action)) {
    hosts_.runner().start(run->host, run->script);
    if (run->script.sections.back().name != "unlock") hosts_.runner().prepare(run->host);
  } else if (const auto* abandon = std::get_if<Abandon>(&action)) {
    hosts_.runner().abandon(abandon->host);
    asked.erase(abandon->host);
  } else {
    const auto& read = std::get<ReadFacts>(action);
    FactsRequest request = hosts_.facts_request(read.host);
    request.end_scripts = read.end_scripts;
    hosts_.runner().start(read.host, facts_script(request));
    asked[read.host] = request;
  }
}

RolloutEvent Deployment::arrived(const ScriptEnded& ended,
                                 std::map<std::string, FactsRequest>& asked) {
  const auto it = asked.find(ended.host);
  if (it == asked.end()) return ended;
  const FactsRequest request = it->second;
  asked.erase(it);
  return FactsArrived{ended.host,
                      facts_from(ended.host, request, ended, hosts_.runner().reader(ended.host))};
}

PlanRequest Deployment::plan_request() const {
  return {project_.config,
          facts_,
          project_.services,
          project_.secrets,
          release_id(),
          new_salt_,
          restores_ ? &*restores_ : nullptr,
          restores_ ? nullptr : &origins_};
}

int Deployment::sequence() const {
  int highest = 0;
  for (const auto& [host, facts] : facts_) highest = std::max(highest, facts.highest_sequence);
  return highest + 1;
}

std::string Deployment::release_id() const {
  std::string version = request_.version;
  if (restores_) {
    const auto id = parse_release_id(restores_->id);
    version = id ? id->version : "rollback";
  }
  return make_release_id(sequence(), version, tail_).text();
}

ExitStatus show_deployed(App& app, const Result<DeployView>& view) {
  if (!view) return told(app, view.error());
  app.reporter.deployed(*view);
  const std::optional<Error>& error = view->result.error;
  return error ? exit_status_of(error->code) : ExitStatus::done;
}

}  // namespace segue
