// Text compared with a file of the repository. SEGUE_UPDATE_GOLDEN=1 writes the file anew; review
// the change by its diff.
//   check_golden("plans/first-deploy/plan.txt", plan_text(plan));
#pragma once
#include "support/catch.hpp"
#include "support/places.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace segue {

inline std::string golden_path(const std::string& name) {
  return in_source("tests/golden/" + name);
}

inline std::string golden_text(const std::string& name) {
  std::ifstream file(golden_path(name), std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

inline void check_golden(const std::string& name, const std::string& text) {
  INFO("tests/golden/" << name);
  if (std::getenv("SEGUE_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(std::filesystem::path(golden_path(name)).parent_path());
    std::ofstream(golden_path(name), std::ios::binary) << text;
  }
  CHECK(golden_text(name) == text);
}

}  // namespace segue
