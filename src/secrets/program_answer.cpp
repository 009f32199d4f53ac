#include "program_answer.hpp"

#include "segue/base/check.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr Duration kDeadline{60'000};
constexpr size_t kLongestOutput = size_t{4} << 20;
constexpr size_t kLongestLine = 300;

// Control characters become visible when it is shown: reporters do that with every error.
std::string last_line_of(const std::string& text) {
  const std::vector<std::string> lines = split_lines(trim(text));
  return lines.empty() ? "" : visible(lines.back().substr(0, kLongestLine));
}

std::string way_it_ended(const ProcessResult& result) {
  if (result.timed_out)
    return fmt::format("was ended after {} s without an answer", kDeadline.count() / 1000);
  if (!result.end.signal.empty()) return "was ended by SIG" + result.end.signal;
  return fmt::format("ended with exit code {}", result.end.status);
}

}  // namespace

ProcessRequest program_request(const AdapterSettings& settings) {
  ProcessRequest request;
  request.folder = settings.folder;
  request.deadline = kDeadline;
  request.output_limit = kLongestOutput;
  return request;
}

Result<std::string> program_output(const Adapter& adapter, const std::string& program,
                                   const Result<ProcessResult>& result) {
  const auto wrong = [&](const std::string& what, std::string hint) {
    return fail(Code::usage, fmt::format("secrets: {}: {}", adapter.name, what), std::move(hint));
  };
  if (!result && result.error().code == Code::interrupted) return tl::unexpected(result.error());
  if (!result)
    return wrong(result.error().what, fmt::format("install {}: {}", program, adapter.install));
  if (!result->succeeded()) {
    const std::string line = last_line_of(result->error_output);
    return wrong(
        fmt::format("{} {}{}{}", program, way_it_ended(*result), line.empty() ? "" : ": ", line),
        std::string(adapter.sign_in));
  }
  if (result->output.size() >= kLongestOutput)
    return wrong(fmt::format("{} said more than 4 MiB", program), "");
  return result->output;
}

Result<std::string> program_answer(const std::string& adapter, const ProcessRequest& request,
                                   int wake_fd) {
  const Adapter* row = find_adapter(adapter);
  CHECK(row != nullptr, "only adapters of the table are run");
  return program_output(*row, request.argv.front(), run_process(request, wake_fd));
}

}  // namespace segue
