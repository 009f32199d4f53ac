// Which host keys are trusted: the lines of known_hosts files, as OpenSSH reads them. Hashed names,
// `[host]:port`, patterns and `!` exceptions are understood; @revoked refuses a key;
// @cert-authority lines and lines that make no sense are passed over.
//   KnownHosts known;  known.add("~/.ssh/known_hosts", text);
//   known.check("web-1.example.com", 22, key).kind
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace segue {

struct KnownHostsVerdict {
  enum class Kind { known, unknown, changed, revoked };
  Kind kind = Kind::unknown;
  std::string where;  // "file:line" of the line that decided, if one did
};

class KnownHosts {
 public:
  void add(const std::string& file, std::string_view text);

  // `key` is the public key's bytes. Changed: another key of the same type is known.
  KnownHostsVerdict check(std::string_view host, int port, std::string_view key) const;

  // An @cert-authority line is there for the host: it may show a certificate instead of a key.
  bool has_authority(std::string_view host, int port) const;

  // Types of the keys known for the host, for asking the server for one of them.
  std::vector<std::string> types_of(std::string_view host, int port) const;

 private:
  // A name that is there only as HMAC-SHA1 of itself under the salt.
  struct HashedName {
    std::string salt;
    std::string hash;
  };
  struct Line {
    std::string where;
    bool revoked = false;
    std::string names;
    std::optional<HashedName> hashed;
    std::string key;
    std::string type;
  };
  static std::optional<HashedName> read_hashed(std::string_view names);
  static bool is_hash_of(const HashedName& hashed, const std::string& name);
  static bool matches(const std::string& names, const std::optional<HashedName>& hashed,
                      const std::string& name);
  void index(size_t line);
  const std::vector<size_t>& lines_of(const std::string& name) const;
  KnownHostsVerdict check_name(const std::string& name, std::string_view key) const;

  std::vector<Line> lines_;
  // A run asks for many names, and a file may have a line for each: plain names are looked up, the
  // other lines are gone through once for each name.
  std::unordered_map<std::string, std::vector<size_t>> plain_;  // to lines
  std::vector<size_t> others_;                                  // patterns and hashed names
  mutable std::map<std::string, std::vector<size_t>> asked_;    // what lines_of() has found
  std::vector<std::string> authorities_;                        // for which names
};

}  // namespace segue
