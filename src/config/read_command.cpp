#include "read_command.hpp"

#include "command_line.hpp"

#include <fmt/format.h>

namespace segue {

Command read_words(const MapReader& section, std::string_view key, const std::string& instead,
                   Problems& problems) {
  Command command;
  const auto words = section.texts(key);
  if (words.size() != 1 || words.front().from_list) {
    for (const MapReader::Text& word : words) command.words.push_back(word.text);
    const YamlNode* node = section.node(key);
    if (node != nullptr && node->kind == YamlNode::Kind::list && node->items.empty())
      problems.add(node->at, fmt::format("the {} is empty", key), instead);
    return command;
  }
  command.at = words.front().at;
  const auto line = problems.take(split_command(words.front().text), command.at);
  if (!line) return command;
  command.words = line->argv;
  command.by_shell = line->by_shell;
  return command;
}

}  // namespace segue
