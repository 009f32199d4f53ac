# The words in which stories are told that build images: beside lib.bash, which comes first. Whoever
# deploys builds with the engine of web2, which is no host of the project then, or with a Podman of this
# machine that keeps what it has in the story's folder.

# Podman takes no longer path for what it keeps while it runs.
builder_store() { printf '%s\n' --root "$work/builder" --runroot "$builder_run" --storage-driver vfs; }

# What the user's shell has: DOCKER_HOST, or a `podman` in front of the other. Nothing is left of what
# another story has built.
given_builder() {
  local host
  mkdir -p "$work/bin" "$work/builder"
  segue_environment=("PATH=$work/bin:$PATH")
  for host in $lab_hosts; do forget_built engine_on "$host"; done
  if [ "$client" = docker ]; then
    segue_environment+=("DOCKER_HOST=unix:///proc/$(lab process 2)/root/run/docker.sock")
    return
  fi
  builder_run=$(mktemp -d)
  finally rm -rf "$builder_run"
  builder_more='builder: {engine: podman}'
  printf '#!/bin/sh\nexec %s %s "$@"\n' "$(command -v podman)" "$(builder_store | tr '\n' ' ')" >"$work/bin/podman"
  chmod +x "$work/bin/podman"
  builder load -q -i "$root/build/test-images/segue-test-app.tar" >/dev/null
  # Nothing that stands on an image whose history tells no times is found again in Podman's cache.
  base=segue-test-base:v1
  printf 'FROM segue-test-app:v1\nLABEL base=\n' | builder build -q --format docker -t $base - >/dev/null
}

# The engine of web2 builds, in a session of ours: this machine has none.
given_remote_builder() {  # further keys of `builder`
  local host program
  mkdir -p "$work/bin"
  for program in docker podman; do
    printf '#!/bin/sh\necho "no engine here" >&2\nexit 1\n' >"$work/bin/$program"
    chmod +x "$work/bin/$program"
  done
  segue_environment=("PATH=$work/bin:$PATH")
  for host in $lab_hosts; do forget_built engine_on "$host"; done
  builder_more="builder: {engine: $client, local: false, remote: \"ssh://$(lab address 2)\"${1:+, $1}}"
  builder() { engine_on web2 "$@"; }
  [ "$client" = podman ] || return 0
  base=segue-test-base:v1
  printf 'FROM segue-test-app:v1\nLABEL base=\n' | on web2 podman build -q --format docker -t $base - >/dev/null
}

# --- Docker's buildx -------------------------------------------------------------------------------

# Both are taken out of packages by cmake/install-dependencies.
buildx=$root/build/deps/tools/docker-buildx
newer_dockerd=$root/build/deps/tools/dockerd

# True where none could be fetched, and says so. Stories begin with `lacks_buildx && return`.
lacks_buildx() {
  [ ! -x "$buildx" ] || [ ! -x "$newer_dockerd" ] || return 1
  say "no buildx here: cmake/install-dependencies test fetches it"
}

# A plugin of the client in this story, or of the one on web2: the machine keeps its classic builder.
given_buildx() {  # [web2]
  if [ $# -gt 0 ]; then
    finally on "$1" rm -rf /root/.docker
    on "$1" sh -c 'mkdir -p /root/.docker/cli-plugins && cd /root/.docker/cli-plugins && cat >docker-buildx && chmod +x docker-buildx' <"$buildx"
    return
  fi
  mkdir -p "$work/home/.docker/cli-plugins"
  ln -s "$buildx" "$work/home/.docker/cli-plugins"
  segue_environment+=("DOCKER_CONFIG=$work/home/.docker")
}

# Docker's clients before 23 have what builds with BuildKit in them.
client_needs_buildx() {
  local version
  version=$(builder version --format '{{.Client.Version}}')
  ! builder buildx version >/dev/null 2>&1 && [ "${version%%.*}" -ge 23 ]
}

# What `docker buildx create --use` makes: a builder beside the engine, whose cache can be taken elsewhere.
# Here it is the BuildKit of a newer dockerd, on web2 beside the other one.
given_own_builder() {
  local sockets
  sockets=$(mktemp -d)  # no longer path would do
  finally rm -rf "$sockets"
  finally on web2 sh -c 'kill "$(cat /run/own-builder/pid)"
    while [ -e /run/own-builder/pid ]; do sleep 0.1; done
    rm -rf /run/own-builder /var/lib/docker/own-builder
    ip link del own-builder'
  # Without a bridge of its own it would take the other one's away.
  on web2 sh -c 'ip link add own-builder type bridge && ip address add 172.31.99.1/24 dev own-builder'
  on web2 sh -c 'mkdir -p /run/own-builder && cd /run/own-builder && cat >dockerd && chmod +x dockerd
    printf "{\"features\": {\"containerd-snapshotter\": true}, \"insecure-registries\": [\"%s\"]}" "$1" >daemon.json' \
    put "$LAB_NET.1:5000" <"$newer_dockerd"
  in_background on web2 /run/own-builder/dockerd --config-file /run/own-builder/daemon.json --pidfile /run/own-builder/pid \
    --data-root /var/lib/docker/own-builder --exec-root /run/own-builder/exec -H unix:///run/own-builder/docker.sock \
    --bridge own-builder --iptables=false --ip6tables=false >"$work/own-builder.log" 2>&1
  await 30 on web2 curl -sf --unix-socket /run/own-builder/docker.sock http://engine/_ping
  in_background node "$root/tests/support/own_builder.js" "/proc/$(lab process 2)/root/run/own-builder/docker.sock" \
    "$sockets/builder"
  await 10 test -S "$sockets/builder"
  builder buildx create --name own --driver remote --use "unix://$sockets/builder" >/dev/null
}

# It has never heard of what was built before.
forget_cache_of_own_builder() {
  forget_built builder
  builder buildx prune -af >/dev/null
}

# --- secrets ---------------------------------------------------------------------------------------

# Whether any command line of this machine or of a host has one of these at any time.
watch_command_lines() {  # secret...
  printf '%s\n' "$@" >"$work/secrets"
  in_background keep_watching
  watching=$background
}
keep_watching() {
  until [ -e "$work/stop-watching" ]; do
    grep -alFf "$work/secrets" /proc/[0-9]*/cmdline >>"$work/seen" 2>/dev/null || true
    sleep 0.02
  done
}
expect_no_secret_in_command_lines() {
  touch "$work/stop-watching"
  wait "$watching" || true
  [ ! -s "$work/seen" ] || fail "a command line had a secret"
  ! grep -qFf "$work/secrets" "$work/output" || fail "the output has a secret"
}

# What a build needs there is there for as long as it takes.
expect_builder_tidy() {
  ! finds . on web2 find /tmp /var/tmp /dev/shm -name 'segue-build.*' || fail "a folder is left where images are built"
  ! on web2 grep -rqF tr4ceable /tmp /var/tmp /dev/shm || fail "a secret is left where images are built"
}

forget_built() {
  local found
  found=$("$@" image ls -q --filter label=segue.image.project=shop | sort -u)
  [ -z "$found" ] || "$@" rmi -f $found >/dev/null
}

builder() { env "${segue_environment[@]}" "$client" "$@"; }

# The test application, with a version of its own on top.
given_source() {  # version
  mkdir -p "$work/project/app"
  printf '%s\n' "$1" >"$work/project/app/version"
  printf 'FROM %s\nCOPY version /version\n' "${base:-segue-test-app:v1}" >"$work/project/app/Dockerfile"
}

# The same on top of nothing: for builders which have no images yet, and no way to any.
given_source_from_scratch() {  # version
  local container
  mkdir -p "$work/project/app"
  container=$(engine_on web1 create segue-test-app:v1)
  engine_on web1 cp "$container:/app" - | tar -xf - -C "$work/project/app"
  engine_on web1 rm "$container" >/dev/null
  printf '%s\n' "$1" >"$work/project/app/version"
  printf 'FROM scratch\nCOPY app /app\nCOPY version /version\nENTRYPOINT ["/app"]\n' >"$work/project/app/Dockerfile"
}

given_source_of_two_architectures() {
  given_source_from_scratch one
  sed -i 's/^COPY version/ARG TARGETARCH\nCOPY version-$TARGETARCH/' "$work/project/app/Dockerfile"
  echo one-amd64 >"$work/project/app/version-amd64"
  echo one-arm64 >"$work/project/app/version-arm64"
}

# As far as its engine says so, and by what it pulls.
given_host_of_another_architecture() {
  put_client_aside "$1"
  finally put_client_back "$1"
  on "$1" sh -c 'cat >"$1" && chmod +x "$1"' put "/usr/local/bin/$client" <<SHIM
#!/bin/sh
for word in "\$@"; do
  [ "\$word" != info ] || asked=info
  set -- "\$@" "\$word"
  [ "\$word" != pull ] || set -- "\$@" --platform linux/arm64
  shift
done
[ "\$asked" = info ] || exec /usr/bin/$client "\$@"
/usr/bin/$client "\$@" | sed 's/x86_64/aarch64/; s/amd64/arm64/'
SHIM
}

given_built_web_service() {  # further keys of `build` as an argument
  given_services "${@:2}" <<YML
  web:
    build: {context: ./app${1:+, $1}}
    hosts: [$(IFS=,; echo "${*:2}")]
    drain_timeout: 10s
    stop_timeout: 5s
    proxy:
      app_port: 3000
      host: shop.example.com
      healthcheck: {path: /health, deploy_timeout: 4s}
YML
  [ -z "${builder_more:-}" ] || printf '%s\n' "$builder_more" >>"$work/project/deploy.yml"
}

given_commit() {
  git -C "$work/project" init -q 2>/dev/null
  git -C "$work/project" add -A
  git -C "$work/project" -c user.name=alice -c user.email=alice@example.com commit -qm "$1"
  commit=$(git -C "$work/project" rev-parse --short=12 HEAD)
}

expect_architecture() {  # host, architecture of the image that runs there
  local image
  image=$(engine_on "$1" inspect --format '{{.Image}}' shop-web)
  [ "$(engine_on "$1" image inspect --format '{{.Architecture}}' "$image")" = "$2" ] || fail "$1 runs another image"
}

# Whether its engine is taking an image right now.
loads_on() {
  on "$1" sh -c 'for p in /proc/[0-9]*; do
    case $(tr "\0" " " <"$p/cmdline" 2>/dev/null) in *"$1 load -q"* | *"$1 pull "*) exit 0 ;; esac
  done
  exit 1' loads "$client"
}

label_of() { builder image inspect --format "{{index .Config.Labels \"segue.image.$2\"}}" "$1"; }

# A host that was lent something has nothing left of it: neither a name, nor a port, nor credentials.
expect_no_trace() {
  local host=$1
  ! finds 127.0.0.1 engine_on "$host" image ls --digests || fail "a name of the lent registry is left on $host"
  await 10 listens_no_more "$host"
  [ -z "$(on "$host" find "$state" -name 'credentials*')" ] || fail "credentials are left on $host"
}
listens_no_more() { ! finds 'sshd' on "$1" sh -c 'ss -Hltnp | grep "127.0.0.1:"'; }

# web1 is reached by an sshd that forwards no port.
given_no_forwarding() {
  printf '%s\n' "Port 2222" "AllowTcpForwarding no" | on web1 sh -c '
    mkdir -p /run/sshd
    { cat; grep -v "^PidFile" /run/lab/sshd_config; echo "PidFile /run/sshd2.pid"; } >/run/lab/sshd2_config
    /usr/sbin/sshd -f /run/lab/sshd2_config -E /var/log/sshd2.log'
  finally on web1 sh -c 'kill "$(cat /run/sshd2.pid)"'
  sed "s/^web1,\([0-9.]*\) /[\1]:2222 /" "$LAB_STATE/known_hosts" >>"$work/known_hosts"
  sed -i "s|^ssh: {|ssh: {port: 2222, |" "$work/project/deploy.yml"
}
