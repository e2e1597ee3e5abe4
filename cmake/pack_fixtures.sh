#!/bin/sh
# pack_fixtures.sh OUT FILE...: an archive (tar.gz) whose bytes depend on names and contents alone.
# It becomes part of the plugin, and the plugin's hash is its identity: no clock, owner, umask or
# order of the folder may show. `cmake -E tar czf` puts the time of packing into the gzip header.
set -eu
out=$1
shift
tar --create --file="$out.tar" --format=gnu --sort=name --mtime=@1577836800 \
    --owner=0 --group=0 --numeric-owner --mode=u=rw,go=r -- "$@"
gzip --no-name --best < "$out.tar" > "$out"
rm -f "$out.tar"
