// Secrets of a password store, had by running its own program, which asks as many at once as it
// can. One run: what came back is kept for the life of this object. Nothing secret is put into an
// argument list; keys and tokens of the store come from the caller's environment.
//   AdapterSource source({"doppler", {{"project", {"shop"}}}, "/home/ada/shop"}, wake_fd);
// Errors: Code::usage with the adapter's name, the program's exit code and its last line;
// Code::interrupted.
#pragma once
#include "segue/secrets/adapter_settings.hpp"
#include "segue/secrets/secret_source.hpp"

#include <map>

namespace segue {

class AdapterSource final : public SecretSource {
 public:
  AdapterSource(AdapterSettings settings, int wake_fd)
      : settings_(std::move(settings)), wake_fd_(wake_fd) {}

  std::string name() const override { return settings_.adapter; }
  Result<> expect(const std::vector<std::string>& secrets) override;
  std::optional<Secret> find(const std::string& secret) override;

 private:
  AdapterSettings settings_;
  int wake_fd_;
  std::map<std::string, Secret> values_;
};

// What it runs, to be shown to somebody who is asked whether it may: "op item get shop ...".
std::string shown_command(const AdapterSettings& settings, const std::vector<std::string>& secrets);

}  // namespace segue
