// Prints one JSON object per line on standard output, each with an `event`; docs/json.md lists them
// and their fields. What a host said may be any bytes: what is no UTF-8 becomes U+FFFD.
#pragma once
#include "segue/ui/reporter.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdio>

namespace segue {

class JsonReporter : public Reporter {
 public:
  explicit JsonReporter(FILE* out) : out_(out) {}

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
  void print(const nlohmann::json& value);
  FILE* out_;
};

}  // namespace segue
