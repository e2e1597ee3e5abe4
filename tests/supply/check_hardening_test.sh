#!/usr/bin/env bash
# TM-SUP: a file that lacks one hardening is refused with the words for it.
set -euo pipefail
check="$(dirname "${BASH_SOURCE[0]}")/check_hardening.sh"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cat >"$place/a.c" <<'C'
#include <stdio.h>
#include <string.h>
int main(int count, char** words) {
    char text[64];
    strncpy(text, words[0], (size_t)count * 8);
    return printf("%s\n", text) < 0;
}
C
good=(-O1 -w -fPIE -pie -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
  -Wl,-z,relro,-z,now,-z,noexecstack)
failed=0

# refuses WORDS FLAG...: built with these flags after the good ones.
refuses() {
  local words=$1 said
  shift
  gcc "${good[@]}" "$@" "$place/a.c" -o "$place/a"
  if said=$("$check" --program-fortified "$place/a"); then
    printf 'accepted: %s\n' "$words" && failed=1
  elif ! grep -qF "$words" <<<"$said"; then
    printf 'wrong words: %s\n' "$said" && failed=1
  fi
}

gcc "${good[@]}" "$place/a.c" -o "$place/a"
"$check" --program-fortified "$place/a" || failed=1
refuses "not position independent" -fno-pie -no-pie
refuses "RELRO is only partial" -Wl,-z,lazy
refuses "no RELRO segment" -Wl,-z,norelro
refuses "executable stack" -Wl,-z,execstack
refuses "without stack protector" -fno-stack-protector
refuses "no fortified function" -U_FORTIFY_SOURCE
if "$check" "$place/missing" >/dev/null; then failed=1; fi
exit "$failed"
