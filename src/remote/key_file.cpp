#include "key_file.hpp"

#include "limits.hpp"
#include "openssh_key.hpp"
#include "wire.hpp"

#include "segue/base/base64.hpp"
#include "segue/base/text.hpp"
#include "segue/os/real_files.hpp"

#include <optional>
#include <vector>

namespace segue {
namespace {

constexpr std::string_view kEncrypted =
    "is encrypted (put it into the agent: ssh-add FILE; or name its key_passphrase)";

std::string public_key_of(std::string_view public_text) {
  const std::vector<std::string> words = split_words(public_text);
  if (words.size() < 2) return {};
  const auto bytes = decode_base64(words[1]);
  return bytes && key_type_of(*bytes) == words[0] ? *bytes : std::string();
}

}  // namespace

KeyFile parse_key_file(std::string_view private_text, std::string_view public_text) {
  KeyFile key;
  key.private_text = Secret(std::string(private_text));
  key.public_key = public_key_of(public_text);
  if (is_openssh_key(private_text)) {
    const std::optional<OpensshKey> parsed = parse_openssh_key(private_text);
    if (!parsed) {
      key.problem = "is damaged";
    } else {
      key.public_key = parsed->public_key;
      key.encrypted = parsed->cipher != "none";
    }
  } else if (contains(private_text, "BEGIN ENCRYPTED PRIVATE KEY") ||
             contains(private_text, "Proc-Type: 4,ENCRYPTED")) {
    key.encrypted = true;
  } else if (!contains(private_text, "PRIVATE KEY-----")) {
    key.problem = "is not a private key";
  }
  if (key.encrypted) key.problem = kEncrypted;
  key.type = key_type_of(key.public_key);
  // The older format says the kind of key in its first line only.
  if (key.type.empty() && contains(private_text, "BEGIN RSA PRIVATE KEY")) key.type = "ssh-rsa";
  if ((key.problem.empty() || key.encrypted) && key.type.starts_with("sk-")) {
    key.problem = "needs a security key, which is not supported yet";
    key.encrypted = false;
  }
  return key;
}

KeyFile read_key_file(const std::string& path) {
  RealFiles files;
  const std::string public_path = path.ends_with(".pub") ? path : path + ".pub";
  const std::string public_text = files.read(public_path, kKeyFileLimit).value_or("");
  const Result<std::string> text = files.read(path, kKeyFileLimit);
  // A public key named as key file means: the agent has the private one.
  KeyFile key = parse_key_file(text.value_or(""), public_text);
  key.path = path;
  key.absent = !files.exists(path);
  if (!text) key.problem = key.absent ? "does not exist" : text.error().what;
  return key;
}

}  // namespace segue
