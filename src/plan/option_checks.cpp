#include "option_checks.hpp"

#include "segue/base/byte_size.hpp"
#include "segue/base/text.hpp"
#include "segue/plan/service_containers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace segue {
namespace {

constexpr std::array<std::string_view, 5> kPodmanDrivers{"journald", "json-file", "k8s-file",
                                                         "none", "passthrough"};
constexpr std::array<std::string_view, 3> kPodmanLogOptions{"max-size", "path", "tag"};

class OptionChecks {
 public:
  OptionChecks(const HostFacts& facts, const ServiceConfig& service)
      : facts_(facts), service_(service), options_(service.options) {}

  std::vector<Error> run() {
    amounts();
    controllers();
    gpus();
    init();
    logging();
    network();
    return std::move(errors_);
  }

 private:
  bool on_podman() const { return facts_.engine_kind == EngineKind::podman; }

  void add(std::string what, std::string hint) {
    errors_.push_back(Error{Code::failed, std::move(what), std::move(hint), {facts_.host}, {}});
  }

  void amounts() {
    constexpr long long kMilli = 1000;
    constexpr long long kMebi = 1024LL * 1024;
    if (facts_.cpus > 0 && options_.milli_cpus > facts_.cpus * kMilli)
      add(fmt::format("`cpus` of {} is {}, but this host has {}", service_.name,
                      cpus_text(options_.milli_cpus), facts_.cpus),
          fmt::format("write {} or less", facts_.cpus));
    if (facts_.memory > 0 && options_.memory > facts_.memory)
      add(fmt::format("`memory` of {} is {}, but this host has {} MiB", service_.name,
                      byte_size_text(options_.memory), with_thousands(facts_.memory / kMebi)),
          "write less than the host has: the rest of the system needs some of it");
  }

  // Without the controller a rootless engine refuses to start the container.
  void controllers() {
    if (!facts_.rootless) return;
    const auto words = split(facts_.controllers, ' ');
    const auto need = [&](bool wanted, const char* key, const char* controller) {
      if (!wanted || std::ranges::count(words, controller) != 0) return;
      add(fmt::format("rootless Podman can't limit `{}` of {} here: it has no cgroup controller {}",
                      key, service_.name, controller),
          fmt::format("with cgroups v2, as root: write Delegate=cpu cpuset memory pids under "
                      "[Service] in /etc/systemd/system/user@.service.d/delegate.conf, systemctl "
                      "daemon-reload, log in anew; or remove `{}`",
                      key));
    };
    need(options_.milli_cpus > 0, "cpus", "cpu");
    need(options_.memory > 0, "memory", "memory");
  }

  void gpus() {
    if (options_.gpus.empty() || facts_.has_gpus) return;
    if (on_podman())
      add(fmt::format("{} wants `gpus`, but this host has no CDI specification of them",
                      service_.name),
          "install the NVIDIA container toolkit, then as root: nvidia-ctk cdi generate "
          "--output=/etc/cdi/nvidia.yaml");
    else
      add(fmt::format("{} wants `gpus`, but Docker can't give any here", service_.name),
          "install the NVIDIA container toolkit, then: nvidia-ctk runtime configure, and restart "
          "Docker");
  }

  void init() {
    if (options_.init && !facts_.has_init)
      add(fmt::format("{} wants `init`, but Podman has no program for it here", service_.name),
          "install catatonit, or remove `init`");
  }

  void logging() {
    const std::string& driver = options_.log_driver;
    const auto is_one_of = [](const auto& known, const std::string& word) {
      return std::ranges::find(known, word) != known.end();
    };
    if (!on_podman()) {
      if (driver == "k8s-file" || driver == "passthrough")
        add(fmt::format("the logging driver {} of {} is Podman's, but the engine here is Docker",
                        driver, service_.name),
            "such as json-file, local or journald");
      return;
    }
    if (!driver.empty() && !is_one_of(kPodmanDrivers, driver))
      add(fmt::format("Podman has no logging driver {}, which {} wants", driver, service_.name),
          fmt::format("it has {}", fmt::join(kPodmanDrivers, ", ")));
    for (const auto& [name, value] : options_.log_options)
      if (!is_one_of(kPodmanLogOptions, name))
        add(fmt::format("Podman has no logging option {}, which {} wants", name, service_.name),
            fmt::format("it has {}", fmt::join(kPodmanLogOptions, ", ")));
    if (!driver.empty() && driver != "journald" && options_.log_options.contains("tag"))
      add(fmt::format("Podman's logging driver {} has no option tag, which {} wants", driver,
                      service_.name),
          "remove it, or use journald");
  }

  void network() {
    const std::string& mode = options_.network_mode;
    if (options_.shares_host_network()) {
      host_network();
      return;
    }
    const size_t colon = mode.find(':');
    if (colon == std::string::npos) return;
    const std::string name = mode.substr(colon + 1);
    const auto there = std::ranges::find(facts_.names, name, &ContainerName::name);
    if (there == facts_.names.end())
      add(fmt::format("`network_mode` of {}: there is no container {}", service_.name, name),
          "it has to run before the deploy; segue does not make it");
    else if (!there->project.empty())
      add(fmt::format("`network_mode` of {}: the container {} belongs to project {}", service_.name,
                      name, there->project),
          "deploys replace it, and its network ends with it: remove `network_mode`");
  }

  // Before its first container, whoever listens on its port is somebody else.
  void host_network() {
    if (!needs_proxy(service_)) return;
    if (facts_.rootless)
      add(fmt::format("the proxy of rootless Podman can't reach {}: `network_mode` is host",
                      service_.name),
          "remove `network_mode`, or `proxy` and the health check's `path`");
    const bool ours = std::ranges::any_of(facts_.names, [&](const ContainerName& name) {
      return name.service == service_.name && !name.project.empty();
    });
    const int port = service_.route ? service_.route->app_port : 0;
    for (const PortFacts& used : facts_.ports)
      if (!ours && used.port == port && used.protocol == "tcp")
        add(fmt::format("port {} of {} is taken by {}", port, service_.name,
                        used.container.empty() ? "another process" : "container " + used.container),
            fmt::format("see who: ss -ltnp 'sport = :{}'", port));
  }

  const HostFacts& facts_;
  const ServiceConfig& service_;
  const ContainerOptions& options_;
  std::vector<Error> errors_;
};

}  // namespace

std::vector<Error> check_options(const HostFacts& facts, const ServiceConfig& service) {
  return OptionChecks(facts, service).run();
}

}  // namespace segue
