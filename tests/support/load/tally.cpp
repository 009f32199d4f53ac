#include "tally.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace segue {
namespace {

constexpr std::size_t kExamples = 10;

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string decimal(double number) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.2f", number);
  return text.data();
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result.push_back('\\');
    result.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  return result + "\"";
}

double milliseconds(LoadClock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

void Tally::add_success(Kind kind, const std::string& version, LoadClock::duration latency) {
  const auto now = LoadClock::now();
  ++requests_[index(kind)];
  if (kind != Kind::slow) {
    longest_gap_ = std::max(longest_gap_, now - last_success_);
    last_success_ = now;
    latencies_us_.push_back(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(latency).count()));
  }
  const auto [entry, is_new] = versions_.try_emplace(version);
  if (is_new) entry->second.first = now - started_;
  entry->second.last = now - started_;
  ++entry->second.answers;
}

void Tally::add_failure(Kind kind, Failure failure, const std::string& detail) {
  ++requests_[index(kind)];
  ++failures_[index(kind)][static_cast<std::size_t>(failure)];
  if (examples_.size() >= kExamples) return;
  examples_.push_back(decimal(milliseconds(LoadClock::now() - started_)) +
                      " ms: " + kKindNames[index(kind)] + ": " +
                      kFailureNames[static_cast<std::size_t>(failure)] +
                      (detail.empty() ? "" : ": " + detail));
  std::replace(examples_.back().begin(), examples_.back().end(), '\n', ' ');
}

void Tally::add_idle_close(bool was_reset) {
  ++(was_reset ? idle_resets_ : idle_closes_);
}

std::uint64_t Tally::failures_of(Kind kind) const {
  const auto& counts = failures_[index(kind)];
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::uint64_t Tally::failures() const {
  std::uint64_t sum = 0;
  for (std::size_t kind = 0; kind < kKinds; ++kind) sum += failures_of(static_cast<Kind>(kind));
  return sum;
}

std::uint64_t Tally::requests() const {
  return std::accumulate(requests_.begin(), requests_.end(), std::uint64_t{0});
}

double Tally::seconds() const {
  return std::chrono::duration<double>(LoadClock::now() - started_).count();
}

double Tally::percentile(double share) const {
  if (latencies_us_.empty()) return 0;
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(latencies_us_.size() - 1));
  const auto at = latencies_us_.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(latencies_us_.begin(), at, latencies_us_.end());
  return *at / 1000.0;
}

std::string Tally::json() const {
  std::string text =
      "{\"requests\":" + std::to_string(requests()) + ",\"failed\":" + std::to_string(failures()) +
      ",\"seconds\":" + decimal(seconds()) +
      ",\"rate\":" + decimal(static_cast<double>(requests()) / seconds()) + ",\"kinds\":{";
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    text += (kind == 0 ? "" : ",") + quoted(kKindNames[kind]) +
            ":{\"requests\":" + std::to_string(requests_[kind]) + ",\"failures\":{";
    std::string separator;
    for (std::size_t i = 0; i < kFailureNames.size(); ++i) {
      if (failures_[kind][i] == 0) continue;
      text += separator + quoted(kFailureNames[i]) + ":" + std::to_string(failures_[kind][i]);
      separator = ",";
    }
    text += "}}";
  }
  text += "},\"versions\":{";
  std::string separator;
  for (const auto& [name, version] : versions_) {
    text += separator + quoted(name) + ":{\"answers\":" + std::to_string(version.answers) +
            ",\"first_ms\":" + decimal(milliseconds(version.first)) +
            ",\"last_ms\":" + decimal(milliseconds(version.last)) + "}";
    separator = ",";
  }
  text += "},\"latency_ms\":{\"p50\":" + decimal(percentile(0.5)) +
          ",\"p99\":" + decimal(percentile(0.99)) + ",\"p99.9\":" + decimal(percentile(0.999)) +
          ",\"max\":" + decimal(percentile(1)) +
          "},\"longest_gap_ms\":" + decimal(milliseconds(longest_gap_)) +
          ",\"idle_closes\":" + std::to_string(idle_closes_) +
          ",\"idle_resets\":" + std::to_string(idle_resets_) +
          ",\"clean_websocket_closes\":" + std::to_string(clean_websocket_closes_) +
          ",\"examples\":[";
  for (std::size_t i = 0; i < examples_.size(); ++i) {
    text += (i == 0 ? "" : ",") + quoted(examples_[i]);
  }
  return text + "]}";
}

std::string Tally::report() const {
  std::string text;
  for (const std::string& example : examples_) text += "  failed after " + example + "\n";
  text += "answers:";
  for (const auto& [name, version] : versions_) {
    text += " " + with_commas(version.answers) + " from " + (name.empty() ? "?" : name) + ",";
  }
  text.back() = '\n';
  text += "requests/s: " + decimal(static_cast<double>(requests()) / seconds()) +
          "; latency ms: p50 " + decimal(percentile(0.5)) + ", p99 " + decimal(percentile(0.99)) +
          ", p99.9 " + decimal(percentile(0.999)) + "\n";
  return text + line();
}

std::string Tally::line() const {
  return with_commas(failures()) + " of " + with_commas(requests()) + " requests failed";
}

}  // namespace segue
