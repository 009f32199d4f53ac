// `segue secrets print`.
#include "hosts.hpp"
#include "project_secrets.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

// As a .env file would have it, so that several lines stay together.
std::string dotenv_text(const Secret& secret) {
  std::string text = replace_all(secret.reveal(), "\\", "\\\\");
  text = replace_all(replace_all(text, "\"", "\\\""), "$", "\\$");
  text = replace_all(replace_all(text, "\n", "\\n"), "\r", "\\r");
  return "\"" + replace_all(text, "\t", "\\t") + "\"";
}

struct Printed {
  std::string name;
  std::string source;  // empty: it is missing
  std::vector<std::string> services;
  bool unasked = false;
};

void print_one(App& app, const Printed& secret, const Secret* value) {
  std::map<std::string, std::string> fields{{"name", secret.name},
                                            {"set", secret.unasked          ? "unknown"
                                                    : secret.source.empty() ? "false"
                                                                            : "true"},
                                            {"source", secret.source},
                                            {"services", join(secret.services, ",")}};
  std::string state = secret.source.empty() ? "missing" : "from " + secret.source;
  if (secret.unasked) state = "not asked";
  std::string text = fmt::format("{}: {}, for {}", secret.name, state, join(secret.services, ", "));
  if (value != nullptr) {
    fields["value"] = value->reveal();
    text += "\n  " + secret.name + "=" + dotenv_text(*value);
  }
  app.reporter.value("secret", fields, text);
}

}  // namespace

ExitStatus secrets_print(App& app, bool show_values, bool yes) {
  auto project = open_project(app, {.version = "none", .offline = true});
  if (!project) return told(app, project.error());
  // A question only where somebody can answer it: else what is not known is said.
  const bool may_ask = yes || app.options.interactive;
  const auto found =
      find_project_secrets(app, *project, may_ask ? Adapters::ask : Adapters::if_trusted, yes);
  if (!found) return told(app, found.error());
  const std::string& adapter = project->config.secrets.adapter;
  const bool unasked = !adapter.empty() && std::ranges::count(found->asked, adapter) == 0;
  const auto users = users_of_secrets(project->config);
  for (const auto& [name, services] : users) {
    const auto value = found->values.find(name);
    const auto source = found->sources.find(name);
    const bool there = value != found->values.end();
    print_one(app, {name, there ? source->second : "", services, !there && unasked},
              there && show_values ? &value->second : nullptr);
  }
  if (users.empty()) app.reporter.note("no service names a secret");
  if (found->missing.empty()) return ExitStatus::done;
  if (unasked)
    app.reporter.error({Code::usage,
                        fmt::format("{} was not asked for {}", adapter, join(found->missing, ", ")),
                        "it runs a program on this machine: say yes to that with -y",
                        {},
                        {}});
  else
    app.reporter.error(missing_secrets(*found));
  return ExitStatus::usage;
}

}  // namespace segue
