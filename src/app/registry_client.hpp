// This machine's container engine and the registry of deploy.yml: tries the login, pushes images.
// The credentials are in a folder of our own, in memory where there is such a place, which is gone
// with this object; the user's own are neither used nor changed.
//   TRY_ASSIGN(RegistryClient registry, RegistryClient::open(app, project, engine));
//   TRY(registry.log_in());
#pragma once
#include "local_engine.hpp"
#include "private_folder.hpp"
#include "project.hpp"

#include "segue/base/redactions.hpp"
#include "segue/engine/image_list.hpp"
#include "segue/os/process.hpp"

#include <string>
#include <vector>

namespace segue {

class RegistryClient {
 public:
  // The password has been found before (registry_password.hpp).
  static Result<RegistryClient> open(App& app, const Project& project, const LocalEngine& engine);

  // Errors are Code::failed, with the cause and what to do about it.
  Result<> log_in();

  // All at once; what the registry has them by is written into each `digest`.
  struct Push {
    std::string service;
    std::string image;
    std::string digest{};  // "sha256:..."
  };
  Result<> push(std::vector<Push>& pushes);
  Result<> push_list(const ImageListPush& list);

 private:
  RegistryClient(App& app, const Project& project, const LocalEngine& engine, PrivateFolder folder);

  ProcessRequest request(const std::string& verb) const;
  Result<> use_same_daemon();
  Error explained(const std::string& doing, const Result<ProcessResult>& result,
                  const std::string& said) const;
  Result<ProcessResult> in_folder(const std::vector<std::string>& words) const;
  std::string digest_file(const Push& push) const;
  Result<std::string> digest_of(const Push& push, const ProcessResult& result) const;

  App& app_;
  const RegistryConfig& registry_;
  const SecretValues& secrets_;
  LocalEngine engine_;
  PrivateFolder folder_;
  Redactions redactions_;
  std::vector<std::pair<std::string, std::string>> environment_;
};

// By which digest a push says that the registry has it: "v1: digest: sha256:0a1b... size: 1234" ->
// "sha256:0a1b..."; empty: it does not.
std::string pushed_digest(const std::string& text);

}  // namespace segue
