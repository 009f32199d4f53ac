// ~/.ssh/config and what it includes, read once for all hosts, so that each need not ask `ssh -G`.
// Only what is common is understood; where a file holds anything else, ssh has to be asked, for
// every host.
//   const ClientConfig config = ClientConfig::read("");
//   if (config.not_understood().empty()) settings = read_host_settings(endpoint,
//   config.settings_of(endpoint));
#pragma once
#include "segue/remote/endpoint.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

class ClientConfig {
 public:
  struct Places {
    std::string home;         // of the account: ~
    std::string user_file;    // read first
    bool is_given = false;    // it must be there, and its mode does not matter
    std::string system_file;  // empty: none
  };

  // What ssh reads; with a file of its own (`ssh -F`) that one only.
  static Places usual_places(const std::string& file);
  static ClientConfig read(const Places& places);

  // What it was that ssh has to be asked for: "Match (/home/me/.ssh/config:3)"; empty: nothing.
  const std::string& not_understood() const { return not_understood_; }

  // The lines of `ssh -G` that read_host_settings wants; nothing when ssh has to be asked for this
  // host.
  std::optional<std::string> settings_of(const Endpoint& endpoint) const;

 private:
  struct Line {
    std::string keyword;
    std::vector<std::string> words;
    std::string rest;
    std::vector<Line> included;  // of `include`
  };
  struct Found;  // the values for one host
  class Reader;

  std::string home_;
  std::vector<std::vector<Line>> files_;
  std::string not_understood_;
};

}  // namespace segue
