#include "segue/proxy/routes.hpp"

#include "segue/base/number.hpp"
#include "segue/base/sha256.hpp"
#include "segue/base/text.hpp"
#include "segue/proxy/extra_routes.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace segue {
namespace {

using nlohmann::json;

std::string milliseconds(Duration duration) {
  return fmt::format("{}ms", duration.count());
}

json match_header(const std::string& name, const std::string& value) {
  return json::array({{{"header", {{name, json::array({value})}}}}});
}

json match_green(const ProxiedService& service) {
  return json::array(
      {{{"file",
         {{"root", "/segue/slots/" + service.key()}, {"try_files", json::array({"/green"})}}}}});
}

// What the proxy dials for a replica of a slot.
std::string upstream(const ProxiedService& service, Slot slot, int replica) {
  return service.on_host ? host_alias(service.identity, service.service)
                         : slot_alias(service.identity, service.service, slot, replica);
}

json upstreams(const ProxiedService& service, Slot slot) {
  json list = json::array();
  for (int replica = 1; replica <= service.replicas(slot); ++replica) {
    const std::string alias = upstream(service, slot, replica);
    list.push_back({{"dial", fmt::format("{}:{}", alias, service.port_of(slot))}});
  }
  return list;
}

// Retries bridge the moment in which a container is just not there. With several replicas a dead
// one is passed over for a second; with one there is nobody else to ask. An address that is gone
// answers nothing for seconds: the dial ends before, so that there is time for the retry. Who sets
// one thing of the transport loses Caddy's own values for kept connections, so they are given too.
json slot_handler(const ProxiedService& service, Slot slot) {
  json handler{
      {"handler", "reverse_proxy"},
      {"load_balancing", {{"try_duration", milliseconds(service.hold)}, {"try_interval", "50ms"}}},
      {"transport",
       {{"protocol", "http"},
        {"dial_timeout", "500ms"},
        {"keep_alive",
         {{"probe_interval", "30s"}, {"idle_timeout", "2m"}, {"max_idle_conns_per_host", 32}}}}},
      {"upstreams", upstreams(service, slot)}};
  if (service.is_h2c(slot)) handler["transport"]["versions"] = json::array({"h2c"});
  if (service.replicas(slot) > 1)
    handler["health_checks"] = {{"passive", {{"fail_duration", "1s"}, {"max_fails", 1}}}};
  return handler;
}

// Turns whatever the application answers into a 200 with the status in a header: wget would follow
// a redirect away from here, and hide the body of an error.
// An application that sends plain HTTP away must see what it would see from outside.
json told_to_wget(const ProxiedService& service, json handler, const std::string& slot) {
  if (service.https)
    handler["headers"]["request"]["set"]["X-Forwarded-Proto"] = json::array({"https"});
  json headers{{"handler", "headers"},
               {"response",
                {{"set",
                  {{"X-Segue-Slot", json::array({slot})},
                   {"X-Segue-Status", json::array({"{http.reverse_proxy.status_code}"})}}}}}};
  json copy{{"handler", "copy_response"}, {"status_code", 200}};
  handler["handle_response"] =
      json::array({{{"routes", json::array({{{"handle", json::array({headers, copy})}}})}}});
  return handler;
}

struct ProbedAddress {
  std::string alias;
  int port = 0;
  bool h2c = false;
};

json probe_handler(const ProxiedService& service, const ProbedAddress& address) {
  const std::string timeout = milliseconds(service.health_timeout);
  json handler{
      {"handler", "reverse_proxy"},
      {"transport",
       {{"protocol", "http"},
        {"dial_timeout", timeout},
        {"response_header_timeout", timeout},
        {"read_timeout", timeout},
        {"keep_alive", {{"enabled", false}}}}},
      {"upstreams", json::array({{{"dial", fmt::format("{}:{}", address.alias, address.port)}}})}};
  if (address.h2c) handler["transport"]["versions"] = json::array({"h2c"});
  return handler;
}

json route(json match, json handler) {
  return {{"match", std::move(match)}, {"handle", json::array({std::move(handler)})}};
}

json matched(const ProxiedService& service, json handler) {
  json match = json::object();
  if (!service.hosts.empty()) match["host"] = service.hosts;
  if (!service.path_prefix.empty())
    match["path"] = json::array({service.path_prefix, service.path_prefix + "/*"});
  json all{{"handle", json::array({std::move(handler)})}, {"terminal", true}};
  if (!match.empty()) all["match"] = json::array({match});
  return all;
}

// The same for requests from outside and for the one that proves a switch.
json slots_route(const ProxiedService& service, const json& green, const json& blue) {
  json routes = json::array({green, blue});
  for (json& choice : routes) choice["group"] = "slot";
  json slots{{"handler", "subroute"}, {"routes", std::move(routes)}};
  if (!service.strip_prefix) return slots;
  json handlers = json::array();
  handlers.push_back({{"handler", "rewrite"}, {"strip_path_prefix", service.path_prefix}});
  handlers.push_back(std::move(slots));
  return {{"handler", "subroute"}, {"routes", json::array({{{"handle", std::move(handlers)}}})}};
}

json public_route(const ProxiedService& service) {
  json green = route(match_green(service), slot_handler(service, Slot::green));
  json blue{{"handle", json::array({slot_handler(service, Slot::blue)})}};
  return matched(service, slots_route(service, green, blue));
}

// 308 keeps the method and the body of a request; {uri} is path and query. Caddy answers challenges
// of a certificate authority before any route.
json redirect_route(const ProxiedService& service, const HttpsRoute& https) {
  const int port = https.port;
  const std::string host =
      port == 443 ? "{http.request.host}" : fmt::format("{{http.request.host}}:{}", port);
  return matched(
      service,
      {{"handler", "static_response"},
       {"status_code", 308},
       {"headers", {{"Location", json::array({"https://" + host + "{http.request.uri}"})}}}});
}

constexpr const char* kCertificateFolder = "/segue/certificates/";

json issuer(const HttpsRoute& https) {
  json acme{{"module", "acme"}};
  if (!https.authority.directory.empty()) acme["ca"] = https.authority.directory;
  if (!https.authority.email.empty()) acme["email"] = https.authority.email;
  if (const std::string root = authority_root_file(https); !root.empty())
    acme["trusted_roots_pem_files"] = json::array({kCertificateFolder + root});
  return acme;
}

std::string https_lines(const ProxiedService& service, const HttpsRoute& https) {
  std::string lines = "https " + public_route(service).dump() + "\n";
  if (const auto& own = https.own) {
    const json files{{"certificate", kCertificateFolder + own->name + ".pem"},
                     {"key", kCertificateFolder + own->name + ".key"}};
    return lines + "files " + files.dump() + "\n";
  }
  for (const std::string& host : service.hosts) {
    const json policy{{"subjects", json::array({host})}, {"issuers", json::array({issuer(https)})}};
    lines += "policy " + host + " " + policy.dump() + "\n";
  }
  return lines;
}

std::string claims(const ProxiedService& service) {
  std::string slots = fmt::format("{} {}", service.blue_replicas, service.green_replicas);
  if (service.app_port == 0) return slots;
  std::string text = fmt::format(
      "{} {} {} {}", slots, service.path_prefix.empty() ? "-" : service.path_prefix,
      service.https ? "https" : "http", service.hosts.empty() ? "*" : join(service.hosts, " "));
  for (const ProxyPort& port : service.ports) text += " " + port.text();
  return text;
}

// Who asks there asks for this service: no name, no prefix, no HTTPS. One server for all addresses
// of a port, as the engine hands over what arrives at any of them.
std::string server_lines(const ProxiedService& service) {
  ProxiedService alone = service;
  alone.hosts.clear();
  alone.path_prefix.clear();
  alone.strip_prefix = false;
  std::set<int> ports;
  for (const ProxyPort& port : service.ports) ports.insert(port.port);
  std::string lines;
  for (const int port : ports) {
    const json server{
        {"listen", json::array({fmt::format(":{}", port)})},
        {"protocols", json::array({"h1", "h2"})},
        {"automatic_https", {{"disable", true}}},
        {"routes", json::array({json::parse(config_frame().first_route), public_route(alone)})}};
    lines += fmt::format("server \"port-{}\":{}\n", port, server.dump());
  }
  return lines;
}

json verify_route(const ProxiedService& service) {
  json green = route(match_green(service),
                     told_to_wget(service, slot_handler(service, Slot::green), "green"));
  json blue{
      {"handle", json::array({told_to_wget(service, slot_handler(service, Slot::blue), "blue")})}};
  return route(match_header("X-Segue-Verify", service.key()), slots_route(service, green, blue));
}

json inner_routes(const ProxiedService& service) {
  json routes = json::array();
  if (service.app_port != 0) routes.push_back(verify_route(service));
  const auto probe = [&](const std::string& name, const ProbedAddress& address) {
    const json handler = told_to_wget(service, probe_handler(service, address), name);
    routes.push_back(route(match_header("X-Segue-Probe", service.key() + "." + name), handler));
  };
  // A health check on another port asks another server: that one speaks plain HTTP.
  const bool own_port = service.health_port == service.app_port;
  const int most = std::max(service.blue_replicas, service.green_replicas);
  for (int replica = 1; replica <= most; ++replica) {
    for (const Slot slot : {Slot::blue, Slot::green})
      probe(
          fmt::format("{}.{}", to_string(slot), replica),
          {upstream(service, slot, replica), own_port ? service.port_of(slot) : service.health_port,
           own_port && service.is_h2c(slot)});
    probe(fmt::format("candidate.{}", replica),
          {service.on_host ? upstream(service, Slot::blue, replica)
                           : candidate_alias(service.identity, service.service, replica),
           service.health_port, own_port && service.h2c});
  }
  return routes;
}

std::string alias(const char* kind, const Identity& identity, const std::string& service) {
  return fmt::format("{}-{}-", kind, address_hash(identity, service));
}

}  // namespace

std::string slot_alias_prefix(const Identity& identity, const std::string& service, Slot slot) {
  return alias(slot == Slot::blue ? "b" : "g", identity, service);
}

std::string slot_alias(const Identity& identity, const std::string& service, Slot slot,
                       int replica) {
  return slot_alias_prefix(identity, service, slot) + std::to_string(replica);
}

std::string candidate_alias(const Identity& identity, const std::string& service, int replica) {
  return alias("c", identity, service) + std::to_string(replica);
}

std::string host_alias(const Identity& identity, const std::string& service) {
  return alias("h", identity, service) + "1";
}

std::string admission_network(const Identity& identity) {
  return identity.network() + "--admission";
}

std::string candidate_network(const Identity& identity) {
  return identity.network() + "--candidates";
}

std::string route_file_name(const ProxiedService& service) {
  const size_t length = std::min<size_t>(service.path_prefix.size(), 99);
  const std::string target = service.target == 0 ? "" : fmt::format("+{}", service.target);
  return fmt::format("{}-{:02}{}.{}.json", service.hosts.empty() ? 5 : 0, 99 - length, target,
                     service.key());
}

std::string route_file(const ProxiedService& service) {
  std::string inner = service.target == 0 ? inner_routes(service).dump() : "[]";
  inner = inner.substr(1, inner.size() - 2);  // without the brackets: the host joins them
  if (service.app_port == 0) return claims(service) + "\n\n" + inner + "\n";
  const auto& https = service.https;
  const json outer = https ? redirect_route(service, *https) : public_route(service);
  return claims(service) + "\n" + outer.dump() + "\n" + inner + "\n" +
         (https ? https_lines(service, *https) : "") + server_lines(service);
}

RouteFacts read_route_facts(const std::string& sum, const std::string& first_line) {
  constexpr size_t kBeforeNames = 4;
  const std::vector<std::string> words = split_words(first_line);
  RouteFacts facts{sum, 0, 0, {}, false, {}, {}};
  if (words.size() < 2) return facts;
  facts.blue_replicas = parse_number<int>(words[0]).value_or(0);
  facts.green_replicas = parse_number<int>(words[1]).value_or(0);
  if (words.size() <= kBeforeNames) return facts;
  facts.path = words[2] == "-" ? "" : words[2];
  facts.https = words[3] == "https";
  for (size_t i = kBeforeNames; i < words.size(); ++i) {
    if (const auto port = parse_proxy_port(words[i]))
      facts.ports.push_back(*port);
    else
      facts.names.push_back(words[i]);
  }
  return facts;
}

std::string authority_root_file(const HttpsRoute& https) {
  const std::string& root = https.authority.root_pem;
  if (https.own || root.empty()) return {};
  return "authority-" + sha256_hex(root).substr(0, 16) + ".pem";
}

// "0-99.shop.web.json" belongs to the identity "shop" and the service "web"; no name has a dot.
std::string service_of_route(const std::string& file, const Identity& identity) {
  const size_t dot = file.find('.');
  if (dot == std::string::npos || !file.ends_with(".json")) return {};
  const std::string key = file.substr(dot + 1, file.size() - dot - 6);
  const size_t last = key.rfind('.');
  if (last == std::string::npos || key.substr(0, last) != identity.key()) return {};
  return key.substr(last + 1);
}

std::string owner_of_route(const std::string& file) {
  const std::vector<std::string> parts = split(file, '.');
  if (parts.size() < 4) return visible(file);
  const bool extra = holds_extra_routes(file);
  const std::string& what = extra ? kExtraKey : parts[parts.size() - 2];
  const std::string environment = parts.size() > 4 ? " (" + parts[2] + ")" : "";
  return visible(fmt::format("{} of {}{}", what, parts[1], environment));
}

// HTTP/3 is left out: Caddy 2.6 loses it at each reload. Redirects and names are given in full, so
// Caddy's own making of them is off; it still obtains and renews what the policies name. The
// addresses of the admin interface and of the inner server are the process's own: during an upgrade
// two of them run (proxy_loop.hpp).
ConfigFrame config_frame() {
  return {
      R"({"admin":{"listen":"{env.SEGUE_ADMIN}"},"logging":{"logs":{"default":{"level":"ERROR"}}},)"
      R"("storage":{"module":"file_system","root":"/data/caddy"},)"
      R"("apps":{"http":{"grace_period":"10s","servers":{"web":{"listen":[":80"],)"
      R"("protocols":["h1","h2"],"automatic_https":{"disable":true},"routes":[)",
      R"(]},"secure":{"listen":[":443"],"protocols":["h1","h2"],"automatic_https":{"disable":true},)"
      R"("tls_connection_policies":[{"alpn":["h2","http/1.1"]}],"routes":[)",
      R"(]},"inner":{"listen":["{env.SEGUE_INNER}"],"protocols":["h1"],"automatic_https":{"disable":true},"routes":[)",
      "]}",
      R"(}},"tls":{"certificates":{"automate":[)",
      R"(],"load_files":[)",
      R"(]},"automation":{"policies":[)",
      "]}}}}",
      // While that file is there, clients are told to end their connections: a reload or an upgrade
      // then finds few that are kept alive, which it must close although a request may be coming.
      R"({"match":[{"file":{"root":"/opt/segue","try_files":["/closing"]},"not":[{"header":{"Upgrade":["*"]}}]}],)"
      R"("handle":[{"handler":"headers","response":{"set":{"Connection":["close"]}}}]})",
  };
}

std::string empty_config() {
  const ConfigFrame frame = config_frame();
  return frame.head + frame.https + frame.inner + frame.servers + frame.names + frame.files +
         frame.policies + frame.tail;
}

}  // namespace segue
