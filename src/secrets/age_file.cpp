#include "segue/secrets/age_file.hpp"

#include "program_answer.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

// The key comes from the standard input where it is not in a file; then the sealed text must come
// from a file, which is why this takes a path.
Result<Secret> age_decrypt(const AdapterSettings& settings, std::vector<std::string> input,
                           const std::string& sealed, int wake_fd) {
  ProcessRequest request = program_request(settings);
  const bool piped_key = !settings.master_key.empty();
  request.argv = {"age", "--decrypt", "--identity", piped_key ? "-" : settings.option("identity")};
  request.argv.insert(request.argv.end(), input.begin(), input.end());
  request.stdin_data = piped_key ? settings.master_key.reveal() : sealed;
  TRY_ASSIGN(std::string text, program_answer("age", request, wake_fd));
  return Secret(std::move(text));
}

}  // namespace

Result<Secret> decrypt_age(const AdapterSettings& settings, int wake_fd) {
  return age_decrypt(settings, {"--", settings.option("file")}, "", wake_fd);
}

Result<std::string> encrypt_age(const AdapterSettings& settings, const Secret& text, int wake_fd) {
  const auto recipients = settings.options.find("recipients");
  if (recipients == settings.options.end() || recipients->second.empty())
    return fail(Code::usage, "`secrets.recipients` does not say who may read the secrets",
                "recipients: [age1...]; `age-keygen -y FILE` prints the one of your private key");
  ProcessRequest request = program_request(settings);
  request.argv = {"age", "--encrypt", "--armor"};
  for (const std::string& recipient : recipients->second)
    request.argv.insert(request.argv.end(), {"--recipient", recipient});
  request.stdin_data = text.reveal();
  TRY_ASSIGN(std::string sealed, program_answer("age", request, wake_fd));
  // A key that came by pipe takes the place of the text: then age itself is believed.
  if (!settings.master_key.empty()) return sealed;
  const auto opened = age_decrypt(settings, {}, sealed, wake_fd);
  if (opened && opened->reveal() == text.reveal()) return sealed;
  return fail(
      Code::usage, "your own key could not read what was encrypted: nothing was written",
      "add your recipient to `secrets.recipients`: age-keygen -y " + settings.option("identity"));
}

}  // namespace segue
