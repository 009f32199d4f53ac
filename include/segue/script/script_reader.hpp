// Reads the output of a rendered script, in pieces of any size: which section began and ended,
// what was told, what was printed, and whether the trailer came.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

struct ScriptEvent {
  enum class Kind { began, told, ended };
  Kind kind = Kind::began;
  int section = 0;  // index into Script::sections; the way back is the one after the last
  int status = 0;   // of `ended`
  std::string key;  // of `told`
  std::string value;
};

class ScriptReader {
 public:
  explicit ScriptReader(std::string nonce) : mark_("\n@" + std::move(nonce) + " ") {}

  void feed(std::string_view bytes);
  std::vector<ScriptEvent> take_events();

  // What a section printed, beyond markers: the first kLongestOutput bytes of it.
  const std::string& output_of(int section) const;

  // The same since it was asked the last time, for output that is shown as it comes.
  std::string take_output(int section);
  // A newline has come that is the end of a printed line, or the beginning of a marker.
  bool is_at_line_end() const { return pending_ == "\n"; }

  // The script's own last word. Without it the outcome is unknown, whatever the transport says.
  std::optional<int> trailer() const { return trailer_; }
  bool overflowed() const { return overflowed_; }

  static constexpr size_t kLongestOutput = size_t{8} << 20;

 private:
  void marker(std::string_view line);
  void text(std::string_view bytes);

  std::string mark_;
  std::string pending_;
  std::vector<ScriptEvent> events_;
  std::map<int, std::string> outputs_;
  int section_ = -1;
  std::optional<int> trailer_;
  bool overflowed_ = false;
};

}  // namespace segue
