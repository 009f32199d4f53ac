// Text of a deploy.yml in, Config or every problem of it out. Pure: the caller reads the file.
//   const LoadedConfig loaded = load_config({"deploy.yml", text, "", "v1.2.3"});
//   for (const Error& error : loaded.errors) print(show_diagnostic(error, text, "error"));
#pragma once
#include "segue/base/error.hpp"
#include "segue/config/config.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

struct LoadRequest {
  std::string file;  // for messages, as the user named it
  std::string text;
  std::string environment;             // of -e; empty without
  std::optional<std::string> version;  // what ${VERSION} in an image stands for
};

struct LoadedConfig {
  std::optional<Config> config;  // present exactly when there are no errors
  std::vector<Error> errors;     // all at once, in the order of the file, code usage
  std::vector<Error> notes;      // worth saying, not wrong: an untagged image, a key without effect
};

LoadedConfig load_config(const LoadRequest& request);

// As compilers do: file:line:col, the line, a caret, what is wrong, what to write instead.
//   deploy.yml:4:5: error: unknown key "imagee"
//     4 |     imagee: web:1
//       |     ^~~~~~ did you mean "image"?
std::string show_diagnostic(const Error& error, std::string_view text, std::string_view severity);

}  // namespace segue
