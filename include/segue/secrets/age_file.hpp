// A `.env` file that lies in the repository encrypted with age. Texts in it go through pipes, never
// through argument lists or files.
//   TRY_ASSIGN(const Secret text, decrypt_age(settings, wake_fd));
//   TRY_ASSIGN(const std::string sealed, encrypt_age(settings, text, wake_fd));
// Errors: Code::usage with what age said; Code::interrupted.
#pragma once
#include "segue/base/result.hpp"
#include "segue/secrets/adapter_settings.hpp"

#include <string>

namespace segue {

Result<Secret> decrypt_age(const AdapterSettings& settings, int wake_fd);

// For the recipients of the settings, as text. What comes back has been decrypted again.
Result<std::string> encrypt_age(const AdapterSettings& settings, const Secret& text, int wake_fd);

}  // namespace segue
