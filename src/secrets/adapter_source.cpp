#include "segue/secrets/adapter_source.hpp"

#include "adapters.hpp"
#include "program_answer.hpp"

#include "segue/base/check.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr size_t kAtOnce = 8;

ProcessRequest request_for(const AdapterSettings& settings, const AdapterCommand& command) {
  ProcessRequest request = program_request(settings);
  request.argv = command.argv;
  request.environment = command.environment;
  request.stdin_data = settings.master_key.reveal();
  return request;
}

const Adapter& adapter_of(const AdapterSettings& settings) {
  const Adapter* adapter = find_adapter(settings.adapter);
  CHECK(adapter != nullptr, "the configuration knows the same adapters");
  return *adapter;
}

// What one command found; nothing when it says that its secret is not there.
Result<AdapterValues> values_from(const AdapterSettings& settings, const AdapterCommand& command,
                                  const Result<ProcessResult>& result) {
  const Adapter& adapter = adapter_of(settings);
  const std::string& program = command.argv.front();
  const bool absent = result && !result->succeeded() && !adapter.not_there.empty() &&
                      contains(result->error_output, adapter.not_there);
  if (absent) return AdapterValues();
  TRY_ASSIGN(const std::string output, program_output(adapter, program, result));
  auto values = adapter.parse(settings, command, output);
  if (values) return values;
  return fail(Code::usage,
              fmt::format("secrets: {}: {}: {}", adapter.name, program, values.error().what),
              values.error().hint);
}

}  // namespace

Result<> AdapterSource::expect(const std::vector<std::string>& secrets) {
  const std::vector<AdapterCommand> commands = adapter_of(settings_).commands(settings_, secrets);
  std::vector<ProcessRequest> requests;
  for (const AdapterCommand& command : commands)
    requests.push_back(request_for(settings_, command));
  const auto results = run_processes(requests, kAtOnce, wake_fd_);
  for (size_t i = 0; i < commands.size(); ++i) {
    TRY_ASSIGN(AdapterValues found, values_from(settings_, commands[i], results[i]));
    values_.merge(found);
  }
  return {};
}

std::optional<Secret> AdapterSource::find(const std::string& secret) {
  const auto found = values_.find(secret);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::string shown_command(const AdapterSettings& settings,
                          const std::vector<std::string>& secrets) {
  const auto commands = adapter_of(settings).commands(settings, secrets);
  if (commands.empty()) return settings.adapter;
  std::string first = visible(join(commands.front().argv, " "));
  if (commands.size() == 1) return first;
  return fmt::format("{} (and {} more)", first, commands.size() - 1);
}

}  // namespace segue
