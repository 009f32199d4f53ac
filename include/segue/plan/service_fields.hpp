// What the user configured of a service, field by field, as it is compared and shown: changes of
// these, and of nothing else, make a container be replaced (rules C3). Secrets stand by their HMAC.
#pragma once
#include "segue/base/secret.hpp"
#include "segue/config/service_config.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace segue {

using Fields = std::map<std::string, std::string>;  // "environment.PORT" -> "3000"
using SecretValues = std::map<std::string, Secret>;

Fields service_fields(const ServiceConfig& service, const std::string& image_id,
                      const SecretValues& secrets, const std::string& salt);

std::string volume_text(const VolumeConfig& volume);  // "shop-db-data:/data:ro"
// What people are shown of a file or directory: "config.json 0600 nginx".
std::string upload_text(const UploadConfig& upload);
std::string port_text(const PortConfig& port);  // "127.0.0.1:8080:80/tcp"

// "proxy.app_port"; of a further target "proxy.targets.2.app_port".
std::string route_field(int target, const char* key);

// "1:0a1b2c3d4e5f6071": the version of the way it is computed, and the hash.
std::string spec_of(const Fields& fields);

std::string fields_json(const Fields& fields);
Fields parse_fields(const std::string& json);  // what can't be read is empty

struct FieldChange {
  std::string field;
  std::string before;    // empty: was not there
  std::string after;     // empty: is not there any more
  std::string origin{};  // of what it is now: "deploy.yml:12", ".env"; empty: not known
};

// Secret fields show no value: before and after are "changed" texts.
std::vector<FieldChange> compare_fields(const Fields& before, const Fields& after);

}  // namespace segue
