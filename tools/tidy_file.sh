#!/usr/bin/env bash
# tidy_file.sh FILE.cpp: clang-tidy over one file, unless the same text passed before. What counts as
# text: the rules, the compile command, the file and every header of the project that it includes.
# A pass is a file in build/clang/tidy-passed named by the hash of all that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
file=$1
database=build/clang/compile_commands.json
command=$(jq -r --arg file "$PWD/$file" 'map(select(.file == $file))[0].command' "$database")
# The compiler lists what the file includes; system headers change with the packages only.
includes=$(cd build/clang && eval "${command/ -o * -c / } -MM -MF -" |
  sed -e 's/^[^:]*://' -e 's/\\$//' | tr ' ' '\n' | sed '/^$/d' | sort -u)
key=$({
  cat .clang-tidy
  clang-tidy --version
  printf '%s\n' "$command"
  (cd build/clang && printf '%s\n' "$includes" | xargs -d '\n' sha256sum)
} | sed "s#$PWD/##g" | sha256sum | cut -d' ' -f1)
passed="build/clang/tidy-passed/$key"
[ ! -e "$passed" ] || exit 0
clang-tidy --quiet -p build/clang "$file" 2>>build/clang/tidy-noise.log
mkdir -p build/clang/tidy-passed
touch "$passed"
