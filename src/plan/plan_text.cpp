#include "segue/plan/plan_text.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr size_t kWidth = 100;
constexpr size_t kLongestValue = 30;
constexpr size_t kWidestField = 32;
constexpr size_t kStepIndent = 8;  // of a title: "     1. "
constexpr std::string_view kSecretField = "secret.";

// Long values are cut in the middle: their ends say most (image ids, addresses).
std::string shown(const std::string& value) {
  std::string text = replace_all(visible(value), "\n", "\\n");
  if (text.empty()) return "\"\"";
  if (text.size() <= kLongestValue) return text;
  const size_t half = kLongestValue / 2 - 2;
  return text.substr(0, half) + "..." + text.substr(text.size() - half);
}

std::string short_id(const std::string& value) {
  return value.starts_with("sha256:") ? value.substr(7, 12) : value;
}

// Lines of at most `kWidth` columns; those after the first are indented to stand below it.
std::string wrapped(const std::string& text, size_t indent) {
  std::string out;
  size_t column = indent;
  for (const std::string& word : split_words(text)) {
    if (column > indent && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

struct Difference {
  std::string field;
  std::string text;
};

Difference difference(const FieldChange& change) {
  if (change.field.starts_with(kSecretField)) {
    const std::string name = change.field.substr(kSecretField.size());
    return {"secret " + name, change.before.empty()  ? "added"
                              : change.after.empty() ? "removed"
                                                     : "another value"};
  }
  if (change.field == "image_id")
    return {"image", fmt::format("another one by the same name: {} -> {}", short_id(change.before),
                                 short_id(change.after))};
  if (change.field.starts_with("ports."))
    return {"port " + change.field.substr(6), change.before.empty() ? "published" : "removed"};
  if (change.before.empty()) return {change.field, "added: " + shown(change.after)};
  if (change.after.empty()) return {change.field, "removed, was " + shown(change.before)};
  return {change.field, shown(change.before) + " -> " + shown(change.after)};
}

// That it stands in deploy.yml goes without saying.
std::string origin_text(const FieldChange& change, const std::string& file) {
  if (change.origin.empty() || change.origin.starts_with(file + ":")) return "";
  return fmt::format("  ({})", visible(change.origin));
}

std::string changes_text(const std::vector<FieldChange>& changes, const std::string& file) {
  const bool other_image = std::any_of(changes.begin(), changes.end(),
                                       [](const auto& change) { return change.field == "image"; });
  std::vector<Difference> differences;
  size_t width = 0;
  for (const FieldChange& change : changes) {
    if (other_image && change.field == "image_id") continue;  // goes without saying
    differences.push_back(difference(change));
    differences.back().text += origin_text(change, file);
    width = std::max(width, std::min(differences.back().field.size(), kWidestField));
  }
  std::string text;
  for (const auto& [field, what] : differences)
    text += fmt::format("    {:<{}}  {}\n", field, width, what);
  return text;
}

std::string steps_text(const std::vector<Step>& steps) {
  std::string text;
  int number = 0;
  for (const Step& step : steps) {
    const std::string why = step.why.empty() ? "" : fmt::format(" ({})", step.why);
    text +=
        fmt::format("    {:>2}. {}\n", ++number, wrapped(visible(step.title + why), kStepIndent));
  }
  return text;
}

// Hosts where the same is done are named together, in the order of the plan.
class Paragraphs {
 public:
  void add(const std::string& host, const std::string& text) {
    const auto same = std::find_if(list_.begin(), list_.end(),
                                   [&](const auto& paragraph) { return paragraph.second == text; });
    if (same == list_.end())
      list_.push_back({{host}, text});
    else
      same->first.push_back(host);
  }

  // `heading` makes the first line of the names and of the text's first line.
  template <class Heading>
  std::string text(const Heading& heading) const {
    std::string all;
    for (const auto& [hosts, text] : list_) {
      const size_t end = text.find('\n');
      all += wrapped(heading(join(hosts, ", "), text.substr(0, end)), kHeadingIndent) + "\n" +
             text.substr(end + 1);
    }
    return all;
  }

 private:
  static constexpr size_t kHeadingIndent = 2;
  std::vector<std::pair<std::vector<std::string>, std::string>> list_;
};

std::string roll_text(const Roll& roll, const std::string& file) {
  const char* mode = roll.mode == RollMode::start_first ? "start-first" : "stop-first";
  std::string text =
      fmt::format("{}, {} ({})\n", roll.first ? "new" : "replaced", mode, roll.mode_reason);
  if (!roll.trouble.empty()) text += fmt::format("    ! {}\n", visible(roll.trouble));
  return text + changes_text(roll.changes, file) + steps_text(roll.steps);
}

std::string hosts_text(const std::string& heading, const std::vector<HostSteps>& hosts) {
  Paragraphs paragraphs;
  for (const HostSteps& host : hosts)
    paragraphs.add(host.host, heading + "\n" + steps_text(host.steps));
  return paragraphs.text([](const auto& names, const auto& first) { return names + ": " + first; });
}

std::string policy_text(const ServiceRollout& service) {
  const RolloutConfig& policy = service.policy;
  std::string who =
      policy.max_failures == 0
          ? "a failed host"
          : "more than " + counted(static_cast<long long>(policy.max_failures), "failed host");
  switch (policy.on_failure) {
    case OnFailure::rollback:
      return who + " brings everything back";
    case OnFailure::stop:
      return who + " ends the deploy there, and what is done stays";
    case OnFailure::isolate:
      return fmt::format("{} brings {} back, and the others go on", who, service.service);
  }
  return who;
}

// How a service goes over its hosts; nothing where that goes without saying.
std::string order_text(const ServiceRollout& service, const std::vector<Roll>& rolls) {
  const RolloutConfig& policy = service.policy;
  size_t hosts = 0;
  for (const auto& batch : service.batches) hosts += batch.size();
  const bool plain = policy.on_failure == OnFailure::rollback && service.depends_on.empty();
  if (hosts == 1 && plain) return "";
  const size_t at_a_time = service.batches.front().size();
  std::string text = service.service + " on ";
  text += hosts == 1 ? rolls[service.batches.front().front()].host
                     : counted(static_cast<long long>(hosts), "host");
  if (hosts > 1)
    text += service.batches.size() == 1 ? ", all at once"
            : at_a_time == 1            ? ", one at a time"
                                        : fmt::format(", {} at a time", at_a_time);
  if (service.batches.size() > 1 && policy.pause.count() > 0)
    text += ", pause " + to_string(policy.pause);
  if (!service.depends_on.empty()) text += ", after " + join(service.depends_on, " and ");
  return wrapped(text + ": " + policy_text(service), 2) + "\n";
}

std::string rolls_text(const Plan& plan, const ServiceRollout& service) {
  Paragraphs paragraphs;
  for (const auto& batch : service.batches)
    for (const size_t roll : batch)
      paragraphs.add(plan.rolls[roll].host, roll_text(plan.rolls[roll], plan.file));
  return order_text(service, plan.rolls) +
         paragraphs.text([&](const auto& names, const auto& first) {
           return fmt::format("{} on {}: {}", service.service, names, first);
         });
}

std::string commands_text(const Plan& plan, size_t before) {
  std::string text;
  for (const ReleaseCommand& command : plan.commands)
    if (command.before == before)
      text += wrapped(visible(fmt::format("{} on {}: {} ({})", command.service, command.host,
                                          command.step.title, command.step.why)),
                      2) +
              "\n";
  return text;
}

std::string summary(const Plan& plan) {
  const auto first = std::count_if(plan.rolls.begin(), plan.rolls.end(),
                                   [](const Roll& roll) { return roll.first; });
  const auto replaced = static_cast<long>(plan.rolls.size()) - first;
  std::vector<std::string> parts;
  if (first > 0) parts.push_back(fmt::format("{} new", first));
  if (replaced > 0) parts.push_back(fmt::format("{} replaced", replaced));
  if (!plan.unchanged.empty()) parts.push_back(fmt::format("{} unchanged", plan.unchanged.size()));
  if (plan.rolls.empty()) parts.push_back("no container is touched");
  return join(parts, ", ");
}

}  // namespace

std::string plan_text(const Plan& plan) {
  std::string text;
  for (const std::string& note : plan.notes) text += "note: " + wrapped(visible(note), 6) + "\n";
  for (const Unchanged& unchanged : plan.unchanged)
    text += fmt::format("{} on {}: already running {}\n", unchanged.service, unchanged.host,
                        unchanged.release);
  if (plan.empty()) return text + "Nothing to do.\n";
  text += hosts_text("prepared first", plan.stage);
  for (size_t i = 0; i < plan.order.size(); ++i)
    text += commands_text(plan, i) + rolls_text(plan, plan.order[i]);
  text += hosts_text("cleaned up when every host has succeeded", plan.cleanup);
  return text + "In short: " + summary(plan) + ".\n";
}

}  // namespace segue
