#include "segue/script/script_reader.hpp"

#include "segue/base/number.hpp"
#include "segue/script/script.hpp"

#include <utility>

namespace segue {
namespace {

std::string_view next_word(std::string_view& rest) {
  const size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

}  // namespace

void ScriptReader::feed(std::string_view bytes) {
  pending_ += bytes;
  size_t start = 0;
  while (true) {
    const size_t at = pending_.find(mark_, start);
    if (at == std::string::npos) break;
    const size_t line = at + mark_.size();
    const size_t end = pending_.find('\n', line);
    if (end == std::string::npos) {
      text(std::string_view(pending_).substr(start, at - start));
      pending_.erase(0, at);
      return;
    }
    text(std::string_view(pending_).substr(start, at - start));
    marker(std::string_view(pending_).substr(line, end - line));
    start = end + 1;
    // The newline that ends a marker may begin the next one.
    if (pending_.compare(end, mark_.size(), mark_) == 0) start = end;
  }
  // Keep back what may be the beginning of a marker.
  size_t keep = std::min(pending_.size() - start, mark_.size() - 1);
  while (pending_.compare(pending_.size() - keep, keep, mark_, 0, keep) != 0) --keep;
  text(std::string_view(pending_).substr(start, pending_.size() - start - keep));
  pending_.erase(0, pending_.size() - keep);
}

void ScriptReader::text(std::string_view bytes) {
  if (bytes.empty()) return;
  std::string& output = outputs_[section_];
  const size_t room = kLongestOutput - std::min(output.size(), kLongestOutput);
  if (bytes.size() > room) overflowed_ = true;
  output += bytes.substr(0, room);
}

void ScriptReader::marker(std::string_view line) {
  const std::string_view kind = next_word(line);
  if (kind == "done") {
    trailer_ = parse_number<int>(line);
    return;
  }
  ScriptEvent event;
  event.section = section_;
  if (kind == "tell") {
    event.kind = ScriptEvent::Kind::told;
    event.key = next_word(line);
    event.value = line;
  } else if (kind == "begin") {
    section_ = parse_number<int>(line).value_or(-1);
    event.section = section_;
  } else if (kind == "end") {
    event.kind = ScriptEvent::Kind::ended;
    event.section = parse_number<int>(next_word(line)).value_or(-1);
    event.status = parse_number<int>(line).value_or(kProblemStatus);
  } else {
    return;  // a beat: it has done its work by arriving
  }
  events_.push_back(std::move(event));
}

std::vector<ScriptEvent> ScriptReader::take_events() {
  return std::exchange(events_, {});
}

const std::string& ScriptReader::output_of(int section) const {
  static const std::string none;
  const auto it = outputs_.find(section);
  return it == outputs_.end() ? none : it->second;
}

std::string ScriptReader::take_output(int section) {
  const auto it = outputs_.find(section);
  return it == outputs_.end() ? std::string() : std::exchange(it->second, {});
}

}  // namespace segue
