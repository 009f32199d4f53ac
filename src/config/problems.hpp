// Collects what is wrong with a deploy.yml, and what is merely worth saying, so that everything is
// reported at once.
//   problems.add(at, "`project` is missing", "name it");
//   const std::optional<Duration> delay = problems.take(parse_duration(text), at);
#pragma once
#include "segue/base/error.hpp"
#include "segue/base/result.hpp"

#include <string>
#include <vector>

namespace segue {

class Problems {
 public:
  void add(const SourceSpan& at, std::string what, std::string hint = {});
  void note(const SourceSpan& at, std::string what, std::string hint = {});
  // The one sentence for keys and values of the contract whose time has not come.
  void not_yet(const SourceSpan& at, const std::string& subject, std::string hint = {});

  // The value, or its error placed at `at` and nothing.
  template <class T>
  std::optional<T> take(Result<T> result, const SourceSpan& at) {
    if (result) return std::move(*result);
    add(at, std::move(result.error().what), std::move(result.error().hint));
    return std::nullopt;
  }

  // Looking for what somebody meant takes time: only for the first mistakes, later ones are noise.
  bool may_suggest() { return suggestions_-- > 0; }

  bool none() const { return errors_.empty(); }
  size_t count() const { return errors_.size(); }
  std::vector<Error> take_errors() { return in_order(std::move(errors_)); }
  std::vector<Error> take_notes() { return in_order(std::move(notes_)); }

 private:
  static std::vector<Error> in_order(std::vector<Error> errors);

  static constexpr int kMostSuggestions = 100;

  std::vector<Error> errors_;
  std::vector<Error> notes_;
  int suggestions_ = kMostSuggestions;
};

}  // namespace segue
