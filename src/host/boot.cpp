#include "segue/host/boot.hpp"

#include "segue/base/cksum.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

// The token tells which slot serves, the live file which release; a deploy that died between the
// two leaves the file behind (rules B4). Who is not to be restarted is not started here either.
// After a power loss Podman 4.3 forgets the ports that a rootless container publishes: it runs, and
// nobody listens for it. A second start makes up for that.
constexpr std::string_view kBoot = R"sh(
chosen() {
  IFS='|'
  echo "$list" | while read -r id policy slot made; do
    [ -n "$id" ] && [ "$policy" != no ] || continue
    case $1 in
      release) [ "$made" = "$release" ] || continue
        [ -z "$token" ] || [ -z "$slot" ] || [ "$slot" = "$token" ] || continue ;;
      slot) [ -n "$slot" ] && [ "$slot" = "$token" ] || continue ;;
    esac
    echo "$id"
  done
}
listens() {
  for port in $("$engine" port "$1" | sed 's/.*://'); do
    grep -qs "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$port") " /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6 || return 1
  done
}
start() {
  "$engine" start "$@"
  [ "$rootless" = yes ] || return 0
  for id; do listens "$id" || "$engine" restart "$id"; done
}
start segue-proxy
for file in "$root"/projects/*/*/live/*; do
  case $file in *.new|*'*') continue ;; esac
  read -r release <"$file" || continue
  service=${file##*/} folder=${file%/live/*}
  environment=${folder##*/} folder=${folder%/*}
  [ "$environment" != _ ] || environment=
  project=${folder##*/} token=
  slots=$root/proxy/slots/$project${environment:+.$environment}.$service
  if [ -e "$slots/green" ]; then token=green; elif [ -d "$slots" ]; then token=blue; fi
  list=$("$engine" ps -a --filter "label=segue.project=$project" --filter "label=segue.service=$service" --filter "label=segue.environment=$environment" \
    --format '{{.ID}}|{{index .Labels "segue.restart"}}|{{index .Labels "segue.slot"}}|{{index .Labels "segue.release"}}')
  ids=$(chosen release)
  [ -n "$ids" ] || ids=$(chosen slot)
  [ -z "$ids" ] || start $ids
done
exit 0
)sh";

constexpr std::string_view kInstall = R"sh(
segue_install() {
  printf '%s' "$2" >"$1.new" && mv "$1.new" "$1" || { segue_problem disk "$1"; return 96; }
}
if [ "$segue_rootless" = yes ]; then
  segue_folder=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user segue_target=default
else
  segue_folder=/etc/systemd/system segue_target=multi-user
fi
mkdir -p "$segue_folder/$segue_target.target.wants" || { segue_problem state "$segue_folder"; return 96; }
segue_install "$segue_root/boot" "$segue_script" || return 96
segue_install "$segue_folder/segue.service" "$segue_unit" || return 96
ln -sf ../segue.service "$segue_folder/$segue_target.target.wants/segue.service"
if [ -d /run/systemd/system ]; then
  if [ "$segue_rootless" = yes ]; then systemctl --user daemon-reload; else systemctl daemon-reload; fi >/dev/null 2>&1
fi
return 0
)sh";

}  // namespace

BootFiles boot_files(const HostFacts& facts) {
  BootFiles files;
  files.script = fmt::format(
      "#!/bin/sh\n# Made by segue: starts what served before this host went down.\n"
      "engine={} root={} rootless={}\n{}",
      quote(facts.engine_path), quote(facts.state_root), facts.rootless ? "yes" : "no",
      kBoot.substr(1));
  files.unit = fmt::format(
      "[Unit]\nDescription=Containers deployed by segue\nWants=network-online.target\n"
      "After=network-online.target\n\n[Service]\nType=oneshot\nRemainAfterExit=yes\n"
      "ExecStart=/bin/sh {}/boot\n\n[Install]\nWantedBy={}.target\n",
      facts.state_root, facts.rootless ? "default" : "multi-user");
  return files;
}

bool starts_at_boot(const HostFacts& facts) {
  if (facts.engine_kind == EngineKind::docker) return true;
  const BootFiles files = boot_files(facts);
  return facts.boot_unit == posix_cksum(files.script + files.unit);
}

Section install_boot_files(const HostFacts& facts) {
  const BootFiles files = boot_files(facts);
  Section section{"boot", {}};
  section.body.raw(fmt::format("segue_rootless={}\nsegue_root={}\nsegue_script={}\nsegue_unit={}\n",
                               facts.rootless ? "yes" : "no", quote(facts.state_root),
                               quote(files.script), quote(files.unit)));
  section.body.raw(kInstall);
  return section;
}

}  // namespace segue
