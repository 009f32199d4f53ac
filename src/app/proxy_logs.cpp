// `segue proxy logs`: the logs of all hosts' proxies, as they come.
#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/proxy/proxy_report.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr Duration kLongestTurn{60'000};

void show(App& app, const std::vector<ScriptProgress>& progress, bool with_host) {
  for (const ScriptProgress& made : progress) {
    if (made.event.kind != ScriptEvent::Kind::told || made.event.key != "log") continue;
    const std::string& line = made.event.value;
    app.reporter.value("log", {{"host", made.host}, {"line", line}},
                       with_host ? fmt::format("{} | {}", made.host, line) : line);
  }
}

Result<> read_all(App& app, Hosts& hosts, const std::map<std::string, Script>& scripts) {
  ScriptRunner& runner = hosts.runner();
  for (const auto& [host, script] : scripts) runner.start(host, script);
  const int before = app.signals.count();
  while (!runner.idle()) {
    const Happened happened = runner.wait(Clock::now() + kLongestTurn);
    show(app, happened.progress, scripts.size() > 1);
    for (const ScriptEnded& ended : happened.ended) {
      const auto* exited = std::get_if<Exited>(&ended.outcome);
      if (exited == nullptr || exited->status != 0)
        return fail(Code::unreachable, ended.host + ": the connection was lost");
    }
    app.signals.drain();
    if (app.signals.count() == before) continue;
    for (const auto& [host, script] : scripts) runner.abandon(host);
    return fail(Code::interrupted, "");
  }
  return {};
}

}  // namespace

ExitStatus proxy_logs(App& app, const LogOptions& options) {
  auto project = open_project(app, {std::string("none")});
  if (!project) return told(app, project.error());
  Hosts hosts(app, *project);
  const auto facts = all_or_error(app, hosts.facts({}));
  if (!facts) return told(app, facts.error());
  std::map<std::string, Script> scripts;
  for (const auto& [host, known] : *facts) {
    if (!known.proxy.container) {
      app.reporter.note(host + ": there is no proxy");
      continue;
    }
    scripts[host].sections = {tell_proxy_log(Engine(known), options.lines, options.follow)};
  }
  const auto result = read_all(app, hosts, scripts);
  return result ? ExitStatus::done : told(app, result.error());
}

}  // namespace segue
