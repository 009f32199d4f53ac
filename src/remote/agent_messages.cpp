#include "agent_messages.hpp"

#include "wire.hpp"

namespace segue {
namespace {

constexpr char kFailure = 5;
constexpr char kListRequest = 11;
constexpr char kListAnswer = 12;
constexpr char kSignRequest = 13;
constexpr char kSignAnswer = 14;

Result<std::string_view> body_of(std::string_view answer, char expected) {
  if (!answer.empty() && answer[0] == kFailure) return fail(Code::failed, "the agent refused");
  if (answer.empty() || answer[0] != expected)
    return fail(Code::failed, "the agent's answer makes no sense");
  return answer.substr(1);
}

}  // namespace

std::string list_request() {
  std::string request;
  append_string(request, std::string(1, kListRequest));
  return request;
}

std::string sign_request(std::string_view public_key, std::string_view data, uint32_t flags) {
  std::string body(1, kSignRequest);
  append_string(body, public_key);
  append_string(body, data);
  append_number(body, flags);
  std::string request;
  append_string(request, body);
  return request;
}

Result<std::vector<AgentKey>> parse_key_list(std::string_view answer) {
  TRY_ASSIGN(const std::string_view body, body_of(answer, kListAnswer));
  WireReader reader(body);
  const auto count = reader.number();
  std::vector<AgentKey> keys;
  for (uint32_t i = 0; count && i < *count; ++i) {
    const auto public_key = reader.string();
    const auto comment = reader.string();
    if (!public_key || !comment) return fail(Code::failed, "the agent's answer makes no sense");
    keys.push_back({std::string(*public_key), std::string(*comment)});
  }
  if (!count) return fail(Code::failed, "the agent's answer makes no sense");
  return keys;
}

Result<AgentSignature> parse_signature(std::string_view answer) {
  TRY_ASSIGN(const std::string_view body, body_of(answer, kSignAnswer));
  WireReader inner(WireReader(body).string().value_or(std::string_view()));
  const auto algorithm = inner.string();
  const auto bytes = inner.string();
  if (!algorithm || !bytes) return fail(Code::failed, "the agent's answer makes no sense");
  return AgentSignature{std::string(*algorithm), std::string(*bytes)};
}

uint32_t sign_flags(std::string_view algorithm) {
  if (algorithm == "rsa-sha2-512") return 4;
  if (algorithm == "rsa-sha2-256") return 2;
  return 0;
}

}  // namespace segue
