#!/usr/bin/env bash
# Lists the project's own C and C++ files: what is tracked, and what is new and not ignored.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git ls-files --cached --others --exclude-standard -- '*.c' '*.cpp' '*.h' '*.hpp' | sort -u |
  while read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done
