#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/base/byte_size.hpp"
#include "segue/base/text.hpp"
#include "segue/engine/engine.hpp"
#include "segue/os/wall_clock.hpp"
#include "segue/plan/deploy_planner.hpp"
#include "segue/rollout/recovery.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace segue {
namespace {

constexpr long long kNoteworthySkew = 30;  // seconds
constexpr long long kBytesPerKib = 1024;
// Release and salt stand in no check; they would be those of a deploy.
constexpr const char* kNoRelease = "1-none-0000";
constexpr const char* kNoSalt = "salt of a network that is still to be made";

std::string engine_text(const HostFacts& facts) {
  std::string text = fmt::format("{} {}, {}", to_string(facts.engine_kind), facts.engine_version,
                                 facts.architecture);
  if (facts.rootless) text += ", rootless";
  if (facts.cpus > 0)
    text += fmt::format(", {} processors, {} of memory", facts.cpus, shown_byte_size(facts.memory));
  return text;
}

// How the proxy reaches containers is a fact of the engine (decision 0003).
std::string network_text(const HostFacts& facts) {
  const std::string found = Engine(facts).fixed_addresses()
                                ? "the proxy finds containers at fixed addresses"
                                : "the proxy finds containers by their names";
  return facts.network_backend.empty() ? found : facts.network_backend + ": " + found;
}

std::string proxy_text(const HostFacts& facts) {
  const auto& container = facts.proxy.container;
  if (!container) return "none yet: the first deploy that needs it makes it";
  return fmt::format("{} ({})", container->state, facts.proxy.image);
}

class Doctor {
 public:
  Doctor(App& app, Project& project) : app_(app), project_(project), hosts_(app, project) {}

  ExitStatus run() {
    auto answers = hosts_.facts({});
    std::map<std::string, HostFacts> facts;
    for (const std::string& host : project_.hosts) {
      Result<HostFacts>& answer = answers.at(host);
      if (!answer && answer.error().code == Code::interrupted) return told(app_, answer.error());
      if (answer) {
        show(*answer);
        facts.emplace(host, std::move(*answer));
      } else {
        find(answer.error());
      }
    }
    for (const Error& error :
         check_hosts({project_.config, facts, project_.services, {}, kNoRelease, kNoSalt}))
      find(error);
    if (!first_) {
      app_.reporter.value("doctor_done", {{"hosts", std::to_string(facts.size())}},
                          "Nothing stands in the way of a deploy");
      return ExitStatus::done;
    }
    return exit_status_of(facts.empty() ? *first_ : Code::failed);
  }

 private:
  void show(const HostFacts& facts) {
    const std::string way = hosts_.way_to(facts.host);
    const std::string room =
        fmt::format("{} for images in {}, {} for state in {}",
                    shown_byte_size(facts.engine_free_kib * kBytesPerKib), facts.engine_root,
                    shown_byte_size(facts.free_kib * kBytesPerKib), facts.state_root);
    app_.reporter.value(
        "doctor",
        {{"host", facts.host},
         {"ssh", way},
         {"engine", engine_text(facts)},
         {"network", network_text(facts)},
         {"room", room},
         {"proxy", proxy_text(facts)}},
        fmt::format("{}\n  ssh      {}\n  engine   {}\n  network  {}\n  room     {}\n  proxy    {}",
                    facts.host, way, engine_text(facts), network_text(facts), room,
                    proxy_text(facts)));
    notes(facts);
  }

  // What a deploy copes with, but whoever asks wants to know.
  void notes(const HostFacts& facts) {
    const auto note = [&](const std::string& text) {
      app_.reporter.note(facts.host + ": " + text);
    };
    const Holding holding = holding_of(facts, project_.config.project, hosts_.own_locks());
    if (holding.held && !holding.over) note("the lock is " + describe(holding));
    for (const std::string& finding : recover({project_.config, facts, std::nullopt}).findings)
      note(finding + "; a deploy settles this first, or `segue recover`");
    const long long ahead = facts.clock - now_seconds();
    if (std::abs(ahead) >= kNoteworthySkew)
      note(
          fmt::format("its clock is {} seconds {} that of this machine: certificates may seem "
                      "out of date; let both ask a time server",
                      std::abs(ahead), ahead > 0 ? "ahead of" : "behind"));
  }

  void find(const Error& error) {
    app_.reporter.error(error);
    if (!first_) first_ = error.code;
  }

  App& app_;
  Project& project_;
  Hosts hosts_;
  std::optional<Code> first_;
};

}  // namespace

// Changes nothing and takes no lock. No secret is needed for it.
ExitStatus server_doctor(App& app) {
  auto project = open_project(app, {std::string("none")});
  if (!project) return told(app, project.error());
  return Doctor(app, *project).run();
}

}  // namespace segue
