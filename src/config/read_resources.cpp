#include "read_resources.hpp"

#include "mounts_and_ports.hpp"
#include "scalar.hpp"

#include "segue/base/byte_size.hpp"
#include "segue/base/edit_distance.hpp"
#include "segue/base/number.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace segue {
namespace {

constexpr long long kLeastMilliCpus = 10;  // what engines can share out
constexpr long long kMostMilliCpus = 10'000'000;
constexpr long long kLeastMemory = 6LL * 1024 * 1024;  // below, Docker starts nothing
constexpr int kNoLimit = -1;

const std::vector<std::string>& limit_names() {
  static const std::vector<std::string> names{
      "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue", "nice",
      "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};
  return names;
}

bool is_digits_only(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

// "0.5" -> 500; nothing for what is no decimal number with at most three decimals.
std::optional<long long> milli_of(std::string_view text) {
  constexpr size_t kDecimals = 3;
  constexpr size_t kMostWhole = 6;
  const size_t dot = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, dot);
  std::string decimals(dot < text.size() ? text.substr(dot + 1) : "0");
  if (!is_digits_only(whole) || !is_digits_only(decimals)) return std::nullopt;
  if (whole.size() > kMostWhole || decimals.size() > kDecimals) return std::nullopt;
  decimals.resize(kDecimals, '0');
  const auto units = parse_number<long long>(whole);
  const auto thousandths = parse_number<long long>(decimals);
  if (!units || !thousandths) return std::nullopt;
  return *units * 1000 + *thousandths;
}

class ResourceReader {
 public:
  ResourceReader(const MapReader& keys, ContainerOptions& options, Problems& problems)
      : keys_(keys), options_(options), problems_(problems) {}

  void read() {
    cpus();
    options_.memory = size("memory", kLeastMemory, "below that Docker starts nothing");
    options_.shm_size = size("shm_size", 1, "leave it out for the engine's own 64m");
    gpus();
    devices();
    ulimits();
    tmpfs();
  }

 private:
  void cpus() {
    const auto text = keys_.text("cpus");
    if (!text) return;
    const auto milli = milli_of(text->text);
    if (!milli)
      problems_.add(
          text->at,
          fmt::format("`cpus` must be a number of processors, not \"{}\"", visible(text->text)),
          "write 2, 0.5 or 1.25");
    else if (*milli < kLeastMilliCpus || *milli > kMostMilliCpus)
      problems_.add(
          text->at, fmt::format("`cpus` is out of range: {}", text->text),
          fmt::format("from {} to {}", cpus_text(kLeastMilliCpus), cpus_text(kMostMilliCpus)));
    else
      options_.milli_cpus = *milli;
  }

  long long size(const char* key, long long least, const char* why) {
    const auto text = keys_.text(key);
    if (!text) return 0;
    const auto bytes = problems_.take(parse_byte_size(text->text), text->at);
    if (!bytes) return 0;
    if (*bytes >= least) return *bytes;
    const bool unit_forgotten = is_digits_only(text->text) && *bytes > 0;
    problems_.add(text->at,
                  fmt::format("`{}` is less than {}: {} {}", key, byte_size_text(least), *bytes,
                              *bytes == 1 ? "byte" : "bytes"),
                  unit_forgotten ? fmt::format("did you mean {}m?", text->text) : why);
    return 0;
  }

  void gpus() {
    const auto text = keys_.text("gpus");
    if (!text) return;
    const auto names = split(text->text, ',');
    for (const std::string& name : names) {
      const bool known = (name == "all" && names.size() == 1) || is_digits_only(name);
      if (!known || std::ranges::count(options_.gpus, name) != 0) {
        problems_.add(text->at,
                      fmt::format("`gpus` must be all or numbers, not \"{}\"", visible(text->text)),
                      "write all, \"0\" or \"0,1\"");
        return;
      }
      options_.gpus.push_back(name);
    }
  }

  void devices() {
    std::set<std::string> targets;
    for (const MapReader::Text& text : keys_.texts("devices")) {
      const auto parts = split(text.text, ':');
      const auto is_access = [](const std::string& part) {
        return !part.empty() && part.size() <= 3 &&
               part.find_first_not_of("rwm") == std::string::npos;
      };
      const bool has_target = parts.size() > 1 && !is_access(parts[1]);
      const std::string& target = has_target ? parts[1] : parts[0];
      const bool valid = parts.size() <= 3 && is_absolute_path(parts[0]) &&
                         is_absolute_path(target) &&
                         (parts.size() < 3 || (has_target && is_access(parts[2])));
      if (!valid)
        problems_.add(text.at, fmt::format("\"{}\" is not a device", visible(text.text)),
                      "write /dev/host-path[:/dev/container-path][:rwm]");
      else if (!targets.insert(target).second)
        problems_.add(text.at, fmt::format("{} is given twice", target), "remove one");
      options_.devices.push_back(text.text);
    }
  }

  void ulimits() {
    for (const YamlEntry& entry : keys_.section("ulimits").entries()) {
      const std::string shown = fmt::format("ulimits.{}", visible(entry.key));
      if (std::ranges::count(limit_names(), entry.key) == 0) {
        const auto meant = nearest(entry.key, limit_names());
        problems_.add(entry.key_at, fmt::format("there is no limit \"{}\"", visible(entry.key)),
                      meant ? fmt::format("did you mean \"{}\"?", *meant)
                            : "known: " + join(limit_names(), ", "));
        continue;
      }
      ResourceLimit limit;
      if (entry.value->kind == YamlNode::Kind::map) {
        if (!both(*entry.value, entry.key_at, shown, limit)) continue;
      } else {
        const auto number = limit_of(*entry.value, shown);
        if (!number) continue;
        limit = {*number, *number};
      }
      const bool higher =
          limit.hard != kNoLimit && (limit.soft == kNoLimit || limit.soft > limit.hard);
      if (higher)
        problems_.add(entry.value->at,
                      fmt::format("`{}`: the soft limit is above the hard one", shown),
                      "the soft limit is what holds, the hard one how far it may be raised");
      options_.ulimits[entry.key] = limit;
    }
  }

  bool both(const YamlNode& map, const SourceSpan& at, const std::string& shown,
            ResourceLimit& limit) {
    const YamlEntry* soft = map.find("soft");
    const YamlEntry* hard = map.find("hard");
    if (soft == nullptr || hard == nullptr || map.entries.size() != 2) {
      problems_.add(at, fmt::format("`{}` must be a number, or a map of soft and hard", shown),
                    "write 1024, or {soft: 1024, hard: 2048}");
      return false;
    }
    const auto low = limit_of(*soft->value, shown + ".soft");
    const auto high = limit_of(*hard->value, shown + ".hard");
    if (low && high) limit = {*low, *high};
    return low && high;
  }

  std::optional<long long> limit_of(const YamlNode& node, const std::string& shown) {
    if (node.kind == YamlNode::Kind::scalar && (node.text == "-1" || node.text == "unlimited"))
      return kNoLimit;
    const auto number = node.kind == YamlNode::Kind::scalar && is_digits_only(node.text)
                            ? parse_number<long long>(node.text)
                            : std::nullopt;
    if (!number)
      problems_.add(node.at,
                    fmt::format("`{}` must be a whole number, not {}", shown, describe(node)),
                    "write 1024; -1 is no limit");
    return number;
  }

  void tmpfs() {
    for (const MapReader::Text& text : keys_.texts("tmpfs")) {
      const size_t colon = std::min(text.text.find(':'), text.text.size());
      const std::string path = text.text.substr(0, colon);
      const std::string options = colon < text.text.size() ? text.text.substr(colon + 1) : "";
      const auto plain = [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || c == '=' || c == ',' || c == '%' ||
               c == '-' || (c >= 'A' && c <= 'Z');
      };
      if (!is_container_path(path) || !std::ranges::all_of(options, plain) ||
          (colon < text.text.size() && options.empty()))
        problems_.add(text.at, fmt::format("\"{}\" is not a tmpfs", visible(text.text)),
                      "write /path or /path:size=64m,mode=1777");
      else if (!options_.tmpfs.emplace(path, options).second)
        problems_.add(text.at, fmt::format("two tmpfs have the target {}", path), "remove one");
    }
  }

  const MapReader& keys_;
  ContainerOptions& options_;
  Problems& problems_;
};

}  // namespace

void read_resources(const MapReader& service, ContainerOptions& options, Problems& problems) {
  ResourceReader(service, options, problems).read();
}

}  // namespace segue
