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

label_of() { builder image inspect --format "{{index .Config.Labels \"segue.image.$2\"}}" "$1"; }
