#include "options.hpp"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>

namespace segue {
namespace {

constexpr const char* kUsage =
    R"(segue_load: asks a service for answers in several ways and counts every failure by its kind.
Nothing is ever tried again.

  --connect ADDRESS:PORT   where to connect; several times for several hosts
  --url http://HOST:PORT/PATH   the same, with Host header and path
  --tls FILE               HTTPS; FILE has the certificates that are trusted, --host is the name that is
                           asked for and checked
  --host NAME              the Host header (localhost)
  --kinds LIST             clients of each kind, for example
                           new=20,keepalive=50,post=10,slow=10,websocket=5
  --rate N                 at most N requests a second (without: as fast as possible)
  --duration SECONDS       --until-file FILE   when to stop; whichever comes first
  --versions LIST          the versions that may answer: first word of every body
  --timeout SECONDS        for one request (10)
  --slow-ms N              how long slow requests take (800)
  --websocket-may-close    a websocket that ends with a close frame is no failure
  --started-file FILE      made when every kind has had its first answer
  --json FILE              the summary as JSON also goes there
)";

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

bool add_target(LoadOptions& options, const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const std::string host = address.substr(0, colon);
  const std::string port = colon == std::string::npos ? "80" : address.substr(colon + 1);
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return false;
  options.targets.push_back(*reinterpret_cast<const sockaddr_in*>(found->ai_addr));
  freeaddrinfo(found);
  return true;
}

bool read_url(LoadOptions& options, std::string url) {
  if (url.rfind("http://", 0) != 0) return false;
  url.erase(0, 7);
  const std::size_t slash = std::min(url.find('/'), url.size());
  options.host = url.substr(0, slash);
  options.path = slash < url.size() ? url.substr(slash) : "/";
  return add_target(options, options.host);
}

bool read_tls(LoadOptions& options, const std::string& file) {
  options.tls = std::make_shared<Tls>();
  return options.tls->trust(file).empty();
}

bool read_kinds(LoadOptions& options, const std::string& list) {
  for (const std::string& entry : split(list, ',')) {
    const std::vector<std::string> parts = split(entry, '=');
    const auto* name = std::find(kKindNames.begin(), kKindNames.end(), parts[0]);
    if (name == kKindNames.end() || parts.size() > 2) return false;
    options.clients[static_cast<std::size_t>(name - kKindNames.begin())] =
        parts.size() == 1 ? 1 : std::atoi(parts[1].c_str());
  }
  return true;
}

using Reader = std::function<bool(LoadOptions&, const std::string&)>;

template <class Member>
Reader into(Member LoadOptions::* member) {
  return [member](LoadOptions& options, const std::string& value) {
    if constexpr (std::is_same_v<Member, std::string>) {
      options.*member = value;
      return true;
    } else {
      char* end = nullptr;
      options.*member =
          Member(static_cast<decltype(Member{} / Member{})>(std::strtod(value.c_str(), &end)));
      return end != value.c_str() && *end == '\0';
    }
  };
}

}  // namespace

std::variant<LoadOptions, std::string> parse_load_options(int argc, char** argv) {
  const std::map<std::string, Reader> readers{
      {"--connect", add_target},
      {"--url", read_url},
      {"--tls", read_tls},
      {"--kinds", read_kinds},
      {"--host", into(&LoadOptions::host)},
      {"--rate", into(&LoadOptions::rate)},
      {"--slow-ms", into(&LoadOptions::slow_ms)},
      {"--duration", into(&LoadOptions::duration)},
      {"--timeout", into(&LoadOptions::timeout)},
      {"--until-file", into(&LoadOptions::until_file)},
      {"--started-file", into(&LoadOptions::started_file)},
      {"--json", into(&LoadOptions::json_file)},
      {"--versions", [](LoadOptions& options, const std::string& list) {
         options.versions = split(list, ',');
         return true;
       }}};
  LoadOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--help") return std::string(kUsage);
    if (name == "--websocket-may-close") {
      options.websocket_may_close = true;
      continue;
    }
    const auto reader = readers.find(name);
    if (reader == readers.end()) return "unknown option " + name + "\n\n" + kUsage;
    if (++i == argc) return name + " needs a value";
    if (!reader->second(options, argv[i])) return name + " does not understand '" + argv[i] + "'";
  }
  if (options.targets.empty()) return std::string("--connect or --url is missing\n\n") + kUsage;
  if (options.clients == decltype(options.clients){}) options.clients = {10, 10, 0, 0, 0};
  if (options.duration.count() <= 0 && options.until_file.empty()) {
    return std::string("--duration or --until-file is missing");
  }
  return options;
}

}  // namespace segue
