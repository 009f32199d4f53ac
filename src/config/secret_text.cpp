#include "segue/config/secret_text.hpp"

#include "scalar.hpp"

#include "segue/config/registry_config.hpp"

namespace segue {

std::vector<std::string> names_in_secret_text(const std::string& text) {
  std::vector<std::string> names;
  std::string_view rest = text;
  while (const auto variable = find_variable(rest)) {
    names.push_back(variable->name);
    rest = rest.substr(std::min(rest.size(), variable->at + variable->name.size() + 3));
  }
  return names;
}

Secret fill_secret_text(const std::string& text, const std::map<std::string, Secret>& values) {
  std::string filled;
  std::string_view rest = text;
  while (const auto variable = find_variable(rest)) {
    filled += expand_dollars(rest.substr(0, variable->at)) + values.at(variable->name).reveal();
    rest = rest.substr(std::min(rest.size(), variable->at + variable->name.size() + 3));
  }
  return Secret(filled + expand_dollars(rest));
}

std::set<std::string> secrets_needed(const RegistryConfig& registry) {
  if (registry.password.empty()) return {};
  if (!registry.password_is_text) return {registry.password};
  const std::vector<std::string> names = names_in_secret_text(registry.password);
  return {names.begin(), names.end()};
}

std::set<std::string> secrets_needed(const ServiceConfig& service) {
  std::set<std::string> names;
  for (const std::string& name : service.secrets) {
    const auto text = service.secret_texts.find(name);
    if (text == service.secret_texts.end()) {
      names.insert(name);
      continue;
    }
    for (const std::string& part : names_in_secret_text(text->second)) names.insert(part);
  }
  return names;
}

}  // namespace segue
