#include "proxy_loop.hpp"

namespace segue {
namespace {

// Two of them can't share an admin interface or an inner server: they take turns between 2019 and
// 2029, with the inner server one above. All else is in the one configuration.
constexpr std::string_view kStart = R"sh(umask 022
cd /opt/segue 2>/dev/null || { mkdir -p /opt/segue && cd /opt/segue; } || exit 1
rm -f two closing result ports next next.new next.image
admin=2019 child= next= former= asked= quick=0 program=caddy
[ ! -x ./caddy ] || program=./caddy
now() { read -r up rest </proc/uptime; up=${up%.*}; }
dead() { case $(cat "/proc/$1/stat" 2>/dev/null) in ''|*') Z '*) return 0 ;; esac; return 1; }
launch() {
  SEGUE_ADMIN=127.0.0.1:$2 SEGUE_INNER=127.0.0.1:$(($2 + 1)) "$1" run --config /segue/caddy.json &
}
point() { echo "$1 $(($1 + 1))" >ports.new && mv -f ports.new ports; }
# The admin interface answers this question when the whole configuration has been loaded.
answers() {
  timeout 5 wget -q -O /dev/null "http://127.0.0.1:$1/config/admin" 2>/dev/null &&
    timeout 5 wget -q -O /dev/null "http://127.0.0.1:$(($1 + 1))/" 2>/dev/null
}
stop() {
  trap - TERM INT
  kill -TERM $child $next $former 2>/dev/null
  wait
  exit 0
}
)sh";

// Longer than Caddy's own grace period; then what it still holds is cut.
constexpr std::string_view kTakeOver = R"sh(
end_former() {
  kill -TERM "$former" 2>/dev/null
  now
  until=$((up + 20))
  while ! dead "$former" && [ "$up" -lt "$until" ]; do sleep 0.1; now; done
  kill -KILL "$former" 2>/dev/null
  wait "$former" 2>/dev/null
  former=
}
take_over() {
  asked=
  [ -x ./next ] || return
  other=$((4048 - admin)) why=
  : >two
  launch ./next "$other"
  next=$!
  now
  until=$((up + 20))
  until answers "$other"; do
    now
    if dead "$next"; then wait "$next"; why="it ended at once, with exit code $?"; break; fi
    if [ "$up" -ge "$until" ]; then why="it did not answer within 20s"; break; fi
    sleep 0.1
  done
  if [ -z "$why" ]; then
    former=$child child=$next next= admin=$other program=./caddy
    mv -f next caddy && mv -f next.image image
    point "$admin"
    : >closing
    sleep 1
    end_former
    rm -f closing
    echo ok >result.new
  else
    former=$next next=
    end_former
    rm -f next next.image
    echo "no $why" >result.new
  fi
  rm -f two
  mv -f result.new result
}
)sh";

constexpr std::string_view kLoop = R"sh(
trap stop TERM INT
trap 'asked=yes' USR1
while :; do
  now
  born=$up
  point "$admin"
  launch "$program" "$admin"
  child=$!
  until dead "$child"; do
    if [ -n "$asked" ]; then take_over; else wait "$child"; fi
  done
  wait "$child"
  now
  quick=$((quick + 1))
  [ $((up - born)) -lt 60 ] || quick=0
  if [ "$quick" -lt 10 ]; then sleep 0.2; else sleep 2; fi
done
)sh";

}  // namespace

std::string proxy_loop() {
  return std::string(kStart) + std::string(kTakeOver) + std::string(kLoop);
}

}  // namespace segue
