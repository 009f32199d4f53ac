// `segue init`: asks what it needs to know and writes a commented deploy.yml.
#include "hosts.hpp"

#include "segue/app/app.hpp"
#include "segue/base/number.hpp"
#include "segue/base/text.hpp"
#include "segue/config/load.hpp"
#include "segue/config/starter.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/terminal.hpp"

#include <fmt/format.h>

#include <cctype>

namespace segue {
namespace {

constexpr size_t kLongestIgnoreFile = 1 << 20;
constexpr const char* kAnyVersion = "v1";  // for ${VERSION} in an image that was named

// "My Shop" -> "my-shop": the nearest thing to the folder's name that a project may be called.
std::string project_name(const std::string& folder) {
  std::string name;
  for (const char c : folder.substr(folder.rfind('/') + 1)) {
    const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (letter) name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!letter && !name.empty() && name.back() != '-') name += '-';
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "my-app" : name.substr(0, 50);
}

// Secrets must not be committed by accident.
Result<> ignore_secrets(App& app) {
  std::string text;
  if (app.files.exists(".gitignore")) {
    TRY_ASSIGN(text, app.files.read(".gitignore", kLongestIgnoreFile));
  }
  for (const std::string& line : split_lines(text))
    if (trim(line) == ".env" || trim(line) == "/.env" || trim(line) == ".env*") return {};
  if (!text.empty() && text.back() != '\n') text += '\n';
  return app.files.write(".gitignore", text + ".env\n", 0644);
}

// Asks one question after the other, each until its answer makes a deploy.yml that loads.
class Questions {
 public:
  Questions(App& app, StarterRequest& request) : app_(app), request_(request) {}

  // `value` has the default; an option that was given is not asked for.
  Result<> text(const std::string& question, const std::optional<std::string>& given,
                std::string& value) {
    if (given) value = *given;
    if (given || !app_.options.interactive) return {};
    const std::string usual = value;
    while (true) {
      TRY_ASSIGN(value, ask_text(question, usual, app_.signals.wake_fd()));
      if (is_good()) return {};
      value = usual;
    }
  }

  Result<> port(const std::string& question, const std::optional<int>& given, int& value) {
    if (given) value = *given;
    if (given || !app_.options.interactive) return {};
    const std::string usual = std::to_string(value);
    while (true) {
      TRY_ASSIGN(const std::string answer, ask_text(question, usual, app_.signals.wake_fd()));
      const auto number = parse_number<int>(answer);
      if (number && *number >= 1 && *number <= kLastPort) {
        value = *number;
        return {};
      }
      tell_on_terminal("a port is a number from 1 to 65535");
    }
  }

 private:
  bool is_good() const {
    const LoadedConfig loaded =
        load_config({"deploy.yml", starter_deploy_yml(request_), "", kAnyVersion});
    if (loaded.errors.empty()) return true;
    const Error& error = loaded.errors.front();
    tell_on_terminal(error.what + (error.hint.empty() ? "" : ": " + error.hint));
    return false;
  }

  static constexpr int kLastPort = 65535;

  App& app_;
  StarterRequest& request_;
};

// Of an image that is not the example's.
constexpr int kUsualPort = 3000;

Result<StarterRequest> fill_in(App& app, const InitOptions& options) {
  StarterRequest request;
  request.project = options.project.empty() ? project_name(working_folder()) : options.project;
  if (app.options.interactive && !options.engine) request.engine = "docker";
  Questions ask(app, request);
  TRY(ask.text("Address of the host, or localhost", options.host, request.host));
  TRY(ask.text("Engine on it, docker or podman", options.engine, request.engine));
  TRY(ask.text("Name of the service", options.service, request.service));
  TRY(ask.text("Its image", options.image, request.image));
  if (request.image != StarterRequest{}.image) request.app_port = kUsualPort;
  TRY(ask.port("Port on which it listens in its container", options.app_port, request.app_port));
  TRY(ask.text("Host name under which it is reached (empty: every one)", options.domain,
               request.domain));
  return request;
}

Result<> write_starter(App& app, const InitOptions& options) {
  if (app.files.exists("deploy.yml") && !options.overwrite) {
    if (!app.options.interactive)
      return fail(Code::usage, "there is a deploy.yml already", "overwrite it with --force");
    TRY_ASSIGN(const bool yes, ask_yes_no("Overwrite deploy.yml?", app.signals.wake_fd()));
    if (!yes) return fail(Code::failed, "not confirmed: nothing was changed");
  }
  TRY_ASSIGN(const StarterRequest request, fill_in(app, options));
  const std::string text = starter_deploy_yml(request);
  const LoadedConfig loaded = load_config({"deploy.yml", text, "", kAnyVersion});
  app.reporter.diagnostics(loaded.errors, loaded.texts, "error");
  if (!loaded.config) return fail(Code::usage, "");
  TRY(app.files.write("deploy.yml", text, 0644));
  return ignore_secrets(app);
}

}  // namespace

ExitStatus init(App& app, const InitOptions& options) {
  const auto written = write_starter(app, options);
  if (!written) return told(app, written.error());
  app.reporter.value("initialized", {{"file", "deploy.yml"}},
                     "wrote deploy.yml; look through it, then: segue plan");
  return ExitStatus::done;
}

}  // namespace segue
