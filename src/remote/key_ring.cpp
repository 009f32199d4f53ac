#include "key_ring.hpp"

#include "key_decryption.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr int kMostAnswers = 3;  // as ssh

// What a variable of an environment holds may have lost its line ends.
std::string with_lines(const std::string& text) {
  std::string lines = contains(text, "\n") ? text : replace_all(text, "\\n", "\n");
  if (!lines.ends_with('\n')) lines += '\n';
  return lines;
}

void use(KeyFile& key, const Secret& clear) {
  const KeyFile parsed = parse_key_file(clear.reveal(), "");
  key.private_text = clear;
  key.problem = parsed.problem;
  key.encrypted = false;
  key.opened = true;
  if (key.public_key.empty()) key.public_key = parsed.public_key;
  if (key.type.empty()) key.type = parsed.type;
}

}  // namespace

KeyFile KeyRing::file(const std::string& path, const NamedSecret& passphrase) {
  const auto found = keys_.find(path);
  return open(found != keys_.end()
                  ? found->second
                  : keys_.emplace(path, Held{read_key_file(path), {}, false}).first->second,
              passphrase);
}

KeyFile KeyRing::data(const NamedSecret& key, const NamedSecret& passphrase) {
  const std::string path = "key_data " + key.name;
  auto found = keys_.find(path);
  if (found == keys_.end()) {
    KeyFile made = parse_key_file(with_lines(key.value.reveal()), "");
    made.path = path;
    found = keys_.emplace(path, Held{std::move(made), {}, false}).first;
  }
  return open(found->second, passphrase);
}

KeyFile KeyRing::open(Held& held, const NamedSecret& passphrase) {
  if (!held.key.encrypted || passphrase.value.empty()) return held.key;
  if (held.wrong.count(passphrase.name) == 0) {
    const Result<Secret> clear = decrypt_private_key(held.key.private_text, passphrase.value);
    if (clear) {
      use(held.key, *clear);
      return held.key;
    }
    held.wrong.insert(passphrase.name);
    if (contains(clear.error().what, "with this passphrase"))
      held.key.problem = fmt::format("does not open with {} (key_passphrase)", passphrase.name);
    else
      held.key.problem = clear.error().what;
  }
  return held.key;
}

bool KeyRing::open_by_asking(const std::string& path) {
  const auto found = keys_.find(path);
  if (found == keys_.end() || !ask_) return false;
  Held& held = found->second;
  if (!held.key.encrypted) return true;
  if (std::exchange(held.asked, true)) return false;
  const TimePoint begin = Clock::now();
  std::string question = "Passphrase of " + visible(path);
  for (int i = 0; i < kMostAnswers && held.key.encrypted; ++i) {
    const Secret answer = ask_(question);
    if (answer.empty()) break;
    if (const Result<Secret> clear = decrypt_private_key(held.key.private_text, answer))
      use(held.key, *clear);
    question = "Not that one. Passphrase of " + visible(path);
  }
  spent_asking_ += std::chrono::duration_cast<Duration>(Clock::now() - begin);
  return !held.key.encrypted;
}

}  // namespace segue
