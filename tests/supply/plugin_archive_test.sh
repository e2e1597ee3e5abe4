#!/bin/sh
# plugin_archive_test.sh PLUGIN.so FOLDER (TM-SUP): the fixtures of a plugin are a readable archive of the
# files in its folder, and packing them again, elsewhere and later, gives the same bytes.
set -eu
plugin=$1
folder=$2
pack=$(cd "$(dirname "$0")/../../cmake" && pwd)/pack_fixtures.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

objcopy --dump-section .hub.fixtures="$work/embedded.tar.gz" "$plugin" "$work/unused.so"
cd "$folder"
files=$(find manifest.json testdata -type f | LC_ALL=C sort)
tar tzf "$work/embedded.tar.gz" > "$work/listed"
[ "$(LC_ALL=C sort "$work/listed")" = "$files" ] || {
    echo "the archive of $plugin holds other files than $folder:"; cat "$work/listed"; exit 1; }

for file in $files; do
    mkdir -p "$work/copy/$(dirname "$file")"
    cp "$file" "$work/copy/$file"
    chmod 600 "$work/copy/$file"
    touch -d '2031-05-06 07:08:09' "$work/copy/$file"
done
# Word splitting is wanted: the files of a plugin have no blanks in their names.
# shellcheck disable=SC2086
(cd "$work/copy" && "$pack" "$work/again.tar.gz" $files)
cmp "$work/embedded.tar.gz" "$work/again.tar.gz"
# Bytes 4 to 7 of a gzip file are the time of packing.
[ "$(od -An -tx1 -j4 -N4 "$work/again.tar.gz")" = " 00 00 00 00" ] || {
    echo "the archive holds the time of packing"; exit 1; }
