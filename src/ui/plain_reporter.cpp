#include "segue/ui/plain_reporter.hpp"

#include "style.hpp"

#include "segue/base/check.hpp"
#include "segue/base/text.hpp"
#include "segue/config/load.hpp"
#include "segue/plan/plan_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr const char* kWipe = "\r\x1b[K";
constexpr int kTimeWidth = 10;
constexpr size_t kNarrowest = 20;
constexpr size_t kMostDiagnostics = 1000;

// Where a passing line may stand when a mistake of ours ends the program.
FILE* wiped_at_a_failed_check = nullptr;

void wipe_for_a_failed_check() {
  std::fputs(kWipe, wiped_at_a_failed_check);
  std::fflush(wiped_at_a_failed_check);
}

std::string one_line(const std::string& text) {
  return replace_all(visible(text), "\n", " ");
}

// At most `columns` characters; UTF-8 is not cut in the middle of one.
std::string shortened(const std::string& text, size_t columns) {
  size_t seen = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U;
    if (begins && seen++ == columns) return text.substr(0, i);
  }
  return text;
}

std::string state_text(const FinalState& state) {
  const std::string why = state.why.empty() ? "" : ": " + one_line(state.why);
  switch (state.what) {
    case FinalState::What::changed:
      return "runs the new release";
    case FinalState::What::unchanged:
      return "was not touched";
    case FinalState::What::as_before:
      return "is as before" + why;
    case FinalState::What::unknown:
      return "is not known" + why + " (look with `segue status`)";
  }
  return "";
}

std::string ending_text(const DeployView& view) {
  const std::string took = elapsed_text(view.took);
  switch (view.result.ending) {
    case RolloutResult::Ending::deployed:
      if (view.result.error)
        return fmt::format("Release {} runs, but not all was tidied up ({})", view.release, took);
      if (!view.restores.empty())
        return fmt::format("Rolled back to {} in {}, as release {}", view.restores, took,
                           view.release);
      return fmt::format("Deployed {} in {}", view.release, took);
    case RolloutResult::Ending::in_part:
      return fmt::format("Release {} is deployed in part ({})", view.release, took);
    case RolloutResult::Ending::undone:
      return fmt::format("Release {} was not deployed; everything is as before ({})", view.release,
                         took);
    case RolloutResult::Ending::unclear:
      return fmt::format("Release {} is only partly undone, after {}", view.release, took);
  }
  return "";
}

size_t widest(const std::vector<FinalState>& states, std::string FinalState::* field) {
  size_t width = 0;
  for (const FinalState& state : states) width = std::max(width, (state.*field).size());
  return width;
}

std::string last_line(const std::string& text) {
  const std::vector<std::string> lines = split_lines(text);
  return lines.empty() ? "" : lines.back();
}

}  // namespace

PlainReporter::PlainReporter(PlainOptions options) : options_(options) {
  if (!options_.terminal) return;
  wiped_at_a_failed_check = options_.out;
  set_check_hook(wipe_for_a_failed_check);
}

PlainReporter::~PlainReporter() {
  wipe();
  if (options_.terminal) set_check_hook(nullptr);
}

// A closed output must not end a deploy: what can't be shown is simply not shown.
void PlainReporter::write(FILE* file, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

void PlainReporter::wipe() {
  if (std::exchange(passing_shown_, false)) write(options_.out, kWipe);
}

void PlainReporter::draw_passing() {
  if (!options_.terminal || running_.empty()) return;
  std::vector<std::string> parts;
  for (const auto& [host, title] : running_) parts.push_back(host + ": " + title);
  const size_t width = std::max(kNarrowest, static_cast<size_t>(options_.width - 1));
  const std::string text = std::string(kTimeWidth, ' ') + "  " + join(parts, "  ");
  wipe();
  write(options_.out, paint(kDim, shortened(text, width)));
  passing_shown_ = true;
}

void PlainReporter::line(const std::string& text) {
  wipe();
  write(options_.out, text + "\n");
}

std::string PlainReporter::paint(const char* code, const std::string& text) const {
  return options_.colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

// "    0.31 s  web-1  start shop-web": the first column is as wide as any time.
void PlainReporter::step_line(const std::string& first, const Report& report,
                              const std::string& text) {
  const std::string blanks(first.size() < kTimeWidth ? kTimeWidth - first.size() : 0, ' ');
  const bool failed = report.kind == Report::Kind::failed;
  const std::string where = report.host.empty() ? "" : report.host + "  ";
  line(
      fmt::format("{}{}  {}{}", blanks, paint(failed ? kRed : kDim, first), where, one_line(text)));
}

void PlainReporter::progress(const Report& report) {
  if (report.kind == Report::Kind::began) running_[report.host] = one_line(report.title);
  if (report.kind == Report::Kind::sent)
    running_[report.host] = one_line(report.title + ": " + report.detail);
  if (report.kind == Report::Kind::succeeded || report.kind == Report::Kind::failed)
    running_.erase(report.host);
  if (report.kind == Report::Kind::phase) running_.clear();
  if (options_.quiet) return;
  switch (report.kind) {
    case Report::Kind::phase:
      line(paint(kBold, one_line(report.title)));
      break;
    case Report::Kind::began:
      if (options_.verbose)
        step_line("begins", report,
                  report.title + (report.detail.empty() ? "" : ": " + report.detail));
      break;
    case Report::Kind::succeeded:
      step_line(elapsed_text(report.took), report, report.title);
      break;
    case Report::Kind::failed:
      step_line("failed:", report, report.title);
      break;
    case Report::Kind::drained:
      step_line("drained:", report, report.detail);
      break;
    case Report::Kind::evidence:
      for (const std::string& row : split_lines(visible(report.detail)))
        line(paint(kDim, std::string(kTimeWidth, ' ') + "| " + row));
      break;
    case Report::Kind::note:
      note(report.title);
      break;
    case Report::Kind::output:
      line(paint(kDim, report.title + " | ") + one_line(report.detail));
      break;
    case Report::Kind::sent:
      break;  // the passing line shows it
  }
  draw_passing();
}

// A question that follows must not be asked about nothing, however quiet.
void PlainReporter::plan(const Plan& plan) {
  const std::string text = plan_text(plan);
  if (options_.quiet) {
    if (options_.terminal) line(last_line(text));
    return;
  }
  for (const std::string& row : split_lines(text))
    line(row.empty() || row.front() == ' ' ? row : paint(kBold, row));
}

void PlainReporter::deployed(const DeployView& view) {
  const RolloutResult& result = view.result;
  running_.clear();
  for (const std::string& warning : result.warnings) note(warning);
  if (view.nothing_to_do) return line("Nothing to do: everything already runs.");
  if (result.error) error(*result.error);
  const size_t services = widest(result.states, &FinalState::service);
  const size_t hosts = widest(result.states, &FinalState::host);
  if (!options_.quiet)
    for (const FinalState& state : result.states)
      line(fmt::format("  {:<{}}  {:<{}}  {}", state.service, services, state.host, hosts,
                       state_text(state)));
  line(paint(result.error ? kRed : kGreen, ending_text(view)));
}

void PlainReporter::note(const std::string& text) {
  if (options_.quiet) return;
  line(paint(kYellow, "note: ") + one_line(text));
  draw_passing();
}

void PlainReporter::detail(const std::string& text) {
  if (options_.quiet || !options_.verbose) return;
  line(paint(kDim, one_line(text)));
  draw_passing();
}

void PlainReporter::error(const Error& error) {
  wipe();
  // What others wrote never begins a line: a build server would take it for a command.
  const auto shown = [](const std::string& said) {
    return replace_all(visible(said), "\n", "\n  | ");
  };
  std::string text = paint(kRed, "error: ") + shown(to_string(error)) + "\n";
  if (!error.hint.empty()) text += "  " + shown(error.hint) + "\n";
  write(options_.error, text);
}

void PlainReporter::diagnostics(const std::vector<Error>& errors, const SourceTexts& texts,
                                const std::string& severity) {
  if (options_.quiet && severity != "error") return;
  wipe();
  size_t shown = 0;
  for (const Error& error : errors) {
    if (shown++ == kMostDiagnostics) {
      write(options_.error,
            fmt::format("{}: and {} more\n", severity,
                        with_thousands(static_cast<long long>(errors.size() - kMostDiagnostics))));
      return;
    }
    const auto text = texts.find(error.at.value_or(SourceSpan{}).file);
    write(options_.error,
          show_diagnostic(error, text == texts.end() ? "" : text->second, severity));
  }
}

void PlainReporter::value(const std::string&, const std::map<std::string, std::string>&,
                          const std::string& people_text) {
  line(visible(people_text));
}

void PlainReporter::document(const std::string& /*name*/, const std::string& /*json*/,
                             const std::string& people_text) {
  wipe();
  write(options_.out, visible(people_text));
}

}  // namespace segue
