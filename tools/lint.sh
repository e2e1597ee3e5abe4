#!/usr/bin/env bash
# lint.sh [--all]: every check of the source text. Reports all of them before it fails.
# clang-tidy looks at the .cpp files that differ from origin/main; with --all at every one. A file that
# passed is not looked at again before it or a header of it changes. The run ends after
# HUB_TIDY_SECONDS (default 2700) and then fails; the next one goes on where it ended.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# shellcheck source=tools/common.sh
HUB_ROOT=$PWD && . tools/common.sh
failures=()

check() {
  local name=$1
  shift
  printf -- '-- %s\n' "$name"
  "$@" || failures+=("$name")
}

formatting() {
  tools/sources.sh | xargs -d '\n' clang-format --dry-run -Werror
}

# The .cpp files to tidy: those that differ from the main branch of origin, else every one.
tidyFiles() {
  local base
  if [ "${1:-}" != "--all" ] && base=$(git merge-base origin/main HEAD 2>/dev/null); then
    { git diff --name-only "$base" -- '*.cpp' && git ls-files --others --exclude-standard -- '*.cpp'; } |
      sort -u | while read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done
  else
    tools/sources.sh | grep '\.cpp$'
  fi
}

tidy() {
  local files
  files=$(tidyFiles "$@") || return 1
  [ -n "$files" ] || return 0
  # Compile commands of the second compiler: clang-tidy does not know every flag of g++.
  mkdir -p build/clang
  cmake --preset clang >build/clang/configure.log 2>&1 || { cat build/clang/configure.log && return 1; }
  # Only what the build compiles: a file without a command would be read with made-up flags.
  files=$(printf '%s\n' "$files" |
    grep -Fxf <(jq -r --arg root "$PWD/" '.[].file | ltrimstr($root)' build/clang/compile_commands.json))
  [ -n "$files" ] || return 0
  printf '%s\n' "$files" | timeout "${HUB_TIDY_SECONDS:-2700}" \
    xargs -d '\n' -n 1 -P "$(jobs)" tools/tidy_file.sh
  local code=$?
  if [ "$code" -eq 124 ]; then printf 'clang-tidy: out of time, not every file was read: run it again\n'; fi
  return "$code"
}

check "formatting" formatting
check "house rules" tools/style_lint.sh
if [ -x tools/await_lint.sh ]; then check "awaiting expressions" tools/await_lint.sh; fi
check "clang-tidy" tidy "$@"

if [ "${#failures[@]}" -gt 0 ]; then
  printf 'lint failed: %s\n' "$(IFS=, && printf '%s' "${failures[*]}")" >&2
  exit 1
fi
printf 'lint: all good\n'
