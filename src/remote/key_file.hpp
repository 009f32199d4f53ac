// A private key file: whether it can be used as it is, and which public key belongs to it.
//   const KeyFile key = read_key_file("/home/me/.ssh/id_ed25519");
// The private text goes to libssh2 and nowhere else.
#pragma once
#include "segue/base/secret.hpp"

#include <string>
#include <string_view>

namespace segue {

struct KeyFile {
  std::string path;
  bool absent = false;
  std::string problem;     // why it cannot be used: "is encrypted, ..."; empty: it can
  bool encrypted = false;  // a passphrase opens it, which is not known yet
  bool opened = false;     // it is encrypted where it comes from, and clear here
  Secret private_text;
  std::string public_key;  // bytes; empty when neither the file nor FILE.pub tells
  std::string type;        // "ssh-ed25519", "ssh-rsa", ...; empty as above
};

KeyFile read_key_file(const std::string& path);

// The same from texts: of the private file, and of FILE.pub ("" if there is none).
KeyFile parse_key_file(std::string_view private_text, std::string_view public_text);

}  // namespace segue
