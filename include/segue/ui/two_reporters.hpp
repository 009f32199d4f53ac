// Tells everything to two reporters: with --json, programs read standard output and people read
// standard error.
//   TwoReporters both(machine, people);
#pragma once
#include "segue/ui/reporter.hpp"

namespace segue {

class TwoReporters : public Reporter {
 public:
  TwoReporters(Reporter& first, Reporter& second) : first_(first), second_(second) {}

  void progress(const Report& report) override;
  void plan(const Plan& plan) override;
  void deployed(const DeployView& view) override;
  void status(const StatusView& view) override;
  void deploys(const std::vector<DeploysView>& releases) override;
  void release(const DeploysView& view) override;
  void audit(const std::vector<AuditView>& entries) override;
  void images(const std::vector<ImageView>& images, bool in_full) override;
  void lock(const std::vector<LockView>& hosts) override;
  void proxies(const std::vector<ProxyView>& hosts) override;
  void note(const std::string& text) override;
  void detail(const std::string& text) override;
  void error(const Error& error) override;
  void diagnostics(const std::vector<Error>& errors, const SourceTexts& texts,
                   const std::string& severity) override;
  void value(const std::string& name, const std::map<std::string, std::string>& fields,
             const std::string& people_text) override;
  void document(const std::string& name, const std::string& json,
                const std::string& people_text) override;

 private:
  template <class Call>
  void both(const Call& call) {
    call(first_);
    call(second_);
  }
  Reporter& first_;
  Reporter& second_;
};

}  // namespace segue
