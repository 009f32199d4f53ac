#include "segue/secrets/sops_file.hpp"

#include "program_answer.hpp"

namespace segue {

Result<> rotate_sops(const AdapterSettings& settings, int wake_fd) {
  const std::string file = settings.option("file");
  ProcessRequest request = program_request(settings);
  request.argv = {"sops", "updatekeys", "--yes", file};
  TRY(program_answer("sops", request, wake_fd));
  request.argv = {"sops", "--rotate", "--in-place", file};
  TRY(program_answer("sops", request, wake_fd));
  return {};
}

}  // namespace segue
