// Each folder of tests/golden/errors is a deploy.yml and what is said about it, word for word.
// SEGUE_UPDATE_GOLDEN=1 writes expected.txt anew; review it by its diff.
#include "support/catch.hpp"
#include "support/places.hpp"

#include "segue/config/load.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string everything_said(const fs::path& folder) {
  segue::LoadRequest request;
  request.file = "deploy.yml";
  request.text = read_file(folder / "deploy.yml").value_or("");
  request.version = read_file(folder / "version");
  request.environment = read_file(folder / "environment").value_or("");
  request.read = [&](const std::string& file) -> segue::Result<std::string> {
    if (auto text = read_file(folder / file)) return *text;
    return segue::fail(segue::Code::usage, "there is no " + file);
  };
  request.has_secret = [](const std::string& name, const std::string&) {
    return name == "PASSWORD";
  };
  const auto loaded = segue::load_config(request);
  const auto text_of = [&](const segue::Error& error) {
    const auto text = loaded.texts.find(error.at.value_or(segue::SourceSpan{}).file);
    return text == loaded.texts.end() ? "" : text->second;
  };
  CHECK(loaded.config.has_value() == loaded.errors.empty());
  std::string said;
  for (const auto& error : loaded.errors) {
    CHECK(error.code == segue::Code::usage);
    said += show_diagnostic(error, text_of(error), "error");
  }
  for (const auto& note : loaded.notes) said += show_diagnostic(note, text_of(note), "note");
  return said;
}

}  // namespace

TEST_CASE("every mistake in a deploy.yml is answered with its place and what to write instead") {
  std::set<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(segue::in_source("tests/golden/errors")))
    folders.insert(entry.path());
  REQUIRE(folders.size() >= 25);
  for (const fs::path& folder : folders) {
    INFO(folder.filename().string());
    const std::string said = everything_said(folder);
    CHECK_FALSE(said.empty());
    if (std::getenv("SEGUE_UPDATE_GOLDEN") != nullptr)
      std::ofstream(folder / "expected.txt", std::ios::binary) << said;
    CHECK(read_file(folder / "expected.txt").value_or("") == said);
  }
}
