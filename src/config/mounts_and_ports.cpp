#include "mounts_and_ports.hpp"

#include "scalar.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr NumberRange kPorts{1, 65535};

auto bad_port(std::string_view text, std::string hint) {
  return fail(Code::usage, fmt::format("\"{}\" is not a port", visible(std::string(text))),
              std::move(hint));
}

Result<int> port_number(std::string_view whole, std::string_view text) {
  if (contains(text, "-"))
    return fail(
        Code::usage,
        fmt::format("the range of ports \"{}\" does not work yet", visible(std::string(whole))),
        "write each port on a line of its own");
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.text = std::string(text);
  const auto number = read_number(node, kPorts);
  if (!number) return bad_port(whole, "write it like 8080:80 or 127.0.0.1:8080:80/udp");
  return *number;
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

bool is_absolute(std::string_view path) {
  if (path.empty() || path.front() != '/') return false;
  const auto parts = split(path, '/');
  const auto printable = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != ','; };
  return std::ranges::count(parts, "..") == 0 && std::ranges::all_of(path, printable);
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

bool is_container_path(std::string_view path) {
  return is_absolute(path) && path != "/";
}

Result<PortConfig> parse_port(std::string_view text) {
  PortConfig port;
  std::string_view rest = text;
  if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
    port.protocol = std::string(rest.substr(slash + 1));
    if (port.protocol != "tcp" && port.protocol != "udp")
      return bad_port(text, "what follows / is tcp or udp");
    rest = rest.substr(0, slash);
  }
  const size_t last = rest.rfind(':');
  if (last == std::string_view::npos) {
    TRY_ASSIGN(port.container_port, port_number(text, rest));
    return port;
  }
  TRY_ASSIGN(port.container_port, port_number(text, rest.substr(last + 1)));
  rest = rest.substr(0, last);
  const size_t colon = rest.rfind(':');
  TRY_ASSIGN(port.host_port,
             port_number(text, colon == std::string_view::npos ? rest : rest.substr(colon + 1)));
  if (colon == std::string_view::npos) return port;
  port.address = std::string(rest.substr(0, colon));
  if (!is_address(port.address)) return bad_port(text, "what stands first is an IP address");
  return port;
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
  if (volume.source.rfind('.', 0) == 0 || volume.source.rfind('~', 0) == 0)
    return fail(
        Code::usage,
        fmt::format("the relative host path \"{}\" does not work yet", visible(volume.source)),
        "write the absolute path on the host, or a name for a volume");
  if (volume.source.rfind('/', 0) == 0) {
    if (!is_absolute(volume.source)) return bad_volume(text, "no .. and no commas in a path");
    return volume;
  }
  if (!is_volume_name(volume.source))
    return bad_volume(text, "the source is a host path, or a name of letters, digits, _ . and -");
  volume.named = true;
  volume.source = fmt::format("{}-{}", service, volume.source);
  return volume;
}

}  // namespace segue
