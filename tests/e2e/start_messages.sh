#!/usr/bin/env bash
# start_messages.sh HUBD PLUGINS: what hubd says of a start that fails, or is probably not meant so, names
# the key, the path and where a value came from.
set -euo pipefail
hubd=$1 plugins=$2
tree=$(mktemp -d)
trap 'if [ -n "${running:-}" ]; then kill "$running" 2>/dev/null || true; fi; rm -rf "$tree"' EXIT
failed=0

# says TEXT [NAME=VALUE...]: hubd with this environment does not start, and says so.
says() {
  local wanted=$1 code=0
  shift
  env HUB_SERVER_PORT=0 HUB_DATA_DIR="$tree/data" HUB_PLUGINS_DIR="$plugins" "$@" \
    timeout 30 "$hubd" --config "$tree/hubd.properties" >"$tree/out" 2>"$tree/err" || code=$?
  if [ "$code" -eq 0 ] || [ "$code" -eq 124 ] || ! grep -qF -- "$wanted" "$tree/err"; then
    printf 'expected: %s\ngot (%d): %s\n' "$wanted" "$code" "$(grep hubd: "$tree/err" || true)"
    failed=1
  fi
}

# starts [NAME=VALUE...]: hubd with this environment starts; its output is in $tree/out.
starts() {
  env HUB_SERVER_PORT=0 HUB_DATA_DIR="$tree/data" HUB_PLUGINS_DIR="$plugins" "$@" \
    "$hubd" --config "$tree/hubd.properties" >"$tree/out" 2>"$tree/err" &
  running=$!
  local tries=0
  until grep -q 'listening on' "$tree/out" || [ "$tries" -ge 300 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
}
stops() {
  kill "$running"
  wait "$running" || true
  running=
}
expect() {
  grep -qF -- "$1" "$tree/$2" && return
  printf 'expected in %s: %s\n' "$2" "$1"
  cat "$tree/$2"
  failed=1
}

printf 'flows.threads = 4\n' >"$tree/hubd.properties"
says 'server.port (from HUB_SERVER_PORT): must be' HUB_SERVER_PORT=99999
says 'server.address (from HUB_SERVER_ADDRESS): must be an address' HUB_SERVER_ADDRESS=localhost
says 'storage.url (from HUB_STORAGE_URL): must be' HUB_STORAGE_URL=hub.db
says 'outbound.routes (from HUB_OUTBOUND_ROUTES): ' HUB_OUTBOUND_ROUTES=api.x.example=nonsense
says 'api.x.example=nonsense' HUB_OUTBOUND_ROUTES=api.x.example=nonsense
says "outbound.ca_file (from HUB_OUTBOUND_CA_FILE): " HUB_OUTBOUND_CA_FILE="$tree/no.pem"
if [ -e "$tree/data" ]; then
  echo 'a wrong configuration left a data folder'
  failed=1
fi
says "storage.url (from HUB_STORAGE_URL): sqlite open: cannot open the file: sqlite:$tree/none/hub.db" \
  HUB_STORAGE_URL="sqlite:$tree/none/hub.db"
printf 'flows.threads = none\n' >"$tree/hubd.properties"
says "flows.threads (in $tree/hubd.properties): must be"
printf 'flows.threads = 4\n' >"$tree/hubd.properties"

rm -rf "$tree/data"
starts HUB_PLUGINS_DIR="$tree/nothing" HUB_SERVER_PRT=1 \
  HUB_OUTBOUND_ROUTES=api.typo.example=http://127.0.0.1:9
expect "hubd: a new master key was written to $tree/data/master.key; keep a copy" out
expect "hubd: warning: plugins.dir: $tree/nothing: No such file or directory" out
expect 'hubd: warning: HUB_SERVER_PRT is no key of this hub' out
expect 'hubd: warning: outbound.routes: no loaded plugin calls api.typo.example' out
cp "$tree/out" "$tree/first" # the next one writes to the same file
says "data.dir (from HUB_DATA_DIR): another hub works in $tree/data"
cp "$tree/first" "$tree/out"
hub=$(sed -n 's/.*listening on //p' "$tree/out")
# A body over its limit is refused in the portal's words before a byte of it is read.
answer=$(curl -s -m 10 -X POST -H 'Content-Length: 99999999' "$hub/api/v1/orders" || true)
if [ "$(jq -r .error.code <<<"$answer")" != PAYLOAD_TOO_LARGE ]; then
  printf '413 said: %s\n' "$answer"
  failed=1
fi
stops

chmod 0644 "$tree/data/master.key"
says "$tree/data/master.key: the key file must be"
chmod 0600 "$tree/data/master.key"
# A provider's secrets are sealed: from here on only this key opens the database.
starts
if grep -q 'a new master key' "$tree/out"; then
  echo 'the path of the master key is printed at its making only'
  failed=1
fi
hub=$(sed -n 's/.*listening on //p' "$tree/out")
vendor=$(basename "$(find "$plugins" -maxdepth 1 -name '*.so' | sort | head -n 1)" .so)
curl -s -H "Authorization: Bearer $(cat "$tree/data/admin.key")" -H 'Content-Type: application/json' \
  -d '{"pluginKey":"'"$vendor"'","providerCode":"a","providerName":"A"}' "$hub/api/v1/providers" >"$tree/made"
if [ "$(jq -r .data.state "$tree/made")" != setup ] || ! jq -e '.data.missingSecrets | length > 0' "$tree/made" >/dev/null; then
  printf 'a provider without secrets: %s\n' "$(cat "$tree/made")"
  failed=1
fi
stops
mv "$tree/data/master.key" "$tree/kept.key"
says "$tree/data/master.key: there is no master key here, but the database sqlite:$tree/data/hub.db"
mv "$tree/kept.key" "$tree/data/master.key"
exit "$failed"
