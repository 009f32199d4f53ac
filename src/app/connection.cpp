#include "connection.hpp"

#include "segue/os/terminal.hpp"
#include "segue/remote/host_transport.hpp"

namespace segue {

std::unique_ptr<Transport> connect_hosts(App& app, const Config& config,
                                         std::vector<Endpoint> endpoints, const TellWay& tell) {
  if (app.connect) return app.connect(std::move(endpoints));
  HostTransport::Options options;
  options.wake_fd = app.signals.wake_fd();
  options.most_connects = static_cast<size_t>(config.ssh.max_concurrent_starts);
  options.tell = [&app, tell](const std::string& host, const std::string& what) {
    app.reporter.detail(host + ": " + what);
    if (tell) tell(host, what);
  };
  options.waiting = [&app](const std::string& host, const std::string& what) {
    app.reporter.note(host + ": " + what);
  };
  if (app.options.interactive)
    options.ask = [&app](const std::string& question) {
      return ask_secret(question, app.signals.wake_fd());
    };
  return std::make_unique<HostTransport>(std::move(endpoints), std::move(options));
}

}  // namespace segue
