#include "segue/os/debug_log.hpp"

#include "segue/base/text.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace segue {
namespace {

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance;
  return instance;
}

}  // namespace

Result<> open_debug_log(const std::string& path) {
  try {
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (path == "-") {
      sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(path);
    }
    auto opened = std::make_shared<spdlog::logger>("segue", std::move(sink));
    opened->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %v");
    opened->flush_on(spdlog::level::info);
    logger() = std::move(opened);
    return {};
  } catch (const std::exception& problem) {
    return fail(Code::failed, fmt::format("cannot open the log file {}: {}", path, problem.what()));
  }
}

void close_debug_log() {
  logger().reset();
}

bool debug_log_is_open() {
  return logger() != nullptr;
}

void debug_log_line(std::string_view line) {
  if (logger()) logger()->info("{}", visible(line));
}

}  // namespace segue
