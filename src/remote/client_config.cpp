#include "client_config.hpp"

#include "client_config_line.hpp"

#include "segue/base/number.hpp"
#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"
#include "segue/os/real_files.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

namespace segue {
namespace {

constexpr size_t kLongestConfig = 1 << 20;
constexpr int kDeepestInclude = 16;  // as OpenSSH
constexpr size_t kMostFiles = 256;
constexpr unsigned kWritableByOthers = 022;
constexpr int kUsualPort = 22;
constexpr int kLastPort = 65535;

// One value each, the first one wins; except that files of keys add up.
constexpr std::array<std::string_view, 8> kSingles{"hostname",
                                                   "user",
                                                   "port",
                                                   "hostkeyalias",
                                                   "identityagent",
                                                   "identitiesonly",
                                                   "stricthostkeychecking",
                                                   "pkcs11provider"};

constexpr std::array<std::string_view, 4> kUsualKeys{"~/.ssh/id_rsa", "~/.ssh/id_ecdsa",
                                                     "~/.ssh/id_ecdsa_sk", "~/.ssh/id_ed25519"};

// What changes nothing of what segue takes from ssh's configuration.
constexpr std::string_view kWithoutEffect[] = {
    "addkeystoagent",
    "addressfamily",
    "batchmode",
    "bindaddress",
    "bindinterface",
    "canonicaldomains",
    "canonicalizefallbacklocal",
    "canonicalizemaxdots",
    "canonicalizepermittedcnames",
    "casignaturealgorithms",
    "checkhostip",
    "ciphers",
    "clearallforwardings",
    "compression",
    "connectionattempts",
    "connecttimeout",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "dynamicforward",
    "enableescapecommandline",
    "enablesshkeysign",
    "escapechar",
    "exitonforwardfailure",
    "fingerprinthash",
    "forkafterauthentication",
    "forwardagent",
    "forwardx11",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "gssapiauthentication",
    "gssapidelegatecredentials",
    "hashknownhosts",
    "hostbasedacceptedalgorithms",
    "hostbasedauthentication",
    "hostkeyalgorithms",
    "ipqos",
    "kbdinteractiveauthentication",
    "kbdinteractivedevices",
    "kexalgorithms",
    "localcommand",
    "localforward",
    "loglevel",
    "logverbose",
    "macs",
    "nohostauthenticationforlocalhost",
    "numberofpasswordprompts",
    "passwordauthentication",
    "permitlocalcommand",
    "permitremoteopen",
    "preferredauthentications",
    "proxyusefdpass",
    "pubkeyacceptedalgorithms",
    "pubkeyauthentication",
    "rekeylimit",
    "remotecommand",
    "remoteforward",
    "requesttty",
    "requiredrsasize",
    "securitykeyprovider",
    "sendenv",
    "serveralivecountmax",
    "serveraliveinterval",
    "sessiontype",
    "setenv",
    "stdinnull",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "syslogfacility",
    "tcpkeepalive",
    "tunnel",
    "tunneldevice",
    "updatehostkeys",
    "verifyhostkeydns",
    "visualhostkey",
    "xauthlocation",
};

template <class List>
bool is_in(const List& list, std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool is_flag(std::string_view word) {
  return word == "yes" || word == "no" || word == "true" || word == "false";
}

// Tokens and variables that read_host_settings does not know, where ssh expands them itself.
bool is_plain_path(std::string_view path) {
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '$') return false;
    if (path[i] != '%') continue;
    ++i;
    if (i == path.size() || std::string_view("%dhpru").find(path[i]) == std::string_view::npos)
      return false;
  }
  return !path.starts_with('~') || path.starts_with("~/");
}

bool is_understood(const ClientConfigLine& line) {
  const std::string_view keyword = line.keyword;
  if (is_in(kWithoutEffect, keyword) || keyword == "host") return true;
  if (keyword == "proxycommand") return !line.rest.empty();
  if (line.words.empty() || is_in(line.words, "")) return false;
  const std::string& first = line.words.front();
  if (keyword == "include")
    return std::ranges::all_of(line.words, [](const std::string& path) {
      return path.find_first_of("%$") == std::string::npos &&
             (!path.starts_with('~') || path.starts_with("~/"));
    });
  if (keyword == "userknownhostsfile") return std::ranges::all_of(line.words, is_plain_path);
  if (keyword == "globalknownhostsfile") return true;
  if (line.words.size() != 1) return false;
  if (keyword == "canonicalizehostname") return first == "no";
  if (keyword == "identitiesonly") return is_flag(first);
  if (keyword == "stricthostkeychecking")
    return is_flag(first) || first == "ask" || first == "accept-new" || first == "off";
  if (keyword == "port") {
    const auto port = parse_number<int>(first);
    return port && *port >= 1 && *port <= kLastPort;
  }
  if (keyword == "user") return first.find('%') == std::string::npos;
  if (keyword == "hostkeyalias") return first.find_first_of("%$") == std::string::npos;
  if (keyword == "identityagent") return is_plain_path(first);
  if (keyword == "hostname") {
    const std::string rest = replace_all(replace_all(first, "%%", ""), "%h", "");
    return rest.find('%') == std::string::npos;
  }
  return is_in(kSingles, keyword) || keyword == "identityfile" || keyword == "certificatefile" ||
         keyword == "revokedhostkeys" || keyword == "proxyjump";
}

// As OpenSSH writes an address; nothing when only it can say what this is.
std::optional<std::string> as_address(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (contains(host, ":")) {
    if (::inet_pton(AF_INET6, host.c_str(), bytes.data()) != 1) return std::nullopt;
    ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
    return text.data();
  }
  if (::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) return host;
  // "127.1" and "0x7f.1" are addresses, too.
  const bool may_be_address =
      !host.empty() && host.front() >= '0' && host.front() <= '9' &&
      host.find_first_not_of("0123456789abcdefABCDEFxX.") == std::string::npos;
  if (may_be_address) return std::nullopt;
  return lower_case(host);
}

struct Globbed {
  glob_t found{};
  Globbed() = default;
  Globbed(const Globbed&) = delete;
  Globbed& operator=(const Globbed&) = delete;
  ~Globbed() { ::globfree(&found); }
};

}  // namespace

class ClientConfig::Reader {
 public:
  Reader(const Places& places, std::string& not_understood)
      : places_(places), not_understood_(not_understood) {}

  // False: it could not be read as ssh would.
  bool read(const std::string& path, bool of_user, int depth, std::vector<Line>& lines) {
    if (depth > kDeepestInclude || ++files_ > kMostFiles) return refuse("includes", path, 0);
    RealFiles files;
    if (!files.exists(path)) return depth > 0 || !of_user || !places_.is_given;
    const bool judged = depth > 0 || (of_user && !places_.is_given);
    if (judged && !is_safe(files, path)) return refuse("its owner or mode", path, 0);
    const Result<std::string> text = files.read(path, kLongestConfig);
    if (!text) return refuse("what cannot be read", path, 0);
    int number = 0;
    for (const std::string& one : split_lines(*text)) {
      ++number;
      std::optional<ClientConfigLine> line = parse_client_config_line(one);
      if (line && line->keyword.empty()) continue;
      if (!line || !is_understood(*line))
        return refuse(line ? line->keyword : "this line", path, number);
      if (is_in(kWithoutEffect, line->keyword)) continue;
      lines.push_back({line->keyword, line->words, line->rest, {}});
      if (line->keyword != "include") continue;
      for (const std::string& pattern : line->words)
        if (!include(pattern, of_user, depth, lines.back().included)) return false;
    }
    return true;
  }

 private:
  bool refuse(std::string_view what, const std::string& path, int number) {
    not_understood_ = fmt::format("{} ({}:{})", visible(what), path, number);
    return false;
  }

  static bool is_safe(RealFiles& files, const std::string& path) {
    const Result<unsigned> mode = files.mode(path);
    const Result<unsigned> owner = files.owner(path);
    return mode && owner && (*mode & kWritableByOthers) == 0 &&
           (*owner == 0 || *owner == ::getuid());
  }

  bool include(const std::string& pattern, bool of_user, int depth, std::vector<Line>& lines) {
    std::string path = pattern;
    if (path.starts_with("~/"))
      path = places_.home + path.substr(1);
    else if (!path.starts_with('/'))
      path = (of_user ? places_.home + "/.ssh/" : std::string("/etc/ssh/")) + path;
    Globbed all;
    const int result = ::glob(path.c_str(), 0, nullptr, &all.found);
    if (result == GLOB_NOMATCH) return true;
    if (result != 0) return refuse("an include", path, 0);
    for (size_t i = 0; i < all.found.gl_pathc; ++i)
      if (!read(all.found.gl_pathv[i], of_user, depth + 1, lines)) return false;
    return true;
  }

  const Places& places_;
  std::string& not_understood_;
  size_t files_ = 0;
};

// The values for one host, as its lines are gone through.
struct ClientConfig::Found {
  std::string host;  // as it was given: what patterns are held against
  std::map<std::string, std::string, std::less<>> singles;
  std::vector<std::string> key_files;
  std::vector<std::string> certificates;

  void first(const std::string& keyword, const std::string& value) {
    singles.emplace(keyword, value);
  }

  bool matches(const std::vector<std::string>& patterns) const {
    bool any = false;
    for (const std::string& pattern : patterns) {
      const bool negated = pattern.starts_with('!');
      if (!matches_pattern(negated ? pattern.substr(1) : pattern, host)) continue;
      if (negated) return false;
      any = true;
    }
    return any;
  }

  void take(const Line& line) {
    const auto add = [&](std::vector<std::string>& list) {
      if (!is_in(list, line.words.front())) list.push_back(line.words.front());
    };
    if (line.keyword == "identityfile") return add(key_files);
    if (line.keyword == "certificatefile") return add(certificates);
    // Of these two the first one wins, too.
    if (line.keyword == "proxycommand" || line.keyword == "proxyjump") {
      if (singles.count("proxycommand") + singles.count("proxyjump") == 0)
        first(line.keyword, line.keyword == "proxycommand" ? line.rest : line.words.front());
      return;
    }
    if (line.keyword == "identitiesonly" && line.words.front() == "true")
      return first(line.keyword, "yes");
    first(line.keyword, join(line.words, " "));
  }

  void walk(const std::vector<Line>& lines, bool& active, bool never) {
    for (const Line& line : lines) {
      if (line.keyword == "host") {
        active = !never && matches(line.words);
      } else if (line.keyword == "include") {
        const bool before = active;
        walk(line.included, active, never || !before);
        active = before;
      } else if (active) {
        take(line);
      }
    }
  }

  // In the order of ssh.
  std::string text() const {
    std::string text;
    for (const auto& [key, value] : singles)
      if (!key.starts_with("proxy")) text += key + " " + value + "\n";
    for (const std::string& file : key_files) text += "identityfile " + file + "\n";
    for (const std::string& file : certificates) text += "certificatefile " + file + "\n";
    for (const char* key : {"proxycommand", "proxyjump"})
      if (const auto found = singles.find(key); found != singles.end())
        text += found->first + " " + found->second + "\n";
    return text;
  }
};

ClientConfig::Places ClientConfig::usual_places(const std::string& file) {
  const std::string home = account_home();
  if (!file.empty()) return {home, expand_home(file), true, ""};
  return {home, home + "/.ssh/config", false, "/etc/ssh/ssh_config"};
}

ClientConfig ClientConfig::read(const Places& places) {
  ClientConfig config;
  config.home_ = places.home;
  Reader reader(places, config.not_understood_);
  for (const bool of_user : {true, false}) {
    const std::string& path = of_user ? places.user_file : places.system_file;
    if (path.empty()) continue;
    config.files_.emplace_back();
    if (!reader.read(path, of_user, 0, config.files_.back())) {
      if (config.not_understood_.empty()) config.not_understood_ = "what is not there: " + path;
      return config;
    }
  }
  return config;
}

std::optional<std::string> ClientConfig::settings_of(const Endpoint& endpoint) const {
  Found found;
  found.host = endpoint.address;
  if (!not_understood_.empty()) return std::nullopt;
  if (endpoint.address.find_first_of("@/%[]") != std::string::npos) return std::nullopt;
  if (endpoint.port) found.first("port", std::to_string(*endpoint.port));
  if (endpoint.user) found.first("user", *endpoint.user);
  for (const std::vector<Line>& lines : files_) {
    bool active = true;
    found.walk(lines, active, false);
  }
  found.first("hostname", "%h");
  found.first("port", std::to_string(kUsualPort));
  found.first("user", user_name());
  found.first("userknownhostsfile", "~/.ssh/known_hosts ~/.ssh/known_hosts2");
  found.first("globalknownhostsfile", "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2");
  std::string& name = found.singles["hostname"];
  name = replace_all(replace_all(replace_all(name, "%%", "\x01"), "%h", endpoint.address), "\x01",
                     "%");
  const std::optional<std::string> host = as_address(name);
  if (!host) return std::nullopt;
  name = *host;
  for (const char* key : {"identityagent", "userknownhostsfile"}) {
    const auto value = found.singles.find(key);
    if (value == found.singles.end()) continue;
    std::vector<std::string> paths = split_words(value->second);
    for (std::string& path : paths) {
      if (path.starts_with("~/")) path = home_ + path.substr(1);
      path = replace_all(path, "%d", home_);
    }
    value->second = join(paths, " ");
  }
  if (const auto alias = found.singles.find("hostkeyalias"); alias != found.singles.end())
    alias->second = lower_case(alias->second);
  if (found.key_files.empty()) found.key_files.assign(kUsualKeys.begin(), kUsualKeys.end());
  return found.text();
}

}  // namespace segue
