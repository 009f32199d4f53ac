#include "segue/host/image_build.hpp"

#include "segue/script/quote.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr Duration kLongestBuild{24LL * 3'600'000};
constexpr Duration kLongestBuilderLogin{60'000};

// In the place of the first root that can be written; named by the script's process.
constexpr std::string_view kFolder = R"sh(segue_make_folder() {
  for segue_root in "$@"; do
    [ -n "$segue_root" ] && [ -d "$segue_root" ] && [ -w "$segue_root" ] || continue
    for segue_left in "$segue_root"/segue-build.*; do
      [ -e "$segue_left" ] || continue
      segue_owner=${segue_left##*/segue-build.}
      [ "$segue_owner" != "$$" ] && kill -0 "$segue_owner" 2>/dev/null || segue_remove "$segue_left"
    done 2>/dev/null
    segue_folder=$segue_root/segue-build.$$
    (umask 077; mkdir "$segue_folder") 2>/dev/null && return
  done
  segue_problem builder-disk "no folder can be made in $*"
}
segue_remove() {
  chmod -R u+rwX "$1" 2>/dev/null
  rm -rf "$1"
}
)sh";

// Runs a command and says meanwhile that it is alive; who can't say so any more ends it, as does
// its time. What a shell ignores its children ignore: so only the watcher does. What the command
// has started is ended before itself: it tidies up then, and what does not listen is killed in the
// end.
constexpr std::string_view kWatch = R"sh(segue_started_by() {
  for segue_child in $(cat "/proc/$1/task/"*/children); do
    segue_started_by "$segue_child"
    echo "$segue_child"
  done
}
segue_end() {
  trap '' TERM  # of who waits for us
  segue_started=$(segue_started_by "$1")
  if [ -n "$segue_started" ]; then
    kill $segue_started
    segue_nap 1
    kill -9 $segue_started
    for segue_left in 1 2 3; do kill -0 "$1" && segue_nap 1; done
  fi
  kill "$1" && segue_nap 2
  kill -9 "$1"
}
segue_watched() {
  segue_left=$1
  shift
  "$@" </dev/null 7<&- &
  segue_client=$!
  (
    trap '' PIPE
    exec 9>&-
    while segue_nap 1 && kill -0 "$segue_client"; do
      segue_left=$((segue_left - 1))
      [ "$segue_left" -gt 0 ] || { segue_end "$segue_client"; exit 1; }
      printf '\n@%s beat\n' "$segue_nonce" || { segue_end "$segue_client"; exit 2; }
    done
  ) 2>/dev/null &
  segue_watcher=$!
  wait "$segue_client"
  set -- $?
  while [ "$1" -gt 128 ] && kill -0 "$segue_client" 2>/dev/null; do
    wait "$segue_client"  # it was a signal to us that ended the former one
    set -- $?
  done
  kill "$segue_watcher" 2>/dev/null
  wait "$segue_watcher" 2>/dev/null
  [ $? != 1 ] || { echo 'it took too long'; return 1; }
  return "$1"
}
)sh";

ShellText folder_on_disk() {
  return ShellText(kFolder).raw("segue_make_folder \"$TMPDIR\" /var/tmp /tmp || return 96\n");
}

ShellText folder_in_memory() {
  return ShellText(kFolder).raw(
      "segue_make_folder \"$XDG_RUNTIME_DIR\" /dev/shm \"$TMPDIR\" /tmp || return 96\n");
}

long long seconds(Duration time) {
  return (time.count() + 999) / 1000;
}

// The status of the function `segue_work`, told when it is another one than 0.
ShellText run_watched(Duration longest) {
  return ShellText(kWatch).raw(fmt::format(
      "segue_watched {} segue_work\nset -- $?\n[ \"$1\" = 0 ] || segue_tell failed \"$1\"\n",
      seconds(longest)));
}

// Docker's client keeps in the same folder as the credentials which daemon it is to talk to.
ShellText with_credentials(const Engine& engine, const RegistryLogin& login) {
  ShellText text("(umask 077; ");
  text += write_credentials(login);
  text.raw(" >\"$segue_folder/config.json\") || {\n  segue_remove \"$segue_folder\"\n");
  text.raw("  segue_problem builder-disk \"$segue_folder\"\n  return 96\n}\n");
  if (engine.kind() == EngineKind::podman) return text;
  text.raw("[ -n \"$DOCKER_HOST\" ] || DOCKER_HOST=$(");
  text += engine.command({"context", "inspect", "--format", "{{.Endpoints.docker.Host}}"});
  return text.raw(
      " 2>/dev/null)\nif [ -n \"$DOCKER_HOST\" ]; then export DOCKER_HOST; else unset DOCKER_HOST; "
      "fi\n");
}

ShellText engine_client(const Engine& engine, const std::string& verb, bool credentials) {
  ShellText text("exec");
  text.word(engine.path());
  if (credentials && engine.kind() == EngineKind::docker) text.raw(" --config \"$segue_folder\"");
  text.word(verb);
  if (credentials && engine.kind() == EngineKind::podman)
    text.raw(" --authfile \"$segue_folder/config.json\"");
  return text;
}

ShellText work(const ShellText& body) {
  ShellText text("segue_work() {\n");
  text += body;
  return text.raw("\n}\n");
}

// An archive that was cut short, or whose source changed meanwhile, has no end.
constexpr std::string_view kUnpack = R"sh(segue_unpack() { tar -xpf - -C "$segue_folder" <&7; }
if ! segue_hear_long segue_unpack || [ ! -e "$segue_folder/complete" ]; then
  segue_remove "$segue_folder"
  segue_problem builder-context "$segue_answer"
  return 96
fi
)sh";

}  // namespace

Section find_builder(const std::vector<EngineKind>& wanted) {
  ShellText body(R"sh(segue_try() {
  segue_kind=$1
  shift
  segue_engine=$(command -v "$1") || segue_engine=
  case $segue_engine in /*) ;; *) segue_tell no-builder "$segue_kind it is not installed"; return 1 ;; esac
  shift
  if segue_hear_long "$segue_engine" "$@" && [ -n "$segue_answer" ]; then
    segue_tell builder "$segue_kind $segue_answer $segue_engine"
    return 0
  fi
  segue_tell no-builder "$segue_kind $(printf '%s' "${segue_answer:-it does not answer}" | tail -n 1)"
  return 1
}
)sh");
  for (const EngineKind kind : wanted) {
    body.raw("segue_try ").raw(to_string(kind));
    if (kind == EngineKind::docker)
      body.words({"docker", "version", "--format", "{{.Server.Arch}}"});
    else
      body.words({"podman", "info", "--format", "{{.Host.Arch}}"});
    body.raw(" && return 0\n");
  }
  return {"find-builder", body.raw("return 0")};
}

Section build_image(const Engine& engine, const ImageBuild& build) {
  ShellText call("cd \"$segue_folder\" || return 1\n");
  for (const auto& [variable, name] : build.secrets)
    call.secret_assignment(variable, name).raw("; export ").raw(variable).raw("\n");
  for (const auto& [variable, value] : build.environment)
    call.raw("export ").raw(variable).raw("=").raw(quote(value)).raw("\n");
  call += engine_client(engine, build.verb.front(), false);
  call.words({build.verb.begin() + 1, build.verb.end()});
  call.words(build.options).raw(" --iidfile \"$segue_folder/id\"");
  if (!build.dockerfile.empty() || build.has_dockerfile)
    call.words({"--file", build.has_dockerfile ? "Dockerfile" : build.dockerfile});
  call.words({"--", build.address.empty() ? "context" : build.address});

  ShellText body = folder_on_disk();
  if (build.address.empty()) body.raw(kUnpack);
  body += work(call);
  body += run_watched(kLongestBuild);
  body.raw("[ \"$1\" != 0 ] || segue_tell built \"$(cat \"$segue_folder/id\")\"\n");
  return {"build", body.raw("segue_remove \"$segue_folder\"\n[ \"$1\" = 0 ] || return 96")};
}

Section look_at_image(const Engine& engine, const std::string& image, const std::string& format) {
  ShellText body("segue_answer=$(");
  body += engine.command({"image", "inspect", "--format", format, "--", image});
  return {"look", body.raw(" 2>/dev/null) || return 0\nsegue_tell image \"$segue_answer\"")};
}

Section push_image(const Engine& engine, const ImagePush& push) {
  ShellText body = folder_in_memory();
  if (push.login) body += with_credentials(engine, *push.login);
  ShellText call = engine_client(engine, "push", push.login.has_value());
  if (engine.kind() == EngineKind::podman) call.raw(" --digestfile \"$segue_folder/digest\"");
  body += work(call.words({"--", push.image}));
  body += run_watched(push.timeout);
  body.raw(
      "[ ! -s \"$segue_folder/digest\" ] || segue_tell pushed \"$(cat "
      "\"$segue_folder/digest\")\"\n");
  return {"push", body.raw("segue_remove \"$segue_folder\"\n[ \"$1\" = 0 ] || return 96")};
}

Section push_image_list(const Engine& engine, const ListCommands& commands,
                        const std::optional<RegistryLogin>& login, Duration timeout) {
  ShellText body = folder_in_memory();
  if (login) body += with_credentials(engine, *login);
  ShellText call("cd \"$segue_folder\" || return 1\n");
  call.raw("export DOCKER_CLI_EXPERIMENTAL=enabled\n");
  const char* before = "";
  for (const std::vector<std::string>& words : commands.push) {
    call.raw(before).word(engine.path()).words(words);
    before = " &&\n";
  }
  call.raw("\nset -- $?\n");
  if (!commands.tidy.empty())
    call.word(engine.path()).words(commands.tidy).raw(" >/dev/null 2>&1\n");
  body += work(call.raw("return \"$1\""));
  body += run_watched(timeout);
  return {"push-list", body.raw("segue_remove \"$segue_folder\"\n[ \"$1\" = 0 ] || return 96")};
}

Section try_builder_login(const Engine& engine, const RegistryLogin& login) {
  ShellText body = folder_in_memory();
  body += with_credentials(engine, login);
  // printf is the shell's own: the value is in no argument list.
  ShellText call("printf '%s' ");
  call.secret_value(kRegistryPassword).raw(" | (");
  call += engine_client(engine, "login", true);
  call.words({"--username", login.username, "--password-stdin", login.host}).raw(")");
  body += work(call);
  body += run_watched(kLongestBuilderLogin);
  return {"login", body.raw("segue_remove \"$segue_folder\"\n[ \"$1\" = 0 ] || return 96")};
}

Section ask_builder(const Engine& engine, const std::vector<std::string>& words) {
  ShellText body("segue_hear_long");
  body.word(engine.path()).words(words);
  return {"ask", body.raw(" || segue_tell failed $?\nprintf '%s\\n' \"$segue_answer\"\nreturn 0")};
}

std::string save_image(const Engine& engine, const std::string& id, const std::string& mark) {
  std::vector<std::string> words{"save"};
  if (engine.kind() == EngineKind::podman)
    words.insert(words.end(), {"--quiet", "--format", "docker-archive"});
  words.insert(words.end(), {"--", id});
  const ShellText save = engine.command(words);
  return fmt::format(R"sh({{
exec 3>&1 </dev/null
segue_said=$({} 2>&1 >&3 3>&-)
segue_status=$?
[ "$segue_status" = 0 ] || printf '%s%s' {} "$segue_said"
exit "$segue_status"
}}
)sh",
                     save.without_secrets(), quote(mark));
}

}  // namespace segue
