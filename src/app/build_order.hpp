// One image to be built, on whatever machine: what its engine is told, and where the source is.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

struct BuildOrder {
  std::string service;
  std::vector<std::string> verb{"build"};
  std::vector<std::string> options;  // of that, but for those that name files
  std::string context;               // a folder of the project; or the address of a repository
  bool is_address = false;
  std::string dockerfile;  // in the project, or in the repository; empty: the engine's own
  std::map<std::string, std::string> environment;  // of the client
  std::map<std::string, std::string> secrets;      // variable of the client -> name of the secret
  std::function<void(std::string_view)> on_output;
};

}  // namespace segue
