// Any bytes as the output of a script, whole and in pieces: both are understood the same, and there
// is no success without the script's own last word.
#include "segue/base/text.hpp"
#include "segue/script/script_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using segue::ScriptEvent;
using segue::ScriptReader;

namespace {

constexpr const char* kNonce = "n0";

std::string read(std::string_view bytes, size_t piece) {
  ScriptReader reader(kNonce);
  for (size_t at = 0; at < bytes.size(); at += piece) reader.feed(bytes.substr(at, piece));
  std::string seen = reader.trailer() ? std::to_string(*reader.trailer()) : "none";
  for (const ScriptEvent& event : reader.take_events()) {
    seen += "|" + std::to_string(static_cast<int>(event.kind)) + " " +
            std::to_string(event.section) + " " + std::to_string(event.status) + " " + event.key +
            "=" + event.value + ":" + reader.output_of(event.section);
  }
  return seen + (reader.overflowed() ? "|overflowed" : "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // The first byte is the length of the pieces. Scripts print a newline of its own before each
  // marker, so here is one before each, too.
  const std::string bytes = segue::replace_all(
      std::string(reinterpret_cast<const char*>(data) + 1, size - 1), "\n", "\n\n");
  const std::string whole = read(bytes, std::max<size_t>(bytes.size(), 1));
  const std::string in_pieces = read(bytes, size_t{data[0]} % 16 + 1);
  if (whole != in_pieces) std::abort();
  if (!whole.starts_with("none") && !segue::contains(bytes, std::string("@") + kNonce))
    std::abort();
  return 0;
}
