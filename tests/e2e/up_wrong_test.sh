#!/usr/bin/env bash
# up_wrong_test.sh BUILD_DIR: ./dev up --once against a twin whose applicants are all clear shows what
# is wrong about the order that should not be, and ends with 1.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

mkdir "$tree/bin"
ln -s "$build/plugins" "$tree/plugins"
ln -s "$build/bin/hubd" "$tree/bin/hubd"
cat >"$tree/bin/vendor-sim" <<SIMULATOR
#!/usr/bin/env bash
while [ "\$#" -gt 0 ]; do
  if [ "\$1" = --config ]; then sed -i 's/^{/{"story":"clear",/' "\$2"; fi
  given+=("\$1")
  shift
done
exec "$build/bin/vendor-sim" "\${given[@]}"
SIMULATOR
chmod +x "$tree/bin/vendor-sim"

code=0
TMPDIR="$tree" HUB_BUILD_DIR="$tree" "$root/tools/up.sh" --once >"$tree/log" 2>&1 || code=$?
# shows TEXT: the text is a line of what up said.
shows() {
  if ! grep -qxF -- "$1" "$tree/log"; then
    printf 'up did not say "%s"\n' "$1"
    failed=1
  fi
}
if [ "$code" -ne 1 ]; then printf 'up ended with %d, not with 1\n' "$code" && failed=1; fi
shows '      ok: the number of findings is 0'
shows '      WRONG: the status is completed, expected pending_review'
shows '      WRONG: the result is clear, expected consider'
shows '      WRONG: what the county searches say is clear, expected clear,consider'
shows '      WRONG: a finding of the county search is false, expected true'
shows 'up: 4 facts are wrong'
[ "$failed" -eq 0 ] || cat "$tree/log"
exit "$failed"
