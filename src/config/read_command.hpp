// A command under a key: a list is its words, a text is split as a shell would split it.
//   read_words(section, "release", "remove it", problems).words  ->  {"bin/migrate", "--all"}
#pragma once
#include "map_reader.hpp"
#include "problems.hpp"

#include <string>
#include <vector>

namespace segue {

struct Command {
  std::vector<std::string> words;  // empty: the key is not there, or wrong
  bool by_shell = false;           // it has shell syntax, so `sh -c` runs it
  SourceSpan at;
};

// `instead`: what to do about an empty one.
Command read_words(const MapReader& section, std::string_view key, const std::string& instead,
                   Problems& problems);

}  // namespace segue
