// One service of deploy.yml, checked and with its defaults filled in. Plain data.
//   web: {image: shop:1, hosts: [web-1], proxy: {app_port: 3000}}
// `route` is there exactly when an app_port was given; a proxy section without one is only a
// health check.
#pragma once
#include "segue/base/duration.hpp"
#include "segue/base/source_span.hpp"
#include "segue/config/build_config.hpp"
#include "segue/config/rollout_config.hpp"
#include "segue/config/upload_config.hpp"
#include "segue/model/container_options.hpp"
#include "segue/model/engine_kind.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace segue {

// When a candidate counts as proved. Exactly one of path and command, or neither: then the image's
// own HEALTHCHECK decides, else that it runs for readiness_delay without a restart.
struct HealthcheckConfig {
  std::string path;                 // GET must answer one of `status`, else any 2xx
  std::vector<int> status;          // empty: 200-299
  std::string command;              // runs in the container by `sh -c`; exit 0 passes
  std::optional<int> port;          // for path; default: app_port
  std::string host_header;          // for path; default: the first of the route's hosts
  Duration interval{1'000};         // between checks; the first ones come faster
  Duration timeout{5'000};          // of one check
  Duration deploy_timeout{60'000};  // of the whole gate
  Duration readiness_delay{5'000};
  std::optional<EngineKind> command_runtime;  // must be the host's
};

// HTTPS: by certificates that the proxy obtains itself, or by one that is kept as two secrets.
struct SslConfig {
  std::string certificate_secret;  // names of secrets with PEM in them; both empty: automatic
  std::string key_secret;
  SourceSpan at;

  bool is_automatic() const { return certificate_secret.empty(); }
  bool operator==(const SslConfig& other) const {
    return certificate_secret == other.certificate_secret && key_secret == other.key_secret;
  }
};

struct PortConfig {
  std::string address;           // host address to bind; empty: all
  std::optional<int> host_port;  // absent: not published (rules E3)
  int container_port = 0;
  std::string protocol = "tcp";
  SourceSpan at;
  bool operator==(const PortConfig& other) const {
    return address == other.address && host_port == other.host_port &&
           container_port == other.container_port && protocol == other.protocol;
  }
};

struct RouteConfig {
  int app_port = 0;                // where the application listens; without one there is no route
  std::vector<std::string> hosts;  // empty: every host name that no other route has
  std::string path_prefix;         // empty, or "/api" without a slash at the end
  bool strip_prefix = false;       // the application does not see path_prefix
  std::optional<SslConfig> ssl;
  std::vector<PortConfig> ports;  // that the proxy publishes for it: "3000:3000" (rules E3)
  int target = 0;                 // which of `proxy.targets` it is; 0: the only or first one
  bool h2c = false;               // the application speaks HTTP/2 without TLS, as gRPC servers do
  SourceSpan at;
};

struct VolumeConfig {
  // A host path, or the name of a volume, already prefixed with the service. "./data" is below the
  // home of who logs in on the host.
  std::string source;
  std::string target;   // absolute path in the container
  std::string options;  // "ro", "z", ...; empty: none
  bool named = false;
};

// A service that has to be live and healthy on all its hosts before another one is rolled.
struct Dependency {
  std::string service;
  SourceSpan at;
};

inline constexpr int kImagesRetained = 3;  // unless it says another number

enum class RestartPolicy { no, on_failure, always, unless_stopped };

struct ServiceConfig {
  std::string name;
  // With ${VERSION} already replaced; of a service that is built, <container's name>:<version>.
  std::string image;
  std::optional<BuildConfig> build;
  bool image_was_untagged = false;  // `latest` was filled in: the plan notes it
  std::vector<std::string> hosts;   // server names
  int replicas = 1;
  std::vector<PortConfig> ports;  // of the containers; those that the proxy has are the routes'
  std::vector<VolumeConfig> volumes;
  std::vector<UploadConfig> uploads;  // files first, then directories
  std::vector<std::string> command;   // empty: the image's own. A string was split as a shell would
  std::vector<std::string> release_command;  // runs once per deploy, before its roll; empty: none
  ContainerOptions options;
  RestartPolicy restart = RestartPolicy::unless_stopped;
  std::map<std::string, std::string> environment;  // clear values, the shared ones included
  std::vector<std::string> secrets;                // names, the shared ones included, sorted
  // Of those that are made of other secrets: "postgres://app:${PASSWORD}@db" (secret_text.hpp).
  std::map<std::string, std::string> secret_texts;
  std::optional<RouteConfig> route;
  std::vector<RouteConfig> more_routes;  // the second and further `proxy.targets`
  std::optional<HealthcheckConfig> healthcheck;
  std::vector<Dependency> depends_on;
  RolloutConfig rollout;           // the shared one, with what the service says itself
  std::optional<bool> stop_first;  // absent: segue chooses (rules E3)
  Duration stop_timeout{10'000};
  Duration drain_timeout{30'000};
  int retain = kImagesRetained;  // how many of its images stay on a host, the newest
  SourceSpan at;

  // The same service as often as it has routes, each time with another one as its `route`.
  std::vector<ServiceConfig> by_route() const;
  // Those of the containers, then those that the proxy publishes for its routes.
  std::vector<PortConfig> all_ports() const;
  // By which name or text the values of secrets are kept.
  const std::string& secret_key(const std::string& variable) const {
    const auto text = secret_texts.find(variable);
    return text == secret_texts.end() ? variable : text->second;
  }
};

}  // namespace segue
