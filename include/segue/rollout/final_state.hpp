// Where a service ended up on a host, for the summary. Never a guess: what is not known says so.
#pragma once
#include <string>

namespace segue {

struct FinalState {
  enum class What { changed, unchanged, as_before, unknown };
  std::string host;
  std::string service;
  What what = What::unchanged;
  std::string why{};  // it is not as planned: "not healthy in time: ..."
};

}  // namespace segue
