#!/usr/bin/env bash
# run_tests.sh PRESET [JOBS]: every test of a built preset, and "N passed, N failed" as last line.
# Counts each GoogleTest case. A test binary that cannot list its tests, and a run that finds none,
# count as failed. Writes build/PRESET/test-results.xml (JUnit) and test.log. SIGTERM, SIGINT and
# SIGHUP end ctest and its tests too.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tools/child.sh
. "$root/tools/child.sh"
build="$root/build/${1:?preset}"
log="$build/test.log"

export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}"

# Not a pipeline: bash would look at a signal only after the last test.
exec 3> >(exec tee "$log")
tee=$!
runChild ctest --test-dir "$build" --output-on-failure --no-tests=error -j "${2:-2}" \
  --output-junit "$build/test-results.xml" >&3 2>&1
code=$?
exec 3>&-
wait "$tee"

# ctest: "98% tests passed, 2 tests failed out of 120".
summary=$(sed -n 's/^[0-9]*% tests passed, \([0-9]*\) tests* failed out of \([0-9]*\)$/\1 \2/p' "$log" |
  tail -n 1)
failed=${summary%% *}
total=${summary##* }
if [ -z "$summary" ]; then
  failed=1
  total=1
elif [ "$code" -ne 0 ] && [ "$failed" -eq 0 ]; then
  # ctest is unhappy although no test failed: a test could not be discovered or started.
  failed=1
  total=$((total + 1))
fi
# ctest leaves disabled tests out of its total and counts skipped ones as passed.
skipped=$(grep -c '\*\*\*Skipped' "$log")
if [ "$skipped" -gt 0 ]; then printf 'skipped, counted as neither: %d\n' "$skipped"; fi
passed=$((total - failed - skipped))
if [ "$passed" -lt 0 ]; then passed=0; fi
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$code" -eq 0 ]
