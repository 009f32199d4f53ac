#include "segue/base/number.hpp"
#include "segue/base/text.hpp"
#include "segue/engine/engine.hpp"
#include "segue/host/facts_probe.hpp"
#include "segue/host/images.hpp"
#include "segue/host/lock.hpp"
#include "segue/host/problem.hpp"
#include "segue/model/release_id.hpp"
#include "segue/proxy/routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace segue {
namespace {

long long number(std::string_view text) {
  return parse_number<long long>(text).value_or(0);
}

// "web 42-v1-9f3a" -> {"web", "42-v1-9f3a"}
std::pair<std::string, std::string> key_and_rest(const std::string& text) {
  const size_t blank = std::min(text.find(' '), text.size());
  return {text.substr(0, blank), text.substr(std::min(blank + 1, text.size()))};
}

std::string architecture_of(std::string_view machine) {
  if (machine == "x86_64" || machine == "amd64") return "amd64";
  if (machine == "aarch64" || machine == "arm64") return "arm64";
  return std::string(machine);
}

class Reading {
 public:
  Reading(const FactsRequest& request, HostFacts& facts) : request_(request), facts_(facts) {}

  Result<> tell(const std::string& key, const std::string& value) {
    if (key == "engine") facts_.engine_path = value;
    if (key == "engine-kind" && value == "podman") facts_.engine_kind = EngineKind::podman;
    if (key == "no-names") facts_.network_backend += " without aardvark-dns";
    if (key == "first-port") facts_.first_port = static_cast<int>(number(value));
    if (key == "lingers") facts_.lingers = value != "no";
    if (key == "address") facts_.addresses.push_back(value);
    if (key == "boot-unit") facts_.boot_unit = value;
    if (key == "info") info(value);
    if (key == "gpus") facts_.has_gpus = true;
    if (key == "init") facts_.has_init = value == "yes";
    if (key == "boot") facts_.boot_id = value;
    if (key == "machine") facts_.machine_id = value;
    if (key == "home" && value != "/" && value.starts_with('/')) facts_.login_home = value;
    if (key == "uptime") facts_.uptime = number(value);
    if (key == "clock") facts_.clock = number(value);
    if (key == "root") facts_.state_root = value;
    if (key == "free") facts_.free_kib = number(value);
    if (key == "engine-free") facts_.engine_free_kib = number(value);
    if (key == "salt") facts_.salt = value;
    if (key == "sequence") facts_.highest_sequence = static_cast<int>(number(value));
    if (key == "content") facts_.contents.insert(value);
    if (key == "content-part") content_part(value);
    if (key == "content-count") facts_.content_count = static_cast<int>(number(value));
    if (key == "kept") facts_.kept.insert(value);
    if (key == "selinux") facts_.selinux = true;
    if (key == "journal") facts_.journal = value;
    if (key == "alive") facts_.script_alive = true;
    if (key == "live") facts_.live.insert(key_and_rest(value));
    if (key == "token") facts_.tokens.insert(key_and_rest(value));
    if (key == "route") route(value);
    if (key == "route-before") former_route(value);
    if (key == "proxy-running") running_proxy(value);
    if (key == "image") TRY(image(value));
    if (key == "recorded-image") TRY(recorded_image(value));
    if (key == "recorded-name") facts_.recorded_names.insert(value);
    if (key == "image-user") image_user(value);
    if (key == "image-claim") {
      const auto [id, names] = key_and_rest(value);
      facts_.image_claims[whole_image_id(id)] = split_words(names);
    }
    lock(key, value);
    return {};
  }

  // "/var/lib/segue/projects/shop/_/releases/42-v1-9f3a.json:{...}"
  void record(const std::string& text) {
    constexpr std::string_view kEnd = ".json:";
    const size_t end = text.find(std::string(kEnd) + "{");
    if (end == std::string::npos || text.front() != '/') return;
    const size_t begin = text.rfind('/', end) + 1;
    if (text.substr(begin, end - begin) == kLetGoFile) {
      facts_.let_go = parse_let_go(text.substr(end + kEnd.size()));
      return;
    }
    facts_.records.emplace(text.substr(begin, end - begin), text.substr(end + kEnd.size()));
  }

  Result<> line(const std::string& text) {
    if (text.starts_with("name|")) name(split(text, '|'));
    if (text.starts_with("network|"))
      facts_.networks.push_back(text.substr(8, text.find('|', 8) - 8));
    if (text.starts_with("volume|")) volume(split(text, '|'));
    if (text.starts_with("{")) {
      TRY_ASSIGN(const ContainerFacts container, parse_container(text));
      if (container.label(label::kRole) == "proxy") {
        facts_.proxy.container = container;
        facts_.proxy.image = container.label(label::kImage);
        facts_.proxy.image_id = container.image_id;
      } else if (!container.label(label::kCommand).empty()) {
        facts_.commands.push_back(container);
      } else {
        facts_.containers.push_back(container);
      }
    }
    listening(text);
    return {};
  }

 private:
  // "CONTAINER IMAGE NAME": the last upgrade of the proxy. It ended with its container.
  void running_proxy(const std::string& value) {
    const auto [container, rest] = key_and_rest(value);
    if (!facts_.proxy.container || facts_.proxy.container->id != container) return;
    std::tie(facts_.proxy.image_id, facts_.proxy.image) = key_and_rest(rest);
    facts_.proxy.image_id = whole_image_id(facts_.proxy.image_id);
  }

  void info(const std::string& value) {
    const std::vector<std::string> parts = split(value, '|');
    if (parts.size() < 4) return;
    facts_.engine_version = parts[0];
    facts_.architecture = architecture_of(parts[1]);
    facts_.engine_id = parts[2];
    facts_.engine_root = parts.back();
    const bool podman = facts_.engine_id.starts_with("podman:");
    const size_t amounts = podman ? 5 : 3;
    if (podman && parts.size() > amounts) {
      facts_.network_backend = parts[3];
      facts_.rootless = parts[4] == "true";
    }
    if (parts.size() < amounts + 3) return;
    facts_.cpus = static_cast<int>(number(parts[amounts]));
    facts_.memory = number(parts[amounts + 1]);
    if (podman) facts_.controllers = parts[amounts + 2];
  }

  Result<> image(const std::string& value) {
    const auto [index, description] = key_and_rest(value);
    const auto at = static_cast<size_t>(number(index));
    if (at >= request_.images.size()) return {};
    TRY_ASSIGN(ImageFacts image, parse_image(description));
    image.reference = request_.images[at];
    facts_.images[image.reference] = image;
    return {};
  }

  Result<> recorded_image(const std::string& description) {
    TRY_ASSIGN(ImageFacts image, parse_image(description));
    image.reference = image.id;
    facts_.images[image.id] = image;
    return {};
  }

  // "sha256:0a1b... /shop-web", the image of a container
  void content_part(const std::string& value) {
    const auto [name, bytes] = key_and_rest(value);
    auto& known = facts_.partial_contents[name];
    known = std::max(known, static_cast<unsigned long long>(std::max(0LL, number(trim(bytes)))));
  }

  void image_user(const std::string& value) {
    auto [id, name] = key_and_rest(value);
    if (name.starts_with('/')) name.erase(0, 1);
    facts_.image_users[whole_image_id(id)].push_back(name);
  }

  // "0-99.shop.web.json 123 45 1 1 - http shop.example.com": two words of checksum
  void route(const std::string& value) {
    const auto [file, rest] = key_and_rest(value);
    const size_t second = std::min(rest.find(' '), rest.size() - 1);
    const size_t end = std::min(rest.find(' ', second + 1), rest.size());
    facts_.proxy.routes[file] = read_route_facts(rest.substr(0, end), rest.substr(end));
  }

  // "0-99.shop.web.json.2-v2-0ee6.before"
  void former_route(const std::string& file) {
    constexpr std::string_view kEnd = ".before";
    const size_t end = file.find(".json.");
    if (end == std::string::npos || !file.ends_with(kEnd)) return;
    const size_t release = end + 6;
    facts_.proxy.changed_by[file.substr(0, end + 5)] =
        file.substr(release, file.size() - kEnd.size() - release);
  }

  void lock(const std::string& key, const std::string& value) {
    if (key == "lock-generation") {
      facts_.lock.generation = static_cast<int>(number(value));
      facts_.lock.held = facts_.lock.generation > 0;
    }
    if (key == "lock-released") facts_.lock.held = false;
    if (key == "lock-renewed") facts_.lock.renewed = number(value);
    if (key != "lock-holder") return;
    facts_.lock.text = value;
    if (auto holder = parse_holder(value)) facts_.lock.holder = *holder;
  }

  void name(const std::vector<std::string>& parts) {
    if (parts.size() < 6) return;
    facts_.names.push_back({parts[1], parts[2], parts[3], parts[4]});
    for (const PublishedPort& port : parse_published_ports(parts[5])) {
      facts_.ports.push_back({port.port, port.protocol, parts[1]});
      if (parts[1] == "segue-proxy") facts_.proxy.ports.push_back(port.port);
    }
  }

  void volume(const std::vector<std::string>& parts) {
    if (parts.size() >= 4) facts_.volumes.push_back({parts[1], parts[2], parts[3]});
  }

  // A line of /proc/net/tcp whose state is 0A (listen): "  0: 0100007F:1F90 00000000:0000 0A ..."
  void listening(const std::string& text) {
    const std::vector<std::string> words = split_words(text);
    if (words.size() < 4 || words[3] != "0A") return;
    const size_t colon = words[1].rfind(':');
    if (colon == std::string::npos) return;
    const int port =
        parse_number<int>(std::string_view(words[1]).substr(colon + 1), 16).value_or(0);
    const bool known = std::any_of(facts_.ports.begin(), facts_.ports.end(),
                                   [&](const PortFacts& p) { return p.port == port; });
    if (!known) facts_.ports.push_back({port, "tcp", ""});
  }

  const FactsRequest& request_;
  HostFacts& facts_;
};

EngineKind told_engine(const std::vector<ScriptEvent>& events) {
  const bool podman = std::any_of(events.begin(), events.end(), [](const ScriptEvent& event) {
    return event.key == "engine-kind" && event.value == "podman";
  });
  return podman ? EngineKind::podman : EngineKind::docker;
}

}  // namespace

Result<HostFacts> read_facts(const std::string& host, const FactsRequest& request,
                             const ScriptReader& reader, const std::vector<ScriptEvent>& events) {
  if (const auto problem = told_problem(events, told_engine(events)))
    return tl::unexpected(*problem);
  HostFacts facts;
  facts.host = host;
  Reading reading(request, facts);
  // Containers come before listening sockets, so that a published port is known by its container.
  const Script script = facts_script(request);
  for (const char* name : {"containers", "host"}) {
    for (size_t i = 0; i < script.sections.size(); ++i) {
      if (script.sections[i].name != name) continue;
      for (const std::string& line : split_lines(reader.output_of(static_cast<int>(i))))
        TRY(reading.line(line));
    }
  }
  for (size_t i = 0; i < script.sections.size(); ++i)
    if (script.sections[i].name == "state")
      for (const std::string& line : split_lines(reader.output_of(static_cast<int>(i))))
        reading.record(line);
  for (const ScriptEvent& event : events) {
    if (event.kind == ScriptEvent::Kind::told) TRY(reading.tell(event.key, event.value));
    if (event.kind == ScriptEvent::Kind::ended && event.status != 0) {
      return fail(Code::failed, "the host could not be examined: " +
                                    visible(trim(reader.output_of(event.section))));
    }
  }
  // What was not asked, or not answered, must not look like something that is not there.
  const auto answered = std::count_if(events.begin(), events.end(), [](const ScriptEvent& event) {
    return event.kind == ScriptEvent::Kind::ended;
  });
  if (static_cast<size_t>(answered) != script.sections.size())
    return fail(Code::failed, "the host's answer is not whole");
  // A deploy that was killed wrote no record; its containers still say which number it had.
  for (const ContainerFacts& container : facts.containers) {
    const auto release = parse_release_id(container.label(label::kRelease));
    if (release && container.of(request.identity.project, request.identity.environment))
      facts.highest_sequence = std::max(facts.highest_sequence, release->sequence);
  }
  if (reader.overflowed())
    return fail(Code::failed, "the host's answer is longer than 8 MiB and was not believed");
  return facts;
}

}  // namespace segue
