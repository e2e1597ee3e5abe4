#!/usr/bin/env bash
# new_plugin.sh VENDOR: a new plugins/VENDOR from the template, and its line in plugins/CMakeLists.txt.
# docs/write-a-plugin.md says what follows.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
vendor=${1:-}
if [[ ! $vendor =~ ^[a-z][a-z0-9_]*$ ]]; then
  printf 'usage: new_plugin.sh VENDOR, in small letters, digits and underscores\n' >&2
  exit 2
fi
if [ -e "$root/plugins/$vendor" ]; then
  printf 'new_plugin.sh: plugins/%s is there already\n' "$vendor" >&2
  exit 1
fi
cp -r "$root/sdk/plugin-api/template" "$root/plugins/$vendor"
cd "$root/plugins/$vendor"

# The words: files, then what stands in them; names of types without the underscores.
capital=$(sed -E 's/(^|_)([a-z0-9])/\u\2/g' <<<"$vendor")
for file in acme_*; do mv "$file" "${vendor}_${file#acme_}"; done
find . -type f -exec sed -i -e "s/acme/$vendor/g" -e "s/Acme/$capital/g" -e "s/ACME/${vendor^^}/g" {} +

# What is true of the template only.
sed -i -e '/^#/d' -e '/OUTPUT_DIRECTORY/d' -e 's/\(FIXTURES ".*"\)$/\1)/' CMakeLists.txt
sed -i -e 's/ (template)//' -e "s/\"text\": \"An imaginary vendor.*\"/\"text\": \"Background screenings by $capital.\"/" \
  manifest.json
sed -i -e 's/^\/\/ The template plugin/\/\/ The plugin/' plugin.cpp "${vendor}_test.cpp"
sed -i -e "1s/.*/# $capital/" -e '/^To start a vendor/,$d' \
  -e 's/^Status: .*/Status: begun. What follows is the interface of an imaginary vendor: replace it./' README.md

# The one line. What collects the simulators stays behind all vendors.
list="$root/plugins/CMakeLists.txt"
if grep -q '^# After all vendors' "$list"; then
  sed -i "/^# After all vendors/i add_subdirectory($vendor)" "$list"
else
  printf 'add_subdirectory(%s)\n' "$vendor" >>"$list"
fi
printf 'plugins/%s is made and named in plugins/CMakeLists.txt\n' "$vendor"
