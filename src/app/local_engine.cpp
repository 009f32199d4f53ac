#include "local_engine.hpp"

#include "segue/base/text.hpp"
#include "segue/engine/engine.hpp"
#include "segue/os/process.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace segue {
namespace {

using nlohmann::json;

constexpr std::string_view kImageFormat =
    R"({"id":{{json .ID}},"architecture":{{json .Architecture}},"size":{{.Size}},)"
    R"("layers":{{json .RootFS.Layers}},"labels":{{json .Config.Labels}},)"
    R"("digests":{{json .RepoDigests}}})";

struct Answer {
  std::string architecture;  // empty: it does not answer
  std::string why;
};

Result<Answer> ask(App& app, EngineKind kind) {
  ProcessRequest request;
  if (kind == EngineKind::docker)
    request.argv = {"docker", "version", "--format", "{{.Server.Arch}}"};
  else
    request.argv = {"podman", "info", "--format", "{{.Host.Arch}}"};
  auto result = run_process(request, app.signals.wake_fd());
  if (!result && result.error().code == Code::interrupted) return tl::unexpected(result.error());
  if (!result) return Answer{"", result.error().what};
  if (!result->succeeded()) {
    const auto lines = split_lines(trim(result->error_output));
    return Answer{"", lines.empty() ? "it does not answer" : lines.back()};
  }
  const auto lines = split_lines(trim(result->output));
  return Answer{lines.empty() ? "unknown" : lines.back(), ""};
}

}  // namespace

Result<LocalEngine> find_local_engine(App& app, const Config& config) {
  std::string why;
  for (const EngineKind kind : {EngineKind::docker, EngineKind::podman}) {
    if (config.engine && *config.engine != kind) continue;
    TRY_ASSIGN(const Answer answer, ask(app, kind));
    if (answer.why.empty()) return LocalEngine{kind, answer.architecture};
    why += (why.empty() ? "" : "; ") + fmt::format("{}: {}", to_string(kind), answer.why);
  }
  return fail(Code::failed, "no container engine of this machine can build: " + why,
              "install Docker or Podman here, or start it");
}

std::string local_image_format() {
  return std::string(kImageFormat);
}

Result<LocalImage> parse_local_image(const std::string& image, const std::string& answer) {
  const json value = json::parse(trim(answer), nullptr, false);
  try {
    LocalImage found;
    found.id = whole_image_id(value.at("id").get<std::string>());
    found.architecture = value.at("architecture").get<std::string>();
    found.size = value.at("size").get<unsigned long long>();
    if (value.at("layers").is_array())
      found.layers = value.at("layers").get<std::vector<std::string>>();
    if (value.at("labels").is_object())
      found.labels = value.at("labels").get<std::map<std::string, std::string>>();
    if (value.at("digests").is_array())
      found.digests = value.at("digests").get<std::vector<std::string>>();
    return found;
  } catch (const json::exception& error) {
    return fail(Code::failed,
                fmt::format("what the engine says of {} can't be read: {}", image, error.what()));
  }
}

Result<LocalImage> local_image(App& app, const LocalEngine& engine, const std::string& image) {
  ProcessRequest request;
  request.argv = {engine.program(),     "image", "inspect", "--format",
                  local_image_format(), "--",    image};
  TRY_ASSIGN(const ProcessResult result, run_process(request, app.signals.wake_fd()));
  if (!result.succeeded()) return LocalImage{};
  return parse_local_image(image, result.output);
}

}  // namespace segue
