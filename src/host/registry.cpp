#include "segue/host/registry.hpp"

#include "segue/script/quote.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr Duration kLongestLogin{60'000};

// Runs a command for a time: it is killed then, and the watcher's own status says so.
std::string within(Duration time) {
  const long long seconds = (time.count() + 999) / 1000;
  return fmt::format(R"sh(segue_within() {{
  "$@" &
  segue_client=$!
  (
    exec 9>&- >/dev/null 2>&1
    segue_left={}
    while [ "$segue_left" -gt 0 ]; do
      kill -0 "$segue_client" || exit 0
      sleep 1
      segue_left=$((segue_left - 1))
    done
    kill "$segue_client"
    exit 1
  ) &
  segue_watcher=$!
  wait "$segue_client"
  set -- $?
  kill "$segue_watcher" 2>/dev/null
  wait "$segue_watcher" 2>/dev/null
  [ $? != 1 ] || {{ printf '%s\n' 'it took longer than {}'; return 1; }}
  return "$1"
}}
)sh",
                     seconds, to_string(time));
}

// Named by the script's process: what a dead one has left goes first.
std::string forget(const Layout& layout) {
  return fmt::format(R"sh(for segue_left in {}/credentials.*; do
  kill -0 "${{segue_left##*.}}" 2>/dev/null || rm -rf "$segue_left"
done
)sh",
                     quote(layout.folder()));
}

ShellText put_credentials(const Layout& layout, const RegistryLogin& login) {
  ShellText text(forget(layout));
  text.raw(fmt::format("segue_credentials={}/credentials.$$\n", quote(layout.folder())));
  text.raw(
      fmt::format("(umask 077; mkdir -p {} && rm -rf \"$segue_credentials\" && "
                  "mkdir \"$segue_credentials\" && ",
                  quote(layout.folder())));
  text += write_credentials(login);
  return text
      .raw(
          " >\"$segue_credentials/config.json\") || {\n"
          "  rm -rf \"$segue_credentials\"; segue_problem disk ")
      .word(layout.folder())
      .raw("; return 96; }\n");
}

// `docker --config F pull ...`, `podman pull --authfile F/config.json ...`: the client with them.
ShellText client(const Engine& engine, const std::string& verb, bool with_credentials) {
  ShellText text(engine.path());
  if (with_credentials && engine.kind() == EngineKind::docker)
    text.raw(" --config \"$segue_credentials\"");
  text.word(verb);
  if (with_credentials && engine.kind() == EngineKind::podman)
    text.raw(" --authfile \"$segue_credentials/config.json\"");
  return text;
}

// That it is this very image is asked by its id, before anything uses it. Its name at the registry
// means nothing any more.
ShellText keep_lent(const Engine& engine, const ImagePull& pull) {
  ShellText body("segue_answer=$(");
  body += engine.command(
      {"image", "inspect", "--format", Engine::image_format(engine.kind()), "--", pull.lent_id});
  body.raw(" 2>/dev/null)\nset -- $?\n[ \"$1\" != 0 ] || {\n  segue_tell pulled");
  body.word(pull.image).raw(" \"$segue_answer\"\n  segue_hear ");
  body += engine.command({"tag", pull.lent_id, pull.image});
  body.raw(" || { segue_problem image-load \"$segue_answer\"; return 96; }\n}\n");
  body += engine.command({"image", "rm", "--", pull.reference});
  body.raw(" >/dev/null 2>&1\n[ \"$1\" = 0 ] || { segue_problem image-differs").word(pull.image);
  return body.raw("; return 96; }");
}

}  // namespace

Section pull_image(const Layout& layout, const Engine& engine, const ImagePull& pull) {
  ShellText body(within(pull.timeout));
  if (pull.login) body += put_credentials(layout, *pull.login);
  body.raw("segue_hear_long segue_within ");
  body += client(engine, "pull", pull.login.has_value());
  const bool is_lent = !pull.lent_id.empty();
  if (is_lent && engine.kind() == EngineKind::podman) body.word("--tls-verify=false");
  body.words({"-q", "--", engine.pull_reference(pull.reference)}).raw("\nset -- $?\n");
  if (pull.login) body.raw("rm -rf \"$segue_credentials\"\n");
  body.raw("[ \"$1\" = 0 ] || { segue_problem").words({pull.problem, pull.image});
  body.raw(" \"$segue_answer\"; return 96; }\n");
  if (is_lent) return {"pull", body += keep_lent(engine, pull)};
  // The plan is made anew with what came: the image's id, and its own health check.
  body.raw("segue_answer=$(");
  body += engine.command(
      {"image", "inspect", "--format", Engine::image_format(engine.kind()), "--", pull.reference});
  body.raw(") && segue_tell pulled").word(pull.image).raw(" \"$segue_answer\"");
  // What was asked for by its digest has no name yet, and could be taken for a leftover.
  if (pull.image == pull.reference) return {"pull", std::move(body)};
  body.raw(" || return\nsegue_hear ");
  body += engine.command({"tag", pull.reference, pull.image});
  body.raw(" || { segue_problem image-load \"$segue_answer\"; return 96; }");
  return {"pull", std::move(body)};
}

Section try_login(const Layout& layout, const Engine& engine, const RegistryLogin& login) {
  ShellText body(within(kLongestLogin));
  body += put_credentials(layout, login);
  // The value comes through a pipe; printf is the shell's own. What the client says goes into a
  // file: one that outlives its shell must not keep us waiting for its last word.
  body.raw("segue_login() {\n  printf '%s' ").secret_value(kRegistryPassword).raw(" | ");
  body += client(engine, "login", true);
  body.words({"--username", login.username, "--password-stdin", login.host});
  body.raw(" >\"$segue_credentials/said\" 2>&1\n}\n");
  body.raw("segue_hear_long segue_within segue_login\nset -- $?\n");
  body.raw("segue_answer=$(cat \"$segue_credentials/said\")$segue_answer\n");
  body.raw("rm -rf \"$segue_credentials\"\n");
  body.raw("[ \"$1\" = 0 ] || { segue_problem registry").word(login.host);
  body.raw(" \"$segue_answer\"; return 96; }\nsegue_tell login").word(login.host);
  return {"login", std::move(body)};
}

Section forget_credentials(const Layout& layout) {
  return {"logout", ShellText(forget(layout)).raw("return 0")};
}

}  // namespace segue
