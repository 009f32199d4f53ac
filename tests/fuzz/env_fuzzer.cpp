// Any bytes as .env: never a crash, and an error that says a line and no value.
#include "segue/base/text.hpp"
#include "segue/secrets/dotenv.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = segue::parse_dotenv(".env", text);
  if (!parsed && !segue::contains(parsed.error().what, ".env")) std::abort();
  if (!parsed) return 0;
  for (const auto& [name, value] : *parsed)
    if (name.empty() || value.reveal().size() > size) std::abort();
  return 0;
}
