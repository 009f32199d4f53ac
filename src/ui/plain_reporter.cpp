#include "segue/ui/plain_reporter.hpp"

#include "segue/base/text.hpp"
#include "segue/config/load.hpp"
#include "segue/os/terminal.hpp"
#include "segue/plan/plan_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr const char* kBold = "1";
constexpr const char* kDim = "2";
constexpr const char* kRed = "31";
constexpr const char* kGreen = "32";
constexpr const char* kYellow = "33";

std::string indented(const std::string& text, const std::string& indent) {
  std::string out;
  for (const std::string& row : split_lines(visible(text))) out += indent + row + "\n";
  return out;
}

const char* state_text(FinalState::What what) {
  switch (what) {
    case FinalState::What::changed:
      return "runs the new release";
    case FinalState::What::unchanged:
      return "was not touched";
    case FinalState::What::as_before:
      return "is as before";
    case FinalState::What::unknown:
      return "is not known: look with `segue status`";
  }
  return "";
}

}  // namespace

PlainReporter::~PlainReporter() {
  wipe();
}

// A closed output must not end a deploy: what can't be shown is simply not shown.
void PlainReporter::write(FILE* file, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

void PlainReporter::wipe() {
  if (!std::exchange(passing_shown_, false)) return;
  write(options_.out, "\r\x1b[K");
}

void PlainReporter::line(const std::string& text) {
  wipe();
  write(options_.out, text + "\n");
}

void PlainReporter::passing(const std::string& text) {
  if (!options_.terminal) return;
  wipe();
  const auto width = static_cast<size_t>(std::max(20, terminal_width() - 1));
  write(options_.out, text.substr(0, width));
  passing_shown_ = true;
}

std::string PlainReporter::paint(const char* code, const std::string& text) const {
  return options_.colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

void PlainReporter::progress(const Report& report) {
  if (options_.quiet) return;
  const std::string where = report.host.empty() ? "" : fmt::format("{:<12} ", report.host);
  switch (report.kind) {
    case Report::Kind::phase:
      line(paint(kBold, report.title));
      break;
    case Report::Kind::began:
      passing(fmt::format("  {}{} ...", where, report.title));
      break;
    case Report::Kind::succeeded:
      line(fmt::format("  {}{} {}", where, report.title,
                       paint(kDim, "(" + elapsed_text(report.took) + ")")));
      break;
    case Report::Kind::failed:
      line(fmt::format("  {}{} {}", where, paint(kRed, "failed:"), report.title));
      break;
    case Report::Kind::drained:
      line(fmt::format("  {}drained: {}", where, report.detail));
      break;
    case Report::Kind::evidence:
      wipe();
      write(options_.out, paint(kDim, indented(report.detail, "    | ")));
      break;
    case Report::Kind::note:
      note(report.title);
      break;
  }
}

void PlainReporter::plan(const Plan& plan) {
  if (options_.quiet) return;
  wipe();
  write(options_.out, plan_text(plan));
}

void PlainReporter::deployed(const DeployView& view) {
  const std::string took = elapsed_text(view.took);
  for (const std::string& warning : view.result.warnings) note(warning);
  if (view.nothing_to_do) return line("Nothing to do: everything already runs.");
  if (!view.result.error)
    return line(paint(kGreen, fmt::format("Deployed {} in {}", view.release, took)));
  error(*view.result.error);
  for (const FinalState& state : view.result.states)
    line(fmt::format("  {} on {} {}", state.service, state.host, state_text(state.what)));
  const bool partial = view.result.error->code == Code::partial;
  line(paint(kRed,
             partial ? fmt::format("Release {} is only partly undone, after {}", view.release, took)
                     : fmt::format("Release {} was not deployed; everything is as before ({})",
                                   view.release, took)));
}

void PlainReporter::status(const StatusView& view) {
  line(
      paint(kBold, view.project + (view.environment.empty() ? "" : " (" + view.environment + ")")));
  for (const HostView& host : view.hosts) {
    if (host.error) {
      error(*host.error);
    } else {
      line(fmt::format("  {}: {}, proxy {}", host.host, host.engine, host.proxy));
    }
  }
  for (const ServiceView& service : view.services) {
    const std::string release = service.release.empty() ? "no release" : service.release;
    const std::string slot = service.slot.empty() ? "" : ", " + service.slot;
    line(fmt::format("{} on {}: {}{}", paint(kBold, service.service), service.host, release, slot));
    if (!service.trouble.empty()) line("  " + paint(kRed, "! " + visible(service.trouble)));
    for (const ContainerView& container : service.containers)
      line(fmt::format("  {:<30} {:<9} {:<10} {:<9} restarts {}  since {}", container.name,
                       container.role, container.state, container.health, container.restarts,
                       container.started_at.substr(0, 19)));
    for (const std::string& drift : service.drift)
      line("  " + paint(kYellow, "differs from deploy.yml: " + visible(drift)));
  }
  for (const std::string& leftover : view.leftovers)
    line(paint(kYellow, "left over: " + visible(leftover) + " (settle it: segue recover)"));
}

void PlainReporter::deploys(const std::vector<DeploysView>& releases) {
  if (releases.empty()) return line("No deploys yet.");
  line(paint(kBold, fmt::format("{:<28} {:<12} {:<21} {:>9}  {:<20} {}", "RELEASE", "STATUS",
                                "FINISHED", "TOOK", "BY", "HOSTS")));
  for (const DeploysView& view : releases) {
    const ReleaseRecord& record = view.record;
    line(fmt::format("{:<28} {:<12} {:<21} {:>9}  {:<20} {}", record.id, to_string(record.status),
                     record.finished_at, elapsed_text(Duration(record.duration_ms)),
                     visible(record.initiator), join(view.hosts, ", ")));
    if (!record.message.empty()) line("    " + visible(record.message));
    if (!view.disagree.empty())
      line("    " + paint(kYellow, "another status on " + join(view.disagree, ", ")));
  }
}

void PlainReporter::lock(const std::vector<LockView>& hosts) {
  for (const LockView& view : hosts) {
    if (view.error) {
      error(*view.error);
    } else if (!view.held) {
      line(fmt::format("{}: free", view.host));
    } else if (!view.holder) {
      line(fmt::format("{}: held, by whom can't be read", view.host));
    } else {
      line(fmt::format(
          "{}: held by {} since {}: {} (owner: {})", view.host, visible(view.holder->who),
          visible(view.holder->since),
          visible(view.holder->message.empty() ? view.holder->kind : view.holder->message),
          view.owner));
    }
  }
}

void PlainReporter::note(const std::string& text) {
  if (!options_.quiet) line(paint(kYellow, "note: ") + visible(text));
}

void PlainReporter::error(const Error& error) {
  wipe();
  std::string text = paint(kRed, "error: ") + visible(to_string(error)) + "\n";
  if (!error.hint.empty()) text += "  " + visible(error.hint) + "\n";
  write(options_.error, text);
}

void PlainReporter::diagnostics(const std::vector<Error>& errors, const std::string& file_text,
                                const std::string& severity) {
  if (options_.quiet && severity != "error") return;
  wipe();
  for (const Error& error : errors)
    write(options_.error, show_diagnostic(error, file_text, severity));
}

void PlainReporter::value(const std::string&, const std::map<std::string, std::string>&,
                          const std::string& people_text) {
  line(people_text);
}

}  // namespace segue
