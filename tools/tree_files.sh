#!/usr/bin/env bash
# tree_files.sh [GLOB…]: the project's files in the current folder, one a line: what git tracks, and
# what is new and not ignored; in an unpacked archive, which has no .git, all but what builds leave
# behind. Fails, and says why, if git does or if there is nothing to list: a lint that was given
# nothing to read must not pass.
set -euo pipefail

fail() {
  printf 'tree_files: %s\n' "$1" >&2
  exit 1
}

# What git lists, sorted. The folder of another owner is the usual reason why it refuses.
trackedFiles() {
  command -v git >/dev/null || fail "git is not installed: see tools/packages.txt"
  local complaint top
  if ! complaint=$(git rev-parse --show-toplevel 2>&1 >/dev/null); then
    case "$complaint" in
      *'dubious ownership'*)
        fail "git refuses to read $PWD, because it belongs to another user ('dubious ownership'); \
allow it with: git config --global --add safe.directory '$PWD'" ;;
      *) fail "git cannot read $PWD: $complaint" ;;
    esac
  fi
  top=$(git rev-parse --show-toplevel)
  [ "$top" -ef "$PWD" ] || fail "$PWD is not the top of the repository that git sees, $top"
  git ls-files --cached --others --exclude-standard -- "$@" | sort -u
}

archivedFiles() {
  local glob names=()
  for glob in "$@"; do names+=(-o -name "$glob"); done
  [ "${#names[@]}" -gt 0 ] || names=(-o -true)
  find . \( -path ./build -o -path ./var \) -prune -o -type f \( -false "${names[@]}" \) -printf '%P\n' |
    sort
}

if [ -e .git ]; then list=$(trackedFiles "$@"); else list=$(archivedFiles "$@"); fi
# A file that is deleted but still tracked is none.
list=$(while read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done <<<"$list")
[ -n "$list" ] || fail "there is no file to look at in $PWD"
printf '%s\n' "$list"
