#include "segue/proxy/gate.hpp"

#include "segue/base/text.hpp"
#include "segue/proxy/proxy_sections.hpp"
#include "segue/proxy/routes.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

// Runs inside the proxy container, so that one exec makes many probes (an exec costs 60 ms, a probe
// 3 ms). Times are hundredths of a second of the host's uptime, which a container shares. Exits 0
// when all pass, 75 when its slice of time is over: then line 1 is the state for the next slice,
// the rest what came back last.
constexpr std::string_view kProbe = R"sh(set -f
probe() {
  read -r admin inner </opt/segue/ports
  answer=$({ $probe_limit wget -q -S -O - --header "Host: $host" --header "X-Segue-Probe: $1" "http://127.0.0.1:$inner$path" 2>&1 | head -c 2000; } 2>/dev/null)
  status=none
  case $answer in *"X-Segue-Status: "*) status=${answer#*X-Segue-Status: } status=${status%%[!0-9]*} ;; esac
  status=${status:-none}  # the proxy's own answer: it has reached nobody
  for pattern in $patterns; do case $status in $pattern) return 0 ;; esac; done
  return 1
}
)sh";

constexpr std::string_view kProbeLoop =
    R"sh(slice=$1 due=$2 pause=$3 interval=$4 patterns=$5 host=$6 path=$7
shift 7
now() { read -r up rest </proc/uptime; up=${up%.*}${up#*.}; }
now
end=$((up + slice)) answer= status=-
# To a container that has just ended a connection hangs; whoever made it is to look soon.
[ "$slice" -gt 30 ] || probe_limit="timeout 1"
while :; do
  now
  if [ "$up" -ge "$due" ]; then
    good=yes
    for key in "$@"; do
      probe "$key" || { good=no; break; }
    done
    [ "$good" = yes ] && exit 0
    now
    due=$((up + pause)) pause=$((pause * 2))
    [ "$pause" -le "$interval" ] || pause=$interval
  fi
  if [ "$due" -ge "$end" ]; then
    rest=$((end - up))
  else
    rest=$((due - up))
  fi
  if [ "$up" -ge "$end" ]; then
    printf '%s %s %s\n%s\n' "$due" "$pause" "$status" "$answer"
    exit 75
  fi
  [ "$rest" -gt 0 ] || rest=1
  sleep "$((rest / 100)).$((rest % 100 / 10))$((rest % 10))"
done
)sh";

constexpr std::string_view kLooks = R"sh(patterns=$1 host=$2 path=$3
shift 3
for key in "$@"; do
  passed=0
  for look in 1 2 3; do probe "$key" && passed=$((passed + 1)); done
  echo "$passed"
done
)sh";

constexpr std::string_view kWatch = R"sh(segue_watch() {
  segue_hear timeout 30 "$segue_engine" inspect --type container --format '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.Name}} {{.RestartCount}}' $segue_candidates ||
    { segue_evidence; segue_problem gate-exited "a container is gone: $segue_answer"; return 96; }
  segue_separator=$IFS segue_counts=
  IFS='
'
  for segue_line in $segue_answer; do
    IFS=$segue_separator
    set -- $segue_line
    case $1 in
      running) ;;
      *)
        segue_reason=
        [ "$3" != true ] || segue_reason=" (out of memory)"
        segue_evidence
        segue_problem gate-exited "${4#/} ended with exit code $2$segue_reason"
        return 96 ;;
    esac
    # One that ends may run again at the next look.
    case ${segue_restarts:-" ${4#/}=$5 "} in
      *" ${4#/}=$5 "*) segue_counts="$segue_counts ${4#/}=$5 " ;;
      *)
        segue_evidence
        segue_problem gate-exited "${4#/} ended$(segue_ending "${4#/}") and was started again"
        return 96 ;;
    esac
  done
  IFS=$segue_separator
  segue_restarts=$segue_counts
}
# What runs again has forgotten how it ended; the engine's events have not.
segue_ending() {
  segue_code=$(segue_exit_codes --filter "container=$1" 2>/dev/null | tail -n 1)
  case $segue_code in ''|*[!0-9]*) ;; *) printf ' with exit code %s' "$segue_code" ;; esac
}
segue_evidence() {
  # The headers (indented by wget) are the inner server's; the status and the body are the answer.
  [ -z "$segue_response" ] ||
    printf 'last response: %s\n%s\n' "$segue_code" "$(printf '%s' "$segue_response" | grep -v -e '^  ' -e '^wget: ')"
  for segue_name in $segue_candidates; do
    printf 'last 50 lines of the log of %s:\n' "$segue_name"
    timeout 30 "$segue_engine" logs --tail 50 "$segue_name" 2>&1
  done
}
segue_expired() {
  segue_now
  segue_left=$((segue_deadline - segue_up))
  [ "$segue_left" -le 0 ]
}
)sh";

constexpr std::string_view kHttpGate = R"sh(
segue_gate() {
  segue_now
  segue_deadline=$((segue_up + segue_limit)) segue_due=0 segue_pause=5 segue_response= segue_code=none segue_slice=30
  while :; do
    # Most candidates pass in the first slice; it is short, and who fails it is looked at.
    [ "$segue_slice" = 30 ] || segue_watch || return 96
    if segue_expired; then
      segue_evidence
      segue_problem "$segue_late" "GET $segue_path answered $segue_code"
      return 96
    fi
    [ "$segue_left" -le "$segue_slice" ] || segue_left=$segue_slice
    segue_slice=100
    segue_hear timeout 60 "$segue_engine" exec segue-proxy sh -c "$segue_probe_loop" probe "$segue_left" "$segue_due" "$segue_pause" "$segue_interval" "$segue_patterns" "$segue_host_header" "$segue_path" $segue_routes
    case $? in
      0) return 0 ;;
      75) ;;
      *) segue_problem proxy-probe "$segue_answer"; return 96 ;;
    esac
    segue_line=${segue_answer%%
*}
    set -- $segue_line
    segue_due=$1 segue_pause=$2
    segue_rest=${segue_answer#"$segue_line"}
    segue_rest=${segue_rest#?}
    case $3 in
      -) ;;  # no probe was due in this slice
      none) segue_code="nothing (no connection)" segue_response=${segue_rest:-it has reached nobody} ;;
      *) segue_code=$3 segue_response=$segue_rest ;;
    esac
    segue_beat
  done
}
)sh";

constexpr std::string_view kCommandGate = R"sh(
segue_gate() {
  segue_now
  segue_deadline=$((segue_up + segue_limit)) segue_pause=5 segue_response=
  while :; do
    segue_good=yes
    for segue_name in $segue_candidates; do
      segue_response=$(segue_check 2>&1) || { segue_code=$?; segue_good=no; break; }
    done
    [ "$segue_good" = no ] || return 0
    segue_watch || return 96
    if segue_expired; then
      segue_evidence
      segue_problem "$segue_late" "the health command ended with $segue_code in $segue_name"
      return 96
    fi
    segue_beat
    segue_nap "$((segue_pause / 100)).$((segue_pause % 100 / 10))$((segue_pause % 10))"
    segue_pause=$((segue_pause * 2))
    [ "$segue_pause" -le "$segue_interval" ] || segue_pause=$segue_interval
  done
}
)sh";

constexpr std::string_view kBake = R"sh(
segue_late=bake
segue_now
segue_bake_end=$((segue_up + segue_bake))
while :; do
  segue_watch || return 96
  segue_gate || return 96
  segue_now
  segue_left=$((segue_bake_end - segue_up))
  [ "$segue_left" -gt 0 ] || return 0
  segue_beat
  [ "$segue_left" -le "$segue_interval" ] || segue_left=$segue_interval
  segue_nap "$((segue_left / 100)).$((segue_left % 100 / 10))$((segue_left % 10))"
done
)sh";

constexpr std::string_view kStaysUpGate = R"sh(
segue_gate() {
  segue_now
  segue_deadline=$((segue_up + segue_delay)) segue_response=
  while :; do
    segue_watch || return 96
    segue_expired && return 0
    segue_beat
    [ "$segue_left" -le 20 ] || segue_left=20
    segue_nap "0.$((segue_left / 10))$((segue_left % 10))"
  done
}
)sh";

std::string patterns(const std::vector<int>& status) {
  if (status.empty()) return "2??";
  std::vector<std::string> texts;
  for (const int code : status) texts.push_back(std::to_string(code));
  return join(texts, " ");
}

long long hundredths(Duration duration) {
  return std::max<long long>(1, duration.count() / 10);
}

std::string whole_seconds(Duration duration) {
  return std::to_string((duration.count() + 999) / 1000);
}

std::string probe_text(const Gate& gate, const HttpProbe& probe) {
  const std::string limit = probe.h2c ? "timeout " + whole_seconds(gate.timeout) : "";
  return fmt::format("probe_limit={}\n", quote(limit)) + std::string(kProbe);
}

std::string never_restarted(const Gate& gate) {
  std::string text;
  for (const std::string& name : gate.containers) text += " " + name + "=0 ";
  return text;
}

struct GateText {
  const Engine& engine;
  const Gate& gate;

  ShellText operator()(const HttpProbe& probe) const {
    ShellText text;
    text.raw(fmt::format("segue_path={}\nsegue_host_header={}\n", quote(probe.path),
                         quote(probe.host_header)));
    text.raw(fmt::format("segue_patterns={}\nsegue_routes={}\n", quote(patterns(probe.status)),
                         quote(join(probe.routes, " "))));
    text.raw("segue_probe_loop=" + quote(probe_text(gate, probe) + std::string(kProbeLoop)) + "\n");
    return text.raw(kHttpGate);
  }
  ShellText operator()(const CommandProbe& probe) const {
    ShellText text("segue_check() {\n  timeout");
    text.word(whole_seconds(gate.timeout)).raw(" \"$segue_engine\" exec \"$segue_name\"");
    return text.words(probe.argv).raw(" </dev/null\n}\n").raw(kCommandGate);
  }
  ShellText operator()(const StaysUp& probe) const {
    ShellText text(fmt::format("segue_delay={}\n", hundredths(probe.delay)));
    return text.raw(kStaysUpGate);
  }
};

struct LooksText {
  const Engine& engine;
  const Gate& gate;

  ShellText operator()(const HttpProbe& probe) const {
    ShellText text("segue_answer=$(timeout 60 ");
    text.raw(engine.path()).raw(" exec segue-proxy sh -c");
    text.word(probe_text(gate, probe) + std::string(kLooks)).word("looks");
    text.word(patterns(probe.status)).word(probe.host_header);
    text.word(probe.path).words(probe.routes);
    text.raw(" 2>/dev/null)\nset -- $segue_answer\n");
    for (const std::string& name : gate.containers)
      text.raw("segue_tell health").word(name).raw(" \"${1:-0}\"\n[ $# = 0 ] || shift\n");
    return text;
  }
  ShellText operator()(const CommandProbe& probe) const {
    ShellText text;
    for (const std::string& name : gate.containers) {
      text.raw("segue_passed=0\nfor segue_look in 1 2 3; do\n  timeout");
      text.word(whole_seconds(gate.timeout)).raw(" " + engine.path()).word("exec").word(name);
      text.words(probe.argv).raw(" >/dev/null 2>&1 && segue_passed=$((segue_passed + 1))\ndone\n");
      text.raw("segue_tell health").word(name).raw(" \"$segue_passed\"\n");
    }
    return text;
  }
  ShellText operator()(const StaysUp&) const { return ShellText(); }
};

}  // namespace

ShellText health_looks(const Engine& engine, const Gate& gate) {
  return std::visit(LooksText{engine, gate}, gate.probe).raw("return 0");
}

std::string describe(const Gate& gate) {
  if (const auto* http = std::get_if<HttpProbe>(&gate.probe)) {
    std::string allowed = http->status.empty() ? "2xx" : patterns(http->status);
    return fmt::format("GET {} answers {} within {}", http->path, allowed,
                       to_string(gate.deadline));
  }
  if (const auto* command = std::get_if<CommandProbe>(&gate.probe))
    return fmt::format("`{}` succeeds within {}", join(command->argv, " "),
                       to_string(gate.deadline));
  return fmt::format("runs for {} without a restart",
                     to_string(std::get<StaysUp>(gate.probe).delay));
}

ShellText gate_function(const Engine& engine, const Gate& gate) {
  ShellText text(
      fmt::format("segue_engine={}\nsegue_candidates={}\nsegue_limit={}\nsegue_interval={}\n",
                  quote(engine.path()), quote(join(gate.containers, " ")),
                  hundredths(gate.deadline), hundredths(gate.interval)));
  text.raw("segue_late=gate-timeout segue_restarts=" +
           quote(gate.just_made ? never_restarted(gate) : "") + "\n");
  text.raw("segue_exit_codes() { timeout 10 ");
  text += engine.exit_codes();
  text.raw(" \"$@\"; }\n").raw(kWatch);
  text += std::visit(GateText{engine, gate}, gate.probe);
  return text;
}

ShellText bake(const Engine& engine, Gate gate, Duration time) {
  constexpr int kIntervals = 3;
  constexpr Duration kLeast{3'000};
  if (std::holds_alternative<StaysUp>(gate.probe)) {
    gate.probe = StaysUp{time};
    return gate_function(engine, gate).raw("segue_gate");
  }
  gate.deadline = std::max(kLeast, gate.interval * kIntervals);
  ShellText text = gate_function(engine, gate);
  text.raw(fmt::format("segue_bake={}", hundredths(time)));
  return text.raw(kBake);
}

}  // namespace segue
