// "did you mean ...?": how many single edits (Damerau-Levenshtein, swaps of neighbours count one)
// separate two words, and the nearest of several.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

int edit_distance(std::string_view a, std::string_view b);

// The nearest candidate when it is near enough to be meant, else nothing.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

}  // namespace segue
