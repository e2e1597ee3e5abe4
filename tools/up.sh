#!/usr/bin/env bash
# Starts the vendor simulators and a hub on SQLite, connects a provider, and takes real orders the
# whole way: order -> flow -> vendor -> signed webhook -> inbox -> fetch -> canonical result.
# ./dev up builds first, then runs this. --once: ends after the orders, 0 only if every result is
# right; without it the hub keeps serving until Ctrl-C.
set -euo pipefail

HUB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build="${HUB_BUILD_DIR:-$HUB_ROOT/build/dev}"
once=no
for argument in "$@"; do
  case "$argument" in
    --once) once=yes ;;
    *) printf 'usage: ./dev up [--once]\n' >&2; exit 2 ;;
  esac
done

deadline_s=60      # for each order, from its submission
poll_s=0.1
pids=()
if [ "$once" = yes ]; then
  run=$(mktemp -d)
  port=0
else
  run="$HUB_ROOT/var/up"
  port="${HUB_SERVER_PORT:-8080}"
  rm -rf "$run"
  mkdir -p "$run"
fi

# Ends what this script started, by its process id, newest first.
finish() {
  local code=$?
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill "${pids[$i]}" 2>/dev/null || true
    wait "${pids[$i]}" 2>/dev/null || true
  done
  if [ "$once" = yes ] && [ "$code" -eq 0 ]; then rm -rf "$run"; fi
  if [ "$code" -ne 0 ]; then printf 'up: logs are in %s\n' "$run" >&2; fi
}
trap finish EXIT
# Stopped before every result is there: no success. Only what serves may be ended with 0.
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '%s\n' "$*"; }

# waitFor FILE PATTERN: the first line of FILE with PATTERN, once it is there.
waitFor() {
  local tries=0
  until grep -m1 -- "$2" "$1" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ]; then
      printf 'up: %s did not say "%s"\n' "$1" "$2" >&2
      tail -n 20 "$1" >&2
      return 1
    fi
    sleep 0.1
  done
}

# api METHOD PATH [JSON]: one portal call; prints the answer's data, fails with the error's message.
api() {
  local answer
  answer=$(curl -sS --max-time 10 -X "$1" -H "Authorization: Bearer $key" \
    -H 'Content-Type: application/json' ${3:+--data "$3"} "$hub/api/v1$2")
  if [ "$(jq -r .success <<<"$answer")" != true ]; then
    printf 'up: %s %s: %s\n' "$1" "$2" "$(jq -c .error <<<"$answer")" >&2
    return 1
  fi
  jq -c .data <<<"$answer"
}

# command PROVIDER NAME: runs a command on a provider to its end.
command_() {
  local flow id state tries=0
  flow=$(api POST "/providers/$1/commands" "{\"command\":\"$2\"}")
  id=$(jq -r .id <<<"$flow")
  while :; do
    flow=$(api GET "/admin/flows/$id")
    state=$(jq -r .state <<<"$flow")
    case "$state" in
      done) say "      $2: done"; return 0 ;;
      failed | uncertain | parked)
        printf 'up: %s: %s %s\n' "$2" "$state" "$(jq -r '.error // ""' <<<"$flow")" >&2
        return 1 ;;
    esac
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { printf 'up: %s did not end\n' "$2" >&2; return 1; }
    sleep "$poll_s"
  done
}

# follow ORDER_ID: prints the order's timeline as it grows, until the order ends or waits for a person.
follow() {
  local order shown=0 count status end=$((SECONDS + deadline_s))
  while :; do
    order=$(api GET "/orders/$1")
    count=$(jq '.timeline | length' <<<"$order")
    if [ "$count" -gt "$shown" ]; then
      jq -r --argjson from "$shown" '.timeline[$from:][] |
        "      " + .timestamp + "  " + .eventType + "  " +
        (if .oldStatus and .oldStatus != "" then .oldStatus + " -> " else "" end) + (.newStatus // "") +
        (if .title then "  (" + .title + ")" else "" end)' <<<"$order"
      shown=$count
    fi
    status=$(jq -r .status <<<"$order")
    case "$status" in
      completed | pending_review | cancelled | failed)
        if [ "$(jq -r '.result // ""' <<<"$order")" != pending ]; then break; fi ;;
    esac
    if [ "$SECONDS" -ge "$end" ]; then
      printf 'up: order %s is still %s after %s s\n' "$1" "$status" "$deadline_s" >&2
      return 1
    fi
    sleep "$poll_s"
  done
  last_order=$order
}

# expect WHAT JQ_FILTER VALUE: compares one fact of the last order.
wrong=0
expect() {
  local got
  got=$(jq -r "$2" <<<"$last_order")
  if [ "$got" = "$3" ]; then
    say "      ok: $1 is $3"
  else
    say "      WRONG: $1 is $got, expected $3"
    wrong=$((wrong + 1))
  fi
}

say '== Vendor simulator (Checkr)'
printf '{"api_key":"checkr-test-key","pace_ms":200,"retry_ms":500}\n' >"$run/checkr.json"
"$build/bin/vendor-sim" --vendor checkr --port 0 --config "$run/checkr.json" \
  --ledger "$run/checkr-ledger.json" >"$run/checkr.log" 2>&1 &
pids+=($!)
checkr=$(waitFor "$run/checkr.log" 'listening on' | sed 's/.*listening on //')
say "      $checkr"

say '== Hub'
mkdir -p "$run/plugins"
cp "$build"/plugins/*.so "$run/plugins/"
cat >"$run/hubd.properties" <<CONFIG
server.port = $port
data.dir = $run/data
plugins.dir = $run/plugins
outbound.routes = api.checkr.com=$checkr, documents.checkr.example=$checkr
CONFIG
HUB_SERVER_PORT=$port "$build/bin/hubd" --config "$run/hubd.properties" >"$run/hubd.log" 2>"$run/hubd.events" &
pids+=($!)
hub=$(waitFor "$run/hubd.log" 'listening on' | sed 's/.*listening on //')
key=$(cat "$run/data/admin.key")
grep 'plugin' "$run/hubd.log" | sed 's/^hubd:/     /'
say "      $hub"

say '== Connect Checkr'
provider=$(api POST /providers '{"pluginKey":"checkr","providerCode":"checkr-main","providerName":"Checkr",
  "settings":{"environment":"production","packages":{"standard":"driver_pro"}},
  "secrets":{"api_key":"checkr-test-key"}}')
provider_id=$(jq -r .id <<<"$provider")
say "      provider $provider_id, webhook URL $(jq -r .webhookUrl <<<"$provider" | sed 's|/[^/]*$|/…|')"
command_ "$provider_id" account.test
command_ "$provider_id" account.connect

# order NAME: places an order by invitation for NAME@example.com.
order() {
  say "== Order for a $1 applicant"
  local created
  created=$(api POST /orders "{\"providerId\":\"$provider_id\",\"package\":\"standard\",
    \"applicant\":{\"email\":\"$1@example.com\",\"firstName\":\"John\",\"lastName\":\"Smith\"},
    \"workLocation\":{\"country\":\"US\",\"region\":\"CA\",\"city\":\"Santa Monica\"}}")
  order_id=$(jq -r .id <<<"$created")
  say "      $(jq -r .orderNumber <<<"$created") $order_id"
}

order clear
clear_id=$order_id
follow "$order_id"
expect 'the status' .status completed
expect 'the result' .result clear
expect 'every check' '[.checks[].result] | unique | join(",")' clear
expect 'the number of findings' '[.checks[].findings[]] | length' 0

order consider
follow "$order_id"
expect 'the status' .status pending_review
expect 'the result' .result consider
expect 'what the county searches say' '[.checks[] | select(.type == "criminal_county") | .result] | sort | join(",")' \
  clear,consider
expect 'a finding of the county search' \
  '[.checks[] | select(.type == "criminal_county") | .findings[].offenseLevel] | index("felony") != null' true

if [ "$once" = no ]; then
  say '== Where to look'
  say "      curl -H \"Authorization: Bearer \$(cat $run/data/admin.key)\" $hub/api/v1/orders/$clear_id"
  say "      hub log: $run/hubd.events   vendor ledger: $run/checkr-ledger.json"
fi
if [ "$wrong" -gt 0 ]; then
  say "up: $wrong facts are wrong"
  exit 1
fi
if [ "$once" = yes ]; then
  say 'up: every result is right'
  exit 0
fi
trap 'exit 0' INT TERM
say 'up: serving; Ctrl-C stops it'
wait "${pids[1]}"
