#include "read_container_options.hpp"

#include "command_line.hpp"
#include "mounts_and_ports.hpp"
#include "read_resources.hpp"

#include "segue/base/edit_distance.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr std::string_view kAll = "ALL";
constexpr std::string_view kContainer = "container:";

const std::vector<std::string>& capabilities() {
  static const std::vector<std::string> names{
      "AUDIT_CONTROL",   "AUDIT_READ",   "AUDIT_WRITE",
      "BLOCK_SUSPEND",   "BPF",          "CHECKPOINT_RESTORE",
      "CHOWN",           "DAC_OVERRIDE", "DAC_READ_SEARCH",
      "FOWNER",          "FSETID",       "IPC_LOCK",
      "IPC_OWNER",       "KILL",         "LEASE",
      "LINUX_IMMUTABLE", "MAC_ADMIN",    "MAC_OVERRIDE",
      "MKNOD",           "NET_ADMIN",    "NET_BIND_SERVICE",
      "NET_BROADCAST",   "NET_RAW",      "PERFMON",
      "SETFCAP",         "SETGID",       "SETPCAP",
      "SETUID",          "SYSLOG",       "SYS_ADMIN",
      "SYS_BOOT",        "SYS_CHROOT",   "SYS_MODULE",
      "SYS_NICE",        "SYS_PACCT",    "SYS_PTRACE",
      "SYS_RAWIO",       "SYS_RESOURCE", "SYS_TIME",
      "SYS_TTY_CONFIG",  "WAKE_ALARM",   "ALL"};
  return names;
}

std::string upper_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= ' '; });
}

// Letters, digits and a few others, the first one a letter or digit: no option, no blank.
bool is_word(std::string_view text, std::string_view others) {
  const auto letter_or_digit = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  return !text.empty() && (letter_or_digit(text.front()) || text.front() == '_') &&
         std::ranges::all_of(text, [&](char c) {
           return letter_or_digit(c) || others.find(c) != std::string_view::npos;
         });
}

class OptionsReader {
 public:
  OptionsReader(const MapReader& keys, Problems& problems) : keys_(keys), problems_(problems) {}

  ContainerOptions read() {
    read_resources(keys_, options_, problems_);
    options_.cap_add = capabilities_of("cap_add");
    options_.cap_drop = capabilities_of("cap_drop");
    options_.privileged = keys_.flag("privileged").value_or(false);
    options_.init = keys_.flag("init").value_or(false);
    options_.read_only = keys_.flag("read_only").value_or(false);
    logging();
    labels();
    user();
    working_dir();
    entrypoint();
    network_mode();
    return std::move(options_);
  }

 private:
  std::vector<std::string> capabilities_of(const char* key) {
    std::vector<std::string> found;
    for (const MapReader::Text& text : keys_.texts(key)) {
      std::string name = upper_case(text.text);
      if (name.starts_with("CAP_")) name.erase(0, 4);
      if (std::ranges::count(capabilities(), name) == 0) {
        const auto meant = nearest(name, capabilities());
        problems_.add(text.at, fmt::format("there is no capability \"{}\"", visible(text.text)),
                      meant ? fmt::format("did you mean \"{}\"?", *meant)
                            : "such as NET_ADMIN; man 7 capabilities lists them");
      } else if (std::ranges::count(found, name) != 0) {
        problems_.add(text.at, fmt::format("\"{}\" is named twice", name), "remove one");
      } else {
        found.push_back(name);
      }
      if (name != kAll && std::ranges::count(options_.cap_add, name) != 0)
        problems_.add(text.at, fmt::format("{} is both added and dropped", name),
                      "remove one of them");
    }
    std::ranges::sort(found);
    return found;
  }

  void logging() {
    const MapReader logging = keys_.section("logging");
    if (const auto driver = logging.text("driver")) {
      options_.log_driver = driver->text;
      if (!is_word(driver->text, "-_./:"))
        problems_.add(driver->at, "this is not a name of a logging driver", "such as json-file");
    }
    for (const YamlEntry& entry : logging.section("options").entries()) {
      if (!is_word(entry.key, "-_."))
        problems_.add(entry.key_at, "this is not a name of a logging option", "such as max-size");
      if (const auto value = logging.section("options").text(entry.key)) {
        if (!is_printable(value->text))
          problems_.add(value->at, "a logging option is one line of text");
        options_.log_options[entry.key] = value->text;
      }
    }
  }

  void labels() {
    const MapReader labels = keys_.section("labels");
    for (const YamlEntry& entry : labels.entries()) {
      if (!is_word(entry.key, "-_./"))
        problems_.add(entry.key_at, "this is not a name of a label",
                      "letters, digits, dots, dashes and slashes, such as com.example.team");
      else if (entry.key.starts_with("segue."))
        problems_.add(entry.key_at, "labels that begin with segue. say what a container is",
                      "choose another name");
      if (const auto value = labels.text(entry.key)) options_.labels[entry.key] = value->text;
    }
  }

  void user() {
    const auto text = keys_.text("user");
    if (!text) return;
    const size_t colon = std::min(text->text.find(':'), text->text.size());
    const std::string_view name = std::string_view(text->text).substr(0, colon);
    const bool grouped = colon < text->text.size();
    if (!is_word(name, "-_.") ||
        (grouped && !is_word(std::string_view(text->text).substr(colon + 1), "-_.")))
      problems_.add(text->at, fmt::format("\"{}\" is not a user", visible(text->text)),
                    "write a name or number, with or without a group: app, 1000:1000");
    options_.user = text->text;
  }

  void working_dir() {
    const auto text = keys_.text("working_dir");
    if (!text) return;
    if (!is_absolute_path(text->text))
      problems_.add(text->at, "`working_dir` is an absolute path in the container",
                    "write it like /app");
    options_.working_dir = text->text;
  }

  void entrypoint() {
    const auto words = keys_.texts("entrypoint");
    const YamlNode* node = keys_.node("entrypoint");
    if (words.size() == 1 && !words.front().from_list) {
      const auto line = problems_.take(split_command(words.front().text).map_error([](Error error) {
        error.what = replace_all(error.what, "command", "entrypoint");
        error.hint = replace_all(error.hint, "command", "entrypoint");
        return error;
      }),
                                       words.front().at);
      if (!line) return;
      options_.entrypoint = line->argv;
      if (line->by_shell && keys_.has("command"))
        problems_.add(words.front().at,
                      "`entrypoint` has shell syntax, so `sh -c` runs it: `command` would be lost",
                      "write the entrypoint as a list, or put both into `command`");
      return;
    }
    for (const MapReader::Text& word : words) options_.entrypoint.push_back(word.text);
    const bool is_list = node != nullptr && node->kind == YamlNode::Kind::list;
    if (is_list && (words.empty() || words.front().text.empty()))
      problems_.add(node->at, "the entrypoint is empty", "remove it to run the image's own");
  }

  void network_mode() {
    const auto text = keys_.text("network_mode");
    if (!text) return;
    options_.network_mode = text->text;
    options_.network_at = text->at;
    if (text->text == "host" || text->text == "none" || text->text == "bridge") return;
    if (text->text.starts_with(kContainer) &&
        is_word(std::string_view(text->text).substr(kContainer.size()), "-_."))
      return;
    problems_.add(text->at,
                  fmt::format("`network_mode` must be host, none, bridge or container:NAME, not "
                              "\"{}\"",
                              visible(text->text)),
                  "without it, containers are in the project's own network");
  }

  const MapReader& keys_;
  Problems& problems_;
  ContainerOptions options_;
};

// Another network than the project's has neither its names nor, most of the time, ports.
class NetworkChecks {
 public:
  NetworkChecks(const MapReader& keys, const ServiceConfig& service, Problems& problems)
      : keys_(keys), service_(service), problems_(problems) {}

  void run() {
    const std::string& mode = service_.options.network_mode;
    if (mode.empty()) return;
    if (mode == "host")
      host();
    else
      unreachable();
    if (mode == "bridge") return;
    for (const PortConfig& port : service_.all_ports())
      if (port.host_port)
        problems_.add(port.at, fmt::format("`network_mode: {}` publishes no ports", mode),
                      mode == "host" ? "remove `ports`: the container listens on the host itself"
                                     : "remove `ports` or `network_mode`");
  }

 private:
  void host() {
    if (service_.replicas > 1)
      problems_.add(keys_.place_of("replicas"),
                    "with `network_mode: host` there is one container on each host",
                    "set `replicas: 1`, or remove `network_mode`");
    if (service_.stop_first == false)
      problems_.add(keys_.place_of("stop_first"),
                    "with `network_mode: host` the old container is stopped first: both would "
                    "listen on the same ports",
                    "remove `stop_first`");
  }

  void unreachable() {
    const bool probed = service_.healthcheck && !service_.healthcheck->path.empty();
    if (service_.route || probed)
      problems_.add(service_.options.network_at,
                    fmt::format("the proxy can't reach a container with `network_mode: {}`",
                                service_.options.network_mode),
                    service_.route ? "remove `proxy` or `network_mode`"
                                   : "check its health by `cmd`, or remove `network_mode`");
  }

  const MapReader& keys_;
  const ServiceConfig& service_;
  Problems& problems_;
};

}  // namespace

ContainerOptions read_container_options(const MapReader& service, Problems& problems) {
  return OptionsReader(service, problems).read();
}

void check_container_options(const MapReader& keys, const ServiceConfig& service,
                             Problems& problems) {
  NetworkChecks(keys, service, problems).run();
  const auto& tmpfs = service.options.tmpfs;
  for (const VolumeConfig& volume : service.volumes)
    if (tmpfs.contains(volume.target))
      problems.add(keys.place_of("tmpfs"),
                   fmt::format("a volume and a tmpfs have the target {}", volume.target),
                   "remove one of them");
}

}  // namespace segue
