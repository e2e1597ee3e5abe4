#!/usr/bin/env bash
# style_lint.sh [ROOT]: the house rules that a compiler cannot see. Prints "file:line: rule" for
# each breach and fails if there is one. ROOT (default: this repository) is for its own test.
set -euo pipefail
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "${1:-$tools/..}"

readonly kLinesMax=700
readonly kLinesWarn=500

# What people wrote, as against recorded data.
textFiles() {
  grep -E '\.(c|h|cpp|hpp|cmake|sh|sql|md|txt|json|yaml|yml|in|map)$|^(dev|\.ci/run)$' <<<"$files" |
    grep -vE '/testdata/|/samples/|package-lock\.json$' || true
}
sourceFiles() { grep -E '\.(c|h|cpp|hpp)$' <<<"$files" || true; }

# breaches RULE PATTERN FILES: prints "file:line: RULE" for every line that matches.
breaches() {
  local rule=$1 pattern=$2 list=$3
  [ -n "$list" ] || return 0
  printf '%s\n' "$list" | xargs -d '\n' grep -nHIE -e "$pattern" 2>/dev/null |
    awk -F: -v rule="$rule" '{ printf "%s:%s: %s\n", $1, $2, rule }' || true
}

machinePaths() {
  breaches "machine path" '(^|[^A-Za-z0-9_.$}/-])/(work|root|home|Users)/[A-Za-z0-9_.]' "$(textFiles)"
}

# Only in comments: a masked number in test data is no note to oneself.
unfinishedWork() {
  sourceFiles | xargs -r -d '\n' awk '
    /(\/\/|\/\*|^ \*)(.*[^A-Za-z0-9-])?(TODO|FIXME|XXX)([^A-Za-z0-9-]|$)/ && !/(TODO|FIXME|XXX)[ (]*#[0-9]/ {
      printf "%s:%d: unfinished work without an issue number\n", FILENAME, FNR }'
}

fileSizes() {
  sourceFiles | xargs -r -d '\n' awk -v most="$kLinesMax" -v warn="$kLinesWarn" '
    FNR == 1 && NR > 1 { judge() }
    { name = FILENAME; lines = FNR }
    END { if (name != "") judge() }
    function judge() {
      if (lines > most) printf "%s:%d: longer than %d lines\n", name, lines, most
      else if (lines > warn) printf "warning: %s has %d lines; more than %d\n", name, lines, warn > "/dev/stderr"
    }'
}

# Third-party headers stay in .cpp files. tools/header_allow_list.txt names the adapters.
thirdPartyHeaders() {
  local headers
  headers=$(grep -E '\.(h|hpp)$' <<<"$files" | grep -vxFf "$tools/header_allow_list.txt" || true)
  breaches "third-party header outside a .cpp file" \
    '^[[:space:]]*#[[:space:]]*include[[:space:]]*<(boost/|Poco/|xercesc/|libxml/|spdlog/|fmt/|sqlite3\.h|mysql|mariadb|openssl/|prometheus/|CLI/|nlohmann/)' \
    "$headers"
}

# Dependencies point one way: portal-api -> hub -> sdk <- plugins.
dependencies() {
  local code
  code=$(sourceFiles)
  breaches "the SDK includes the hub" '#[[:space:]]*include[[:space:]]*"(hub|portal-api|plugins)/' \
    "$(grep -E '^sdk/' <<<"$code" || true)"
  breaches "the hub includes what stands above it" '#[[:space:]]*include[[:space:]]*"(portal-api|plugins)/' \
    "$(grep -E '^hub/' <<<"$code" | grep -vE '^hub/app/' || true)"
  # plugins/simulator_main is no vendor: it puts the vendors' simulators together.
  pluginIncludes "$(grep -E '^plugins/[a-z0-9_]+/' <<<"$code" | grep -v '^plugins/simulator_main/' || true)"
}

# A plugin includes <hubsdk/...> and its own folder. Its tests and simulator run in no hub, so they
# may use the doubles of the SDK, and the simulator the edge of the hub.
pluginIncludes() {
  [ -n "$1" ] || return 0
  printf '%s\n' "$1" | xargs -d '\n' awk '
    /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
      split(FILENAME, folder, "/"); path = $0
      sub(/^[^<"]*[<"]/, "", path); sub(/[>"].*$/, "", path)
      own = "plugins/" folder[2] "/"
      loose = FILENAME ~ /_test(_support)?\.[ch]pp$/ || FILENAME ~ /\/(simulator|testing)\//
      if (path ~ /^hubsdk\// || index(path, own) == 1 || path !~ /\//) next
      if (loose && path !~ /^plugins\//) next
      printf "%s:%d: a plugin includes <hubsdk/...> and its own folder only\n", FILENAME, FNR
    }'
}

# TM-OUT-1: one factory makes TLS contexts; what the toolkits bring is not strict enough.
clientContexts() {
  breaches "TM-OUT-1: use hub/http for calls, and its TLS factory" \
    'HTTPS?ClientSession|Poco/Net/(HTTPSStreamFactory|SSLManager|SecureStreamSocket)|initializeSSL|defaultClientContext' \
    "$(sourceFiles)"
  breaches "TM-OUT-1: a TLS context outside its factory" \
    'SSL_CTX_new|make_unique<[a-z:]*ssl::context>|ssl::context[[:space:]]*[a-z_({]|verify_none|SSL_VERIFY_NONE' \
    "$(sourceFiles | grep -vE '_test\.cpp$|/testing/' | grep -vxFf "$tools/tls_allow_list.txt" || true)"
}

# Architecture section 8: whose rows, and writing, are decided in few places.
scopes() {
  { sourceFiles | grep -vE '_test\.cpp$|_fixture\.[ch]pp$|/testing/|^(tests|bench)/' || true; } |
    xargs -r -d '\n' awk -v list="$tools/scope_allow_list.txt" '
    BEGIN { while ((getline line < list) > 0) allowed[line] = 1 }
    match($0, /(afterAuthentication|afterProof|fromLeasedRow|for(Relay|Worker|Startup)|beginWrite)\(|Access::kWrite/) {
      maker = substr($0, RSTART, RLENGTH); gsub(/[(]|Access::/, "", maker)
      if (!((maker " " FILENAME) in allowed))
        printf "%s:%d: %s outside the files of tools/scope_allow_list.txt\n", FILENAME, FNR, maker
    }'
}

secrets() {
  breaches "private key" 'BEGIN [A-Z ]*PRIVATE KEY' "$files"
  breaches "access key" '(AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{36}|sk_live_[A-Za-z0-9]{16}' "$files"
}

files=$("$tools/tree_files.sh")
found=$(machinePaths && unfinishedWork && fileSizes && thirdPartyHeaders && dependencies &&
  clientContexts && scopes && secrets)
if [ -n "$found" ]; then
  printf '%s\n' "$found"
  exit 1
fi
