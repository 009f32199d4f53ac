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
      cat >/var/lib/fake_engine/state.json; echo $think_ms >/var/lib/fake_engine/think_ms
      cp '$root/build/dev/tests/fake_engine' /usr/local/bin/docker" <"$folder/state.json"
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

measure_fleet() {
  local size number version before one wall cpu memory hosts floor
  bring_up_fleet
  for size in "${fleet_sizes[@]}"; do
    write_fleet_project "$size"
    segue_deploy "fleet$size" vA
    version=vA
    before=$(cpu_of_hosts "$size")
    for number in $(seq "$runs"); do
      version=$(other_version $version)
      segue_deploy "fleet$size" $version "$folder/fleet$size.figures"
    done
    # A session's processor time counts when sshd has collected it.
    sleep 0.5
    hosts=$(divided "$(($(cpu_of_hosts "$size" | cut -d . -f 1) - ${before%.*}))" "$runs")
    wall=$(median 1 <"$folder/fleet$size.figures")
    cpu=$(median 2 <"$folder/fleet$size.figures")
    memory=$(sort -gk 3 "$folder/fleet$size.figures" | tail -n 1 | cut -d ' ' -f 3)
    one=${one:-$wall}
    # What this machine's cores need at least for the hosts' processes is not segue's to save.
    floor=$(awk -v hosts="$hosts" -v cores="$(nproc)" 'BEGIN { print hosts / cores }')
    if [ "$size" = 1 ]; then floor=0; fi
    row "$size hosts, median of $runs" "$(seconds "$wall"); processors: client $(seconds "$cpu"), hosts $(seconds "$hosts")" ""
    if [ "$size" = "${fleet_sizes[-1]}" ]; then
      local beyond
      beyond=$(awk -v wall="$wall" -v floor="$floor" -v one="$one" \
        'BEGIN { printf "%.2f", (wall - floor) / one }')
      row "$size hosts / one host, all of it" "$(divided "$wall" "$one")" ""
      row "$size hosts / one host, without the hosts' own processor time on $(nproc) cores" "$beyond" "1.5" "$beyond" 1.5
      row "$size hosts, client's peak memory" "$memory MiB" "64 MiB" "$memory" 64
    fi
  done
  lab down
}
