#!/usr/bin/env bash
# Installs the npm packages and builds the web app into api/web/dist, each only when what it is made of has changed.
#
#   scripts/build-web.sh [--packages-only]
set -euo pipefail
cd "$(dirname "$0")/.."

digest='shasum -a 256'
if command -v sha256sum >/dev/null; then digest=sha256sum; fi
# One digest of the names and contents of the files below the given places.
digest_of() {
    find "$@" -type d \( -name node_modules -o -name dist -o -name test -o -name e2e \) -prune -o -type f -print0 |
        LC_ALL=C sort -z | xargs -0 $digest -- | $digest | cut -d' ' -f1
}
is_made_of() { [ -e "$1" ] && [ "$(cat "$1")" = "$2" ]; }

packages=$(digest_of package-lock.json package.json)
if ! is_made_of node_modules/.made-of "$packages"; then
    echo "installing the npm packages of the web app and the extension"
    npm ci --no-audit --no-fund --loglevel=error </dev/null
    echo "$packages" >node_modules/.made-of
fi
[ "${1:-}" != --packages-only ] || exit 0

sources=$(digest_of package-lock.json tsconfig.base.json api/web ingest/ts)
# Not in dist: what lies there is built into the server.
if ! is_made_of node_modules/.web-made-of "$sources" || [ ! -e api/web/dist/index.html ]; then
    echo "building the web app"
    npm run build --workspace api/web --silent </dev/null
    echo "$sources" >node_modules/.web-made-of
fi
