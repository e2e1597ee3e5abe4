#!/usr/bin/env bash
# prepare.sh BUILD_DIR: puts the Express peer and its npm packages into BUILD_DIR/express-peer.
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/express" && pwd)
target=${1:?build folder}/express-peer
mkdir -p "$target"
cp "$source/server.js" "$source/package.json" "$source/package-lock.json" "$target/"
if [ ! -d "$target/node_modules" ] || [ "$target/package-lock.json" -nt "$target/node_modules" ]; then
  (cd "$target" && npm ci --no-audit --no-fund --silent && touch node_modules)
fi
