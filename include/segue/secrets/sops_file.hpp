// A file in the repository that sops keeps encrypted.
//   TRY(rotate_sops(settings, wake_fd));
// Errors: Code::usage with what sops said; Code::interrupted.
#pragma once
#include "segue/base/result.hpp"
#include "segue/secrets/adapter_settings.hpp"

namespace segue {

// For those that .sops.yaml names now, with a new data key.
Result<> rotate_sops(const AdapterSettings& settings, int wake_fd);

}  // namespace segue
