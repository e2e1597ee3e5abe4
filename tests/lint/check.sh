#!/usr/bin/env bash
# check.sh: the lint is silent on good/, and finds exactly the marked lines of bad/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
lint=../../tools/await_lint.sh

"$lint" good/*.cpp
for file in bad/*.cpp; do
  expected=$(grep -n '// bad$' "$file" | cut -d: -f1)
  if found=$("$lint" "$file"); then
    printf '%s: nothing was found\n' "$file" >&2
    exit 1
  fi
  if [ "$(printf '%s\n' "$found" | cut -d: -f2 | sort -nu)" != "$expected" ]; then
    printf 'expected the lines\n%s\nfound\n%s\n' "$expected" "$found" >&2
    exit 1
  fi
done
