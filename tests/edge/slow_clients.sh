#!/usr/bin/env bash
# slow_clients.sh [CONNECTIONS] [SECONDS]: slowhttptest in modes -H, -B and -X against a real hubd,
# while a legitimate client delivers signed webhooks, each on a connection of its own. Prints its p99
# for each mode and fails if one reaches 500 ms, or if an answer is not 200 (TM-HTTP-6).
# HUB_BUILD_DIR names the build to take, build/release or build/dev by default.
set -euo pipefail
HUB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
connections=${1:-1000}
seconds=${2:-30}
readonly limit_ms=500
build=${HUB_BUILD_DIR:-}
for candidate in "$HUB_ROOT/build/release" "$HUB_ROOT/build/dev"; do
  if [ -z "$build" ] && [ -x "$candidate/bin/hubd" ]; then build=$candidate; fi
done
for tool in slowhttptest curl jq openssl; do
  command -v "$tool" >/dev/null || { printf 'slow_clients: %s is not installed\n' "$tool" >&2; exit 2; }
done
[ -x "$build/bin/hubd" ] || { printf 'slow_clients: build first: ./dev build release\n' >&2; exit 2; }
ulimit -n "$((connections * 2 + 200))"

run=$(mktemp -d)
hubd=
attack=
finish() {
  for pid in $attack $hubd; do
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
printf '{"id":"5a0000000000000000000001","type":"report.created","data":{"object":{"id":"r1"}}}' >"$run/body"
signature=$(openssl dgst -sha256 -hmac "$secret" -r "$run/body" | cut -d' ' -f1)

# deliver: fifty deliveries, one after the other; prints "STATUS SECONDS" for each.
deliver() {
  curl -sS --interface 127.0.0.2 --max-time 20 -o /dev/null -w '%{http_code} %{time_total}\n' \
    -H 'Connection: close' -H 'Content-Type: application/json' -H "X-Checkr-Signature: $signature" \
    --data-binary "@$run/body" "$webhook?n=[1-50]" || true
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
    -X) options=(-X "${common[@]}" -w 1 -y 2 -n 5 -z 1 -k 3 -u "$hub/metrics") ;;
  esac
  : >"$run/times"
  slowhttptest "${options[@]}" >"$run/attack.log" 2>&1 &
  attack=$!
  open=0
  while kill -0 "$attack" 2>/dev/null; do
    deliver >>"$run/times"
    now=$(curl -sS --interface 127.0.0.2 --max-time 20 "$hub/metrics" | awk '$1 == "hub_http_connections" { print $2 }')
    if [ "${now:-0}" -gt "$open" ]; then open=$now; fi
  done
  wait "$attack" 2>/dev/null || true
  attack=
  printf 'held at most %s connections; ' "$open"
  report "$mode" "$run/times" || failed=1
done
exit "$failed"
