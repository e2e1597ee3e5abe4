#!/usr/bin/env bash
# ./dev up that is stopped before it has shown its results has not succeeded, and leaves no process.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

# A simulator that says that it runs, with its process id, and then nothing. It leaves the process
# group, so that the signal below ends all of up.sh at once and the simulator only through it.
mkdir -p "$tree/tools" "$tree/bin"
cp "$root/tools/up.sh" "$tree/tools/"
mkfifo "$tree/started"
cat >"$tree/bin/vendor-sim" <<'SIMULATOR'
#!/bin/sh
echo $$ >"$(dirname "$0")/../started"
exec setsid sleep 120
SIMULATOR
chmod +x "$tree/bin/vendor-sim"

# stopped SIGNAL CODE [--once]: what up.sh ends with when it gets the signal in its first step.
stopped() {
  local signal=$1 wanted=$2 code=0 simulator
  shift 2
  setsid env --default-signal=INT TMPDIR="$tree" HUB_BUILD_DIR="$tree" "$tree/tools/up.sh" "$@" \
    >"$tree/log" 2>&1 &
  read -r simulator <"$tree/started"
  kill -s "$signal" -- "-$!"
  wait $! || code=$?
  if [ "$code" -ne "$wanted" ]; then
    printf 'up %s ended with %d after %s, not with %d\n' "$*" "$code" "$signal" "$wanted"
    failed=1
  fi
  if kill -0 "$simulator" 2>/dev/null; then
    printf 'up %s left its simulator behind\n' "$*" && kill "$simulator" && failed=1
  fi
}

stopped TERM 143 --once
stopped INT 130 --once
stopped TERM 143
exit "$failed"
