#include "output_lines.hpp"

#include "segue/base/text.hpp"

namespace segue {
namespace {

constexpr size_t kLastLines = 20;
constexpr size_t kLongestShownLine = 2000;

}  // namespace

void OutputLines::add(std::string_view bytes) {
  for (const char c : bytes) {
    if (c != '\n' && c != '\r') {
      if (line_.size() < kLongestShownLine) line_ += c;
      continue;
    }
    end_line();
  }
}

void OutputLines::end_line() {
  if (trim(line_).empty()) return line_.clear();
  line_ = redactions_.apply(std::move(line_));
  reporter_.progress({Report::Kind::output, "", "", service_, line_, {}});
  last_.push_back(std::exchange(line_, {}));
  if (last_.size() > kLastLines) last_.erase(last_.begin());
}

std::string OutputLines::last() const {
  return join(last_, "\n");
}

}  // namespace segue
