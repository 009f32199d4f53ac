#include "compose.hpp"

#include "segue/proxy/routes.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

// By the program that runs: the image's own may be older than its configuration. Whether a
// connection is to be closed is settled when its request comes, so the second is to be longer than
// most requests take: one that came before it leaves a connection on which the next is sent as the
// reload closes it.
constexpr std::string_view kReload = R"sh(read -r admin inner </opt/segue/ports || exit 1
program=caddy
[ ! -x /opt/segue/caddy ] || program=/opt/segue/caddy
: >/opt/segue/closing
sleep 1
"$program" reload --config /segue/caddy.next.json --address "127.0.0.1:$admin"
status=$?
rm -f /opt/segue/closing
exit "$status"
)sh";

// One project at a time composes. The lock is a symbolic link, made in one step with its owner's
// process and start time; that of a dead script is taken over. Another user's process can't be
// signalled, so /proc tells whether it lives.
constexpr std::string_view kLock = R"sh(
segue_proxy_owner_lives() {
  [ -r "/proc/${1%.*}/stat" ] || return 1
  read -r segue_stat <"/proc/${1%.*}/stat"
  set -- "${1#*.}" ${segue_stat##*) }
  [ "$1" = "${21}" ]
}
segue_proxy_lock() {
  segue_tries=0
  until ln -s "$$.$segue_start" "$segue_proxy/.lock" 2>/dev/null; do
    segue_other=$(readlink "$segue_proxy/.lock")
    if [ -n "$segue_other" ] && ! segue_proxy_owner_lives "$segue_other"; then
      rm -rf "$segue_proxy/.lock"
      continue
    fi
    segue_tries=$((segue_tries + 1))
    [ "$segue_tries" -lt 300 ] || { segue_problem proxy-busy "process ${segue_other%.*}"; return 96; }
    segue_nap 0.1
  done
}
segue_proxy_unlock() { rm -rf "$segue_proxy/.lock"; }
)sh";

// A name that two files know is obtained once: Caddy refuses a second policy for it.
constexpr std::string_view kCompose = R"sh(
segue_compose() { segue_compose_names | segue_addressed; }
# Where slots have fixed addresses (Podman), these stand for their names.
segue_addressed() {
  segue_expressions=
  for segue_file in "$segue_proxy"/addresses/*; do
    [ -s "$segue_file" ] || continue
    read -r segue_line <"$segue_file"
    segue_expressions="$segue_expressions -e s/\"${segue_file##*/}:/\"$segue_line:/g"
  done
  if [ -n "$segue_expressions" ]; then sed $segue_expressions; else cat; fi
}
segue_compose_names() {
  segue_web=$segue_frame_first_route segue_https=$segue_frame_first_route segue_inner= segue_servers= segue_names= segue_files= segue_policies= segue_known=' '
  for segue_file in "$segue_proxy"/routes/*.json; do
    [ -r "$segue_file" ] || continue
    {
      read -r segue_line
      read -r segue_line
      [ -z "$segue_line" ] || segue_web=$segue_web${segue_web:+,}$segue_line
      read -r segue_line
      [ -z "$segue_line" ] || segue_inner=$segue_inner${segue_inner:+,}$segue_line
      while read -r segue_keyword segue_line; do
        case $segue_keyword in
          https) segue_https=$segue_https${segue_https:+,}$segue_line ;;
          server) segue_servers=$segue_servers,$segue_line ;;
          files) segue_files=$segue_files${segue_files:+,}$segue_line ;;
          policy)
            segue_name=${segue_line%% *}
            case $segue_known in *" $segue_name "*) continue ;; esac
            segue_known="$segue_known$segue_name "
            segue_names=$segue_names${segue_names:+,}\"$segue_name\"
            segue_policies=$segue_policies${segue_policies:+,}${segue_line#* } ;;
        esac
      done
    } <"$segue_file"
  done
  printf '%s' "$segue_frame_head" "$segue_web" "$segue_frame_https" "$segue_https" "$segue_frame_inner" "$segue_inner" \
    "$segue_frame_servers" "$segue_servers" "$segue_frame_names" "$segue_names" "$segue_frame_files" "$segue_files" "$segue_frame_policies" "$segue_policies"
  printf '%s\n' "$segue_frame_tail"
}
segue_load() {
  segue_compose >"$segue_proxy/caddy.next.json" || { segue_problem disk "$segue_proxy"; return 96; }
  if [ "$(cksum <"$segue_proxy/caddy.next.json")" = "$(cksum <"$segue_proxy/caddy.json")" ]; then
    rm -f "$segue_proxy/caddy.next.json"
    return 0
  fi
  segue_answer=$(timeout 60 "$segue_engine" exec segue-proxy sh -c "$segue_reload" reload 2>&1) ||
    { segue_problem proxy-config "$segue_answer"; return 96; }
  sync "$segue_proxy/caddy.next.json" 2>/dev/null
  mv "$segue_proxy/caddy.next.json" "$segue_proxy/caddy.json"
}
)sh";

std::string frame_variables() {
  const ConfigFrame frame = config_frame();
  return fmt::format(
      "segue_frame_head={}\nsegue_frame_https={}\nsegue_frame_inner={}\nsegue_frame_servers={}\n"
      "segue_frame_names={}\n"
      "segue_frame_files={}\nsegue_frame_policies={}\nsegue_frame_tail={}\n"
      "segue_frame_first_route={}\n",
      quote(frame.head), quote(frame.https), quote(frame.inner), quote(frame.servers),
      quote(frame.names), quote(frame.files), quote(frame.policies), quote(frame.tail),
      quote(frame.first_route));
}

}  // namespace

std::string proxy_lock_functions() {
  return std::string(kLock);
}

std::string compose_functions() {
  return frame_variables() + "segue_reload=" + quote(kReload) + "\n" + proxy_lock_functions() +
         std::string(kCompose);
}

}  // namespace segue
