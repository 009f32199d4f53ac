#include "openssh_failure.hpp"

#include "remote_errors.hpp"

#include "segue/base/number.hpp"
#include "segue/base/text.hpp"
#include "segue/os/environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace segue {
namespace {

constexpr int kUsualPort = 22;

// What stands behind `before`, up to `after` or the end of the line.
std::optional<std::string> between(std::string_view line, std::string_view before,
                                   std::string_view after = {}) {
  const size_t at = line.find(before);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = line.substr(at + before.size());
  const size_t end = after.empty() ? rest.size() : rest.find(after);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(trim(rest.substr(0, end)));
}

// With jump hosts the log holds several logins; the last one that began is the one that failed.
class Reading {
 public:
  Reading(const Endpoint& endpoint, std::string_view log) : endpoint_(endpoint) {
    settings_.written = endpoint.address;
    settings_.host = endpoint.address;
    settings_.known_name = endpoint.address;
    settings_.port = target_port();
    settings_.user = endpoint.user.value_or(user_name());
    for (const std::string& raw : split_lines(log)) {
      const std::string line = visible(trim(raw));
      if (!line.empty()) take(line);
    }
  }

  OpensshFailure failure() const {
    using Kind = OpensshFailure::Kind;
    if (said("Host key verification failed") || said("marked as revoked"))
      return {Kind::other, host_key_failure()};
    if (said("Too many authentication failures"))
      return {Kind::other, too_many_keys(settings_, tried_)};
    if (said("open failed: administratively prohibited"))
      return {Kind::other, forwards_nothing(jump_host(), endpoint_.address, target_port())};
    if (said("open failed: connect failed"))
      return {Kind::other, no_way_on(jump_host(), endpoint_.address, target_port())};
    if (const auto line = line_with("no matching "))
      return {Kind::other, no_common_algorithm(settings_, *line)};
    if (said("Permission denied") || said("No more authentication methods"))
      return {Kind::refused_keys, keys_refused(settings_, tried_)};
    if (const auto line = line_with("Could not resolve hostname ")) {
      const std::string name = between(*line, "hostname ", ":").value_or(settings_.host);
      return {Kind::other, name_unknown(name, between(*line, name + ":").value_or(*line))};
    }
    if (said("Connection refused"))
      return {Kind::other,
              connection_refused(address_.empty() ? settings_.host : address_, settings_.port)};
    if (const auto line = line_with("Exceeded MaxStartups"))
      return {Kind::dropped, dropped_before_greeting(settings_, "it said: " + *line)};
    if (const auto line = line_with("kex_exchange_identification"))
      return {Kind::dropped, dropped_before_greeting(settings_, *line)};
    if (const auto line = line_with("banner exchange"))
      return {Kind::dropped, dropped_before_greeting(settings_, *line)};
    return {Kind::other, connection_failed(settings_.host, settings_.port,
                                           said_.empty() ? "ssh failed" : said_.back())};
  }

 private:
  // The log does not name it where it refuses to go on.
  std::string jump_host() const {
    const size_t comma = endpoint_.proxy.rfind(',');
    const size_t last = comma == std::string::npos ? 0 : comma + 1;
    return endpoint_.proxy.empty() ? "the jump host" : "jump host " + endpoint_.proxy.substr(last);
  }

  int target_port() const { return endpoint_.port.value_or(kUsualPort); }

  void take(const std::string& line) {
    if (!line.starts_with("debug")) {
      if (!line.starts_with("OpenSSH_")) said_.push_back(line);
      return;
    }
    if (const auto host = between(line, "debug1: Connecting to ", " ["))
      settings_.host = settings_.known_name = *host;
    if (const auto address = between(line, " [", "] port ")) address_ = *address;
    if (const auto port = between(line, "] port ", "."))
      settings_.port = parse_number<int>(*port).value_or(settings_.port);
    if (const auto user = between(line, " as '", "'")) {
      settings_.user = *user;
      const std::string where = between(line, "Authenticating to ", " as '").value_or("");
      const size_t colon = where.rfind(':');
      if (colon != std::string::npos) {
        settings_.host = settings_.known_name = where.substr(0, colon);
        settings_.port = parse_number<int>(where.substr(colon + 1)).value_or(settings_.port);
      }
      tried_.clear();
    }
    if (const auto alias = between(line, "using hostkeyalias: ")) settings_.known_name = *alias;
    if (const auto key = between(line, "Server host key: ")) {
      const std::vector<std::string> words = split_words(*key);
      if (words.size() >= 2) key_ = {words[0], words[1]};
    }
    // "debug1: Offering public key: /home/me/.ssh/id_ed25519 ED25519 SHA256:... explicit"
    if (const auto key = between(line, "Offering public key: "))
      tried_.push_back(key->substr(0, key->find(' ')) + " was refused");
    if (const auto key = between(line, "Offering public key: ", " SHA256:"); key && !tried_.empty())
      tried_.back() = key->substr(0, key->rfind(' ')) + " was refused";
  }

  bool said(std::string_view text) const { return line_with(text).has_value(); }

  std::optional<std::string> line_with(std::string_view text) const {
    const auto found = std::find_if(said_.rbegin(), said_.rend(),
                                    [&](const std::string& line) { return contains(line, text); });
    return found == said_.rend() ? std::nullopt : std::optional(*found);
  }

  Error host_key_failure() const {
    // "Offending ED25519 key in /home/me/.ssh/known_hosts:3"
    const auto offending = line_with("Offending ");
    const std::string where =
        offending ? between(*offending, " in ").value_or("known_hosts") : "known_hosts";
    if (said("revoked")) return host_key_revoked(settings_, key_, where);
    if (said("IDENTIFICATION HAS CHANGED")) return host_key_changed(settings_, key_, where);
    return host_key_unknown(settings_, key_);
  }

  const Endpoint& endpoint_;
  HostSettings settings_;
  std::string address_;
  HostKeyName key_;
  std::vector<std::string> tried_;
  std::vector<std::string> said_;  // what is no debugging
};

}  // namespace

OpensshFailure read_openssh_failure(const Endpoint& endpoint, std::string_view log) {
  return Reading(endpoint, log).failure();
}

}  // namespace segue
