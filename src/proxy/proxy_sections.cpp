#include "segue/proxy/proxy_sections.hpp"

#include "proxy_loop.hpp"

#include "segue/proxy/routes.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

// A new container has to be in the networks of every project whose routes it serves. Where slots
// have fixed addresses these are the internal ones: any other would become its way out as well,
// over a bridge whose MAC address changes when containers come and go, and then no client gets an
// answer.
constexpr std::string_view kAllNetworks = "{{.Name}}";
constexpr std::string_view kInternalNetworks = "{{if .Internal}}{{.Name}}{{end}}";
constexpr std::string_view kJoinAll = R"sh(segue_join_all() {
  for segue_network in $("$segue_engine" network ls --filter label=segue.project --format "$segue_format"); do
    "$segue_engine" network connect -- "$segue_network" segue-proxy || return 1
  done
}
)sh";

// An exec per wait, not per look: the loop runs inside the container and ends by itself.
constexpr std::string_view kProbeTest = R"sh(n=0
while [ $n -lt 200 ]; do
  if read -r admin inner </opt/segue/ports; then
    wget -q -S -O - --header 'X-Segue: 1' "http://127.0.0.1:$admin/config/admin" >/dev/null 2>&1 && exit 0
    [ $? -lt 126 ] || { echo "wget crashes or is missing"; exit 2; }
  fi 2>/dev/null
  n=$((n + 1))
  sleep 0.05 || exit 2
done
echo "the admin interface does not answer"
exit 1
)sh";

constexpr std::string_view kEnsure = R"sh(
"$segue_engine" network inspect --format x segue >/dev/null 2>&1 ||
  "$segue_engine" network create --label segue.role=proxy --label "segue.state=$segue_root" segue >/dev/null ||
  { segue_problem proxy-start "its network can't be made"; return 96; }
mkdir -p "$segue_root/proxy/slots" "$segue_root/proxy/routes" || { segue_problem state "$segue_root"; return 96; }
[ -s "$segue_root/proxy/caddy.json" ] ||
  printf '%s\n' "$segue_empty" >"$segue_root/proxy/caddy.json" ||
  { segue_problem disk "$segue_root"; return 96; }
# Certificates lie in it. One that is there already stays as it is; without the label it would do as well.
"$segue_engine" volume create --label segue.role=proxy segue-proxy-data >/dev/null 2>&1
[ "$segue_replace" = no ] || "$segue_engine" rm -f segue-proxy >/dev/null
segue_state=$("$segue_engine" inspect --type container --format '{{.State.Running}} {{index .Config.Labels "segue.role"}}' segue-proxy 2>/dev/null)
case $segue_state in
  "true proxy") segue_answer=ok ;;
  "false proxy") segue_answer=$("$segue_engine" start segue-proxy 2>&1) || segue_state=failed ;;
  "") segue_answer=$(segue_run_proxy 2>&1 && segue_join_all 2>&1) || { segue_state=failed; "$segue_engine" rm -f segue-proxy >/dev/null 2>&1; } ;;
  *) segue_problem proxy-start "a container named segue-proxy is there that is not ours"; return 96 ;;
esac
if [ "$segue_state" = failed ]; then
  case $segue_answer in
    *"already allocated"*|*"already in use"*|*"address already"*) segue_problem proxy-port "$segue_answer" ;;
    *) segue_problem proxy-start "$segue_answer" ;;
  esac
  return 96
fi
segue_hear timeout 60 "$segue_engine" exec segue-proxy sh -c "$segue_probe_test"
case $? in
  0) ;;
  2|12?) segue_problem proxy-probe "$segue_answer"; return 96 ;;
  *) segue_problem proxy-start "$segue_answer $("$segue_engine" logs --tail 3 segue-proxy 2>&1)"; return 96 ;;
esac
segue_mark=.seen-$$
printf '' >"$segue_root/proxy/slots/$segue_mark" || { segue_problem disk "$segue_root"; return 96; }
timeout 60 "$segue_engine" exec segue-proxy test -e "/segue/slots/$segue_mark"
segue_status=$?
rm -f "$segue_root/proxy/slots/$segue_mark"
[ "$segue_status" = 0 ] || segue_problem proxy-files "$segue_root"
)sh";

constexpr std::string_view kVerifyLoop = R"sh(n=0
while [ $n -lt 40 ]; do
  read -r admin inner </opt/segue/ports
  answer=$(wget -q -S -O - --header "Host: $2" --header "X-Segue-Verify: $1" "http://127.0.0.1:$inner$3" 2>&1 | head -c 2000)
  case $answer in *"X-Segue-Slot: $4"*) exit 0 ;; esac
  n=$((n + 1))
  sleep 0.05
done
echo "$answer"
exit 1
)sh";

// Two zero readings at least 100 ms apart, the first at least 100 ms after the switch: a request
// that had read the token before it may not have reached its upstream yet (rules D3). Waits
// are hundredths of a second, one more than ten because each reading of the clock is cut off. While
// the proxy is being upgraded there are two processes, and both count; one that has just crashed is
// back within the second.
constexpr std::string_view kDrainLoop = R"sh(set -f
limit=$1 wait=$2 first=$3 zeros=$4 silent=0
shift 4
requests() { wget -q -O - "http://127.0.0.1:$1/reverse_proxy/upstreams"; }
now() { read -r up rest </proc/uptime; up=${up%.*}${up#*.}; }
now
end=$((up + limit))
while :; do
  [ "$wait" -le 0 ] || sleep "0.$((wait / 10))$((wait % 10))"
  wait=11
  read -r admin inner </opt/segue/ports
  list=$(requests "$admin")
  if [ -e /opt/segue/two ]; then list="$list$(requests $((4048 - admin)))"; fi
  if [ -z "$list" ]; then
    zeros=0 silent=$((silent + 1))
    [ "$silent" -lt 30 ] || exit 1
    continue
  fi
  silent=0
  total=0
  IFS='}'
  for part in $list; do
    for prefix in "$@"; do
      case $part in
        *"\"address\":\"$prefix"*) n=${part#*\"num_requests\":} n=${n%%[!0-9]*} total=$((total + n)) ;;
      esac
    done
  done
  unset IFS
  [ -n "$first" ] || first=$total
  if [ "$total" = 0 ]; then zeros=$((zeros + 1)); else zeros=0; fi
  [ "$zeros" -lt 2 ] || { echo "$first 0"; exit 0; }
  now
  [ "$up" -lt "$end" ] || { echo "$first $total $zeros"; exit 75; }
done
)sh";

constexpr std::string_view kDrain = R"sh(
segue_now
segue_prefixes=
[ -z "$segue_addresses" ] || for segue_file in "$segue_addresses/$segue_prefix"*; do
  if [ -s "$segue_file" ]; then read -r segue_line <"$segue_file"; segue_prefixes="$segue_prefixes $segue_line:"; fi
done
[ -n "$segue_prefixes" ] || segue_prefixes=$segue_prefix
segue_deadline=$((segue_up + segue_limit)) segue_first= segue_zeros=0 segue_left_over=0
segue_wait=$((${segue_switched:-$segue_up} + 11 - segue_up))
while :; do
  segue_now
  segue_left=$((segue_deadline - segue_up))
  if [ "$segue_left" -le 0 ]; then
    segue_tell drained "${segue_first:-0} $segue_left_over"
    return 0
  fi
  [ "$segue_left" -le 500 ] || segue_left=500
  segue_hear timeout 60 "$segue_engine" exec segue-proxy sh -c "$segue_loop" drain "$segue_left" "$segue_wait" "$segue_first" "$segue_zeros" $segue_prefixes
  case $? in
    0) segue_tell drained "$segue_answer"; return 0 ;;
    75) ;;
    *) segue_problem proxy-probe "$segue_answer"; return 96 ;;
  esac
  segue_beat
  set -- $segue_answer
  segue_first=$1 segue_left_over=$2 segue_zeros=$3 segue_wait=11
done
)sh";

std::string engine_variable(const Engine& engine) {
  return "segue_engine=" + quote(engine.path()) + "\n";
}

}  // namespace

bool is_of_our_kind(const ContainerFacts& proxy) {
  return proxy.label(label::kLoop) == kProxyLoopVersion;
}

Section ensure_proxy(const Engine& engine, const ProxyContainer& proxy) {
  ContainerSpec spec;
  spec.name = kProxyName;
  spec.image_id = proxy.image;
  spec.network = kProxyNetwork;
  spec.restart = "unless-stopped";
  spec.labels = {
      {label::kRole, "proxy"}, {label::kLoop, kProxyLoopVersion}, {label::kImage, proxy.reference}};
  spec.published_ports = {fmt::format("{}:80", proxy.http_port),
                          fmt::format("{}:443", proxy.https_port)};
  for (const ProxyPort& port : proxy.ports) {
    const std::string address = port.address.empty() ? "" : port.address + ":";
    spec.published_ports.push_back(fmt::format("{0}{1}:{1}", address, port.port));
  }
  spec.volumes = {proxy.state_root + "/proxy:/segue:ro", "segue-proxy-data:/data"};
  // A wildcard in the host's search domain would send an empty slot's traffic to a stranger.
  spec.extra = {"--dns-search", "."};
  spec.command = {"sh", "-c", proxy_loop()};
  ContainerSpec migrating = spec;
  migrating.extra.insert(migrating.extra.end(), {"--sysctl", "net.ipv4.tcp_migrate_req=1"});

  Section section{"proxy", ShellText(engine_variable(engine))};
  section.body.raw(fmt::format("segue_root={}\nsegue_replace={}\nsegue_probe_test={}\n",
                               quote(proxy.state_root), proxy.replace ? "yes" : "no",
                               quote(kProbeTest)));
  section.body.raw("segue_empty=" + quote(empty_config()) + "\n");
  // Connections that wait on a closing listener then move to the one that takes over (Linux 5.14).
  section.body.raw("segue_run_proxy() {\n  if [ -e /proc/sys/net/ipv4/tcp_migrate_req ]; then ");
  section.body += engine.run(migrating);
  section.body.raw("; else ");
  section.body += engine.run(spec);
  const std::string_view joined = engine.fixed_addresses() ? kInternalNetworks : kAllNetworks;
  section.body.raw("; fi\n}\nsegue_format=" + quote(joined) + "\n").raw(kJoinAll).raw(kEnsure);
  return section;
}

Section join_networks(const Engine& engine, const std::vector<std::string>& networks) {
  Section section{"networks", ShellText(engine_variable(engine))};
  section.body.raw(
      "segue_joined=$(\"$segue_engine\" inspect --type container --format "
      "'{{range $name, $_ := .NetworkSettings.Networks}} {{$name}} {{end}}' segue-proxy)\n");
  for (const std::string& network : networks) {
    section.body.raw("case $segue_joined in *' " + network + " '*) ;; *) ");
    section.body += engine.connect(network, "", kProxyName);
    section.body.raw(" || { segue_problem proxy-start 'it can not join'").word(network);
    section.body.raw("; return 96; } ;; esac\n");
  }
  return section;
}

Section switch_traffic(const std::string& slot_folder, Slot to) {
  const std::string on = slot_folder + "/green";
  const std::string off = slot_folder + "/green.off";
  const std::string& from = to == Slot::green ? off : on;
  const std::string& target = to == Slot::green ? on : off;
  Section section{"switch", {}};
  section.body.raw("[ -e").word(target).raw(" ] && [ ! -e").word(from).raw(" ] || mv -f");
  section.body.word(from).word(target).raw(" || { segue_problem switch").word(slot_folder);
  section.body.raw("; return 96; }\nsegue_now\nsegue_switched=$segue_up");
  return section;
}

Section verify_switch(const Engine& engine, const ProxiedService& service, Slot slot,
                      const std::string& path) {
  Section section{"verify", ShellText(engine_variable(engine))};
  const std::string host = service.hosts.empty() ? "localhost" : service.hosts.front();
  section.body.raw("segue_hear timeout 60 \"$segue_engine\" exec segue-proxy sh -c");
  section.body.word(kVerifyLoop).word("verify").word(service.key()).word(host);
  section.body.word(path).word(to_string(slot));
  section.body.raw(" || segue_problem verify \"$segue_answer\"");
  return section;
}

Section drain(const Engine& engine, const ProxiedService& service, Slot slot, Duration limit) {
  Section section{"drain", ShellText(engine_variable(engine))};
  section.body.raw(fmt::format(
      "segue_limit={}\nsegue_addresses={}\nsegue_prefix={}\nsegue_loop={}\n",
      std::max<long long>(20, limit.count() / 10), quote(engine.address_folder()),
      quote(slot_alias_prefix(service.identity, service.service, slot)), quote(kDrainLoop)));
  section.body.raw(kDrain);
  return section;
}

}  // namespace segue
