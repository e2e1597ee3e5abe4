#!/usr/bin/env bash
# no_shared_folder.sh SOURCE: without vendor samples and suites nothing is configured, let alone built,
# and one sentence says what is missing.
set -euo pipefail
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
if cmake -G Ninja -S "$1" -B "$build" -DHUB_SHARED_DIR=/nowhere >"$build/log" 2>&1; then
  echo 'configured without the shared folder'
  exit 1
fi
said=$(tr -s ' \n' ' ' <"$build/log")
if [[ $said != *'/nowhere has no vendors/ and testdata/'* ]] ||
  [ "$(grep -c 'CMake Error' "$build/log")" -ne 1 ]; then
  cat "$build/log"
  exit 1
fi
