#include "remote_builder.hpp"

#include "connection.hpp"

#include "segue/base/byte_size.hpp"
#include "segue/base/text.hpp"
#include "segue/host/problem.hpp"
#include "segue/os/context_stream.hpp"
#include "segue/os/random.hpp"
#include "segue/script/script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace segue {
namespace {

constexpr Duration kLongestPoll{60'000};
constexpr size_t kMarkBytes = 16;
constexpr size_t kLongestDockerfile = size_t{4} << 20;
constexpr size_t kLongestReason = 2000;
constexpr Duration kBetweenReports{500};  // of how much has come
constexpr size_t kShownDigits = 19;       // with "sha256:"

std::string shown_id(const std::string& id) {
  return id.substr(0, kShownDigits);
}

std::vector<std::string> words_in(const std::string& text) {
  std::vector<std::string> words;
  for (std::string& word : split(text, ' '))
    if (!word.empty()) words.push_back(std::move(word));
  return words;
}

// Who builds reads the rules again; what they leave out need not travel. Docker's newer builder
// prefers those beside a Dockerfile of another name, and Podman a file of its own.
Result<IgnoreRules> ignore_rules(App& app, const std::string& context,
                                 const std::string& dockerfile, EngineKind kind) {
  if (!dockerfile.empty() && app.files.exists(dockerfile + ".dockerignore")) return IgnoreRules();
  std::string file = context + "/.dockerignore";
  const std::string other = context + "/.containerignore";
  if (kind == EngineKind::podman && app.files.exists(other)) file = other;
  if (!app.files.exists(file)) return IgnoreRules();
  TRY_ASSIGN(const std::string text, app.files.read(file, kLongestDockerfile));
  IgnoreRules rules(text);
  for (const char* name : {"Dockerfile", "Containerfile", ".dockerignore", ".containerignore"})
    rules.keep(name);
  return rules;
}

}  // namespace

std::string told_last(const RemoteBuilder::Told& told, const std::string& key) {
  std::string value;
  for (const ScriptEvent& event : told)
    if (event.kind == ScriptEvent::Kind::told && event.key == key) value = event.value;
  return value;
}

RemoteBuilder::RemoteBuilder(App& app, const Project& project, Endpoint endpoint)
    : app_(app), project_(project), endpoint_(std::move(endpoint)), name_(endpoint_.name) {
  transport_ = connect_hosts(app, project.config, {endpoint_});
}

Result<std::shared_ptr<RemoteBuilder>> RemoteBuilder::open(App& app, const Project& project) {
  const auto& remote = project.config.builder.remote;
  if (!remote) return fail(Code::usage, "deploy.yml names no other machine that builds");
  std::shared_ptr<RemoteBuilder> builder(
      new RemoteBuilder(app, project, project.endpoint(*remote)));
  TRY(builder->find_engine());
  return builder;
}

Result<> RemoteBuilder::find_engine() {
  std::vector<EngineKind> wanted{EngineKind::docker, EngineKind::podman};
  if (project_.config.engine) wanted = {*project_.config.engine};
  TRY_ASSIGN(const auto answers, run({{find_builder(wanted)}}));
  if (!answers.front()) return tl::unexpected(answers.front().error());
  const Told& told = *answers.front();
  const std::vector<std::string> words = words_in(told_last(told, "builder"));
  if (words.size() == 3) {
    engine_ = {words[0] == "podman" ? EngineKind::podman : EngineKind::docker, words[1]};
    path_ = words[2];
    return {};
  }
  std::string why;
  for (const ScriptEvent& event : told) {
    if (event.key != "no-builder") continue;
    const size_t blank = std::min(event.value.find(' '), event.value.size());
    why += (why.empty() ? "" : "; ") + event.value.substr(0, blank) + ":" +
           visible(event.value.substr(blank));
  }
  return tl::unexpected(Error{Code::failed,
                              "no container engine of this machine can build: " + why,
                              "install Docker or Podman there, or start it",
                              {name_},
                              {}});
}

Error RemoteBuilder::lost(const std::string& why) const {
  return {Code::unreachable,
          "the line to the machine that builds was lost: " + why,
          "nothing was changed on any host; try again: what was built there is not built anew",
          {name_},
          {}};
}

Error RemoteBuilder::explained(const Outcome& outcome, const ScriptReader& reader,
                               const Told& told) const {
  if (const auto* refused = std::get_if<NotStarted>(&outcome))
    return Error(refused->error).in(name_);
  const std::optional<int> status = reader.trailer();
  if (!status) {
    const auto* gone = std::get_if<Lost>(&outcome);
    return lost(gone != nullptr ? gone->why : "its script did not end as it should");
  }
  if (auto problem = told_problem(told, engine_.kind)) return std::move(*problem).in(name_);
  return {Code::failed, "the script ended with status " + std::to_string(*status), {}, {name_}, {}};
}

Result<std::vector<Result<RemoteBuilder::Told>>> RemoteBuilder::run(std::vector<Job> jobs) {
  const int before = app_.signals.count();
  std::map<Ticket, Running> running;
  std::vector<Result<Told>> ends(jobs.size(), Told{});
  for (size_t i = 0; i < jobs.size(); ++i) {
    Script script;
    script.sections = {jobs[i].section};
    script.reads_data = jobs[i].data != nullptr;
    const std::string nonce = random_hex(kMarkBytes);
    const Ticket ticket{++last_ticket_};
    std::string text = script.render(nonce, [this](const std::string& name) -> const Secret& {
      return project_.secrets.at(name);
    });
    running.emplace(ticket, Running{i, ScriptReader(nonce), {}});
    transport_->start(ticket, name_, std::move(text), std::move(jobs[i].data));
  }
  std::vector<TransportEvent> events;
  while (!running.empty()) {
    events.clear();
    transport_->poll(transport_->now() + kLongestPoll, events);
    for (TransportEvent& event : events) {
      const auto found = running.find(event.ticket);
      if (found == running.end()) continue;
      auto& [job, reader, told] = found->second;
      if (const auto* output = std::get_if<Output>(&event.what)) reader.feed(output->bytes);
      for (ScriptEvent& one : reader.take_events()) told.push_back(std::move(one));
      if (const std::string text = reader.take_output(0); jobs[job].on_output && !text.empty())
        jobs[job].on_output(text);
      const auto* outcome = std::get_if<Outcome>(&event.what);
      if (outcome == nullptr) continue;
      const bool good = reader.trailer() == 0 || !told_last(told, "failed").empty();
      if (good)
        ends[job] = std::move(told);
      else
        ends[job] = tl::unexpected(explained(*outcome, reader, told));
      running.erase(found);
    }
    app_.signals.drain();
    if (app_.signals.count() == before) continue;
    // Whose output nobody hears any more ends.
    transport_ = connect_hosts(app_, project_.config, {endpoint_});
    return fail(Code::interrupted, "interrupted");
  }
  return ends;
}

Result<RemoteBuilder::Job> RemoteBuilder::job(const BuildOrder& order) const {
  ImageBuild build;
  build.verb = order.verb;
  build.options = order.options;
  build.environment = order.environment;
  build.secrets = order.secrets;
  Job job;
  job.on_output = order.on_output;
  if (order.is_address) {
    build.address = order.context;
    build.dockerfile = order.dockerfile;
    job.section = build_image(remote_engine(), build);
    return job;
  }
  const std::string context =
      order.context == "." ? project_.folder : project_.folder + "/" + order.context;
  const std::string dockerfile =
      order.dockerfile.empty() ? "" : project_.folder + "/" + order.dockerfile;
  TRY_ASSIGN(const IgnoreRules rules, ignore_rules(app_, context, dockerfile, engine_.kind));
  TRY_ASSIGN(ContextStream opened, ContextStream::open(context, rules));
  const auto stream = std::make_shared<ContextStream>(std::move(opened));
  build.has_dockerfile = !dockerfile.empty();
  for (const char* more : {"", ".dockerignore"}) {
    if (dockerfile.empty() || !app_.files.exists(dockerfile + more)) continue;
    TRY_ASSIGN(const std::string text, app_.files.read(dockerfile + more, kLongestDockerfile));
    stream->add_file(std::string("Dockerfile") + more, text);
  }
  job.section = build_image(remote_engine(), build);
  job.data = [stream](size_t most) { return stream->next(most); };
  return job;
}

Result<std::vector<Result<std::string>>> RemoteBuilder::build(
    const std::vector<BuildOrder>& orders) {
  std::vector<Job> jobs;
  for (const BuildOrder& order : orders) {
    TRY_ASSIGN(Job made, job(order));
    jobs.push_back(std::move(made));
  }
  TRY_ASSIGN(const auto ends, run(std::move(jobs)));
  std::vector<Result<std::string>> ids;
  for (const Result<Told>& end : ends) {
    if (!end) {
      ids.push_back(tl::unexpected(end.error()));
      continue;
    }
    const std::string status = told_last(*end, "failed");
    if (status.empty())
      ids.push_back(told_last(*end, "built"));
    else
      ids.push_back(tl::unexpected(Error{Code::failed, "exit code " + status, {}, {}, {}}));
  }
  return ids;
}

Result<LocalImage> RemoteBuilder::image(const std::string& reference) {
  TRY_ASSIGN(const auto answers,
             run({{look_at_image(remote_engine(), reference, local_image_format())}}));
  if (!answers.front()) return tl::unexpected(answers.front().error());
  const std::string answer = told_last(*answers.front(), "image");
  return answer.empty() ? LocalImage{} : parse_local_image(reference, answer);
}

Result<std::string> RemoteBuilder::ask(const std::vector<std::string>& words) {
  std::string said;
  TRY_ASSIGN(const auto answers, run({{ask_builder(remote_engine(), words), nullptr,
                                       [&](std::string_view bytes) { said += bytes; }}}));
  if (!answers.front()) return tl::unexpected(answers.front().error());
  if (told_last(*answers.front(), "failed").empty()) return said;
  return tl::unexpected(Error{Code::failed,
                              fmt::format("{} refuses: {}", engine_.program(), visible(trim(said))),
                              {},
                              {name_},
                              {}});
}

Result<> RemoteBuilder::save(const std::string& id, const std::string& file) {
  const TimePoint began = transport_->now();
  Report report{Report::Kind::began, name_, "", "fetch " + shown_id(id), "", {}};
  app_.reporter.progress(report);
  const auto saved = receive(id, file, report);
  report.kind = saved ? Report::Kind::succeeded : Report::Kind::failed;
  report.detail.clear();
  report.took = std::chrono::duration_cast<Duration>(transport_->now() - began);
  app_.reporter.progress(report);
  return saved;
}

Result<> RemoteBuilder::receive(const std::string& id, const std::string& file, Report report) {
  const int before = app_.signals.count();
  const std::string mark = "\n@" + random_hex(kMarkBytes) + " ";
  const Ticket ticket{++last_ticket_};
  transport_->start(ticket, name_, save_image(remote_engine(), id, mark));
  report.kind = Report::Kind::sent;
  long long received = 0;
  TimePoint told = transport_->now();
  std::string tail;
  std::vector<TransportEvent> events;
  while (true) {
    events.clear();
    transport_->poll(transport_->now() + kLongestPoll, events);
    for (TransportEvent& event : events) {
      if (event.ticket != ticket) continue;
      if (const auto* outcome = std::get_if<Outcome>(&event.what))
        return saved(*outcome, id, tail.substr(std::min(tail.size(), tail.rfind(mark))));
      const std::string& bytes = std::get<Output>(event.what).bytes;
      TRY(app_.files.append(file, bytes, 0600));
      received += static_cast<long long>(bytes.size());
      tail += bytes;
      tail.erase(0, tail.size() - std::min(tail.size(), kLongestReason));
      if (transport_->now() - told < kBetweenReports) continue;
      told = transport_->now();
      report.detail = shown_byte_size(received);
      app_.reporter.progress(report);
    }
    app_.signals.drain();
    if (app_.signals.count() != before) return fail(Code::interrupted, "interrupted");
  }
}

// `why` begins with the mark, when there is one.
Result<> RemoteBuilder::saved(const Outcome& outcome, const std::string& id,
                              const std::string& why) const {
  if (const auto* refused = std::get_if<NotStarted>(&outcome))
    return tl::unexpected(Error(refused->error).in(name_));
  const auto* gone = std::get_if<Lost>(&outcome);
  const auto* exited = std::get_if<Exited>(&outcome);
  if (exited == nullptr) return tl::unexpected(lost(gone != nullptr ? gone->why : "it ended"));
  if (exited->status == 0) return {};
  const size_t blank = std::min(why.find(' '), why.size());
  return tl::unexpected(
      Error{Code::failed,
            fmt::format("{} can't save {}:{}", engine_.program(), id, visible(why.substr(blank))),
            "nothing was changed on any host",
            {name_},
            {}});
}

}  // namespace segue
