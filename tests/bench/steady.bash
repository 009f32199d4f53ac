# Rows of one host with a real sshd and a real engine: segue against the script, near and far.

round_trip_ms=50

bring_up_steady_host() {
  local archives address
  mapfile -t archives < <("$root/tests/support/images/build" bench)
  lab up 1
  lab load-images all "${archives[@]}"
  # sshd then tells of each command that it is asked for.
  lab exec 1 sh -c 'echo LogLevel VERBOSE >>/run/lab/sshd_config; kill -HUP $(cat /run/sshd.pid)'
  address=$(lab address 1)
  coproc RELAY { exec "$output/relay" $round_trip_ms "$address" 22; }
  relay=$RELAY_PID
  local port
  read -r port <&"${RELAY[0]}"
  mkdir -p "$folder/home/.ssh" "$folder/near" "$folder/far" "$folder/hand"
  cat >"$folder/ssh_config" <<CONFIG
Host near
  HostName $address
Host far
  HostName 127.0.0.1
  Port $port
Host *
  HostKeyAlias $address
  User root
  IdentityFile $folder/lab/key
  IdentitiesOnly yes
  UserKnownHostsFile $folder/lab/known_hosts
CONFIG
  await_login
  write_project near bench near
  write_project far bench far
  write_project hand hand near
  segue_deploy near vA
  hand_over
}

await_login() {  # sshd starts anew after its signal
  local tries=0
  until by_ssh near true 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 50 ] || { echo "no login on the lab's host" >&2; exit 1; }
    sleep 0.1
  done
}

write_project() {  # folder, project, address
  cat >"$folder/$1/deploy.yml" <<YML
project: $2
servers:
  web1: {host: $3}
ssh: {config: $folder/ssh_config}
proxy: {image: "caddy-test:2"}
services:
  web:
    image: segue-bench-app:\${VERSION}
    hosts: [web1]
    stop_timeout: 5s
    proxy:
      app_port: 3000
      host: $2.example.com
      healthcheck: {path: /health}
YML
}

by_ssh() { ssh -F "$folder/ssh_config" -o LogLevel=ERROR "$@"; }

as_user() { env -i -C "$folder/$1" HOME="$folder/home" USER=alice PATH="$PATH" "${@:2}"; }

told_well() {  # what, log: a run that failed must not be taken for a fast one
  echo "$1 failed:" >&2
  cat "$2" >&2
  exit 1
}

segue_deploy() {  # folder, version, [file for the figures]
  as_user "$1" ${3:+"$output/measure" "$3"} "$SEGUE" deploy -y --version "$2" \
    >"$folder/log" 2>&1 </dev/null || told_well "segue deploy" "$folder/log"
}

segue_rollback() {  # folder, version, file for the figures
  as_user "$1" "$output/measure" "$3" "$SEGUE" rollback -y "$2" >"$folder/log" 2>&1 </dev/null ||
    told_well "segue rollback" "$folder/log"
  ! grep -q "Nothing to do" "$folder/log" || told_well "segue rollback" "$folder/log"
}

hand_deploy() {  # near or far, version, [file for the figures]
  ${3:+"$output/measure" "$3"} ssh -F "$folder/ssh_config" -o LogLevel=ERROR "$1" \
    sh -s -- "$2" "$hash" <"$bench/by_hand.sh" >"$folder/log" 2>&1 ||
    told_well "by_hand.sh" "$folder/log"
}

# The script's service has a route of its own, made by segue once; then segue is out of it.
hand_over() {
  segue_deploy hand vA
  local alias
  alias=$(lab exec 1 docker inspect -f \
    '{{range .NetworkSettings.Networks}}{{range .Aliases}}{{println .}}{{end}}{{end}}' hand-web |
    grep -E '^[bg]-[0-9a-f]+-1$')
  hash=${alias#?-}
  hash=${hash%-1}
  local slot=blue
  [ "${alias%%-*}" = b ] || slot=green
  lab exec 1 docker rename hand-web "hand-web-$slot"
  hand_deploy near vB
  hand_deploy near vA
}

other_version() { if [ "$1" = vA ]; then echo vB; else echo vA; fi; }

# In pairs, so that whatever else the machine does hits both; who goes first alternates.
compare() {  # near or far
  local where=$1 version=vA number
  local segue=$folder/$where.segue hand=$folder/$where.hand
  segue_deploy "$where" $version
  hand_deploy "$where" $version
  for number in $(seq "$pairs"); do
    version=$(other_version $version)
    if [ $((number % 2)) = 0 ]; then
      segue_deploy "$where" $version "$segue"
      hand_deploy "$where" $version "$hand"
    else
      hand_deploy "$where" $version "$hand"
      segue_deploy "$where" $version "$segue"
    fi
  done
  cp "$segue" "$hand" "$output/"
  local limit=1.2 what="steady deploy" ratio
  if [ "$where" = far ]; then limit=1.3 what="steady deploy, $round_trip_ms ms away"; fi
  ratio=$(ratio_of_pairs "$segue" "$hand")
  row "$what: segue, median of $pairs" "$(spread "$segue")" ""
  row "$what: by hand, median of $pairs" "$(spread "$hand")" ""
  row "$what: segue / by hand, median of the pairs" "$ratio" "$limit" "$ratio" $limit
}

ratio_of_pairs() { divided "$(paste -d ' ' "$1" "$2" | awk '{ print $1 / $4 }' | median)" 1; }

# To and fro between two releases, each beside a deploy of the same version by hand.
measure_rollback() {
  local version=vA number segue=$folder/rollback.segue hand=$folder/rollback.hand
  segue_deploy near vB
  segue_deploy near vA
  for number in $(seq "$pairs"); do
    version=$(other_version $version)
    segue_rollback near $version "$segue"
    hand_deploy near $version "$hand"
  done
  cp "$segue" "$hand" "$output/"
  row "rollback: segue, median of $pairs" "$(spread "$segue")" "0.80 s" "$(median <"$segue")" 800
  local ratio
  ratio=$(ratio_of_pairs "$segue" "$hand")
  row "rollback / deploy by hand, median of the pairs" "$ratio" "1.2" "$ratio" 1.2
}

spread() {
  echo "$(seconds "$(median <"$1")") ($(seconds "$(share 0.1 <"$1")") to $(seconds "$(share 0.9 <"$1")"))"
}

sshd_log() { lab exec 1 sh -c 'cat /var/log/sshd.log'; }

count_commands() {
  local before after commands connections
  segue_deploy near vA
  before=$(sshd_log | wc -l)
  segue_deploy near vB
  after=$folder/sshd.log
  sshd_log | tail -n +$((before + 1)) >"$after"
  commands=$(grep -c 'Starting session: command' "$after")
  connections=$(grep -c '^Accepted publickey' "$after")
  row "SSH commands of one deploy" "$commands" "6" "$commands" 6
  row "SSH connections of one deploy" "$connections" "1" "$connections" 1
}
