#include "known_hosts.hpp"

#include "wire.hpp"

#include "segue/base/base64.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

namespace segue {
namespace {

constexpr int kUsualPort = 22;

std::string name_with_port(std::string_view host, int port) {
  return port == kUsualPort ? lower_case(host) : fmt::format("[{}]:{}", lower_case(host), port);
}

// "|1|salt|hash": the name is there only as HMAC-SHA1 of itself under the salt.
bool matches_hashed(std::string_view hashed, const std::string& name) {
  const std::vector<std::string> parts = split(hashed, '|');
  if (parts.size() != 4 || parts[1] != "1") return false;
  const auto salt = decode_base64(parts[2]);
  const auto hash = decode_base64(parts[3]);
  if (!salt || !hash || salt->empty()) return false;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (HMAC(EVP_sha1(), salt->data(), static_cast<int>(salt->size()),
           reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest.data(),
           &length) == nullptr)
    return false;
  return std::string_view(reinterpret_cast<const char*>(digest.data()), length) == *hash;
}

// A list such as `web-1,*.example.com,!bad.example.com`; an exception that matches decides alone.
bool matches_names(const std::string& names, const std::string& name) {
  if (names.starts_with('|')) return matches_hashed(names, name);
  bool matched = false;
  for (const std::string& entry : split(names, ',')) {
    const bool exception = entry.starts_with('!');
    if (!matches_pattern(lower_case(exception ? entry.substr(1) : entry), name)) continue;
    if (exception) return false;
    matched = true;
  }
  return matched;
}

}  // namespace

void KnownHosts::add(const std::string& file, std::string_view text) {
  int number = 0;
  for (const std::string& line : split_lines(text)) {
    ++number;
    std::vector<std::string> words = split_words(line);
    if (words.empty() || words[0].starts_with('#')) continue;
    const bool revoked = words[0] == "@revoked";
    if (words[0].starts_with('@')) {
      if (words[0] == "@cert-authority" && words.size() >= 4) authorities_.push_back(words[1]);
      if (!revoked) continue;
      words.erase(words.begin());
    }
    if (words.size() < 3) continue;
    std::optional<std::string> key = decode_base64(words[2]);
    if (!key || words[1].empty() || key_type_of(*key) != words[1]) continue;
    lines_.push_back({fmt::format("{}:{}", file, number), revoked, words[0], std::move(*key)});
  }
}

KnownHostsVerdict KnownHosts::check_name(const std::string& name, std::string_view key) const {
  using Kind = KnownHostsVerdict::Kind;
  KnownHostsVerdict verdict;
  const std::string type = key_type_of(key);
  for (const Line& line : lines_) {
    const bool same = line.key == key;
    const bool decides = same || (!line.revoked && key_type_of(line.key) == type);
    if (!decides || !matches_names(line.names, name)) continue;
    if (line.revoked) return {Kind::revoked, line.where};
    if (same) verdict = {Kind::known, line.where};
    if (!same && verdict.kind == Kind::unknown) verdict = {Kind::changed, line.where};
  }
  return verdict;
}

KnownHostsVerdict KnownHosts::check(std::string_view host, int port, std::string_view key) const {
  using Kind = KnownHostsVerdict::Kind;
  KnownHostsVerdict verdict = check_name(name_with_port(host, port), key);
  if (port == kUsualPort || verdict.kind == Kind::revoked) return verdict;
  // As OpenSSH does: a key known for the host without its port is good for a port without any, and
  // one that is revoked for the host is revoked for all of its ports.
  KnownHostsVerdict plain = check_name(lower_case(host), key);
  if (plain.kind == Kind::revoked) return plain;
  if (verdict.kind == Kind::unknown && plain.kind == Kind::known) return plain;
  return verdict;
}

bool KnownHosts::has_authority(std::string_view host, int port) const {
  return std::any_of(authorities_.begin(), authorities_.end(), [&](const std::string& names) {
    return matches_names(names, name_with_port(host, port)) ||
           matches_names(names, lower_case(host));
  });
}

std::vector<std::string> KnownHosts::types_of(std::string_view host, int port) const {
  std::vector<std::string> types;
  const auto collect = [&](const std::string& name) {
    for (const Line& line : lines_) {
      const std::string type = key_type_of(line.key);
      if (line.revoked || std::find(types.begin(), types.end(), type) != types.end()) continue;
      if (matches_names(line.names, name)) types.push_back(type);
    }
  };
  collect(name_with_port(host, port));
  if (types.empty() && port != kUsualPort) collect(lower_case(host));
  return types;
}

}  // namespace segue
