#!/usr/bin/env bash
# run_benches.sh DIR [NAME]: runs every bench_* of that folder, or bench_NAME.
# SIGTERM, SIGINT and SIGHUP end the benchmark too.
set -euo pipefail
# shellcheck source=tools/child.sh
. "$(dirname "${BASH_SOURCE[0]}")/child.sh"
folder=${1:?folder}
found=0
shopt -s nullglob
if [ -n "${2:-}" ]; then benches=("$folder/bench_$2"); else benches=("$folder"/bench_*); fi
for bench in "${benches[@]}"; do
  [ -x "$bench" ] || continue
  found=$((found + 1))
  name=$(basename "$bench")
  printf -- '== %s\n' "$name"
  # What a peer needs beside the build, such as its npm packages.
  prepare="$(dirname "${BASH_SOURCE[0]}")/../bench/${name#bench_}/prepare.sh"
  if [ -x "$prepare" ]; then runChild "$prepare" "$folder/.."; fi
  runChild "$bench"
done
if [ "$found" -eq 0 ]; then
  printf 'no benchmark bench_%s in %s\n' "${2:-*}" "$folder" >&2
  exit 1
fi
