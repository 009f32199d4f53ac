// Text of a deploy.yml in, Config or every problem of it out. Pure: the caller reads the files.
//   const LoadedConfig loaded = load_config({"deploy.yml", text, "", "v1.2.3"});
//   for (const Error& error : loaded.errors) print(show_diagnostic(error, text, "error"));
#pragma once
#include "segue/base/error.hpp"
#include "segue/base/result.hpp"
#include "segue/base/source_texts.hpp"
#include "segue/config/config.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

struct YamlNode;

struct LoadRequest {
  std::string file;  // for messages, as the user named it
  std::string text;
  std::string environment;             // of -e; empty without
  std::optional<std::string> version;  // what ${VERSION} in an image stands for
  // The text of another file that `extends` names; without it `extends` is an error.
  std::function<Result<std::string>(const std::string& file)> read = nullptr;
  // Whether .env or the like has a secret of that name. Values are never asked for. Without it,
  // each name that deploy.yml does not define is taken for a secret where one may stand.
  std::function<bool(const std::string& name, const std::string& secrets_path)> has_secret =
      nullptr;
};

struct LoadedConfig {
  std::optional<Config> config;  // present exactly when there are no errors
  std::vector<Error> errors;     // all at once, in the order of the file, code usage
  std::vector<Error> notes;      // worth saying, not wrong: an untagged image, a key without effect
  SourceTexts texts;             // of all files that errors and notes may be in
  std::shared_ptr<const YamlNode> document;  // of a valid one, for effective_config
};

LoadedConfig load_config(const LoadRequest& request);

// As compilers do: file:line:col, the line, a caret, what is wrong, what to write instead.
//   deploy.yml:4:5: error: unknown key "imagee"
//     4 |     imagee: web:1
//       |     ^~~~~~ did you mean "image"?
std::string show_diagnostic(const Error& error, std::string_view text, std::string_view severity);

}  // namespace segue
