// A private key without its passphrase: the same key as a text that libssh2 and ssh take as it is.
// Handles OpenSSH's own format and the PEM formats.
//   TRY_ASSIGN(const Secret clear, decrypt_private_key(text, passphrase));
#pragma once
#include "segue/base/result.hpp"
#include "segue/base/secret.hpp"

namespace segue {

// Errors (Code::failed) say what is wrong, in words that follow the key's name: "does not open with
// this passphrase".
Result<Secret> decrypt_private_key(const Secret& text, const Secret& passphrase);

}  // namespace segue
