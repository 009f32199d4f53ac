// Runs a password store's program and gives its output, or an error in the words of all adapters:
//   secrets: age: age ended with exit code 1: no identity matched any of the recipients
// with how to install what is missing, and what to try when the program refuses.
#pragma once
#include "adapters.hpp"

#include "segue/os/process.hpp"

#include <string>

namespace segue {

// In the project's folder, with the limits of all of them; argv is for the caller.
ProcessRequest program_request(const AdapterSettings& settings);

Result<std::string> program_output(const Adapter& adapter, const std::string& program,
                                   const Result<ProcessResult>& result);

Result<std::string> program_answer(const std::string& adapter, const ProcessRequest& request,
                                   int wake_fd);

}  // namespace segue
