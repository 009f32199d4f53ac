#include "segue/ui/two_reporters.hpp"

namespace segue {

void TwoReporters::progress(const Report& report) {
  both([&](Reporter& reporter) { reporter.progress(report); });
}

void TwoReporters::plan(const Plan& plan) {
  both([&](Reporter& reporter) { reporter.plan(plan); });
}

void TwoReporters::deployed(const DeployView& view) {
  both([&](Reporter& reporter) { reporter.deployed(view); });
}

void TwoReporters::status(const StatusView& view) {
  both([&](Reporter& reporter) { reporter.status(view); });
}

void TwoReporters::deploys(const std::vector<DeploysView>& releases) {
  both([&](Reporter& reporter) { reporter.deploys(releases); });
}

void TwoReporters::release(const DeploysView& view) {
  both([&](Reporter& reporter) { reporter.release(view); });
}

void TwoReporters::audit(const std::vector<AuditView>& entries) {
  both([&](Reporter& reporter) { reporter.audit(entries); });
}

void TwoReporters::images(const std::vector<ImageView>& images, bool in_full) {
  both([&](Reporter& reporter) { reporter.images(images, in_full); });
}

void TwoReporters::lock(const std::vector<LockView>& hosts) {
  both([&](Reporter& reporter) { reporter.lock(hosts); });
}

void TwoReporters::proxies(const std::vector<ProxyView>& hosts) {
  both([&](Reporter& reporter) { reporter.proxies(hosts); });
}

void TwoReporters::note(const std::string& text) {
  both([&](Reporter& reporter) { reporter.note(text); });
}

void TwoReporters::detail(const std::string& text) {
  both([&](Reporter& reporter) { reporter.detail(text); });
}

void TwoReporters::error(const Error& error) {
  both([&](Reporter& reporter) { reporter.error(error); });
}

void TwoReporters::diagnostics(const std::vector<Error>& errors, const SourceTexts& texts,
                               const std::string& severity) {
  both([&](Reporter& reporter) { reporter.diagnostics(errors, texts, severity); });
}

void TwoReporters::value(const std::string& name, const std::map<std::string, std::string>& fields,
                         const std::string& people_text) {
  both([&](Reporter& reporter) { reporter.value(name, fields, people_text); });
}

void TwoReporters::document(const std::string& name, const std::string& json,
                            const std::string& people_text) {
  both([&](Reporter& reporter) { reporter.document(name, json, people_text); });
}

}  // namespace segue
