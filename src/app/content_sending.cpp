#include "content_sending.hpp"

#include "segue/base/byte_size.hpp"
#include "segue/base/text.hpp"
#include "segue/host/contents.hpp"
#include "segue/plan/service_containers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace segue {
namespace {

// A line that is lost this often is no accident.
constexpr int kAttempts = 5;
// The line may be lost again while the host is asked what came.
constexpr int kQuestions = 3;
constexpr Duration kBetweenQuestions = std::chrono::seconds(1);

bool is_lost(const ScriptEnded& end) {
  return std::holds_alternative<Lost>(end.outcome);
}

}  // namespace

Result<std::vector<ScriptEnded>> ContentSending::run(const Plan& plan) {
  Steps steps;
  for (const HostSteps& host : plan.stage)
    for (const Step& step : host.steps)
      if (!step.content.empty()) steps[host.host].push_back(&step);
  std::vector<ScriptEnded> all;
  if (steps.empty()) return all;
  app_.reporter.progress({Report::Kind::phase, "", "", "Send files", "", {}});
  for (int attempt = 1; !steps.empty(); ++attempt) {
    TRY_ASSIGN(std::vector<ScriptEnded> ended, hosts_.send(rows(steps)));
    const Steps before = std::exchange(steps, {});
    if (attempt < kAttempts) {
      TRY_ASSIGN(steps, left_after(ended, before));
    }
    for (ScriptEnded& end : ended)
      if (!is_lost(end) || !steps.contains(end.host)) all.push_back(std::move(end));
  }
  for (const HostSteps& host : plan.stage) {
    for (const Step& step : host.steps) {
      if (step.content.empty()) continue;
      facts_[host.host].contents.insert(step.content);
      ++facts_[host.host].content_count;
    }
  }
  return all;
}

std::map<std::string, std::vector<Hosts::Sending>> ContentSending::rows(const Steps& steps) const {
  std::map<std::string, std::vector<Hosts::Sending>> rows;
  for (const auto& [host, row] : steps)
    for (const Step* step : row) rows[host].push_back(sending(host, *step));
  return rows;
}

Hosts::Sending ContentSending::sending(const std::string& host, const Step& step) const {
  const HostFacts& facts = facts_.at(host);
  const LocalContent& local = project_.contents.at(step.content);
  const auto part = facts.partial_contents.find(step.content);
  const unsigned long long from =
      part == facts.partial_contents.end() ? 0 : std::min(part->second, local.size);
  const Layout layout{facts.state_root, identity_of(project_.config)};
  Hosts::Sending sending;
  sending.title = step.title;
  if (from > 0)
    sending.title += fmt::format(", {} are there", shown_byte_size(static_cast<long long>(from)));
  sending.size = local.size - from;
  sending.data = [&local, from]() -> DataReader {
    auto stream = std::make_shared<ContentStream>(local.stream());
    stream->skip(from);
    return [stream](size_t most) { return stream->next(most); };
  };
  sending.script.fence = Fence{layout.lock_folder(), hosts_.generations().at(host)};
  sending.script.sections = {receive_content(layout, {step.content, local.path, local.size, from})};
  sending.script.reads_data = true;
  return sending;
}

// What is still to be sent to the hosts whose connection was lost, once they have told what came.
// One that can't be asked is given up.
Result<ContentSending::Steps> ContentSending::left_after(const std::vector<ScriptEnded>& ended,
                                                         const Steps& steps) {
  std::set<std::string> lost;
  for (const ScriptEnded& end : ended)
    if (is_lost(end)) lost.insert(end.host);
  Steps left;
  for (int asked = 1; !lost.empty(); ++asked) {
    auto answers = hosts_.facts({});
    std::set<std::string> silent;
    for (const std::string& host : lost) {
      Result<HostFacts>& answer = answers.at(host);
      if (answer) {
        learn(host, std::move(*answer));
        left[host] = lacking(host, steps.at(host));
      } else if (answer.error().code == Code::interrupted) {
        return tl::unexpected(answer.error());
      } else if (asked < kQuestions) {
        silent.insert(host);
      } else {
        app_.reporter.note(host + ": it can't be asked what came: " + answer.error().what);
      }
    }
    lost = std::move(silent);
    if (!lost.empty()) TRY(hosts_.rest(kBetweenQuestions));
  }
  std::erase_if(left, [](const auto& row) { return row.second.empty(); });
  return left;
}

void ContentSending::learn(const std::string& host, HostFacts told) {
  app_.reporter.note(host +
                     ": the connection was lost while files were sent; it goes on from there");
  facts_.at(host).partial_contents = std::move(told.partial_contents);
  facts_.at(host).contents = std::move(told.contents);
}

std::vector<const Step*> ContentSending::lacking(const std::string& host,
                                                 const std::vector<const Step*>& steps) const {
  std::vector<const Step*> lacking;
  for (const Step* step : steps)
    if (!facts_.at(host).contents.contains(step->content)) lacking.push_back(step);
  return lacking;
}

}  // namespace segue
