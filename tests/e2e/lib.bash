# The words in which the stories of tests/e2e are told. A story is a function `story_...`, or
# `long_story_...` when it is told with SEGUE_LONG=1 only; a file of stories ends with
# `tell_stories "$@"`, which runs them one after another on the lab's hosts, each from clean hosts, in
# a folder and with a home of its own. A file uses web1 and web2, or says so:
# `lab_hosts="web1 web2 web3"` before it reads this one.
#
#   tests/e2e/failed_gates_test              all stories of the file
#   tests/e2e/failed_gates_test answers_404  those with that in their name
#
# Environment: SEGUE_LONG, SEGUE and SEGUE_LOAD, the programs (default: those of build/dev), and SEGUE_LAB, the
# folder of the lab that ctest has brought up (without it, the file brings up one of its own), and
# SEGUE_TEST_ENGINE: docker (without it), podman or podman-rootless.
# Exit status 77 means skipped, with the reason printed.
set -euo pipefail

e2e=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$e2e/../.." && pwd)
lab_hosts=${lab_hosts:-web1 web2}
engine=${SEGUE_TEST_ENGINE:-docker}
client=${engine%-rootless}  # the engine's program
if [ "$engine" = podman-rootless ]; then
  user=deploy state=/home/deploy/.local/state/segue web_port=8080
  proxy_more=", http_port: 8080, https_port: 8443"
else
  user=root state=/var/lib/segue web_port=80
fi
export SEGUE=${SEGUE:-$root/build/dev/segue} SEGUE_LOAD=${SEGUE_LOAD:-$root/build/dev/tests/segue_load}

# --- the lab -------------------------------------------------------------------------------------

skip_without_root() {
  [ "$(id -u)" = 0 ] || { echo "skipped: real hosts need root (network namespaces and mounts)"; exit 77; }
}

# One lab per build tree and engine, each with a subnet of its own: they run side by side.
name_lab() {  # folder
  local number
  export LAB_STATE=$1 LAB_NAME LAB_NET
  LAB_NAME=e2e$(($(printf %s "$1" | cksum | cut -d ' ' -f 1) % 100000))
  number=$(($(dirname "$1" | cksum | cut -d ' ' -f 1) % 41 * 6 + 1))
  case ${1##*/lab-} in podman) number=$((number + 1)) ;; podman-rootless) number=$((number + 2)) ;;
    docker-2) number=$((number + 3)) ;; podman-long) number=$((number + 4)) ;; docker-long) number=$((number + 5)) ;; esac
  LAB_NET=10.77.$number
}

# A file that is told alone may meet the subnet of another by chance.
avoid_taken_subnet() {
  local number=${LAB_NET##*.}
  while [[ $(ip -4 -o address show) == *" 10.77.$number."* ]]; do number=$((number % 250 + 1)); done
  LAB_NET=10.77.$number
}

lab() { "$e2e/../lab/lab" "$@"; }

bring_up_lab() {
  local archives
  mapfile -t archives < <("$e2e/../support/images/build")
  lab up "$(wc -w <<<"$lab_hosts")" "$engine"
  lab load-images all "${archives[@]}"
}

# on HOST COMMAND...: on web1, web2, ..., as its root, not over SSH.
on() {
  local host=$1
  shift
  lab exec "${host#web}" "$@"
}

engine_on() { local host=$1; shift; lab run-engine "${host#web}" "$@"; }

# Podman has no daemon; there the whole host goes down and comes up.
restart_engine_of() {
  if [ "$client" = docker ]; then lab engine "${1#web}" restart; else lab reboot "${1#web}"; fi
}

# A story may have a program of its own in front of the engine's client. The machine's own, where it has
# one there, comes back afterwards: to remove it would leave the host another client.
put_client_aside() {
  on "$1" sh -c '
    [ ! -d /run/client-aside ] || exit 0
    mkdir /run/client-aside
    [ ! -e "/usr/local/bin/$1" ] || cp -a "/usr/local/bin/$1" /run/client-aside' aside "$client"
}
put_client_back() {
  on "$1" sh -c '
    rm -f "/usr/local/bin/$1"
    [ ! -e "/run/client-aside/$1" ] || mv "/run/client-aside/$1" /usr/local/bin
    rm -rf /run/client-aside' back "$client"
}

# not_on ENGINE REASON: true there, and says why. Stories begin with `not_on podman "..." && return`.
not_on() {
  [ "$client" = "$1" ] || return 1
  say "not on $1: $2"
}

# long_on ENGINE: true there without SEGUE_LONG=1. Stories begin with `long_on podman && return`.
long_on() {
  [ "$client" = "$1" ] && [ -z "${SEGUE_LONG:-}" ] || return 1
  say "on $1 with SEGUE_LONG=1 only"
}

# Asks Docker itself: its client costs ten times as much, and every story begins with this.
empty_docker='
engine() { curl -sf --unix-socket /run/docker.sock -X "$1" "http://engine/$2"; }
each() { grep -o "$1\":\"[^\"]*" | cut -d "\"" -f 3; }
engine GET _ping >/dev/null || { echo "the engine does not answer"; exit 1; }
for id in $(engine GET "containers/json?all=1" | each Id); do
  engine DELETE "containers/$id?force=1&v=1" &
done
wait
engine POST networks/prune >/dev/null
for name in $(engine GET volumes | each Name); do engine DELETE "volumes/$name?force=1"; done'

empty_podman() {
  local found
  found=$(engine_on "$1" ps -aq)
  [ -z "$found" ] || engine_on "$1" rm -fv $found >/dev/null
  engine_on "$1" network prune -f >/dev/null
  found=$(engine_on "$1" volume ls -q)
  [ -z "$found" ] || engine_on "$1" volume rm -f $found >/dev/null
}

clean_host() {
  local host=$1
  on "$host" sh -c 'mountpoint -q /var/lib/segue && umount -l /var/lib/segue' || true
  if [ "$client" = docker ]; then on "$host" sh -c "$empty_docker"; else empty_podman "$host"; fi
  on "$host" sh -c 'rm -rf /var/lib/segue /home/deploy/.local/state/segue /etc/systemd/system/segue.service /etc/systemd/system/*.wants/segue.service /home/deploy/.config'
}

clean_hosts() {
  local host cleaners=() cleaner
  for host in $lab_hosts; do clean_host $host & cleaners+=($!); done
  for cleaner in "${cleaners[@]}"; do wait "$cleaner"; done
}

# --- telling -------------------------------------------------------------------------------------

# With quiet=yes only failures are told.
# How often each exit status came: of an array by status.
counts() {  # name of an array: times by exit status
  local -n times=$1
  local code texts=()
  for code in "${!times[@]}"; do texts+=("$code: ${times[code]} times"); done
  (IFS=,; echo "${texts[*]}")
}

say() { [ -n "${quiet:-}" ] || echo "    $*"; }

fail() {
  echo "  failed: $*"
  if [ -s "$work/output" ]; then sed 's/^/    | /' "$work/output"; fi
  exit 1
}

tell_stories() {
  local wanted=${1:-} kinds='' story stories failures=0
  skip_without_root
  folder=$(mktemp -d)
  if [ -n "${SEGUE_LAB:-}" ] && [ -e "$SEGUE_LAB/ssh_config" ]; then
    name_lab "$SEGUE_LAB"
    trap 'rm -rf "$folder"' EXIT
  else
    name_lab "$folder/lab"
    avoid_taken_subnet
    trap 'lab down; rm -rf "$folder"' EXIT
    LAB_OWNER=$$ bring_up_lab
  fi
  [ -z "${SEGUE_LONG:-}$wanted" ] || kinds='(long_)?'
  mapfile -t stories < <(grep -oE "^${kinds}story_[a-z0-9_]*${wanted}[a-z0-9_]*" "$0")
  [ ${#stories[@]} -gt 0 ] || { echo "no story is called '$wanted'"; exit 2; }
  for story in "${stories[@]}"; do
    tell "$story" "$folder/$story"  # not in a condition: inside one, `set -e` would mean nothing
    [ $told = ok ] || failures=$((failures + 1))
  done
  [ $failures = 0 ] || { echo "$failures of ${#stories[@]} stories failed"; exit 1; }
}

tell() {  # story, folder
  local title=${1#*story_} began=$SECONDS
  title=${title//_/ }
  told=ok
  (
    work=$2
    trap 'end_processes' EXIT
    trap 'echo "  failed: line $LINENO: $BASH_COMMAND"' ERR
    set -eE
    mkdir -p "$work/home/.ssh" "$work/project"
    chmod 700 "$work/home/.ssh"
    cp "$LAB_STATE/known_hosts" "$work/known_hosts"
    write_ssh_config "$LAB_STATE/key" $user
    clean_hosts
    "$1"
  ) >"$2.log" 2>&1 </dev/null &
  wait $! || told=failed
  echo "$told: $title ($((SECONDS - began)) s)"
  if [ $told = ok ]; then
    grep '^    ' "$2.log" || true
    rm -rf "$2"
  else
    cat "$2.log"
  fi
}

# await SECONDS COMMAND...: until it succeeds.
await() {
  local end=$((SECONDS + $1))
  shift
  until ("$@") >/dev/null 2>&1; do  # an expectation ends its shell, so it gets one of its own
    [ $SECONDS -lt $end ] || fail "waited in vain for: $*"
    sleep 0.1  # most of what is awaited asks an engine, which costs more than that
  done
}

# Every process that a story starts is remembered, and ended by its id when the story ends: if it is
# still that process. Ids come round again in minutes, and would be those of somebody else.
processes=()
in_background() {
  "$@" &
  background=$!
  processes+=($background)
}
# finally COMMAND...: done when the story ends, however it ends.
last_acts=()
finally() { last_acts+=("$(printf '%q ' "$@")"); }

is_our_child() {
  local words
  read -r words 2>/dev/null <"/proc/$1/stat" || return 1
  read -ra words <<<"${words##*) }"
  [ "${words[1]}" = "$BASHPID" ]
}

end_processes() {
  local process act
  trap - ERR
  set +e
  for process in "${processes[@]}"; do
    is_our_child "$process" && kill -CONT "$process" && kill "$process"
  done
  for act in "${last_acts[@]}"; do eval "$act" >/dev/null; done
  wait
}

# --- given: files, and what already runs -----------------------------------------------------------

write_ssh_config() {  # key file, user
  cat >"$work/ssh_config" <<CONFIG
Host *
  User $2
  IdentityFile $1
  IdentitiesOnly yes
  UserKnownHostsFile $work/known_hosts
CONFIG
}

# A deploy.yml of project shop for web1, or for the hosts that are named; its services stand on
# standard input.
given_services() {
  local host
  [ $# -gt 0 ] || set -- web1
  {
    printf 'project: %s\nservers:\n' "${project:-shop}"
    for host in "$@"; do printf '  %s: {host: %s}\n' "$host" "$(lab address "${host#web}")"; done
    printf 'ssh: {config: %s, connect_timeout: 3s}\n' "$work/ssh_config"
    printf 'proxy: {image: "%s"%s}\nservices:\n' "${proxy_image:-caddy-test:2}" "${proxy_more:-}"
    cat
  } >"$work/project/deploy.yml"
}

# The service that most stories are about: behind the proxy, its version in every answer.
given_web_service() {
  local replicas=${replicas:-1} hosts
  [ $# -gt 0 ] || set -- web1
  hosts=$(IFS=,; echo "$*")
  given_services "$@" <<YML
  web:
    image: segue-test-app:\${VERSION}
    hosts: [$hosts]
    replicas: $replicas
    retain: 30  # stories share the images
    drain_timeout: ${drain_timeout:-10s}
    stop_timeout: 5s
    proxy:
      app_port: 3000
      host: shop.example.com
      healthcheck: {path: /health, deploy_timeout: ${deploy_timeout:-4s}}
YML
}

given_worker() {
  given_services "$@" <<YML
  worker:
    image: segue-test-worker:\${VERSION}
    hosts: [$(IFS=,; echo "${*:-web1}")]
    retain: 30
    stop_timeout: 3s
    healthcheck: {readiness_delay: 1s}
YML
}

given_deployed() {
  deploy "$1"
  [ "$status" = 0 ] || fail "$1 could not be deployed"
}

# --- segue -----------------------------------------------------------------------------------------

# Exactly what a user's shell would pass on: a home, a path, and signals that end a process.
as_user() {
  exec env -i --default-signal=INT,TERM,HUP,PIPE -C "$work/project" HOME="$work/home" \
    USER=alice PATH="$PATH" "${segue_environment[@]}" "$SEGUE" "$@"
}
segue_environment=()

# segue COMMAND...: its exit status in `status`, all that it printed in $work/output.
segue() {
  status=0
  (as_user "$@") >"$work/output" 2>&1 </dev/null || status=$?
}

# at_terminal ANSWER COMMAND...: the same on a terminal, where somebody types ANSWER.
at_terminal() {
  local answer=$1
  shift
  status=0
  printf '%s\n' "$answer" | env -i -C "$work/project" HOME="$work/home" USER=alice PATH="$PATH" \
    TERM=xterm script -qec "$(printf '%q ' "$SEGUE" "$@")" /dev/null >"$work/output" 2>&1 || status=$?
}

deploy() { local version=$1; shift; segue deploy --version "$version" -y "$@"; }

start_deploy() {  # version [option...]: goes on in the background, as process `deploying`
  local version=$1
  shift
  in_background as_user deploy --version "$version" -y "$@" >"$work/output" 2>&1 </dev/null
  deploying=$background
}

await_deploy() {
  status=0
  wait "$deploying" || status=$?
}

# What serves on web1 answers 503 when asked for its health, from now on.
break_health() {
  timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2"
    printf "POST /break HTTP/1.0\r\nHost: shop.example.com\r\nContent-Length: 0\r\n\r\n" >&3; cat <&3' \
    break "$(lab address 1)" "$web_port" >/dev/null
}

# --- expectations ----------------------------------------------------------------------------------

expect_exit() { [ "$status" = "$1" ] || fail "exit status $status, not $1"; }
expect_output() { grep -qF -e "$1" "$work/output" || fail "the output does not say: $1"; }
expect_no_output() { ! grep -qF -e "$1" "$work/output" || fail "the output says: $1"; }

# expect_ended CONTAINER CODE: that a candidate ended is said, also when it runs again already.
expect_ended() { expect_output "$1 ended with exit code $2"; }

# finds PATTERN COMMAND...: a line of what the command prints has it. All of it is read: behind a pipe,
# `grep -q` leaves at the first match, and the broken pipe of the command would count as a failure.
finds() {
  local printed
  printed=$("${@:2}") || return
  grep -q -e "$1" <<<"$printed"
}

address_of() { lab address "${1#web}"; }

# ask HOST [PATH] [DOMAIN]: what a client sees, through the proxy.
ask() {
  timeout 10 bash -c '
    exec 3<>"/dev/tcp/$1/$4"
    printf "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" "$2" "$3" >&3
    sed "1,/^\r\{0,1\}$/d" <&3' ask "$(address_of "$1")" "${2:-/}" "${3:-shop.example.com}" "$web_port"
}
answers() { [ "$(ask "$1" / "${3:-shop.example.com}")" = "$2" ]; }

expect_serving() {  # version [host...]
  local version=$1 host answer
  shift
  for host in "${@:-web1}"; do
    answer=$(ask "$host") || true
    [ "$answer" = "$version" ] || fail "$host serves '$answer', not $version"
  done
}

containers_on() {
  local state='{{.State}}'
  [ "$client" = docker ] || state='{{.ListContainer.State}}'
  engine_on "$1" ps -a --format "{{.Names}} $state" | sort
}

# expect_containers HOST 'NAME STATE'...: these and no others, but for the proxy.
expect_containers() {
  local host=$1 found wanted
  shift
  found=$(containers_on "$host" | grep -v '^segue-proxy ' || true)
  wanted=$(printf '%s\n' "$@" | sort)
  [ "$found" = "$wanted" ] || fail "containers of $host: $found; expected: $wanted"
}

expect_container() { finds "^$2\$" containers_on "$1" || fail "$1 has no container '$2': $(containers_on "$1")"; }

# expect_proxy_networks HOST PROJECT...: its home network, and of each project the one where the slots
# are. On Podman a further one would change its way out.
expect_proxy_networks() {
  local host=$1 found wanted=segue project
  shift
  for project in "$@"; do
    wanted+=" segue-$project"
    [ "$client" = docker ] || wanted+=--admission
  done
  found=$(engine_on "$host" inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}' segue-proxy)
  [ "$found" = "$wanted " ] || fail "the proxy of $host is in: $found; expected: $wanted"
}

image_runs() { finds "^$2 " engine_on "$1" ps --format '{{.Image}} {{.ID}}' || image_runs_by_id "$@"; }
image_runs_by_id() {
  local id
  id=$(engine_on "$1" image inspect --format '{{.Id}}' "$2")
  finds . engine_on "$1" ps -q --filter "ancestor=$id"
}

# Nothing of a deploy is left behind: no candidate, no retired container, no lock.
expect_at_rest() {
  local host names
  for host in "${@:-web1}"; do
    names=$(engine_on "$host" ps -a --format '{{.Names}}')
    ! grep -q _old_ <<<"$names" || fail "a retired container is left on $host: $names"
    lock_is_free "$host" || fail "the lock on $host is held"
    ! script_runs_on "$host" || fail "a script still runs on $host"
  done
}

# A script that changes something has its journal open. (So has what Podman leaves beside a container.)
script_runs_on() {
  on "$1" sh -c '
    for process in /proc/[0-9]*; do
      case $(cat "$process/comm" 2>/dev/null) in sh | dash | bash) ;; *) continue ;; esac
      case $(readlink "$process/fd/9") in "$1"/*) exit 0 ;; esac
    done
    exit 1' find "$state"
}

lock_is_free() {
  on "$1" sh -c '
    top=$(ls "$1/projects/shop/lock" 2>/dev/null | sed "s/[.].*//" | sort -n | tail -n 1)
    [ -z "$top" ] || [ -e "$1/projects/shop/lock/$top.released" ]' free "$state"
}

# cut_sessions HOST: every session of its sshd, but neither sshd itself nor what runs in the sessions.
# From OpenSSH 10 on a session is two processes, and the connection lives as long as either.
cut_sessions() {
  on "$1" sh -c '
    children() { cat "/proc/$1/task/$1/children" 2>/dev/null; }
    for session in $(children "$(cat /run/sshd.pid)"); do
      for part in $session $(children "$session"); do
        case $(cat "/proc/$part/comm" 2>/dev/null) in sshd*) parts="$parts $part" ;; esac
      done
    done
    kill -9 $parts'
}

# What comes to a host comes no faster than that, until the story ends.
slow_line() {  # host, rate
  tc qdisc add dev "v$LAB_NAME${1#web}" root tbf rate "$2" burst 256k latency 50ms
  finally fast_line "$1"
}
fast_line() { tc qdisc del dev "v$LAB_NAME${1#web}" root 2>/dev/null || true; }

# --- load ------------------------------------------------------------------------------------------

# start_load VERSIONS [option of segue_load...]: clients that ask the hosts all the time; an answer of
# another version counts as a failure. Several at a time are told apart by `load_name`.
start_load() {
  local versions=$1 targets=() host
  shift
  for host in ${load_hosts:-web1}; do targets+=(--connect "$(address_of "$host"):${load_port:-$web_port}"); done
  rm -f "$work/${load_name:=load}-stop" "$work/$load_name-started"
  in_background "$SEGUE_LOAD" "${targets[@]}" --host "${load_host:-shop.example.com}" --versions "$versions" \
    --kinds "${load_kinds:-new=4,keepalive=8,post=2,slow=2}" --rate "${load_rate:-300}" \
    --started-file "$work/$load_name-started" --until-file "$work/$load_name-stop" --json "$work/$load_name.json" \
    "$@" >"$work/$load_name.txt" 2>&1
  load=$background
  await 15 test -e "$work/$load_name-started"
}

stop_load() {
  touch "$work/$load_name-stop"
  load_status=0
  wait "$load" || load_status=$?
  say "$load_name: $(tail -n 1 "$work/$load_name.txt")"
}

stop_load_and_expect_no_failure() {
  stop_load
  [ $load_status = 0 ] || { cat "$work/$load_name.txt"; fail "requests failed (exit status $load_status)"; }
}

answers_of() { sed -nE "s/.*\"$1\":\{\"answers\":([0-9]+).*/\1/p" "$work/$load_name.json"; }

expect_seen() {
  local version
  for version in "$@"; do [ -n "$(answers_of "$version")" ] || fail "no answer came from $version"; done
}
