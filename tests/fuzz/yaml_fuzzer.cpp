// Any bytes as deploy.yml, and what follows a byte 1 as the file that it extends: never a crash,
// always a Config or errors that can be shown, and what `config show` prints loads again.
#include "segue/base/text.hpp"
#include "segue/config/effective.hpp"
#include "segue/config/load.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

void show(const std::vector<segue::Error>& errors, const segue::SourceTexts& texts) {
  constexpr size_t kShown = 20;
  for (size_t i = 0; i < errors.size() && i < kShown; ++i) {
    const auto text = texts.find(errors[i].at.value_or(segue::SourceSpan{}).file);
    const std::string shown =
        show_diagnostic(errors[i], text == texts.end() ? "" : text->second, "error");
    expect(shown == segue::visible(shown), "a diagnostic shows only what can be seen");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t cut = all.find('\x01');
  segue::LoadRequest request{"deploy.yml", std::string(all.substr(0, cut)), "", "v1"};
  request.read = [&](const std::string&) -> segue::Result<std::string> {
    return std::string(cut == std::string_view::npos ? "" : all.substr(cut + 1));
  };
  request.has_secret = [](const std::string& name, const std::string&) {
    return name.starts_with("S");
  };
  const segue::LoadedConfig loaded = load_config(request);
  expect(loaded.config.has_value() == loaded.errors.empty(), "a Config or errors");
  show(loaded.errors, loaded.texts);
  show(loaded.notes, loaded.texts);
  if (!loaded.config) return 0;
  request.text = effective_config(*loaded.document, true).yaml;
  const segue::LoadedConfig again = load_config(request);
  if (!again.errors.empty()) show(again.errors, again.texts);
  if (!again.config && !again.errors.empty())
    std::fprintf(stderr, "%s\n%s\n", again.errors.front().what.c_str(), request.text.c_str());
  expect(again.config.has_value(), "what config show prints loads");
  expect(again.config->services.size() == loaded.config->services.size(), "and says the same");
  return 0;
}
