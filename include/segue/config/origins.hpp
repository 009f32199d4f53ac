// Where the values of a service's fields come from: a line of deploy.yml or of what it extends, or
// for a secret the source that has it.
//   origins.of("web", "environment.PORT")  ->  "deploy.production.yml:7"
//   origins.of("web", "secret.API_KEY")    ->  ".env"
#pragma once
#include <map>
#include <memory>
#include <string>

namespace segue {

struct ServiceConfig;
struct YamlNode;

class Origins {
 public:
  Origins(std::shared_ptr<const YamlNode> document, std::map<std::string, std::string> secrets)
      : document_(std::move(document)), secrets_(std::move(secrets)) {}

  // Empty: it is a default, or not known.
  std::string of(const ServiceConfig& service, const std::string& field) const;

 private:
  std::shared_ptr<const YamlNode> document_;
  std::map<std::string, std::string> secrets_;  // name -> source
};

}  // namespace segue
