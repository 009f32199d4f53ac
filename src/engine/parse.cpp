#include "segue/base/number.hpp"
#include "segue/base/text.hpp"
#include "segue/engine/engine.hpp"

#include <nlohmann/json.hpp>

namespace segue {
namespace {

using nlohmann::json;

auto unreadable(const std::string& line, const char* why) {
  return fail(Code::failed, "the engine's answer can't be read: " + visible(line.substr(0, 200)),
              why);
}

std::vector<std::string> strings(const json& value) {
  std::vector<std::string> found;
  if (!value.is_array()) return found;
  for (const json& element : value)
    if (element.is_string() && !element.get_ref<const std::string&>().empty())
      found.push_back(element.get<std::string>());
  return found;
}

}  // namespace

std::string whole_image_id(const std::string& id) {
  return id.size() == 64 && id.find(':') == std::string::npos ? "sha256:" + id : id;
}

Result<ContainerFacts> parse_container(const std::string& line) try {
  const json value = json::parse(line);
  ContainerFacts facts;
  facts.id = value.at("id").get<std::string>();
  facts.name = value.at("name").get<std::string>();
  if (facts.name.starts_with('/')) facts.name.erase(0, 1);
  facts.image = value.at("image").get<std::string>();
  facts.image_id = whole_image_id(value.at("image_id").get<std::string>());
  facts.state = value.at("state").get<std::string>();
  facts.exit_code = value.at("exit_code").get<int>();
  facts.out_of_memory = value.at("out_of_memory").get<bool>();
  facts.restarts = value.at("restarts").get<int>();
  facts.restart_policy = value.at("policy").get<std::string>();
  facts.started_at = value.at("started_at").get<std::string>();
  facts.health = value.at("health").get<std::string>();
  facts.networks = strings(value.at("networks"));
  if (value.at("labels").is_object())
    facts.labels = value.at("labels").get<std::map<std::string, std::string>>();
  return facts;
} catch (const json::exception& error) {
  return unreadable(line, error.what());
}

Result<ImageFacts> parse_image(const std::string& line) try {
  const json value = json::parse(line);
  ImageFacts facts;
  facts.id = whole_image_id(value.at("id").get<std::string>());
  facts.digests = strings(value.at("digests"));
  facts.architecture = value.at("architecture").get<std::string>();
  facts.tags = strings(value.value("tags", json::array()));
  facts.size = value.value("size", 0LL);
  const json created = value.value("created", json());
  if (created.is_string()) facts.created = created.get<std::string>();
  const json& config = value.at("config");
  if (config.is_object() && config.contains("Healthcheck") && config["Healthcheck"].is_object())
    facts.healthcheck = strings(config["Healthcheck"].value("Test", json::array()));
  if (!facts.healthcheck.empty() && facts.healthcheck.front() == "NONE") facts.healthcheck.clear();
  return facts;
} catch (const json::exception& error) {
  return unreadable(line, error.what());
}

std::vector<PublishedPort> parse_published_ports(const std::string& text) {
  std::vector<PublishedPort> ports;
  for (const std::string& part : split(text, ',')) {
    const std::string_view mapping = trim(part);
    const size_t arrow = mapping.find("->");
    const size_t slash = mapping.rfind('/');
    if (arrow == std::string_view::npos || slash == std::string_view::npos) continue;
    const std::string_view host = mapping.substr(0, arrow);
    const std::string_view range = host.substr(host.rfind(':') + 1);
    const size_t dash = range.find('-');
    const auto first = parse_number<int>(range.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : parse_number<int>(range.substr(dash + 1));
    if (!first || !last) continue;
    for (int port = *first; port <= *last; ++port) {
      const PublishedPort published{port, std::string(mapping.substr(slash + 1))};
      if (std::find(ports.begin(), ports.end(), published) == ports.end())
        ports.push_back(published);
    }
  }
  return ports;
}

}  // namespace segue
