#include "image_questions.hpp"

#include "segue/engine/engine.hpp"
#include "segue/host/facts_probe.hpp"
#include "segue/host/images.hpp"
#include "segue/host/layout.hpp"
#include "segue/host/lock.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

// Each section prints one thing; read_facts knows them by name. Variables live on from section to
// section: they are functions of one shell.
constexpr std::string_view kEngine = R"sh(
segue_ask_engine() {
  segue_kind=$1
  segue_engine=$(command -v "$1" 2>/dev/null)
  case $segue_engine in /*) ;; *) segue_trouble=engine-missing segue_answer=$1; return 1 ;; esac
  segue_format='{{.ServerVersion}}|{{.Architecture}}|{{.ID}}|{{if .NCPU}}{{.NCPU}}|{{.MemTotal}}|{{end}}{{.DockerRootDir}}'
  [ "$1" = docker ] ||
    segue_format='{{.Version.Version}}|{{.Host.Arch}}|podman:{{.Store.GraphRoot}}|{{.Host.NetworkBackend}}|{{.Host.Security.Rootless}}|{{.Host.CPUs}}|{{.Host.MemTotal}}|{{range .Host.CgroupControllers}}{{.}} {{end}}|{{.Store.GraphRoot}}'
  segue_hear "$segue_engine" info --format "$segue_format"
  segue_status=$?
  # Docker before version 23 tells of a missing server with a mistake in its own template; from then
  # on with empty fields, an error, and exit 0.
  case $segue_answer in
    *"nil pointer"*)
      segue_hear "$segue_engine" version --format '{{.Server.Version}}'
      segue_status=1 ;;
    *'|||'*)
      segue_status=1 segue_answer="${segue_answer%%'|||'*}${segue_answer#*'|||'}"
      segue_answer=${segue_answer#'
'} ;;
  esac
  case $segue_status$segue_answer in
    0*'|'*'|'*) return 0 ;;
    *"ermission denied"*) segue_trouble=engine-permission segue_answer="$(id -un) $1" ;;
    *) segue_trouble=$1-down ;;
  esac
  return 1
}
segue_user_root=${XDG_STATE_HOME:-${HOME:-/root}/.local/state}/segue
if [ -z "$segue_engine_name" ]; then
  # Once deployed to, a host keeps its engine: one that is down for a moment is not passed over.
  for segue_file in "$segue_default_root/engine" "$segue_user_root/engine"; do
    [ -n "$segue_engine_name" ] || [ ! -r "$segue_file" ] || read -r segue_engine_name <"$segue_file"
  done
fi
if [ -n "$segue_engine_name" ]; then
  segue_ask_engine "$segue_engine_name" || { segue_problem "$segue_trouble" "$segue_answer"; return 96; }
elif ! segue_ask_engine docker; then
  segue_first="$segue_trouble $segue_answer"
  if [ "$segue_trouble" = engine-permission ] || ! command -v podman >/dev/null 2>&1; then
    segue_problem "${segue_first%% *}" "${segue_first#* }"
    return 96
  fi
  segue_ask_engine podman || { segue_problem "$segue_trouble" "$segue_answer"; return 96; }
fi
segue_answer=${segue_answer##*
}
segue_tell engine "$segue_engine"
segue_tell engine-kind "$segue_kind"
segue_tell info "$segue_answer"
# Docker knows graphics processors by a program of theirs, Podman and newer Docker by a specification.
for segue_file in nvidia-container-runtime-hook nvidia-cdi-hook amd-container-runtime; do
  [ "$segue_kind" = podman ] || ! command -v "$segue_file" >/dev/null 2>&1 || segue_tell gpus yes
done
for segue_file in /etc/cdi/*.yaml /etc/cdi/*.json /var/run/cdi/*.yaml /var/run/cdi/*.json; do
  [ ! -r "$segue_file" ] || segue_tell gpus yes
done
case $segue_kind$segue_answer in
  podman*'|netavark|'*)
    for segue_file in /usr/lib/podman /usr/libexec/podman /usr/local/lib/podman /usr/local/libexec/podman; do
      if [ -x "$segue_file/netavark" ] && [ ! -x "$segue_file/aardvark-dns" ]; then segue_tell no-names yes; fi
    done ;;
esac
# Docker brings its own.
if [ "$segue_kind" = podman ]; then
  segue_init=no
  ! command -v catatonit >/dev/null 2>&1 || segue_init=yes
  for segue_file in /usr/libexec/podman /usr/lib/podman /usr/local/libexec/podman /usr/local/lib/podman; do
    [ ! -x "$segue_file/catatonit" ] || segue_init=yes
  done
  ! grep -q '^ *init_path' /etc/containers/containers.conf 2>/dev/null || segue_init=yes
  segue_tell init "$segue_init"
fi
case $segue_kind$segue_answer in
  podman*'|true|'*)
    segue_default_root=$segue_user_root
    # Not `read`: some shells read byte by byte, and this file has one byte for them.
    segue_tell first-port "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null)"
    [ -e "/var/lib/systemd/linger/$(id -un)" ] || [ ! -d /var/lib/systemd ] || segue_tell lingers no ;;
esac
)sh";

constexpr std::string_view kHost = R"sh(
segue_boot_id=
[ ! -r /proc/sys/kernel/random/boot_id ] || read -r segue_boot_id </proc/sys/kernel/random/boot_id
segue_machine=
[ ! -r /etc/machine-id ] || read -r segue_machine </etc/machine-id
segue_now
segue_tell boot "$segue_boot_id"
segue_tell home "${HOME-}"
segue_tell machine "$segue_machine"
segue_tell uptime "$segue_up"
segue_tell clock "$(date -u +%s 2>/dev/null)"
# One listing says where the state is, which networks there are, and our salt.
segue_format='network|{{.Name}}|{{.Label "segue.state"}}|{{.Label "segue.salt"}}'
[ "$segue_kind" = docker ] ||
  segue_format='network|{{.Name}}|{{index .Network.Labels "segue.state"}}|{{index .Network.Labels "segue.salt"}}'
segue_info=${segue_answer##*|}
segue_hear "$segue_engine" network ls --format "$segue_format" ||
  { segue_problem engine-down "$segue_answer"; return 96; }
segue_networks=$segue_answer
segue_root= segue_salt= segue_has_network=
segue_old_separator=$IFS
IFS='
'
for segue_line in $segue_networks; do
  IFS='|'
  set -- $segue_line
  if [ "$2" = segue ]; then segue_root=$3; fi
  if [ "$2" = "$segue_network" ]; then segue_has_network=yes segue_salt=$4; fi
done
IFS=$segue_old_separator
case $segue_root in /*) ;; *) segue_root=$segue_default_root ;; esac
segue_tell root "$segue_root"
segue_free() {
  segue_at=$1
  while [ ! -d "$segue_at" ] && [ "$segue_at" != / ] && [ -n "$segue_at" ]; do segue_at=${segue_at%/*}; done
  df -Pk "${segue_at:-/}" 2>/dev/null | { read -r segue_line; read -r segue_a segue_b segue_c segue_d segue_e; echo "$segue_d"; }
}
segue_tell free "$(segue_free "$segue_root")"
segue_tell engine-free "$(segue_free "$segue_info")"
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
return 0
)sh";

// Killing a script does not stop the engine: a container may appear a second after its client died.
constexpr std::string_view kSettle = R"sh(
segue_alive() {
  [ -n "$segue_pid" ] && [ -r "/proc/$segue_pid/stat" ] || return 1
  read -r segue_stat <"/proc/$segue_pid/stat"
  set -- ${segue_stat##*) }
  [ "${20}" = "$segue_since" ] && [ "$1" != Z ]
}
segue_pid=
segue_folder=$segue_root/projects/$segue_project/$segue_environment
if [ -r "$segue_folder/journal" ]; then
  IFS= read -r segue_line <"$segue_folder/journal" 2>/dev/null
  set -- $segue_line
  if [ "$1" = script ] && [ "$7" = "$segue_boot_id" ]; then segue_pid=$5 segue_since=$9; fi
fi
if segue_alive; then
  kill -TERM "-$segue_pid" 2>/dev/null || kill -TERM "$segue_pid" 2>/dev/null
  segue_tries=0
  while segue_alive && [ "$segue_tries" -lt 50 ]; do segue_tries=$((segue_tries + 1)); segue_nap 0.1; done
  if segue_alive; then kill -KILL "-$segue_pid" 2>/dev/null || kill -KILL "$segue_pid" 2>/dev/null; fi
fi
segue_tries=0 segue_before=none
segue_format='{{.ID}} {{.Names}} {{.State}}'
[ "$segue_kind" = docker ] || segue_format='{{.ID}} {{.Names}} {{.ListContainer.State}}'  # without a time
while [ "$segue_tries" -lt 30 ]; do
  segue_hear "$segue_engine" ps -a --no-trunc --format "$segue_format"
  [ "$segue_answer" != "$segue_before" ] || break
  segue_before=$segue_answer segue_tries=$((segue_tries + 1))
  segue_beat
  segue_nap 2
done
return 0
)sh";

// What the engine says of the containers in segue_ids. 1: one of them has gone since, so they are
// to be listed again. 2: the engine fails to answer, which must not look like a host without
// containers.
constexpr std::string_view kInspect = R"sh(
segue_tries=0
segue_inspect() {
  segue_answer=
  [ -n "$segue_ids" ] || return 0
  segue_answer=$("$segue_engine" inspect --type container --format "$1" $segue_ids 2>/dev/null) && return 0
  segue_tries=$((segue_tries + 1))
  [ "$segue_tries" -ge 3 ] || return 1
  segue_hear "$segue_engine" inspect --type container --format x $segue_ids
  segue_problem engine-down "$segue_answer"
  return 2
}
)sh";

constexpr std::string_view kContainers = R"sh(
segue_format='{{.ID}}|{{.Names}}|{{.Label "segue.project"}}|{{.Label "segue.environment"}}|{{.Label "segue.service"}}|{{.Label "segue.role"}}|{{.Ports}}'
# Podman lists the ports of stopped containers too; those are not taken.
[ "$segue_kind" = docker ] ||
  segue_format='{{.ID}}|{{.Names}}|{{index .Labels "segue.project"}}|{{index .Labels "segue.environment"}}|{{index .Labels "segue.service"}}|{{index .Labels "segue.role"}}|{{if eq .ListContainer.State "running"}}{{.Ports}}{{end}}'
segue_old_separator=$IFS
while :; do
  segue_hear "$segue_engine" ps -a --no-trunc --format "$segue_format" ||
    { segue_problem engine-down "$segue_answer"; return 96; }
  segue_ids= segue_names=
  IFS='
'
  for segue_line in $segue_answer; do
    IFS='|'
    set -- $segue_line
    if [ -n "$3$6" ]; then segue_ids="$segue_ids $1"; fi
    segue_names="${segue_names}name|$2|$3|$4|$5|$7
"
    IFS='
'
  done
  IFS=$segue_old_separator
  segue_inspect "$segue_container_format"
  case $? in 0) break ;; 2) return 96 ;; esac
done
printf '%s%s\n' "$segue_names" "$segue_answer"
return 0
)sh";

// A network that was missing before we had the lock may have been made by who had it.
constexpr std::string_view kNetworks = R"sh(
if [ "$segue_has_network" = yes ]; then
  printf '%s\n' "$segue_networks"
  segue_tell salt "$segue_salt"
  return 0
fi
segue_hear "$segue_engine" network ls --format 'network|{{.Name}}' ||
  { segue_problem engine-down "$segue_answer"; return 96; }
printf '%s\n' "$segue_answer"
case "
$segue_answer
" in
  *"
network|$segue_network
"*)
    segue_hear "$segue_engine" network inspect --format '{{index .Labels "segue.salt"}}' "$segue_network" ||
      { segue_problem engine-down "$segue_answer"; return 96; }
    segue_tell salt "$segue_answer" ;;
esac
return 0
)sh";

constexpr std::string_view kVolumes = R"sh(
segue_format='volume|{{.Name}}|{{.Label "segue.project"}}|{{.Label "segue.environment"}}'
[ "$segue_kind" = docker ] ||
  segue_format='volume|{{.Name}}|{{index .Labels "segue.project"}}|{{index .Labels "segue.environment"}}'
segue_hear "$segue_engine" volume ls --format "$segue_format" ||
  { segue_problem engine-down "$segue_answer"; return 96; }
printf '%s\n' "$segue_answer"
return 0
)sh";

// A call of the engine is mostly waiting for it, so four ask at the same time. Each writes into a
// pipe of its own and these are read one after another: no line is torn, no file is needed.
constexpr std::string_view kAskAll = R"sh(
segue_ask() { trap : HUP PIPE; "segue_ask_$1" </dev/null 2>&1; }
segue_ask networks | {
  exec 3<&0
  segue_ask volumes | {
    exec 4<&0
    segue_ask images | {
      exec 5<&0
      segue_ask containers
      segue_status=$?
      cat <&5
      cat <&4
      cat <&3
      exit "$segue_status"
    }
  }
}
)sh";

constexpr std::string_view kLockState = R"sh(
if [ -d "$segue_root/projects/$segue_project/lock" ]; then
  segue_folder=$segue_root/projects/$segue_project/lock
  segue_highest
  segue_tell lock-generation "$segue_top"
  [ ! -e "$segue_folder/$segue_top.released" ] || segue_tell lock-released "$segue_top"
  if [ -r "$segue_folder/$segue_top" ]; then
    read -r segue_line <"$segue_folder/$segue_top" && segue_tell lock-holder "$segue_line"
  fi
  if [ -r "$segue_folder/$segue_top.renewed" ]; then
    read -r segue_line <"$segue_folder/$segue_top.renewed" && segue_tell lock-renewed "$segue_line"
  fi
fi
)sh";

constexpr std::string_view kState = R"sh(
segue_folder=$segue_root/projects/$segue_project/$segue_environment
for segue_file in "$segue_folder"/live/*; do
  case $segue_file in *.new|*'*') continue ;; esac
  read -r segue_line <"$segue_file" && segue_tell live "${segue_file##*/} $segue_line"
done
if [ "$segue_kind" = podman ]; then
  segue_unit=/etc/systemd/system/multi-user.target.wants/segue.service
  case $segue_default_root in
    "$segue_user_root") segue_unit=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user/default.target.wants/segue.service ;;
  esac
  if [ ! -d /etc/systemd/system ]; then
    segue_tell boot-unit none
  elif [ -r "$segue_unit" ] && [ -r "$segue_root/boot" ]; then
    segue_tell boot-unit "$(cat "$segue_root/boot" "$segue_unit" | cksum)"
  fi
fi
segue_best=0
for segue_file in "$segue_folder"/releases/*.json; do
  [ -e "$segue_file" ] || continue
  segue_name=${segue_file##*/}
  segue_sequence=${segue_name%%-*}
  [ "$segue_sequence" -gt "$segue_best" ] 2>/dev/null && segue_best=$segue_sequence
done
segue_tell sequence "$segue_best"
# Printed as FILE:LINE by one program: a shell reads such long lines byte by byte.
set -- /dev/null
for segue_file in "$segue_folder"/releases/*.json; do
  segue_name=${segue_file##*/}
  segue_sequence=${segue_name%%-*}
  if [ "$segue_sequence" -gt $((segue_best - 30)) ] 2>/dev/null; then set -- "$@" "$segue_file"; fi
done
[ ! -r "$segue_folder/let-go.json" ] || set -- "$@" "$segue_folder/let-go.json"
grep -e '^{' "$@" /dev/null
for segue_file in "$segue_root"/proxy/slots/"$segue_key".*; do
  [ -d "$segue_file" ] || continue
  segue_name=${segue_file##*/}
  segue_name=${segue_name#"$segue_key".}
  if [ -e "$segue_file/green" ]; then segue_tell token "$segue_name green"; else segue_tell token "$segue_name blue"; fi
done
[ ! -r "$segue_root/proxy/running" ] ||
  { read -r segue_line <"$segue_root/proxy/running" && segue_tell proxy-running "$segue_line"; }
for segue_file in "$segue_root"/proxy/addresses/*; do
  [ -s "$segue_file" ] && segue_tell address "${segue_file##*/}"
done
for segue_file in "$segue_root"/proxy/routes/*.json; do
  [ -r "$segue_file" ] && read -r segue_line <"$segue_file" &&
    segue_tell route "${segue_file##*/} $(cksum <"$segue_file") $segue_line"
done
for segue_file in "$segue_root"/proxy/routes/*.before; do
  [ -e "$segue_file" ] && segue_tell route-before "${segue_file##*/}"
done
if [ -r "$segue_folder/journal" ]; then
  IFS= read -r segue_line <"$segue_folder/journal" 2>/dev/null && segue_tell journal "$segue_line"
  set -- $segue_line
  if [ "$1" = script ] && [ "$7" = "$segue_boot_id" ] && [ -r "/proc/$5/stat" ]; then
    read -r segue_stat <"/proc/$5/stat"
    segue_start=$9
    set -- ${segue_stat##*) }
    [ "${20}" = "$segue_start" ] && segue_tell alive yes
  fi
fi
)sh";

// What is made of a content, for an owner, has a name that begins with its own.
std::string contents_text(const FactsRequest& request) {
  constexpr std::string_view kAll = R"sh(for segue_file in "$segue_folder"/files/*; do
  [ ! -d "$segue_file" ] || segue_tell content "${segue_file##*/}"
done
for segue_file in "$segue_folder"/kept/*; do
  [ ! -d "$segue_file" ] || segue_tell kept "${segue_file##*/}"
done
)sh";
  std::string text = R"sh(segue_answer=0
for segue_file in "$segue_folder"/files/* "$segue_folder"/files/.new.*; do
  [ ! -e "$segue_file" ] || segue_answer=$((segue_answer + 1))
done
[ $segue_answer = 0 ] || segue_tell content-count $segue_answer
[ "$(cat /sys/fs/selinux/enforce 2>/dev/null)" != 1 ] || segue_tell selinux yes
)sh";
  if (request.recorded) return text + std::string(kAll);
  if (!request.contents.empty())
    text += fmt::format(R"sh(for segue_name in {}; do
  for segue_file in "$segue_folder/files/$segue_name"*; do
    [ ! -d "$segue_file" ] || segue_tell content "${{segue_file##*/}}"
  done
  for segue_file in "$segue_folder/files/.new.$segue_name".*/archive; do
    [ ! -f "$segue_file" ] || segue_tell content-part "$segue_name $(wc -c <"$segue_file")"
  done
done
)sh",
                        quote_all(request.contents));
  if (!request.kept.empty())
    text += fmt::format(R"sh(for segue_name in {}; do
  [ ! -d "$segue_folder/kept/$segue_name" ] || segue_tell kept "$segue_name"
done
)sh",
                        quote_all(request.kept));
  return text;
}

}  // namespace

Script facts_script(const FactsRequest& request) {
  const Identity& identity = request.identity;
  const std::string variables = fmt::format(
      "segue_engine_name={}\nsegue_default_root={}\nsegue_container_format={}\nsegue_network={}\n"
      "segue_project={}\nsegue_environment={}\nsegue_key={}\n",
      quote(request.engine), quote(kDefaultStateRoot), quote(Engine::container_format()),
      quote(identity.network()), quote(identity.project),
      quote(identity.environment.empty() ? "_" : identity.environment), quote(identity.key()));
  Script script;
  const auto add = [&](const char* name, const std::string& body) {
    script.sections.push_back({name, ShellText(body)});
  };
  add("engine", variables + std::string(kEngine));
  add("host", std::string(kHost));
  if (request.end_scripts) add("settle", std::string(kSettle));
  if (request.lock) {
    add("lock", state_folder_text(identity) + "segue_make_state || return $?\n" +
                    take_lock_text(identity, *request.lock, request.audit));
  }
  if (!request.release.empty())
    add("release", release_own_text(identity, request.release, request.audit));
  if (!request.disown.empty()) add("disown", disown_lock_text(identity, request.disown));
  if (request.only_lock) {
    add("state", highest_generation_text() + std::string(kLockState) + "return 0\n");
    return script;
  }
  const auto asking = [](const char* what, std::string_view body) {
    return fmt::format("segue_ask_{}() {{\n{}\n}}\n", what, body);
  };
  add("containers", std::string(kInspect) + asking("containers", kContainers) +
                        asking("networks", kNetworks) + asking("volumes", kVolumes) +
                        asking("images", images_text(request)) + std::string(kAskAll));
  add("state", highest_generation_text() + std::string(kLockState) + std::string(kState) +
                   contents_text(request) + "return 0\n");
  return script;
}

}  // namespace segue
