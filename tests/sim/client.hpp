// What the client has around it instead of a disk and a terminal.
#pragma once
#include "kernel.hpp"

#include "segue/base/exit_status.hpp"
#include "segue/os/files.hpp"
#include "segue/rollout/final_state.hpp"
#include "segue/ui/reporter.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sim {

inline constexpr const char* kDeployFile = "/project/deploy.yml";
inline constexpr const char* kEnvFile = "/project/.env";

class MemoryFiles : public segue::Files {
 public:
  explicit MemoryFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  segue::Result<std::string> read(const std::string& path, size_t limit) override;
  segue::Result<> write(const std::string& path, std::string_view bytes, unsigned mode) override;
  segue::Result<> append(const std::string& path, std::string_view bytes, unsigned mode) override;
  bool exists(const std::string& path) override { return files_.contains(path); }
  bool is_directory(const std::string& path) override { return path == "/project"; }
  segue::Result<std::vector<std::string>> list(const std::string& path) override;
  segue::Result<unsigned> owner(const std::string& path) override;
  segue::Result<unsigned> mode(const std::string& path) override;
  segue::Result<> make_folder(const std::string& path, unsigned mode) override;
  segue::Result<> remove_folder(const std::string& path) override;
  segue::Result<> make_directories(const std::string& path, unsigned mode) override;
  segue::Result<> remove(const std::string& path) override;

 private:
  std::map<std::string, std::string> files_;
};

// How a client ended, and what it told its user.
struct ClientEnd {
  std::optional<segue::ExitStatus> status;  // absent: it was killed
  std::vector<std::string> output;
  std::vector<segue::FinalState> states;
  Microseconds took = 0;
};

// Everything that people would read, as lines.
class ListingReporter : public segue::Reporter {
 public:
  explicit ListingReporter(ClientEnd& end) : end_(end), lines_(end.output) {}

  void progress(const segue::Report& report) override;
  void plan(const segue::Plan& /*plan*/) override {}
  void deployed(const segue::DeployView& view) override;
  void status(const segue::StatusView& /*view*/) override {}
  void deploys(const std::vector<segue::DeploysView>& /*releases*/) override {}
  void release(const segue::DeploysView& /*view*/) override {}
  void audit(const std::vector<segue::AuditView>& /*entries*/) override {}
  void images(const std::vector<segue::ImageView>&, bool) override {}
  void lock(const std::vector<segue::LockView>& /*hosts*/) override {}
  void proxies(const std::vector<segue::ProxyView>& /*hosts*/) override {}
  void note(const std::string& text) override;
  void detail(const std::string& /*text*/) override {}
  void error(const segue::Error& error) override;
  void diagnostics(const std::vector<segue::Error>& errors, const segue::SourceTexts& texts,
                   const std::string& severity) override;
  void value(const std::string& name, const std::map<std::string, std::string>& fields,
             const std::string& people_text) override;
  void document(const std::string& /*name*/, const std::string& /*json*/,
                const std::string& /*people_text*/) override {}

 private:
  ClientEnd& end_;
  std::vector<std::string>& lines_;
};

}  // namespace sim
