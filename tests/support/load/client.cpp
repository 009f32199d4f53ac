#include "client.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace segue {

constexpr std::chrono::milliseconds kPauseAfterFailure{50};

std::string first_word(const std::string& text) {
  return text.substr(0, text.find_first_of(" \r\n"));
}

bool Client::allows(const std::string& version) const {
  const auto& allowed = options_.versions;
  return allowed.empty() || std::find(allowed.begin(), allowed.end(), version) != allowed.end();
}

void Client::fail(Failure failure, const std::string& detail) {
  const std::string& untrusted = connection_.untrusted();
  if (untrusted.empty())
    tally_.add_failure(kind_, failure, detail);
  else
    tally_.add_failure(kind_, Failure::tls, untrusted);
  connection_.close();
  not_before_ = LoadClock::now() + kPauseAfterFailure;
}

void Client::fail_to_connect(int error) {
  fail(error == ECONNREFUSED ? Failure::refused : Failure::unreachable, std::strerror(error));
}

}  // namespace segue
