#!/usr/bin/env bash
# TM-SUP: reads the hardening back from built files.
# check_hardening.sh [--program-fortified] FILE...: position independent, full RELRO with immediate
# binding, no executable stack and no segment that is both writable and executable, stack protector
# in use. With --program-fortified every program (not library) must also call a fortified function.
set -uo pipefail
fortified=no
if [ "${1:-}" = "--program-fortified" ]; then
  fortified=yes
  shift
fi
[ $# -gt 0 ] || { printf 'no files given\n' >&2 && exit 2; }
failed=0

miss() {
  printf '%s: %s\n' "$1" "$2"
  failed=1
}

check() {
  local file=$1 header segments dynamic symbols program=no
  [ -f "$file" ] || { miss "$file" "does not exist" && return; }
  header=$(readelf -Wh "$file") && segments=$(readelf -Wl "$file") && dynamic=$(readelf -Wd "$file") &&
    symbols=$(readelf -W --dyn-syms "$file") || { miss "$file" "readelf cannot read it" && return; }
  grep -q 'INTERP' <<<"$segments" && program=yes
  grep -qE 'Type: +DYN' <<<"$header" || miss "$file" "is not position independent"
  grep -q 'GNU_RELRO' <<<"$segments" || miss "$file" "has no RELRO segment"
  grep -qE '\(BIND_NOW\)|\(FLAGS\).*BIND_NOW|\(FLAGS_1\).*NOW' <<<"$dynamic" ||
    miss "$file" "binds lazily: RELRO is only partial"
  grep -E 'GNU_STACK' <<<"$segments" | grep -qE ' RW +0x' || miss "$file" "has an executable stack"
  ! grep -E 'LOAD' <<<"$segments" | grep -q 'RWE' || miss "$file" "has a writable executable segment"
  ! grep -q '(TEXTREL)' <<<"$dynamic" || miss "$file" "needs relocations in its code"
  # The plugin in plain C has no function that the protector guards, so it cannot show the symbol;
  # that it is compiled with the flag is what the test of the flags looks at.
  if [ "$(basename "$file")" != shape_plain_c.so ]; then
    grep -q '__stack_chk_fail' <<<"$symbols" || miss "$file" "was built without stack protector"
  fi
  if [ "$program" = yes ] && [ "$fortified" = yes ]; then
    grep -qE ' __[a-z_]+_chk(@| |$)' <<<"$(grep -v __stack_chk_fail <<<"$symbols")" ||
      miss "$file" "calls no fortified function"
  fi
}

for file in "$@"; do check "$file"; done
[ "$failed" -eq 0 ] && printf 'hardened: %d files\n' $#
exit "$failed"
