// What a child process is started with, and how it ended.
//   ProcessRequest request;  request.argv = {"git", "rev-parse", "HEAD"};
//   TRY_ASSIGN(const ProcessResult git, run_process(request));  if (git.succeeded()) ...
// The first word is looked up in PATH. The child gets default signal handling, an empty signal
// mask and only its three standard streams.
#pragma once
#include "segue/base/duration.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace segue {

struct ProcessRequest {
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> environment;  // added to ours, or replacing it
  std::string folder;                                            // empty: the current one
  std::string stdin_data;
  Duration deadline{60'000};      // then its process group is killed
  size_t output_limit = 1 << 20;  // bytes kept of each stream; the rest is read and dropped
  // Given what comes from either stream, as it comes.
  std::function<void(std::string_view)> on_output = nullptr;
};

struct ProcessEnd {
  int status = 0;      // exit status, meaningful only without a signal
  std::string signal;  // "KILL", without SIG; empty when it exited
};

struct ProcessResult {
  ProcessEnd end;
  std::string output;
  std::string error_output;
  bool timed_out = false;
  bool succeeded() const { return !timed_out && end.signal.empty() && end.status == 0; }
};

// Runs it to its end. An error only when it cannot be started (Code::failed), or when `wake_fd`
// (-1: none) became readable, which kills it (Code::interrupted).
Result<ProcessResult> run_process(const ProcessRequest& request, int wake_fd = -1);

// The same for several, `at_once` of them side by side; the answers are in the order of the
// requests. One that cannot be started does not keep the others from running.
std::vector<Result<ProcessResult>> run_processes(const std::vector<ProcessRequest>& requests,
                                                 size_t at_once, int wake_fd = -1);

// Runs it on our own terminal, until it ends by itself: an editor. Input, deadline and limit of the
// request are not for it.
Result<ProcessEnd> run_in_terminal(const ProcessRequest& request);

// Becomes that program, with our streams and our process id: whoever waits for us gets its exit
// status. Returns only when it can't be started (Code::failed). Uses argv alone.
Error become_program(const ProcessRequest& request);

}  // namespace segue
