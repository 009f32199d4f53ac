#include "segue/proxy/proxy_upgrade.hpp"

#include "compose.hpp"

#include "segue/proxy/proxy_sections.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

// Runs in a throw-away container of the new image: its Caddy, preceded by its hash.
constexpr std::string_view kSend =
    R"sh(file=$(command -v caddy) || { echo "there is no caddy in it" >&2; exit 1; }
sha256sum <"$file" && cat "$file"
)sh";

// Runs in the proxy. An upgrade whose script died may still be under way: it has its own file.
constexpr std::string_view kReceive = R"sh(cd /opt/segue || exit 1
read -r sum rest || { echo "nothing arrived"; exit 1; }
cat >next.new
[ "$(sha256sum <next.new)" = "$sum  -" ] || { rm -f next.new; echo "its caddy did not arrive whole"; exit 1; }
tries=0
while [ -e two ] && [ "$tries" -lt 500 ]; do tries=$((tries + 1)); sleep 0.1; done
chmod 755 next.new && echo "$1" >next.image && rm -f result && mv -f next.new next
)sh";

// The signal is given again until it is heard: one that comes while the loop turns may get lost.
constexpr std::string_view kAwait = R"sh(cd /opt/segue || exit 1
[ -e two ] || [ -e result ] || kill -USR1 1
tries=0
while [ "$tries" -lt 20 ]; do
  if [ -e result ]; then
    read -r word why <result
    [ "$word" = ok ] || { echo "$why"; exit 1; }
    version=$(./caddy version)
    echo "${version%% *}"
    exit 0
  fi
  tries=$((tries + 1))
  sleep 0.1
done
exit 75
)sh";

constexpr std::string_view kUpgrade = R"sh(
segue_upgrade() {
  segue_answer=$(segue_send 2>&1) || { segue_problem proxy-upgrade "$segue_answer"; return 96; }
  segue_beat
  segue_slices=0
  while :; do
    segue_hear timeout 60 "$segue_engine" exec segue-proxy sh -c "$segue_await" upgrade
    case $? in
      0) break ;;
      75) ;;
      *)
        segue_problem proxy-upgrade "$segue_answer; its last words: $("$segue_engine" logs --tail 3 segue-proxy 2>&1)"
        return 96 ;;
    esac
    segue_slices=$((segue_slices + 1))
    [ "$segue_slices" -lt 40 ] || { segue_problem proxy-upgrade "the proxy did not hear of it"; return 96; }
    segue_beat
  done
  segue_tell upgraded "$segue_answer"
  segue_answer=$("$segue_engine" inspect --type container --format '{{.ID}}' segue-proxy) &&
    printf '%s %s %s\n' "$segue_answer" "$segue_image_id" "$segue_image" >"$segue_proxy/running.new" &&
    mv -f "$segue_proxy/running.new" "$segue_proxy/running"
  case $("$segue_engine" exec segue-proxy cat /proc/sys/net/ipv4/tcp_migrate_req 2>/dev/null) in
    1) ;;
    *) segue_tell no-migration yes ;;
  esac
  return 0
}
segue_proxy_lock || return 96
segue_upgrade
segue_status=$?
segue_proxy_unlock
return $segue_status
)sh";

}  // namespace

Section upgrade_proxy(const Engine& engine, const std::string& state_root,
                      const std::string& image) {
  Section section{
      "upgrade",
      ShellText(fmt::format("segue_engine={}\nsegue_proxy={}\nsegue_image={}\nsegue_await={}\n",
                            quote(engine.path()), quote(state_root + "/proxy"), quote(image),
                            quote(kAwait)))};
  ShellText& body = section.body;
  body.raw("segue_image_id=$(");
  body += engine.command({"image", "inspect", "--format", "{{.Id}}", "--", image});
  body.raw(" 2>&1) || { segue_problem proxy-image-missing").word(image).raw("; return 96; }\n");
  body.raw("segue_send() {\n  ");
  body += engine.command({"run", "--rm", "--pull=never", "--network", "none", "--label",
                          std::string(label::kRole) + "=upgrade", "--entrypoint", "sh", "--"});
  body.raw(" \"$segue_image_id\"").words({"-c", std::string(kSend)}).raw(" </dev/null |\n    ");
  body += engine.command({"exec", "-i", kProxyName, "sh", "-c", std::string(kReceive), "receive"});
  body.raw(" \"$segue_image\"\n}\n").raw(compose_functions()).raw(kUpgrade);
  return section;
}

}  // namespace segue
