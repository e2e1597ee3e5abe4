#!/usr/bin/env bash
# slow_clients.sh [CONNECTIONS] [SECONDS]: slowhttptest in modes -H, -B and -X against a real hubd,
# while a legitimate client delivers signed webhooks, each an event and a connection of its own. Prints
# its p99 for each mode and fails if one reaches 500 ms, if an answer is not 200, if an event is not
# stored, or if the hub held fewer than nine tenths of the slow connections (TM-HTTP-6). Everything runs
# in a network namespace of its own, whose socket buffers are smaller than an answer: else the kernel
# takes an answer whole, and nothing of the hub waits for who reads slowly.
# HUB_BUILD_DIR names the build to take, build/release or build/dev by default.
set -euo pipefail
if [ "${HUB_OWN_NETWORK:-}" != yes ]; then
  HUB_OWN_NETWORK=yes exec unshare --map-root-user --net "$0" "$@"
fi
HUB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
connections=${1:-1000}
seconds=${2:-30}
readonly limit_ms=500
build=${HUB_BUILD_DIR:-}
for candidate in "$HUB_ROOT/build/release" "$HUB_ROOT/build/dev"; do
  if [ -z "$build" ] && [ -x "$candidate/bin/hubd" ]; then build=$candidate; fi
done
for tool in slowhttptest curl jq openssl ip; do
  command -v "$tool" >/dev/null || { printf 'slow_clients: %s is not installed\n' "$tool" >&2; exit 2; }
done
[ -x "$build/bin/hubd" ] || { printf 'slow_clients: build first: ./dev build release\n' >&2; exit 2; }
ulimit -n "$((connections * 2 + 200))"
ip link set lo up mtu 1500
for side in tcp_wmem tcp_rmem; do echo '4096 4096 4096' >"/proc/sys/net/ipv4/$side"; done
readonly held_min=$((connections * 9 / 10))

run=$(mktemp -d)
hubd=
attack=
watch=
finish() {
  for pid in $attack $watch $hubd; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$run"
}
trap finish EXIT

# One address may hold 100 connections; as a trusted proxy it may hold them all, which is harder.
cat >"$run/hubd.properties" <<CONFIG
server.port = 0
server.trusted_proxies = 127.0.0.1
data.dir = $run/data
plugins.dir = $build/plugins
CONFIG
: >"$run/hubd.log"
"$build/bin/hubd" --config "$run/hubd.properties" >"$run/hubd.log" 2>"$run/hubd.events" &
hubd=$!
for _ in $(seq 100); do
  grep -q 'listening on' "$run/hubd.log" && break
  sleep 0.1
done
hub=$(sed -n 's/.*listening on //p' "$run/hubd.log")
[ -n "$hub" ] || { cat "$run/hubd.log" >&2; exit 1; }

secret=slow-clients-secret
webhook=$(curl -sS --max-time 10 -H "Authorization: Bearer $(cat "$run/data/admin.key")" \
  -H 'Content-Type: application/json' "$hub/api/v1/providers" \
  -d '{"pluginKey":"checkr","providerCode":"checkr","providerName":"Checkr",
       "settings":{"environment":"production"},"secrets":{"api_key":"'"$secret"'"}}' |
  jq -r .data.webhookUrl)

# deliver: fifty deliveries, one after the other; prints "STATUS SECONDS" for each.
events=0
deliver() {
  local i bodies=() signature file next=''
  for i in $(seq 50); do
    events=$((events + 1))
    bodies+=("$run/body$i")
    printf '{"id":"event%d","type":"report.created","data":{"object":{"id":"r1"}}}' "$events" >"$run/body$i"
  done
  openssl dgst -sha256 -hmac "$secret" -r "${bodies[@]}" |
    while read -r signature file; do
      printf '%surl = "%s"\ndata-binary = "@%s"\nheader = "X-Checkr-Signature: %s"\n' \
        "$next" "$webhook" "${file#\*}" "$signature"
      next=$'next\n'
      printf 'header = "Connection: close"\nheader = "Content-Type: application/json"\n'
      printf 'interface = "127.0.0.2"\nmax-time = 20\noutput = "/dev/null"\n'
      printf 'write-out = "%%{http_code} %%{time_total}\\n"\n'
    done >"$run/batch"
  curl -sS --config "$run/batch" || true
}

# watchHeld PID FILE: keeps the most connections that the hub had open while that process ran.
watchHeld() {
  local now most=0
  while kill -0 "$1" 2>/dev/null; do
    now=$(curl -sS --interface 127.0.0.2 --max-time 20 "$hub/metrics" | awk '$1 == "hub_http_connections" { print $2 }')
    if [ "${now:-0}" -gt "$most" ]; then most=$now; fi
    echo "$most" >"$2"
    sleep 0.2
  done
}

# report MODE FILE: the figures of one mode; fails if they are not good enough.
report() {
  sort -k2 -n "$2" | awk -v mode="$1" -v most="$limit_ms" '
    { if ($1 != 200) bad++; time[NR] = $2 * 1000 }
    END {
      p50 = time[int((NR + 1) / 2)]; p99 = time[int(NR * 0.99 + 0.999)]
      printf "%-4s %6d deliveries  not 200: %d  p50 %.1f ms  p99 %.1f ms  max %.1f ms\n",
        mode, NR, bad, p50, p99, time[NR]
      exit NR == 0 || bad > 0 || p99 >= most
    }'
}

failed=0
deliver >"$run/none"
report none "$run/none" || failed=1
common=(-c "$connections" -r 500 -l "$seconds" -i 5 -p 3)
for mode in -H -B -X; do
  case "$mode" in
    -H) options=(-H "${common[@]}" -u "$hub/health") ;;
    -B) options=(-B "${common[@]}" -s 8192 -t POST -u "$webhook") ;;
    -X) options=(-X "${common[@]}" -w 1 -y 2 -n 5 -z 1 -k 10 -u "$hub/metrics") ;;
  esac
  : >"$run/times"
  slowhttptest "${options[@]}" >"$run/attack.log" 2>&1 &
  attack=$!
  watchHeld "$attack" "$run/held" &
  watch=$!
  while kill -0 "$attack" 2>/dev/null; do deliver >>"$run/times"; done
  wait "$attack" 2>/dev/null || true
  attack=
  wait "$watch"
  watch=
  held=$(cat "$run/held")
  printf 'held at most %s connections; ' "$held"
  report "$mode" "$run/times" || failed=1
  if [ "$held" -lt "$held_min" ]; then
    printf 'slow_clients: %s proved nothing: fewer than %d connections were held\n' "$mode" "$held_min" >&2
    failed=1
  fi
done
stored=$(curl -sS --max-time 20 -H "Authorization: Bearer $(cat "$run/data/admin.key")" \
  "$hub/api/v1/admin/inbound-events?limit=1" | jq .meta.total)
if [ "$stored" -ne "$events" ]; then
  printf 'slow_clients: %d events were sent, %d are stored\n' "$events" "$stored" >&2
  failed=1
fi
exit "$failed"
