// One line of ssh_config(5), taken apart as OpenSSH does it.
//   const auto line = parse_client_config_line("IdentityFile = \"~/.ssh/my key\"");
//   line->keyword == "identityfile", line->words == {"~/.ssh/my key"}
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

struct ClientConfigLine {
  std::string keyword;  // in lower case; empty: a comment, or nothing
  std::vector<std::string> words;
  std::string rest;  // all behind the keyword as it is written: for commands
};

// Nothing: it holds what only OpenSSH understands, such as a backslash.
std::optional<ClientConfigLine> parse_client_config_line(std::string_view line);

}  // namespace segue
