# What a careful person would write to put a new version of one service behind the proxy without
# losing a request. It runs on the host, over one connection:
#
#   ssh HOST sh -s -- VERSION ADDRESS_HASH <tests/bench/by_hand.sh
#
# The same work as `segue deploy`: candidate beside the old container, health through the proxy,
# switch of the token, a request that must show the new slot, two readings of zero requests in
# flight, then stop and removal of the old one. It knows what segue has to find out: that all was
# well before, what the containers are called, that nobody else deploys. And it keeps no record.
# As few commands as it takes (each exec costs 60 ms), no pause that is not a rule.
set -eu
version=$1 hash=$2
slots=/var/lib/segue/proxy/slots/hand.web
if [ -e "$slots/green" ]; then
  old=green new=blue alias=b-$hash-1 old_alias=g-$hash-1
else
  old=blue new=green alias=g-$hash-1 old_alias=b-$hash-1
fi

turn() {
  if [ "$1" = green ]; then mv "$slots/green.off" "$slots/green"; else mv "$slots/green" "$slots/green.off"; fi
}

give_up() {
  echo "failed: $1" >&2
  docker logs --tail 50 "hand-web-$new" >&2
  docker rm -f "hand-web-$new" >/dev/null
  exit 1
}

echo "start hand-web-$new"
docker run -d --pull=never --name "hand-web-$new" --restart unless-stopped --stop-timeout 5 \
  --network segue-hand --network-alias "$alias" "segue-bench-app:$version" >/dev/null

echo "wait until it is healthy"
docker exec segue-proxy sh -c '
  pause=50 waited=0
  while [ $waited -lt 10000 ]; do
    case $(wget -q -S -O - --header "Host: hand.example.com" --header "X-Segue-Probe: hand.web.$1.1" \
           http://127.0.0.1:2020/health 2>&1) in
      *"X-Segue-Status: 2"*) exit 0 ;;
    esac
    sleep $((pause / 1000)).$((pause % 1000 / 100))$((pause % 100 / 10))
    waited=$((waited + pause)) pause=$((pause * 2))
    [ $pause -le 1000 ] || pause=1000
  done
  exit 1' gate "$new" || give_up "hand-web-$new did not get healthy"

echo "switch to $new"
turn "$new"

echo "see it answer, and drain $old"
docker exec segue-proxy sh -c '
  seen=no tries=0
  while [ $seen = no ]; do
    case $(wget -q -S -O - --header "Host: hand.example.com" --header "X-Segue-Verify: hand.web" \
           http://127.0.0.1:2020/health 2>&1) in
      *"X-Segue-Slot: $1"*) seen=yes ;;
      *) tries=$((tries + 1)); [ $tries -lt 40 ] || exit 1; sleep 0.05 ;;
    esac
  done
  zeros=0 readings=0
  while [ $zeros -lt 2 ] && [ $readings -lt 100 ]; do
    sleep 0.1
    list=$(wget -q -O - http://127.0.0.1:2019/reverse_proxy/upstreams) || exit 2
    readings=$((readings + 1))
    case $list in
      *"\"address\":\"$2:3000\",\"num_requests\":0,"*) zeros=$((zeros + 1)) ;;
      *"\"address\":\"$2:3000\""*) zeros=0 ;;
      *) zeros=$((zeros + 1)) ;;
    esac
  done' watch "$new" "$old_alias" || { turn "$old"; give_up "no answer came from hand-web-$new"; }

echo "stop hand-web-$old"
docker stop -t 5 "hand-web-$old" >/dev/null
docker rm "hand-web-$old" >/dev/null
echo "hand-web-$new serves $version"
