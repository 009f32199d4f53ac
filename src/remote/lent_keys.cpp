#include "lent_keys.hpp"

#include "remote_errors.hpp"

#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/real_files.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr unsigned kOnlyForUs = 0600;

tl::unexpected<Error> unusable(const KeyFile& key) {
  return tl::unexpected(unreachable(fmt::format("{} {}", key.path, key.problem)));
}

}  // namespace

Result<Endpoint> LentKeys::lend(const Endpoint& endpoint, KeyRing& ring) {
  take_back();
  names_.clear();
  Endpoint usable = endpoint;
  usable.keys.clear();
  for (const NamedSecret& data : endpoint.key_data) {
    KeyFile key = ring.data(data, endpoint.key_passphrase);
    if (key.encrypted && ring.open_by_asking(key.path)) key = ring.opened(key.path);
    if (!key.problem.empty()) return unusable(key);
    TRY_ASSIGN(std::string file, write(key));
    usable.keys.push_back(std::move(file));
  }
  for (const std::string& path : endpoint.keys) {
    usable.keys.push_back(path);
    if (endpoint.key_passphrase.value.empty()) continue;
    const KeyFile key = ring.file(expand_home(path), endpoint.key_passphrase);
    if (key.encrypted) return unusable(key);
    if (!key.opened) continue;
    TRY_ASSIGN(usable.keys.back(), write(key));
  }
  return usable;
}

Result<std::string> LentKeys::write(const KeyFile& key) {
  std::string file = fmt::format("{}.key{}", prefix_, names_.size());
  const Result<> written = RealFiles().write(file, key.private_text.reveal(), kOnlyForUs);
  if (!written) return tl::unexpected(unreachable(written.error().what));
  names_.emplace(file, key.path);
  return file;
}

void LentKeys::take_back() {
  for (const auto& [file, name] : names_) RealFiles().remove(file);
}

std::string LentKeys::with_names(std::string text) const {
  for (const auto& [file, name] : names_) text = replace_all(std::move(text), file, name);
  return text;
}

}  // namespace segue
