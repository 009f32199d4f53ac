// `segue deploy`, from the question to the summary. The order is that of rules B3: with a question,
// probe, plan, ask, then lock and probe in one go and compare; with -y, lock and probe at once.
#include "hosts.hpp"
#include "project.hpp"
#include "settle.hpp"

#include "segue/app/app.hpp"
#include "segue/base/text.hpp"
#include "segue/engine/engine.hpp"
#include "segue/host/problem.hpp"
#include "segue/model/release_id.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/process.hpp"
#include "segue/os/random.hpp"
#include "segue/os/terminal.hpp"
#include "segue/os/wall_clock.hpp"
#include "segue/plan/deploy_planner.hpp"
#include "segue/plan/plan_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr Duration kLongestTurn{60'000};

using AllFacts = std::map<std::string, HostFacts>;

std::string version_of(const DeployOptions& options, const Config& config) {
  if (options.version) return *options.version;
  const std::string& image = config.services.front().image;
  const size_t colon = image.rfind(':');
  return colon == std::string::npos ? "untagged" : image.substr(colon + 1);
}

std::string git_commit(const std::string& folder) {
  ProcessRequest request;
  request.argv = {"git", "rev-parse", "--short=12", "HEAD"};
  request.folder = folder;
  const auto result = run_process(request);
  return result && result->succeeded() ? std::string(trim(result->output)) : "";
}

class Deployment {
 public:
  Deployment(App& app, const DeployOptions& options, Project& project)
      : app_(app),
        options_(options),
        project_(project),
        hosts_(app, project),
        holder_(make_holder("deploy", options.initiator, options.message)),
        new_salt_(random_hex(16)),
        tail_(random_hex(2)) {}

  Result<DeployView> run() {
    const TimePoint began = Clock::now();
    auto view = guarded();
    if (!view) {
      hosts_.unlock(facts_);
      return view;
    }
    view->took = std::chrono::duration_cast<Duration>(Clock::now() - began);
    return view;
  }

 private:
  Result<DeployView> guarded() {
    if (!options_.yes) TRY(ask_first());
    if (nothing_to_do_) return DeployView{"", {}, {}, true};
    TRY(examine(holder_));
    TRY(hosts_.lock(facts_, holder_));
    TRY(settle_leftovers());
    Plan plan = make();
    if (!options_.yes && plan_text(plan) != shown_)
      TRY(show_and_ask(plan, "Facts have changed. Deploy?"));
    if (options_.yes && !plan.empty()) app_.reporter.plan(plan);
    if (plan.empty()) {
      if (options_.yes) app_.reporter.plan(plan);
      hosts_.unlock(facts_);
      return DeployView{"", {}, {}, true};
    }
    TRY(check());
    TRY(pull(plan));
    return roll_out(make());
  }

  Result<> ask_first() {
    TRY(examine(std::nullopt));
    const Plan plan = make();
    if (plan.empty() && !needs_settling(project_.config, facts_)) {
      app_.reporter.plan(plan);
      nothing_to_do_ = true;
      return {};
    }
    TRY(check());
    return show_and_ask(plan, "Deploy?");
  }

  Result<> show_and_ask(const Plan& plan, const std::string& question) {
    app_.reporter.plan(plan);
    shown_ = plan_text(plan);
    TRY_ASSIGN(const bool yes, ask_yes_no(question, app_.signals.wake_fd()));
    if (yes) return {};
    return fail(Code::failed, "not confirmed: nothing was changed");
  }

  Result<> examine(const std::optional<LockHolder>& lock) {
    auto answers = hosts_.facts({lock, false});
    // What is known is kept also when another host fails: its lock has to be released.
    for (const auto& [host, answer] : answers)
      if (answer) facts_[host] = *answer;
    TRY_ASSIGN(facts_, all_or_error(app_, std::move(answers)));
    return {};
  }

  Result<> settle_leftovers() {
    if (!needs_settling(project_.config, facts_)) return {};
    TRY(settle(app_, project_, hosts_, facts_));
    return examine(std::nullopt);
  }

  Result<> check() {
    const std::vector<Error> errors = check_hosts(request());
    if (errors.empty()) return {};
    for (const Error& error : errors) app_.reporter.error(error);
    return fail(errors.front().code, "");
  }

  // Images that a host lacks come before the rest: their ids and health checks belong to the plan.
  Result<> pull(const Plan& plan) {
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
    return {};
  }

  std::optional<Error> learn_images(const std::string& host, const ScriptEnded& end) {
    for (const ScriptEvent& event : end.events) {
      if (event.kind != ScriptEvent::Kind::told || event.key != "pulled") continue;
      const size_t blank = std::min(event.value.find(' '), event.value.size() - 1);
      auto image = parse_image(event.value.substr(blank + 1));
      if (!image) return image.error();
      image->reference = event.value.substr(0, blank);
      facts_[host].images[image->reference] = *image;
    }
    if (const auto* exited = std::get_if<Exited>(&end.outcome); exited && exited->status == 0)
      return std::nullopt;
    if (const auto* refused = std::get_if<NotStarted>(&end.outcome)) return refused->error;
    Error error =
        told_problem(end.events, facts_.at(host).engine_kind)
            .value_or(Error{
                Code::failed, "the connection was lost while images were pulled", {}, {}, {}});
    return std::move(error).in("on " + host);
  }

  Result<DeployView> roll_out(Plan plan) {
    const TimePoint began = Clock::now();
    const std::string release = plan.release;
    ReleaseRecord record = plan.record;
    record.sequence = sequence();
    record.started_at = utc_text(now_seconds());
    record.initiator = holder_.who;
    record.message = options_.message;
    record.git_commit = git_commit(project_.folder);
    record.tool_version = app_.tool_version;
    Rollout rollout(std::move(plan), {project_.config, facts_, hosts_.generations(), record});
    drive(rollout, began);
    hosts_.forget_locks();
    return DeployView{release, rollout.result(), {}, false};
  }

  // The loop of the program: what the rollout wants is done, what happens is handed back.
  void drive(Rollout& rollout, TimePoint began) {
    std::map<std::string, FactsRequest> asked;
    int interrupts = app_.signals.count();
    std::vector<RolloutEvent> events;
    while (true) {
      rollout.record().finished_at = utc_text(now_seconds());
      rollout.record().duration_ms =
          std::chrono::duration_cast<Duration>(Clock::now() - began).count();
      for (const RolloutAction& action : rollout.step(Clock::now(), std::exchange(events, {})))
        act(action, asked);
      for (const Report& report : rollout.take_reports()) app_.reporter.progress(report);
      if (rollout.finished()) return;
      const Happened happened =
          hosts_.runner().wait(rollout.wake_at().value_or(Clock::now() + kLongestTurn));
      for (const ScriptProgress& progress : happened.progress)
        if (!asked.contains(progress.host)) events.emplace_back(progress);
      for (const ScriptEnded& ended : happened.ended) events.push_back(arrived(ended, asked));
      app_.signals.drain();
      if (app_.signals.count() == interrupts) continue;
      interrupts = app_.signals.count();
      events.emplace_back(Interrupted{++times_interrupted_});
      app_.reporter.note(
          times_interrupted_ == 1
              ? "interrupted: bringing everything back; once more to leave it as it is"
              : "interrupted again: left as it is; `segue recover` settles it");
    }
  }

  void act(const RolloutAction& action, std::map<std::string, FactsRequest>& asked) {
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

  RolloutEvent arrived(const ScriptEnded& ended, std::map<std::string, FactsRequest>& asked) {
    const auto it = asked.find(ended.host);
    if (it == asked.end()) return ended;
    const FactsRequest request = it->second;
    asked.erase(it);
    return FactsArrived{ended.host,
                        facts_from(ended.host, request, ended, hosts_.runner().reader(ended.host))};
  }

  PlanRequest request() const {
    return {project_.config, facts_, project_.services, project_.secrets, release_id(), new_salt_};
  }

  Plan make() const { return make_plan(request()); }

  int sequence() const {
    int highest = 0;
    for (const auto& [host, facts] : facts_) highest = std::max(highest, facts.highest_sequence);
    return highest + 1;
  }

  std::string release_id() const {
    return make_release_id(sequence(), version_of(options_, project_.config), tail_).text();
  }

  App& app_;
  const DeployOptions& options_;
  Project& project_;
  Hosts hosts_;
  LockHolder holder_;
  std::string new_salt_;
  std::string tail_;
  AllFacts facts_;
  std::string shown_;
  bool nothing_to_do_ = false;
  int times_interrupted_ = 0;
};

}  // namespace

ExitStatus deploy(App& app, const DeployOptions& options) {
  if (!options.yes && !app.options.interactive) {
    return told(
        app, fail(Code::usage, "deploy asks before it changes anything, and nobody is there to ask",
                  "say yes beforehand: segue deploy -y")
                 .value());
  }
  auto project = open_project(app, {options.version, true});
  if (!project) return told(app, project.error());
  const auto view = Deployment(app, options, *project).run();
  if (!view) return told(app, view.error());
  app.reporter.deployed(*view);
  const std::optional<Error>& error = view->result.error;
  return error ? exit_status_of(error->code) : ExitStatus::done;
}

}  // namespace segue
