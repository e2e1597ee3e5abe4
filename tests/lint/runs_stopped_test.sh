#!/usr/bin/env bash
# A run of tests or benchmarks that is told to end takes its children along.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

# One test that says who it is and then takes its time, and a benchmark that does the same.
mkdir -p "$tree/tools" "$tree/build/dev" "$tree/bin"
cp "$root"/tools/{run_tests,run_benches,child}.sh "$tree/tools/"
mkfifo "$tree/started"
cat >"$tree/bin/bench_slow" <<'SLOW'
#!/bin/sh
echo $$ >"$(dirname "$0")/../started"
exec sleep 120
SLOW
chmod +x "$tree/bin/bench_slow"
echo "add_test(slow \"$tree/bin/bench_slow\")" >"$tree/build/dev/CTestTestfile.cmake"

# stopped SIGNAL CODE SCRIPT ARGUMENT...: only the script itself gets the signal.
stopped() {
  local signal=$1 wanted=$2 code=0 slow
  shift 2
  env --default-signal=INT "$@" >"$tree/log" 2>&1 &
  local script=$!
  read -r slow <"$tree/started"
  kill -s "$signal" "$script"
  wait "$script" || code=$?
  if [ "$code" -ne "$wanted" ]; then
    printf '%s ended with %d after %s, not with %d\n' "$1" "$code" "$signal" "$wanted"
    cat "$tree/log"
    failed=1
  fi
  if kill -0 "$slow" 2>/dev/null; then
    printf '%s left its child behind after %s\n' "$1" "$signal"
    kill "$slow"
    failed=1
  fi
}

stopped TERM 143 "$tree/tools/run_tests.sh" dev 1
stopped INT 130 "$tree/tools/run_tests.sh" dev 1
stopped TERM 143 "$tree/tools/run_benches.sh" "$tree/bin"
stopped INT 130 "$tree/tools/run_benches.sh" "$tree/bin" slow
exit "$failed"
