# Rows of many hosts at once. Each has a real sshd, files, processes and network of its own; the
# engine is tests/support/fake_engine, as so many real ones do not fit on one machine. All hosts
# share this machine's cores, so the processor time of both sides is told beside the wall time.

think_ms=40  # of each call of the engine; a real one takes 30 to 60, and 250 to start a container

bring_up_fleet() {
  (cd "$root" && cmake --preset dev && cmake --build --preset dev --target fake_engine) \
    >"$output/fake_engine.log" 2>&1 || { tail -n 20 "$output/fake_engine.log"; exit 1; }
  local number last=${fleet_sizes[-1]}
  lab up "$last" none
  fake_state >"$folder/state.json"
  for number in $(seq "$last"); do
    lab exec "$number" sh -c "mkdir -p /var/lib/fake_engine /var/lib/segue
      cat >/var/lib/fake_engine/state.json; echo $think_ms >/var/lib/fake_engine/think_ms" <"$folder/state.json"
    # Through standard input: a host has a /root of its own, and the checkout may lie in this machine's.
    lab exec "$number" sh -c 'cat >/usr/local/bin/docker && chmod 755 /usr/local/bin/docker' \
      <"$root/build/dev/tests/fake_engine"
  done
  cp "$folder/lab/ssh_config" "$folder/fleet_ssh_config"
  mkdir -p "$folder/home/.ssh"
}

fake_state() {
  local image images=
  for image in app:vA app:vB caddy:2; do images="$images,\"$image\":{\"id\":\"sha256:$image\"}"; done
  cat <<JSON
{"root": "/var/lib/segue", "made": 0, "calls": 0, "loaded": null, "volumes": {}, "registry": {},
 "containers": [], "images": {${images#,}},
 "networks": {"bridge": {"labels": {}},
              "segue": {"labels": {"segue.role": "proxy", "segue.state": "/var/lib/segue"}}}}
JSON
}

write_fleet_project() {  # how many hosts
  local number hosts=
  mkdir -p "$folder/fleet$1"
  for number in $(seq "$1"); do hosts="$hosts, web$number"; done
  {
    printf 'project: fleet\nssh: {config: %s}\n' "$folder/fleet_ssh_config"
    printf 'rollout: {parallel: 100%%}\nservers:\n'
    for number in $(seq "$1"); do printf '  web%s: {host: web%s}\n' "$number" "$number"; done
    cat <<YML
services:
  web:
    image: app:\${VERSION}
    hosts: [${hosts#, }]
    stop_timeout: 5s
    proxy:
      app_port: 3000
      host: fleet.example.com
      healthcheck: {path: /health}
YML
  } >"$folder/fleet$1/deploy.yml"
  as_user "fleet$1" "$SEGUE" config validate --version vA >"$folder/log" 2>&1 ||
    told_well "segue config validate" "$folder/log"
}

# Processor time, in ms, of all that the hosts' sshds have run and collected.
cpu_of_hosts() {
  local number
  for number in $(seq "$1"); do
    lab exec "$number" sh -c 'cut -d " " -f 16,17 "/proc/$(cat /run/sshd.pid)/stat"'
  done | awk -v tick="$(getconf CLK_TCK)" '{ ticks += $1 + $2 } END { print ticks * 1000 / tick }'
}

# The processor's control groups, of either version; where they can't be written nothing is printed.
processor_groups() {
  local folder
  for folder in /sys/fs/cgroup/cpu /sys/fs/cgroup/cpu,cpuacct; do
    if [ -w "$folder/cgroup.procs" ]; then echo "$folder"; return; fi
  done
  if grep -qw cpu /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null; then echo /sys/fs/cgroup; fi
}

# hold_hosts HOW_MANY PERCENT: each gets so much of one core and no more. A host is then as fast alone
# as among the others, as servers of their own are, if all of them fit on this machine's cores.
hold_hosts() {
  local number group period=50000 quota=$((500 * $2))
  groups=$(processor_groups)
  [ -n "$groups" ] || return 1
  for number in $(seq "$1"); do
    group=$groups/segue-bench-$number
    mkdir -p "$group"
    if [ -e "$group/cpu.max" ]; then
      echo "$quota $period" >"$group/cpu.max"
    else
      echo $period >"$group/cpu.cfs_period_us"
      echo $quota >"$group/cpu.cfs_quota_us"
    fi
    # Written inside, where the ids are those of the host.
    lab exec "$number" sh -c 'for process in /proc/[0-9]*; do
      echo "${process#/proc/}" >"$1/cgroup.procs"; done 2>/dev/null; true' hold "$group"
  done
}

remove_groups() {
  local group
  for group in "${groups:-/nowhere}"/segue-bench-*; do
    [ ! -d "$group" ] || rmdir "$group"
  done
}

# deploy_often SIZE: `runs` deploys after a first one; their medians in `wall` and `cpu`, the peak in
# `memory`, and of one of them what the hosts took in `hosts`.
deploy_often() {
  local number version=vA before
  segue_deploy "fleet$1" $version
  rm -f "$folder/fleet$1.figures"
  before=$(cpu_of_hosts "$1")
  for number in $(seq "$runs"); do
    version=$(other_version $version)
    segue_deploy "fleet$1" $version "$folder/fleet$1.figures"
  done
  sleep 0.5  # a session's processor time counts when sshd has collected it
  hosts=$(divided "$(($(cpu_of_hosts "$1" | cut -d . -f 1) - ${before%.*}))" "$runs")
  wall=$(median 1 <"$folder/fleet$1.figures")
  cpu=$(median 2 <"$folder/fleet$1.figures")
  memory=$(sort -gk 3 "$folder/fleet$1.figures" | tail -n 1 | cut -d ' ' -f 3)
}

plural() { if [ "$1" != 1 ]; then echo s; fi; }

measure_fleet() {
  local size one wall cpu memory hosts last=${fleet_sizes[-1]}
  bring_up_fleet
  for size in "${fleet_sizes[@]}"; do
    write_fleet_project "$size"
    deploy_often "$size"
    one=${one:-$wall}
    row "$size host$(plural "$size"), median of $runs" "$(seconds "$wall"); processors: client $(seconds "$cpu"), hosts $(seconds "$hosts")" ""
  done
  row "$last hosts / ${fleet_sizes[0]}, all on $(nproc) cores" "$(divided "$wall" "$one")" ""
  row "$last hosts, client's peak memory" "$memory MiB" "64 MiB" "$memory" 64
  measure_held_fleet
  lab down
  remove_groups
}

measure_held_fleet() {
  local one wall cpu memory hosts first=${fleet_sizes[0]} last=${fleet_sizes[-1]} share ratio
  share=$((($(nproc) * 100 - 50) / last))
  [ $share -gt 0 ] && hold_hosts "$last" $share || { row "hosts of their own speed" "can't be made here" ""; return 0; }
  deploy_often "$first"
  one=$wall
  row "$first host$(plural "$first"), each $share% of a core" "$(seconds "$wall")" ""
  deploy_often "$last"
  row "$last hosts, each $share% of a core" "$(seconds "$wall")" ""
  ratio=$(divided "$wall" "$one")
  row "$last hosts / $first" "$ratio" "1.5" "$ratio" 1.5
}
