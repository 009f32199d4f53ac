// `segue proxy reboot`: puts the Caddy of deploy.yml's image into the running proxies, one host
// after the other, without refusing a connection. The first that fails ends it.
#include "audit_entry.hpp"
#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/base/text.hpp"
#include "segue/host/problem.hpp"
#include "segue/os/terminal.hpp"
#include "segue/proxy/proxy_sections.hpp"
#include "segue/proxy/proxy_upgrade.hpp"

#include <fmt/format.h>

#include <chrono>

namespace segue {
namespace {

class Reboot {
 public:
  Reboot(App& app, Project& project) : app_(app), project_(project), hosts_(app, project) {}

  Result<> run(bool yes) {
    const TimePoint began = Clock::now();
    const auto result = guarded(yes);
    AuditEntry audit = make_audit_entry(app_, project_, holder_, "proxy reboot");
    end_audit_entry(audit, result ? std::nullopt : std::optional(result.error()), began,
                    hosts_.took_over());
    hosts_.unlock(facts_, audit);
    return result;
  }

 private:
  Result<> guarded(bool yes) {
    TRY_ASSIGN(facts_, all_or_error(app_, hosts_.facts({})));
    TRY(choose());
    if (upgraded_.empty()) return {};
    if (!yes) {
      TRY_ASSIGN(const bool agreed, ask_yes_no("Restart these proxies? Only open websockets end.",
                                               app_.signals.wake_fd()));
      if (!agreed) return fail(Code::failed, "not confirmed: nothing was changed");
    }
    TRY(hosts_.lock(facts_, holder_));
    for (const std::string& host : upgraded_) TRY(upgrade(host));
    return {};
  }

  // One that does not run refuses connections already: a deploy makes it, from the wanted image.
  Result<> choose() {
    for (const std::string& host : project_.hosts) {
      const auto& container = facts_.at(host).proxy.container;
      if (!container || !container->running()) {
        app_.reporter.note(host + ": no proxy runs here, `segue deploy` starts it");
        continue;
      }
      if (!is_of_our_kind(*container))
        return fail(Code::failed,
                    "the proxy of " + host + " was made by another segue and can't be upgraded",
                    "`segue deploy` makes it anew, which refuses connections for a moment");
      app_.reporter.note(fmt::format("{}: {} -> {}", host, facts_.at(host).proxy.image,
                                     project_.config.proxy.image));
      upgraded_.push_back(host);
    }
    return {};
  }

  Result<> upgrade(const std::string& host) {
    const HostFacts& facts = facts_.at(host);
    const Layout layout{facts.state_root, {project_.config.project, project_.config.environment}};
    Script script;
    script.fence = Fence{layout.lock_folder(), hosts_.generations().at(host)};
    script.sections = {upgrade_proxy(Engine(facts), facts.state_root, project_.config.proxy.image)};
    const std::string title = "upgrade the proxy to " + project_.config.proxy.image;
    app_.reporter.progress({Report::Kind::began, host, "", title, "", {}});
    const TimePoint began = Clock::now();
    const auto ended = hosts_.run({{host, script}});
    if (!ended)
      return fail(
          ended.error().code,
          "interrupted: the upgrade that has begun on " + host + " goes on to its end there",
          "see: segue proxy status");
    const auto took = std::chrono::duration_cast<Duration>(Clock::now() - began);
    const auto* exited = std::get_if<Exited>(&ended->at(host).outcome);
    if (exited == nullptr || exited->status != 0) return failed(host, ended->at(host));
    app_.reporter.progress({Report::Kind::succeeded, host, "", title, "", took});
    ++done_;
    tell(host, ended->at(host).events);
    return {};
  }

  Result<> failed(const std::string& host, const ScriptEnded& end) {
    app_.reporter.progress({Report::Kind::failed, host, "", "upgrade the proxy", "", {}});
    Error error = told_problem(end.events, facts_.at(host).engine_kind)
                      .value_or(Error{Code::partial,
                                      "the upgrade did not come to its end, or nobody knows",
                                      "see what runs: segue proxy status",
                                      {},
                                      {}});
    if (done_ > 0) error.code = Code::partial;
    return tl::unexpected(std::move(error).in("on " + host));
  }

  void tell(const std::string& host, const std::vector<ScriptEvent>& events) {
    std::string version;
    for (const ScriptEvent& event : events) {
      if (event.key == "upgraded") version = event.value;
      if (event.key == "no-migration")
        app_.reporter.note(host +
                           ": its kernel can't move waiting connections from one process to "
                           "the other (Linux 5.14 can): a few may have been reset");
    }
    app_.reporter.value("proxy_rebooted",
                        {{"host", host},
                         {"image", project_.config.proxy.image},
                         {"former_image", facts_.at(host).proxy.image},
                         {"version", version}},
                        fmt::format("{}: the proxy runs Caddy {} from {}", host, version,
                                    project_.config.proxy.image));
  }

  App& app_;
  Project& project_;
  Hosts hosts_;
  LockHolder holder_ = make_holder("proxy reboot", "", "upgrading the proxy");
  std::map<std::string, HostFacts> facts_;
  std::vector<std::string> upgraded_;
  int done_ = 0;
};

}  // namespace

ExitStatus proxy_reboot(App& app, bool yes) {
  if (!yes && !app.options.interactive)
    return told(app, {Code::usage,
                      "proxy reboot asks before it changes anything, and nobody is there to ask",
                      "say yes beforehand: segue proxy reboot -y",
                      {},
                      {}});
  auto project = open_project(app, {.version = "none", .yes = yes});
  if (!project) return told(app, project.error());
  const auto result = Reboot(app, *project).run(yes);
  return result ? ExitStatus::done : told(app, result.error());
}

}  // namespace segue
