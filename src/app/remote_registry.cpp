#include "remote_registry.hpp"

#include "output_lines.hpp"

#include "segue/base/text.hpp"
#include "segue/engine/registry_failure.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

std::optional<RegistryLogin> login_of(const RegistryConfig& registry) {
  if (!registry.wants_login()) return std::nullopt;
  return RegistryLogin{registry.host(), registry.username};
}

Error explained(const Project& project, const RemoteBuilder& builder, const std::string& doing,
                const std::string& said) {
  const RegistryFailure failure =
      explain_registry(project.config.builder.registry.host(), visible(said));
  return {Code::failed,
          fmt::format("{}: {}", doing, failure.what),
          failure.hint.empty() ? "nothing was changed on any host" : failure.hint,
          {builder.name()},
          {}};
}

Redactions redactions_of(const Project& project) {
  Redactions redactions;
  for (const char* name : {kRegistryPassword, kRegistryCredentials})
    if (project.secrets.contains(name)) redactions.add(project.secrets.at(name));
  return redactions;
}

}  // namespace

Result<> log_in(App& app, const Project& project, RemoteBuilder& builder) {
  const auto login = login_of(project.config.builder.registry);
  if (!login) return {};
  const Redactions redactions = redactions_of(project);
  std::string said;
  TRY_ASSIGN(const auto answers,
             builder.run({{try_builder_login(builder.remote_engine(), *login), nullptr,
                           [&](std::string_view bytes) { said += bytes; }}}));
  if (!answers.front()) return tl::unexpected(answers.front().error());
  if (told_last(*answers.front(), "failed").empty()) return {};
  app.reporter.detail(redactions.apply(said));
  return tl::unexpected(explained(
      project, builder, fmt::format("{} can't be logged in to as {}", login->host, login->username),
      redactions.apply(said)));
}

Result<> push(App& app, const Project& project, RemoteBuilder& builder,
              std::vector<RegistryClient::Push>& pushes) {
  const RegistryConfig& registry = project.config.builder.registry;
  const Redactions redactions = redactions_of(project);
  std::vector<OutputLines> lines;
  std::vector<RemoteBuilder::Job> jobs;
  lines.reserve(pushes.size());
  for (const RegistryClient::Push& wanted : pushes) {
    lines.emplace_back(app.reporter, wanted.service, redactions);
    jobs.push_back(
        {push_image(builder.remote_engine(), {wanted.image, login_of(registry), registry.timeout}),
         nullptr, [&last = lines.back()](std::string_view bytes) { last.add(bytes); }});
  }
  TRY_ASSIGN(const auto ends, builder.run(std::move(jobs)));
  std::optional<Error> failure;
  for (size_t i = 0; i < pushes.size(); ++i) {
    lines[i].end_line();
    const std::string doing = pushes[i].image + " can't be pushed";
    if (!ends[i]) {
      failure = ends[i].error();
      app.reporter.error(*failure);
    } else if (!told_last(*ends[i], "failed").empty()) {
      failure = explained(project, builder, doing, lines[i].last());
      app.reporter.error(*failure);
    } else {
      // What else it prints has other digests in it, of layers.
      const std::string told = told_last(*ends[i], "pushed");
      pushes[i].digest = pushed_digest(told.empty() ? lines[i].last() : told);
      if (pushes[i].digest.empty())
        return fail(Code::failed, fmt::format("{} does not say by which digest {} was pushed",
                                              builder.engine().program(), pushes[i].image));
    }
  }
  if (failure) return fail(failure->code, "");
  return {};
}

Result<> push_list(App& app, const Project& project, RemoteBuilder& builder,
                   const ImageListPush& list) {
  const RegistryConfig& registry = project.config.builder.registry;
  const Engine engine = builder.remote_engine();
  const Redactions redactions = redactions_of(project);
  std::string said;
  TRY_ASSIGN(const auto answers,
             builder.run({{push_image_list(engine, list_commands(engine.kind(), list),
                                           login_of(registry), registry.timeout),
                           nullptr, [&](std::string_view bytes) { said += bytes; }}}));
  if (!answers.front()) return tl::unexpected(answers.front().error());
  if (told_last(*answers.front(), "failed").empty()) return {};
  app.reporter.detail(redactions.apply(said));
  return tl::unexpected(
      explained(project, builder, list.image + " can't be pushed", redactions.apply(said)));
}

}  // namespace segue
