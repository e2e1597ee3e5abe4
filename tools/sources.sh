#!/usr/bin/env bash
# Lists the project's own C and C++ files. Fails if they cannot be listed (tree_files.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec tools/tree_files.sh '*.c' '*.cpp' '*.h' '*.hpp'
