// Result<T> is a value or an Error. TRY and TRY_ASSIGN hand an error on to the caller.
//   Result<int> sum() { TRY_ASSIGN(const int a, first()); TRY(check(a)); return a + 1; }
#pragma once
#include "segue/base/error.hpp"

#include <tl/expected.hpp>

#include <utility>

namespace segue {

template <class T = void>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Code code, std::string what, std::string hint = {}) {
  return tl::unexpected<Error>(Error{code, std::move(what), std::move(hint), {}, {}});
}

}  // namespace segue

#define SEGUE_JOIN_(a, b) a##b
#define SEGUE_JOIN(a, b) SEGUE_JOIN_(a, b)
#define SEGUE_TRY_ASSIGN_(result, target, ...)                                   \
  auto result = (__VA_ARGS__);                                                   \
  if (!result) return tl::unexpected<::segue::Error>(std::move(result).error()); \
  target = std::move(*result)

#define TRY(...)                                                             \
  do {                                                                       \
    if (auto try_result_ = (__VA_ARGS__); !try_result_)                      \
      return tl::unexpected<::segue::Error>(std::move(try_result_).error()); \
  } while (false)
#define TRY_ASSIGN(target, ...) \
  SEGUE_TRY_ASSIGN_(SEGUE_JOIN(try_assign_, __LINE__), target, __VA_ARGS__)
