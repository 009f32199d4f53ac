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

// A list such as `web-1,*.example.com,!bad.example.com`; an exception that matches decides alone.
bool matches_names(const std::string& names, const std::string& name) {
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
    lines_.push_back({fmt::format("{}:{}", file, number), revoked, words[0], read_hashed(words[0]),
                      std::move(*key), words[1]});
    index(lines_.size() - 1);
  }
  asked_.clear();
}

// "|1|salt|hash"
std::optional<KnownHosts::HashedName> KnownHosts::read_hashed(std::string_view names) {
  const std::vector<std::string> parts = split(names, '|');
  if (parts.size() != 4 || !parts[0].empty() || parts[1] != "1") return std::nullopt;
  std::optional<std::string> salt = decode_base64(parts[2]);
  std::optional<std::string> hash = decode_base64(parts[3]);
  if (!salt || !hash || salt->empty()) return std::nullopt;
  return HashedName{std::move(*salt), std::move(*hash)};
}

bool KnownHosts::is_hash_of(const HashedName& hashed, const std::string& name) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (HMAC(EVP_sha1(), hashed.salt.data(), static_cast<int>(hashed.salt.size()),
           reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest.data(),
           &length) == nullptr)
    return false;
  return std::string_view(reinterpret_cast<const char*>(digest.data()), length) == hashed.hash;
}

bool KnownHosts::matches(const std::string& names, const std::optional<HashedName>& hashed,
                         const std::string& name) {
  if (names.starts_with('|')) return hashed && is_hash_of(*hashed, name);
  return matches_names(names, name);
}

void KnownHosts::index(size_t line) {
  const std::string& names = lines_[line].names;
  if (names.find_first_of("|*?!") != std::string::npos) return others_.push_back(line);
  for (const std::string& name : split(names, ',')) {
    std::vector<size_t>& lines = plain_[lower_case(name)];
    if (lines.empty() || lines.back() != line) lines.push_back(line);
  }
}

// In their order.
const std::vector<size_t>& KnownHosts::lines_of(const std::string& name) const {
  if (const auto known = asked_.find(name); known != asked_.end()) return known->second;
  std::vector<size_t>& lines = asked_[name];
  if (const auto plain = plain_.find(name); plain != plain_.end()) lines = plain->second;
  for (const size_t number : others_) {
    const Line& line = lines_[number];
    if (matches(line.names, line.hashed, name)) lines.push_back(number);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

KnownHostsVerdict KnownHosts::check_name(const std::string& name, std::string_view key) const {
  using Kind = KnownHostsVerdict::Kind;
  KnownHostsVerdict verdict;
  const std::string type = key_type_of(key);
  for (const size_t number : lines_of(name)) {
    const Line& line = lines_[number];
    const bool same = line.key == key;
    if (!same && (line.revoked || line.type != type)) continue;
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
    const std::optional<HashedName> hashed = read_hashed(names);
    return matches(names, hashed, name_with_port(host, port)) ||
           matches(names, hashed, lower_case(host));
  });
}

std::vector<std::string> KnownHosts::types_of(std::string_view host, int port) const {
  std::vector<std::string> types;
  const auto collect = [&](const std::string& name) {
    for (const size_t number : lines_of(name)) {
      const Line& line = lines_[number];
      const bool is_new = std::find(types.begin(), types.end(), line.type) == types.end();
      if (!line.revoked && is_new) types.push_back(line.type);
    }
  };
  collect(name_with_port(host, port));
  if (types.empty() && port != kUsualPort) collect(lower_case(host));
  return types;
}

}  // namespace segue
