#include "mounts_and_ports.hpp"

#include "scalar.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr NumberRange kPorts{1, 65535};
constexpr int kMostPorts = 256;  // of one range

auto bad_port(std::string_view text, std::string hint) {
  return fail(Code::usage, fmt::format("\"{}\" is not a port", visible(std::string(text))),
              std::move(hint));
}

Result<int> port_number(std::string_view whole, std::string_view text) {
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.text = std::string(text);
  const auto number = read_number(node, kPorts);
  if (!number) return bad_port(whole, "write it like 8080:80 or 127.0.0.1:8080:80/udp");
  return *number;
}

struct PortRange {
  int first = 0;
  int last = 0;
  int count() const { return last - first + 1; }
};

// "8000", or "8000-8010"
Result<PortRange> port_range(std::string_view whole, std::string_view text) {
  const size_t dash = std::min(text.find('-'), text.size());
  PortRange range;
  TRY_ASSIGN(range.first, port_number(whole, text.substr(0, dash)));
  range.last = range.first;
  if (dash == text.size()) return range;
  TRY_ASSIGN(range.last, port_number(whole, text.substr(dash + 1)));
  if (range.last < range.first) return bad_port(whole, "the range ends before it begins");
  if (range.count() > kMostPorts)
    return fail(
        Code::usage,
        fmt::format("\"{}\" is a range of {} ports", visible(std::string(whole)), range.count()),
        fmt::format("at most {}: the engine keeps a process for each", kMostPorts));
  return range;
}

// 127.0.0.1 or [::1]
bool is_address(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']')
    return text.substr(1, text.size() - 2).find_first_not_of("0123456789abcdefABCDEF.:") ==
           std::string_view::npos;
  constexpr size_t kLongestPart = 3;
  constexpr size_t kParts = 4;
  const auto parts = split(text, '.');
  return parts.size() == kParts && std::ranges::all_of(parts, [](const std::string& part) {
           return !part.empty() && part.size() <= kLongestPart &&
                  part.find_first_not_of("0123456789") == std::string::npos &&
                  std::stoi(part) <= 255;
         });
}

auto bad_volume(std::string_view text, std::string hint) {
  return fail(Code::usage, fmt::format("\"{}\" is not a volume", visible(std::string(text))),
              std::move(hint));
}

bool is_volume_name(std::string_view name) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const auto follows = [&](char c) {
    return letter_or_digit(c) || c == '_' || c == '.' || c == '-';
  };
  return !name.empty() && letter_or_digit(name.front()) && std::ranges::all_of(name, follows);
}

bool is_options(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || c == 'Z' || c == 'U' || c == 'O' || c == ',';
  };
  return !text.empty() && std::ranges::all_of(text, letter);
}

}  // namespace

bool is_absolute_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return false;
  const auto parts = split(path, '/');
  const auto printable = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != ','; };
  return std::ranges::count(parts, "..") == 0 && std::ranges::all_of(path, printable);
}

bool is_container_path(std::string_view path) {
  return is_absolute_path(path) && path != "/";
}

Result<std::vector<PortConfig>> parse_ports(std::string_view text) {
  PortConfig port;
  std::string_view rest = text;
  if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
    port.protocol = std::string(rest.substr(slash + 1));
    if (port.protocol != "tcp" && port.protocol != "udp")
      return bad_port(text, "what follows / is tcp or udp");
    rest = rest.substr(0, slash);
  }
  const size_t last = rest.rfind(':');
  const bool published = last != std::string_view::npos;
  TRY_ASSIGN(const PortRange container, port_range(text, published ? rest.substr(last + 1) : rest));
  PortRange host = container;
  if (published) {
    rest = rest.substr(0, last);
    const size_t colon = rest.rfind(':');
    TRY_ASSIGN(host,
               port_range(text, colon == std::string_view::npos ? rest : rest.substr(colon + 1)));
    if (colon != std::string_view::npos) port.address = std::string(rest.substr(0, colon));
    if (colon != std::string_view::npos && !is_address(port.address))
      return bad_port(text, "what stands first is an IP address");
  }
  if (host.count() != container.count())
    return bad_port(text, fmt::format("both ranges must be as long: {} and {} ports", host.count(),
                                      container.count()));
  std::vector<PortConfig> ports;
  for (int i = 0; i < container.count(); ++i) {
    port.container_port = container.first + i;
    if (published) port.host_port = host.first + i;
    ports.push_back(port);
  }
  return ports;
}

Result<VolumeConfig> parse_volume(std::string_view text, std::string_view service) {
  const auto parts = split(text, ':');
  if (parts.size() < 2)
    return bad_volume(text, "write source:target; without a source its data would be lost");
  if (parts.size() > 3) return bad_volume(text, "write source:target[:options]");
  VolumeConfig volume{parts[0], parts[1], parts.size() == 3 ? parts[2] : "", false};
  if (!is_container_path(volume.target))
    return bad_volume(text, "the target is an absolute path in the container");
  if (parts.size() == 3 && !is_options(volume.options))
    return bad_volume(text, "options are words such as ro, with commas between");
  if (volume.source.starts_with("~/")) volume.source.replace(0, 1, ".");
  if (volume.source.starts_with('.')) {
    if (!volume.source.starts_with("./") || !is_absolute_path(volume.source.substr(1)))
      return bad_volume(text,
                        "./data is below the home of who logs in on the host; no .. and no "
                        "commas in a path");
    return volume;
  }
  if (volume.source.rfind('/', 0) == 0) {
    if (!is_absolute_path(volume.source)) return bad_volume(text, "no .. and no commas in a path");
    return volume;
  }
  if (!is_volume_name(volume.source))
    return bad_volume(text, "the source is a host path, or a name of letters, digits, _ . and -");
  volume.named = true;
  volume.source = fmt::format("{}-{}", service, volume.source);
  return volume;
}

}  // namespace segue
