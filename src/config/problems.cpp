#include "problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>

namespace segue {

void Problems::add(const SourceSpan& at, std::string what, std::string hint) {
  errors_.push_back({Code::usage, std::move(what), std::move(hint), {}, at});
}

void Problems::note(const SourceSpan& at, std::string what, std::string hint) {
  notes_.push_back({Code::usage, std::move(what), std::move(hint), {}, at});
}

void Problems::not_yet(const SourceSpan& at, const std::string& subject, std::string hint) {
  if (hint.empty()) hint = "remove it; docs/configuration.md lists what works";
  add(at, fmt::format("`{}` does not work yet", subject), std::move(hint));
}

std::vector<Error> Problems::in_order(std::vector<Error> errors) {
  const auto place = [](const Error& error) {
    return error.at ? std::tuple(std::string_view(error.at->file), error.at->line, error.at->column)
                    : std::tuple(std::string_view(), 0, 0);
  };
  std::ranges::stable_sort(errors, {}, place);
  // A map that several aliases share has each of its mistakes once.
  const auto same = [&](const Error& a, const Error& b) {
    return place(a) == place(b) && a.what == b.what;
  };
  const auto rest = std::ranges::unique(errors, same);
  errors.erase(rest.begin(), rest.end());
  return errors;
}

}  // namespace segue
