#!/usr/bin/env bash
# A lint that can list no file fails and says why; an archive without .git is read without build/.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0
unset GIT_DIR GIT_WORK_TREE

fails() { printf 'failed: %s\n' "$1" && failed=1; }

# refuses WHAT SAYS [VARIABLE=VALUE…]: every lint of the tree fails, and says so.
refuses() {
  local what=$1 says=$2 lint said
  shift 2
  for lint in style_lint await_lint sources; do
    if said=$(env "$@" "$tree/tools/$lint.sh" 2>&1); then
      fails "$lint is green: $what"
    elif ! grep -qF -- "$says" <<<"$said"; then
      fails "$lint, $what: $said"
    fi
  done
}

# lists WANTED: what the tree's sources are, on one line.
lists() {
  local said
  said=$("$tree/tools/sources.sh" | tr '\n' ' ')
  [ "$said" = "$1" ] || fails "listed '$said', not '$1'"
}

mkdir -p "$tree/tools" "$tree/build" "$tree/hub"
cp "$root"/tools/*_lint.sh "$root"/tools/sources.sh "$root"/tools/tree_files.sh \
  "$root"/tools/*_allow_list.txt "$tree/tools/"
printf 'int a;\n' | tee "$tree/hub/a.cpp" >"$tree/build/generated.cpp"
lists 'hub/a.cpp '

git -C "$tree" init -q
printf '/build/\n' >"$tree/.gitignore"
lists 'hub/a.cpp '
refuses "git fails" "git cannot read" GIT_DIR=/nonexistent
refuses "the folder has another owner" "safe.directory" GIT_TEST_ASSUME_DIFFERENT_OWNER=1 \
  GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null

git -C "$tree" add hub/a.cpp
rm "$tree/hub/a.cpp"
if "$tree/tools/sources.sh" >/dev/null 2>&1; then fails "nothing to list, and green"; fi
if "$tree/tools/await_lint.sh" >/dev/null 2>&1; then fails "nothing to await, and green"; fi
if "$tree/tools/await_lint.sh" "$tree/none.cpp" >/dev/null 2>&1; then fails "no such file, and green"; fi
exit "$failed"
