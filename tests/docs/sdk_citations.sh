#!/usr/bin/env bash
# sdk_citations.sh SOURCE: who has only this repository can read what the SDK refers to. Every document that
# it names is in it, and no working paper of the project is named.
set -euo pipefail
cd "$1"
failed=0
if grep -rnE 'plugin-contract|threat-model|style-anchors|canonical-model|api-endpoints|screening-canonical|architecture section|vendors/|\b(hrxml|tazworks|checkr|sterling|lever|greenhouse|onfido|stripe)\.md|TM-[A-Z]+-[0-9]' \
  sdk --include='*.hpp' --include='*.h' --include='*.cpp' --include='*.md' --exclude='*_test.cpp'; then
  echo 'cited, but not in this repository'
  failed=1
fi
while read -r document; do
  if [ ! -f "$document" ]; then
    printf 'cited, but not there: %s\n' "$document"
    failed=1
  fi
done < <(grep -rhoE 'docs/[a-z0-9/_-]+\.md' sdk --include='*.hpp' --include='*.h' --include='*.md' | sort -u)
exit "$failed"
