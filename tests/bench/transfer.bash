# Rows of images without a registry: three real hosts with the engine that SEGUE_TEST_ENGINE says (docker
# without it, podman), each at the end of a line of its own, and a Docker beside them that builds.

transfer_engine=${SEGUE_TEST_ENGINE:-docker}
transfer_hosts=3 transfer_rate=160mbit large_bytes=200000000 small_bytes=1000000

builder_lab() { LAB_NAME=benchb LAB_STATE=$folder/builder-lab LAB_OWNER=$$ "$root/tests/lab/lab" "$@"; }

# What comes to a host is held to the line's rate; tests/lab names the line's near end.
bring_up_transfer_hosts() {
  local archives number
  mapfile -t archives < <("$root/tests/support/images/build" bench)
  lab up $transfer_hosts "$transfer_engine"
  lab load-images all "${archives[@]}"
  builder_lab up 1
  builder_lab load-images all "${archives[@]}"
  for number in $(seq $transfer_hosts); do
    tc qdisc add dev "vbench$number" root tbf rate $transfer_rate burst 256k latency 50ms
  done
  mkdir -p "$folder/home/.ssh" "$folder/transfer/app"
  printf 'Host *\n  User root\n  IdentityFile %s\n  IdentitiesOnly yes\n  UserKnownHostsFile %s\n' \
    "$folder/lab/key" "$folder/lab/known_hosts" >"$folder/ssh_config"
  {
    printf 'project: transfer\nservers:\n'
    for number in $(seq $transfer_hosts); do printf '  web%d: {host: %s}\n' "$number" "$(lab address "$number")"; done
    printf 'ssh: {config: %s}\nproxy: {image: "caddy-test:2"}\nservices:\n  web:\n    build: ./app\n' "$folder/ssh_config"
    printf '    hosts: [%s]\n    stop_timeout: 5s\n' "$(seq -s , -f 'web%g' $transfer_hosts)"
    printf '    proxy: {app_port: 3000, host: transfer.example.com, healthcheck: {path: /health}}\n'
  } >"$folder/transfer/deploy.yml"
  printf 'FROM segue-bench-app:vA\nCOPY large /large\nCOPY small /small\n' >"$folder/transfer/app/Dockerfile"
  builder_socket=unix:///proc/$(builder_lab process 1)/root/run/docker.sock
}

transfer_segue() { env -i -C "$folder/transfer" HOME="$folder/home" USER=alice PATH="$PATH" DOCKER_HOST="$builder_socket" "$@"; }

build_for_transfer() {  # version
  transfer_segue "$SEGUE" build --version "$1" >"$folder/log" 2>&1 || told_well "segue build" "$folder/log"
}

# Each host in turn; the slowest counts. Nothing of it stays on the hosts.
transfer_by_hand() {  # version
  local number began took slowest=0
  for number in $(seq $transfer_hosts); do
    began=${EPOCHREALTIME/./}
    docker --host "$builder_socket" save "transfer-web:$1" |
      ssh -F "$folder/ssh_config" "$(lab address "$number")" "$transfer_engine" load -q >"$folder/log" 2>&1 ||
      told_well "docker save | ssh $transfer_engine load" "$folder/log"
    took=$(((${EPOCHREALTIME/./} - began) / 1000))
    [ $took -le $slowest ] || slowest=$took
    lab run-engine "$number" image rm -f "transfer-web:$1" >/dev/null
  done
  echo "$slowest"
}

transfer_deploy() {  # version, figures
  transfer_segue "$output/measure" "$2" "$SEGUE" deploy -y --version "$1" >"$folder/log" 2>&1 </dev/null ||
    told_well "segue deploy" "$folder/log"
}

# From the record that every host keeps.
sending_time() {
  transfer_segue "$SEGUE" deploys show --json 2>/dev/null |
    grep -o '"duration_ms":[0-9]*,"title":"Send images"' | grep -o '[0-9]*' | tail -n 1
}

received_bytes() { lab exec "$1" cat /sys/class/net/eth0/statistics/rx_bytes; }

measure_transfer() {
  local run number figures=$folder/transfer.figures hand sent ratio before most=0 bytes memory
  bring_up_transfer_hosts
  : >"$figures"
  : >"$folder/transfer.ratios"
  for run in $(seq "$runs"); do
    head -c $large_bytes /dev/urandom >"$folder/transfer/app/large"
    head -c $small_bytes /dev/urandom >"$folder/transfer/app/small"
    build_for_transfer "large-$run"
    hand=$(transfer_by_hand "large-$run")
    transfer_deploy "large-$run" "$figures"
    sent=$(sending_time)
    echo "$sent $hand $(divided "$sent" "$hand")" >>"$folder/transfer.ratios"
    head -c $small_bytes /dev/urandom >"$folder/transfer/app/small"
    build_for_transfer "small-$run"
    before=()
    for number in $(seq $transfer_hosts); do before[number]=$(received_bytes "$number"); done
    transfer_deploy "small-$run" "$figures"
    for number in $(seq $transfer_hosts); do
      bytes=$(($(received_bytes "$number") - before[number]))
      [ $bytes -le $most ] || most=$bytes
    done
  done
  ratio=$(median 3 <"$folder/transfer.ratios")
  memory=$(sort -gk 3 "$figures" | tail -n 1 | cut -d ' ' -f 3)
  row "200 MB to $transfer_hosts hosts at $transfer_rate/s each, $transfer_engine, median of $runs: segue / docker save, ssh, $transfer_engine load to one" \
    "$ratio ($(seconds "$(median 1 <"$folder/transfer.ratios")") / $(seconds "$(median 2 <"$folder/transfer.ratios")"))" "1.15" "$ratio" 1.15
  row "1 MB of it changed: a host receives at most" "$(awk -v b=$most 'BEGIN { printf "%.2f MB", b / 1e6 }')" "1.2 MB" "$most" 1200000
  row "client's peak memory, sending images" "$memory MiB" "64 MiB" "$memory" 64
  builder_lab down
  lab down
}
