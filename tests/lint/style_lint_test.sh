#!/usr/bin/env bash
# TM-OUT-1, TM-SUP: each rule of tools/style_lint.sh finds its breach, and a clean tree has none.
set -euo pipefail
lint="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/tools/style_lint.sh"
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

# finds FILE TEXT RULE: a tree with this one file breaks this one rule.
finds() {
  local file=$1 text=$2 rule=$3 said
  mkdir -p "$tree/$(dirname "$file")"
  printf '%b\n' "$text" >"$tree/$file"
  if said=$("$lint" "$tree" 2>&1); then
    printf 'not found: %s (in %s)\n' "$rule" "$file" && failed=1
  elif ! grep -qF "$file:" <<<"$said" || ! grep -qF "$rule" <<<"$said"; then
    printf 'wrong message for %s: %s\n' "$rule" "$said" && failed=1
  fi
  rm "$tree/$file"
}

# accepts FILE TEXT: nothing to say about it.
accepts() {
  local file=$1 text=$2 said
  mkdir -p "$tree/$(dirname "$file")"
  printf '%b\n' "$text" >"$tree/$file"
  said=$("$lint" "$tree" 2>&1) || { printf 'refused %s: %s\n' "$file" "$said" && failed=1; }
  rm "$tree/$file"
}

# Words are put together here so that this file itself is clean.
session='ClientSession' key='PRIVATE KEY' note='TO''DO' place='/wo''rk/main'
finds hub/a.cpp "std::string p = \"$place\";" "machine path"
finds docs/a.md "see $place/x" "machine path"
finds hub/a.cpp "// $note: later" "unfinished work"
finds hub/a.cpp "$(yes 'int a;' | head -n 701)" "longer than 700 lines"
finds hub/http/a.hpp '#include <boost/asio.hpp>' "third-party header"
finds hub/a.hpp '#include <openssl/evp.h>' "third-party header"
finds sdk/plugin-api/src/a.cpp '#include "hub/http/server.hpp"' "the SDK includes the hub"
finds hub/http/a.cpp '#include "plugins/acme/acme.hpp"' "the hub includes what stands above it"
finds plugins/acme/a.cpp '#include "hub/http/server.hpp"' "a plugin includes"
finds plugins/acme/a.cpp '#include "plugins/other/b.hpp"' "a plugin includes"
finds plugins/acme/a.cpp '#include <boost/json.hpp>' "a plugin includes"
finds hub/a.cpp "Poco::Net::HTTPS$session session;" "TM-OUT-1"
finds hub/a.cpp "Poco::Net::HTTP$session session;" "TM-OUT-1"
finds hub/a.cpp 'boost::asio::ssl::context context(x);' "TM-OUT-1"
for maker in afterAuthentication afterProof fromLeasedRow; do
  finds hub/domain/a.cpp "auto scope = storage::TenantScope::$maker(tenant);" "scope_allow_list"
done
for maker in forRelay forWorker forStartup; do
  finds portal-api/router.cpp "auto system = SystemScope::$maker();" "scope_allow_list"
done
finds hub/ingress/ingress.cpp 'auto c = driver.open(Access::kWrite);' "scope_allow_list"
finds hub/ingress/ingress.cpp 'connection.beginWrite();' "scope_allow_list"
finds hub/a.pem "-----BEGIN RSA $key-----" "private key"
finds docs/a.json "\"AKI""AABCDEFGHIJKLMNOP\"" "access key"

accepts hub/a.cpp "// $note(#12): later\nint a = 1;"
accepts hub/a.cpp '#include <boost/asio.hpp>'
accepts hub/a.cpp 'const char* masked = "XXX-XX-1234";'
accepts plugins/acme/a.cpp '#include <hubsdk/cpp/plugin.hpp>\n#include <string>\n#include "plugins/acme/b.hpp"'
accepts plugins/acme/a_test.cpp '#include "sdk/plugin-api/testing/scripted_transport.hpp"'
accepts hub/ingress/ingress.cpp 'auto scope = storage::TenantScope::afterProof(tenant);'
accepts hub/outbox/relay.cpp 'auto system = SystemScope::forRelay();'
accepts hub/storage/batch_runner.cpp 'connection_ = driver_.open(Access::kWrite);'
accepts hub/domain/a_test.cpp 'auto scope = TenantScope::fromLeasedRow(tenant);'
exit "$failed"
