# Rows of many connections at once: log in and run one command on each of so many endpoints. They are
# one sshd on as many addresses of the loopback of a network namespace of its own. It lets in as many
# at a time as so many servers would, and its users have an empty home: bash reads ~/.bashrc for every
# command of sshd's, and that of a developer's machine may cost more than all the rest, or wait for a
# lock. Beside it the system's ssh, the same number at a time.

at_a_time=32  # segue's max_concurrent_starts

bring_up_endpoints() {
  local work=$folder/connect last=${connect_sizes[-1]} number
  mkdir -p "$work/home/.ssh" /run/sshd
  ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
  ssh-keygen -q -t ed25519 -N '' -f "$work/key"
  cat >"$work/sshd_config" <<CONFIG
ListenAddress 0.0.0.0
HostKey $work/host_key
AuthorizedKeysFile $work/key.pub
PidFile $work/sshd.pid
MaxStartups 2000
UsePAM no
StrictModes no
PermitRootLogin yes
CONFIG
  cat >"$work/ssh_config" <<CONFIG
Host *
  User root
  IdentityFile $work/key
  IdentitiesOnly yes
  UserKnownHostsFile $work/known_hosts
CONFIG
  for number in $(seq "$last"); do
    echo "$(endpoint "$number") $(cut -d ' ' -f 1-2 "$work/host_key.pub")"
  done >"$work/known_hosts"
  sed "s|^root:.*|root:x:0:0:root:$work/home:/bin/bash|" /etc/passwd >"$work/passwd"
  unshare --net --mount sh -c 'mount --bind "$0" /etc/passwd && ip link set lo up && exec sleep 3600' "$work/passwd" &
  space=$!
  until nsenter -t "$space" -n ip -4 address show lo 2>/dev/null | grep -q 127.0.0.1; do kill -0 "$space" || exit 1; done
  there /usr/sbin/sshd -f "$work/sshd_config" -E "$work/sshd.log"
  until [ -s "$work/sshd.pid" ]; do :; done
}

take_down_endpoints() {
  [ ! -s "$folder/connect/sshd.pid" ] || kill "$(cat "$folder/connect/sshd.pid")" || true
  [ -z "${space:-}" ] || kill "$space" 2>/dev/null || true
  space=
}

endpoint() { echo "127.9.$(($1 / 250)).$(($1 % 250 + 1))"; }
there() { nsenter -t "$space" -n -m env -i -C "$PWD" HOME="$folder/connect/home" PATH="$PATH" "$@"; }

cpu_of_endpoints() {
  awk -v tick="$(getconf CLK_TCK)" '{ print ($16 + $17) * 1000 / tick }' "/proc/$(cat "$folder/connect/sshd.pid")/stat"
}

write_connect_project() {  # how many endpoints
  local number project=$folder/connect/project$1
  mkdir -p "$project"
  {
    printf 'project: connect\nssh: {config: %s}\nservers:\n' "$folder/connect/ssh_config"
    for number in $(seq "$1"); do printf '  host%s: {host: %s, port: 22}\n' "$number" "$(endpoint "$number")"; done
    printf 'services:\n  web: {image: "app:1", hosts: [host1]}\n'
  } >"$project/deploy.yml"
  for number in $(seq "$1"); do endpoint "$number"; done >"$project/endpoints"
}

# The same project; one of the endpoints is the jump host of all of them.
write_project_behind() {  # how many endpoints
  cp -r "$folder/connect/project$1" "$folder/connect/project$1-behind"
  sed -i "s|^ssh: {|&proxy: $(endpoint 1), |" "$folder/connect/project$1-behind/deploy.yml"
}

# connect_often NAME SIZE COMMAND...: `runs` times; the medians in `wall` and `cpu`, the peak in
# `memory`, and what the servers took for one in `servers`.
connect_often() {
  local figures=$folder/connect/$1$2 size=$2 before number
  shift 2
  before=$(cpu_of_endpoints)
  for number in $(seq "$runs"); do
    (cd "$folder/connect/project$size" && there "$output/measure" "$figures" "$@") >"$folder/log" 2>&1 ||
      told_well "$*" "$folder/log"
  done
  sleep 0.5  # a session's processor time counts when sshd has collected it
  servers=$(awk -v after="$(cpu_of_endpoints)" -v before="$before" -v runs="$runs" 'BEGIN { print (after - before) / runs }')
  wall=$(median 1 <"$figures")
  cpu=$(median 2 <"$figures")
  memory=$(sort -gk 3 "$figures" | tail -n 1 | cut -d ' ' -f 3)
}

measure_connect() {
  local size wall cpu memory servers ours limit
  bring_up_endpoints
  for size in "${connect_sizes[@]}"; do
    write_connect_project "$size"
    connect_often segue "$size" "$SEGUE" server exec true
    ours=$wall
    limit=
    [ "$size" != 150 ] || limit="3.5 s"
    row "connect and run on $size" "$(seconds "$wall"); processors: client $(seconds "$cpu"), servers $(seconds "$servers")" "$limit" \
      ${limit:+"$wall" 3500}
    [ "$size" != "${connect_sizes[-1]}" ] || row "connect and run on $size, peak memory" "$memory MiB" "64 MiB" "$memory" 64
    connect_often ssh "$size" xargs -a endpoints -P "$at_a_time" -I HOST \
      ssh -F "$folder/connect/ssh_config" -o BatchMode=yes HOST true
    row "the same by ssh, $at_a_time at a time" "$(seconds "$wall"); processors: client $(seconds "$cpu"), servers $(seconds "$servers")" ""
    row "segue / ssh on $size" "$(divided "$ours" "$wall")" ""
    write_project_behind "$size"
    connect_often segue "$size-behind" "$SEGUE" server exec true
    row "connect and run on $size behind one jump host" \
      "$(seconds "$wall"), $memory MiB; processors: client $(seconds "$cpu"), servers $(seconds "$servers")" ""
  done
  take_down_endpoints
}
