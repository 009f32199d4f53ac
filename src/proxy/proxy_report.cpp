#include "segue/proxy/proxy_report.hpp"

#include "compose.hpp"

#include "segue/base/text.hpp"
#include "segue/proxy/proxied_service.hpp"
#include "segue/proxy/routes.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace segue {
namespace {

using nlohmann::json;

constexpr std::string_view kAsk = R"sh(cd /opt/segue && read -r admin inner <ports || exit 1
program=caddy
[ ! -x ./caddy ] || program=./caddy
requests() { echo "requests $(wget -q -O - "http://127.0.0.1:$1/reverse_proxy/upstreams")"; }
echo "version $("$program" version)"
echo "loaded $(wget -q -O - "http://127.0.0.1:$admin/config/")"
requests "$admin"
[ ! -e two ] || { echo two; requests $((4048 - admin)); }
)sh";

// Of each route file its first line: what it claims.
constexpr std::string_view kTellRoutes = R"sh(
timeout 60 "$segue_engine" exec segue-proxy sh -c "$segue_ask" ask 2>/dev/null
printf 'composed '
segue_compose
for segue_file in "$segue_proxy"/slots/*; do
  [ -d "$segue_file" ] || continue
  if [ -e "$segue_file/green" ]; then segue_line=green; else segue_line=blue; fi
  echo "slot ${segue_file##*/} $segue_line"
done
for segue_file in "$segue_proxy"/routes/*.json; do
  [ -r "$segue_file" ] || continue
  read -r segue_line <"$segue_file"
  echo "route ${segue_file##*/} $segue_line"
done
return 0
)sh";

// The client's end shows in a beat that can't be written. A subshell gives up traps, so it sets its
// own: a broken pipe must not end it before it has ended the engine's client.
constexpr std::string_view kFollow = R"sh(
segue_source() {
  trap : PIPE
  "$segue_engine" logs --follow --tail "$segue_lines" segue-proxy 2>&1 3>&- &
  segue_client=$!
  while sleep 2 && kill -0 "$segue_client" 2>/dev/null; do
    printf '\n@%s beat\n' "$segue_nonce" 2>/dev/null >&3 || break
  done
  kill "$segue_client" 2>/dev/null
  return 0
}
{ segue_source | segue_tell_lines; } 3>&1
return 0
)sh";

constexpr std::string_view kTellLines = R"sh(
segue_tell_lines() {
  while IFS= read -r segue_line; do
    printf '\n@%s tell log %s\n' "$segue_nonce" "$segue_line" 2>/dev/null || break
  done
}
)sh";

constexpr std::string_view kRemove = R"sh(
segue_remove_route() {
  segue_answer=$("$segue_engine" ps -aq --filter "label=segue.project=$2" --filter "label=segue.environment=$3" --filter "$4") || return 0
  [ -z "$segue_answer" ] || return 0
  segue_folder=$segue_proxy/../projects/$2/lock
  segue_top=$(ls "$segue_folder" 2>/dev/null | sed 's/[.].*//' | sort -n | tail -n 1)
  [ -z "$segue_top" ] || [ -e "$segue_folder/$segue_top.released" ] || { segue_tell skipped "$1"; return 0; }
  rm -rf "$segue_proxy/slots/${1:?}"
  [ -z "$5" ] || rm -f "$segue_proxy/routes/$5"
  segue_tell removed "$1"
}
)sh";

// "shop.staging.web" -> shop, staging, web; no name has a dot.
std::optional<ProxiedRoute> route_of(const std::string& key) {
  const std::vector<std::string> parts = split(key, '.');
  const bool empty = std::find(parts.begin(), parts.end(), "") != parts.end();
  if (empty || parts.size() < 2 || parts.size() > 3) return std::nullopt;
  ProxiedRoute route;
  route.identity = {parts.front(), parts.size() == 3 ? parts[1] : ""};
  route.service = parts.back();
  return route;
}

std::pair<std::string, std::string> first_word(const std::string& text) {
  const size_t blank = std::min(text.find(' '), text.size());
  return {text.substr(0, blank), text.substr(std::min(blank + 1, text.size()))};
}

class Reading {
 public:
  void line(const std::string& text) {
    const auto [word, rest] = first_word(text);
    if (word == "version") report_.version = first_word(rest).first;
    if (word == "two") report_.two = true;
    if (word == "loaded") loaded_ = json::parse(rest, nullptr, false);
    if (word == "composed") composed_ = json::parse(rest, nullptr, false);
    if (word == "requests") requests(json::parse(rest, nullptr, false));
    if (word == "slot") slot(rest);
    if (word == "route") route(rest);
  }

  Result<ProxyReport> take() {
    if (composed_.is_discarded())
      return fail(Code::failed, "the routes on this host make no configuration",
                  "look at them: /var/lib/segue/proxy/routes");
    report_.is_loaded = loaded_.is_object() && loaded_ == composed_;
    for (auto& [key, found] : routes_) {
      found.in_flight = requests_to(found, found.slot);
      found.in_flight_other = requests_to(found, other(found.slot));
      report_.routes.push_back(std::move(found));
    }
    // Requests are counted for a slot as a whole.
    for (ProxiedRoute& found : more_) report_.routes.push_back(std::move(found));
    return std::move(report_);
  }

 private:
  void slot(const std::string& text) {
    const auto [key, slot] = first_word(text);
    auto found = route_of(key);
    if (!found) return;
    found->slot = slot == "green" ? Slot::green : Slot::blue;
    routes_[key] = *found;
  }

  // "0-99.shop.web.json 1 1 - http shop.example.com"
  void route(const std::string& text) {
    const auto [file, line] = first_word(text);
    const size_t dot = file.find('.');
    if (dot == std::string::npos || !file.ends_with(".json")) return;
    const std::string key = file.substr(dot + 1, file.size() - dot - 6);
    const auto fresh = route_of(key);
    if (!fresh) return;
    ProxiedRoute* first = &routes_.try_emplace(key, *fresh).first->second;
    if (!first->file.empty()) first = &more_.emplace_back(*first);  // another of its targets
    ProxiedRoute& found = *first;
    found.file = file;
    const RouteFacts claims = read_route_facts("", line);
    found.hosts = claims.names;
    found.path = claims.path;
    found.https = claims.https;
  }

  void requests(const json& upstreams) {
    if (!upstreams.is_array()) return;
    for (const json& upstream : upstreams)
      if (upstream.is_object() && upstream.contains("address") && upstream["address"].is_string())
        requests_[upstream["address"].get<std::string>()] += upstream.value("num_requests", 0);
  }

  int requests_to(const ProxiedRoute& route, Slot slot) const {
    const std::string prefix = slot_alias_prefix(route.identity, route.service, slot);
    int total = 0;
    for (const auto& [address, count] : requests_)
      if (address.starts_with(prefix)) total += count;
    return total;
  }

  ProxyReport report_;
  json loaded_;
  json composed_ = json(json::value_t::discarded);
  std::map<std::string, int> requests_;
  std::map<std::string, ProxiedRoute> routes_;
  std::vector<ProxiedRoute> more_;
};

std::string variables(const Engine& engine, const std::string& state_root) {
  return fmt::format("segue_engine={}\nsegue_proxy={}\n", quote(engine.path()),
                     quote(state_root + "/proxy")) +
         compose_functions();
}

}  // namespace

Section ask_proxy(const Engine& engine, const std::string& state_root) {
  Section section{"ask", ShellText(variables(engine, state_root))};
  section.body.raw("segue_ask=" + quote(kAsk) + "\n").raw(kTellRoutes);
  return section;
}

Result<ProxyReport> parse_proxy_report(const std::string& output) {
  Reading reading;
  for (const std::string& line : split_lines(output)) reading.line(line);
  return reading.take();
}

Section tell_proxy_log(const Engine& engine, int lines, bool follow) {
  Section section{"log", ShellText(fmt::format("segue_engine={}\nsegue_lines={}\n",
                                               quote(engine.path()), lines))};
  section.body.raw(kTellLines);
  if (follow) {
    section.body.raw(kFollow);
  } else {
    section.body.raw(
        "\"$segue_engine\" logs --tail \"$segue_lines\" segue-proxy 2>&1 | segue_tell_lines\n"
        "return 0");
  }
  return section;
}

Section remove_routes(const Engine& engine, const std::string& state_root,
                      const std::vector<ProxiedRoute>& routes) {
  Section section{"gc", ShellText(variables(engine, state_root))};
  section.body.raw(kRemove).raw("segue_proxy_lock || return 96\n");
  for (const ProxiedRoute& route : routes) {
    const std::string whose = route.is_extra() ? "label=segue.project=" + route.identity.project
                                               : "label=segue.service=" + route.service;
    section.body.raw("segue_remove_route")
        .words({route.key(), route.identity.project, route.identity.environment, whose, route.file})
        .raw("\n");
  }
  section.body.raw("segue_load\nsegue_status=$?\nsegue_proxy_unlock\nreturn $segue_status");
  return section;
}

}  // namespace segue
