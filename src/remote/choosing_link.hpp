// `ssh.transport: auto` for one host: libssh2, until it turns out that only the system's ssh can
// reach this host, by its settings or by a failed login; then that, for the rest of the run. What
// waited for the login goes along; nothing of it was sent.
#pragma once
#include "openssh_link.hpp"
#include "ssh_link.hpp"

#include <functional>
#include <memory>
#include <string>

namespace segue {

class ChoosingLink : public HostLink {
 public:
  using Tell = std::function<void(const std::string& host, const std::string& what)>;

  ChoosingLink(const Endpoint& endpoint, SshLink::Surroundings native,
               OpensshLink::Surroundings openssh, const Tell& tell);

  void start(Ticket ticket, std::string script, DataReader data) override;
  void prepare() override;
  void cancel(Ticket ticket) override;
  std::optional<Result<int>> lend(const RegistryLoan& loan, RuntimeFolder& folder) override {
    return link().lend(loan, folder);
  }
  unsigned long long bytes_lent() const override { return link().bytes_lent(); }
  void take_back() override { link().take_back(); }
  std::string_view preparing() const override { return link().preparing(); }
  void advance(TimePoint now) override;
  TimePoint next_deadline() const override;
  void add_waits(std::vector<pollfd>& waits) const override;

 private:
  HostLink& link() { return openssh_ ? static_cast<HostLink&>(*openssh_) : native_; }
  const HostLink& link() const {
    return openssh_ ? static_cast<const HostLink&>(*openssh_) : native_;
  }

  const Endpoint& endpoint_;
  OpensshLink::Surroundings surroundings_;
  const Tell& tell_;
  SshLink native_;
  std::unique_ptr<OpensshLink> openssh_;
};

}  // namespace segue
