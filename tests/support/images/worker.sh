#!/bin/sh
# A service without a port: says its version every second until it is told to stop.
version=$(cat /version)
trap 'echo "worker $version stops"; exit 0' TERM INT
[ "$CRASH" = now ] && { echo "worker $version: crashing, as CRASH=now says" >&2; exit 1; }
echo "worker $version started"
touch /tmp/healthy
while :; do
  echo "worker $version"
  sleep 1 &
  wait $!
done
