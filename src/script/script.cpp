#include "segue/script/script.hpp"

#include "segue/script/quote.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

// `trap :` and not `trap ''`: an ignored signal would be inherited by every child. A script whose
// reader is gone must run to its end, so every write may fail.
constexpr std::string_view kPrelude = R"sh(trap : HUP PIPE
exec 2>&1
umask 007
LC_ALL=C
export LC_ALL
segue_say() {
  printf '\n@%s %s\n' "$segue_nonce" "$*" 2>/dev/null
  [ -z "$segue_spool" ] || printf '%s\n' "$*" 2>/dev/null >>"$segue_spool"
}
segue_note() { [ -z "$segue_journaled" ] || printf '%s\n' "$*" 2>/dev/null >&9; }
segue_tell() { segue_say "tell $*"; }
segue_beat() {
  segue_say beat
  segue_renew
}
# Podman warns beside every answer where a host is not to its taste (cgroups v1, no user session).
segue_warning='time="[^"]*" level=warning msg='
segue_problem() {
  segue_tell problem "$(printf '%s' "$*" | sed "s/$segue_warning.*//" | tr '\n' ' ')"
  return 96
}
# Runs it; what it said is in $segue_answer, and its exit status is ours.
segue_hear() {
  segue_answer=$("$@" 2>&1)
  set -- $?
  case $segue_answer in
    *' level=warning msg='*)
      segue_answer=$(printf '%s\n' "$segue_answer" | sed "/^$segue_warning/d") ;;
  esac
  return "$1"
}
# The same for what may take long: signs of life meanwhile, for as long as this script lives.
segue_hear_long() {
  (
    exec 9>&-
    while segue_nap 2 >/dev/null 2>&1 && kill -0 "$$" 2>/dev/null; do segue_beat; done
  ) &
  segue_beats=$!
  segue_hear "$@"
  set -- $?
  kill "$segue_beats" 2>/dev/null
  wait "$segue_beats" 2>/dev/null
  return "$1"
}
segue_now() { read -r segue_up segue_rest </proc/uptime; segue_up=${segue_up%.*}${segue_up#*.}; }
segue_nap() { sleep "$1" 2>/dev/null || sleep 1; }
# A lease is over when nobody has renewed it for its time; a script does while it runs.
segue_renew() {
  [ -n "$segue_lock" ] && [ -e "$segue_lock/$segue_generation" ] || return 0
  segue_now
  printf '%s\n' "$segue_up" 2>/dev/null >"$segue_lock/$segue_generation.renewed"
  return 0
}
segue_fenced() {
  [ -z "$segue_lock" ] && return 0
  [ -e "$segue_lock/$segue_generation" ] && [ ! -e "$segue_lock/$segue_generation.released" ] &&
    [ ! -e "$segue_lock/$segue_successor" ]
}
segue_finish() {
  segue_note "done $1"
  segue_say "done $1"
  exit "$1"
}
segue_failed() {
  if [ "$1" != 97 ] && [ -n "$segue_way_back" ] && segue_fenced; then
    segue_say "begin $segue_way_back"
    segue_note "begin way-back"
    segue_do_way_back </dev/null
    segue_status=$?
    segue_note "end way-back $segue_status"
    segue_say "end $segue_way_back $segue_status"
  fi
  segue_finish "$1"
}
segue_section() {
  segue_say "begin $1"
  segue_note "begin $2"
  if segue_fenced; then
    segue_renew
    "segue_do_$1" </dev/null
    segue_status=$?
  else
    segue_status=97
  fi
  segue_note "end $2 $segue_status"
  segue_say "end $1 $segue_status"
  [ "$segue_status" = 0 ] || segue_failed "$segue_status"
}
segue_open_journal() {
  segue_start=
  if [ -r "/proc/$$/stat" ]; then
    read -r segue_stat <"/proc/$$/stat"
    set -- ${segue_stat##*) }
    segue_start=${20}
  fi
  segue_boot=
  [ ! -r /proc/sys/kernel/random/boot_id ] || read -r segue_boot </proc/sys/kernel/random/boot_id
  if [ -w "$segue_journal" ]; then
    exec 9<>"$segue_journal"
    segue_journaled=yes
  fi
  segue_note "script $segue_run $segue_nonce pid $$ boot $segue_boot start $segue_start"
}
)sh";

std::string function(std::string_view name, const std::string& body) {
  return fmt::format("segue_do_{}() {{\n{}\n}}\n", name, body.empty() ? ":" : body);
}

std::string variables(const Script& script, const std::string& nonce) {
  std::string text = fmt::format("segue_nonce={}\n", quote(nonce));
  const Journal journal = script.journal.value_or(Journal{});
  text += fmt::format("segue_spool={}\nsegue_journal={}\nsegue_run={}\nsegue_journaled=\n",
                      quote(journal.spool), quote(journal.file), quote(journal.run));
  const Fence fence = script.fence.value_or(Fence{});
  text += fmt::format("segue_lock={}\nsegue_generation={}\nsegue_successor={}\n",
                      quote(fence.lock_folder), fence.generation, fence.generation + 1);
  const std::string way_back =
      script.way_back.empty() ? "" : std::to_string(script.sections.size());
  return text + fmt::format("segue_way_back={}\n", quote(way_back));
}

}  // namespace

std::string Script::render(const std::string& nonce, const ShellText::Values& values) const {
  // The shell reads the whole brace group before it runs any of it: a script cut short by a lost
  // connection is a syntax error and does nothing (rules A1).
  std::string text = "{\n" + variables(*this, nonce) + std::string(kPrelude);
  for (size_t i = 0; i < sections.size(); ++i)
    text += function(std::to_string(i), sections[i].body.render(values));
  if (!way_back.empty()) text += function("way_back", way_back.render(values));
  if (reads_data) text += "exec 7<&0 </dev/null\n";
  text += "segue_open_journal\n";
  for (size_t i = 0; i < sections.size(); ++i)
    text += fmt::format("segue_section {} {}\n", i, quote(sections[i].name));
  return text + "segue_finish 0\nexit $?\n}\n";
}

}  // namespace segue
