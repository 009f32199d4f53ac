// `segue secrets edit` and `segue secrets rotate`: the file in the repository that holds secrets
// encrypted, by age or by sops.
#include "hosts.hpp"
#include "private_folder.hpp"
#include "project_secrets.hpp"

#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/process.hpp"
#include "segue/os/terminal.hpp"
#include "segue/secrets/age_file.hpp"
#include "segue/secrets/dotenv.hpp"
#include "segue/secrets/sops_file.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr size_t kLongestEdited = 1 << 20;

std::string editor() {
  for (const char* name : {"VISUAL", "EDITOR"}) {
    auto command = environment_variable(name);
    if (command && !command->empty()) return *command;
  }
  return "vi";
}

// By a shell, because the variable may hold options too.
Result<> run_editor(App& app, const std::string& file) {
  ProcessRequest request;
  request.argv = {"sh", "-c", editor() + " \"$1\"", "sh", file};
  TRY_ASSIGN(const ProcessEnd end, run_in_terminal(request));
  app.signals.drain();  // Ctrl-C was the editor's business
  if (end.signal.empty() && end.status == 0) return {};
  return fail(Code::failed,
              end.signal.empty() ? fmt::format("the editor ended with exit code {}", end.status)
                                 : "the editor was ended by SIG" + end.signal,
              "nothing was written");
}

// What the editor made of the text, once it can be read as .env.
Result<Secret> edited(App& app, const Secret& before, const std::string& name) {
  TRY_ASSIGN(const PrivateFolder folder, PrivateFolder::make(app.files));
  TRY(app.files.write(folder.file(), before.reveal(), 0600));
  while (true) {
    TRY(run_editor(app, folder.file()));
    TRY_ASSIGN(std::string after, app.files.read(folder.file(), kLongestEdited));
    const auto parsed = parse_dotenv(name, after);
    if (parsed) return Secret(std::move(after));
    if (!app.options.interactive)
      return fail(Code::usage, parsed.error().what + "; nothing was written", parsed.error().hint);
    app.reporter.error(parsed.error());
    TRY_ASSIGN(const bool again, ask_yes_no("Edit it again?", app.signals.wake_fd()));
    if (!again) return fail(Code::failed, "nothing was written");
  }
}

std::string sealed_path(const AdapterSettings& settings) {
  const std::string file = settings.option("file");
  return file.starts_with('/') ? file : settings.folder + "/" + file;
}

Result<std::string> edit_age(App& app, const AdapterSettings& settings) {
  const std::string path = sealed_path(settings);
  const bool exists = app.files.exists(path);
  Secret before("# NAME=value, as in a .env file\n");
  if (exists) {
    TRY_ASSIGN(before, decrypt_age(settings, app.signals.wake_fd()));
  }
  TRY_ASSIGN(const Secret after, edited(app, before, settings.option("file")));
  if (exists && after.reveal() == before.reveal()) return std::string("nothing was changed");
  TRY_ASSIGN(const std::string sealed, encrypt_age(settings, after, app.signals.wake_fd()));
  TRY(app.files.write(path, sealed, 0644));
  return fmt::format("{} was encrypted anew", path);
}

// sops opens the editor itself, and takes back only what it can read. Its temporary file is in a
// folder of ours.
Result<std::string> edit_sops(App& app, const AdapterSettings& settings) {
  TRY_ASSIGN(const PrivateFolder folder, PrivateFolder::make(app.files));
  constexpr int kUnchanged = 200;  // sops: the file was not changed
  ProcessRequest request;
  request.argv = {"sops", settings.option("file")};
  request.environment = {{"TMPDIR", folder.path()}, {"EDITOR", editor()}};
  request.folder = settings.folder;
  TRY_ASSIGN(const ProcessEnd end, run_in_terminal(request));
  if (end.signal.empty() && end.status == kUnchanged) return std::string("nothing was changed");
  if (!end.signal.empty() || end.status != 0)
    return fail(Code::failed, fmt::format("sops ended with exit code {}", end.status),
                "what it said stands above");
  return fmt::format("{} was encrypted anew", settings.option("file"));
}

Result<std::string> rotate_age(App& app, const AdapterSettings& settings) {
  TRY_ASSIGN(const Secret text, decrypt_age(settings, app.signals.wake_fd()));
  TRY_ASSIGN(const std::string sealed, encrypt_age(settings, text, app.signals.wake_fd()));
  TRY(app.files.write(sealed_path(settings), sealed, 0644));
  return fmt::format(
      "{} was encrypted anew for {}", settings.option("file"),
      counted(static_cast<long long>(settings.options.at("recipients").size()), "recipient"));
}

Result<std::string> rotate_sops_file(App& app, const AdapterSettings& settings) {
  TRY(rotate_sops(settings, app.signals.wake_fd()));
  return fmt::format("{} has a new data key, for those that .sops.yaml names",
                     settings.option("file"));
}

using SealedFileWork = Result<std::string> (*)(App&, const AdapterSettings&);

ExitStatus with_sealed_file(App& app, const std::string& verb, SealedFileWork age,
                            SealedFileWork sops) {
  auto project = open_project(app, {.version = "none", .offline = true});
  if (!project) return told(app, project.error());
  const AdapterSettings settings = adapter_settings(app, *project);
  const std::string& adapter = settings.adapter;
  if (adapter != "age" && adapter != "sops")
    return told(app, {Code::usage,
                      adapter.empty() ? fmt::format("there is no encrypted file to {}", verb)
                                      : fmt::format("{} keeps the secrets, not a file", adapter),
                      adapter.empty() ? "secrets: {adapter: age, recipients: [age1...]}"
                                      : "change them there",
                      {},
                      {}});
  const auto done = adapter == "age" ? age(app, settings) : sops(app, settings);
  if (!done) return told(app, done.error());
  app.reporter.value("secrets", {{"file", settings.option("file")}, {"what", *done}}, *done);
  return ExitStatus::done;
}

}  // namespace

ExitStatus secrets_edit(App& app) {
  return with_sealed_file(app, "edit", edit_age, edit_sops);
}

ExitStatus secrets_rotate(App& app) {
  return with_sealed_file(app, "rotate", rotate_age, rotate_sops_file);
}

}  // namespace segue
