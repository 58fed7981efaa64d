#!/usr/bin/env bash
# Runs scripts/setup on a machine that has nothing, made of fake programs: what it lists, whom it asks, what it installs.
set -euo pipefail
cd "$(dirname "$0")/.."
fake=$(mktemp -d)
trap 'rm -rf "$fake"' EXIT
program() { printf '#!/bin/sh\n%s\n' "$2" >"$fake/$1"; chmod +x "$fake/$1"; }
failed=0
expect() { # what it is, text, pattern
    grep -qE -- "$3" <<<"$2" || { echo "setup-test: $1: expected /$3/ in:"; echo "$2"; failed=1; }
}
refuse() { ! grep -qE -- "$3" <<<"$2" || { echo "setup-test: $1: did not expect /$3/ in:"; echo "$2"; failed=1; }; }

if [ ! -e /etc/debian_version ]; then
    echo "setup-test: skipped, this is not Debian"
    exit 0
fi
# Nothing of the machine that runs this is looked at: neither its files nor its packages.
export SETUP_ROOT=$fake/root
mkdir -p "$SETUP_ROOT/etc" "$SETUP_ROOT/usr/bin"
touch "$SETUP_ROOT/etc/debian_version"
program dpkg-query 'exit 1'
program apt-cache 'exit 1'
program python3 '[ "$1" = --version ] && echo Python 3.11.2 || exit 1'
program cargo 'echo cargo 1.95.0'
program node 'echo v20.9.0'
program npm 'echo 10.1.0'
program apt-get "echo apt-get \"\$@\" >>$fake/installed"
program env 'shift; exec "$@"'
program sudo "echo sudo >>$fake/installed; exec \"\$@\""

said=$(PATH="$fake:$PATH" scripts/setup --check </dev/null) && { echo "setup-test: --check passed on a bare machine"; failed=1; }
expect "a bare machine" "$said" 'missing: cmake +builds whisper.cpp'
expect "a bare machine" "$said" 'missing: postgresql +'
refuse "running needs no browser" "$said" 'chromium'
[ ! -e "$fake/installed" ] || { echo "setup-test: --check installed something"; failed=1; }

said=$(PATH="$fake:$PATH" scripts/setup test --check </dev/null || true)
expect "tests need a browser" "$said" 'missing: chromium'
touch "$SETUP_ROOT/usr/bin/chromium" && chmod +x "$SETUP_ROOT/usr/bin/chromium"
said=$(PATH="$fake:$PATH" scripts/setup test --check </dev/null || true)
refuse "a browser that came with the machine" "$said" 'chromium'
rm "$SETUP_ROOT/usr/bin/chromium"
program apt-cache 'echo "  Candidate: $([ "$2" = chromium ] && echo "(none)" || echo 20240203)"'
said=$(PATH="$fake:$PATH" scripts/setup test --check </dev/null || true)
refuse "no browser to be had" "$said" 'missing: chromium'
expect "no browser to be had" "$said" 'browser tests are skipped'

program id 'echo 0'
PATH="$fake:$PATH" scripts/setup </dev/null >/dev/null
expect "root installs without asking" "$(cat "$fake/installed")" 'apt-get install .*pocketsphinx-en-us'
refuse "root needs no sudo" "$(cat "$fake/installed")" 'sudo'
rm "$fake/installed"
program apt-cache "[ -e $fake/installed ] && [ \"\$2\" != chromium ] && echo '  Candidate: 1'"
said=$(PATH="$fake:$PATH" scripts/setup test </dev/null)
expect "the lists came, and without a browser" "$said" 'browser tests are skipped'
refuse "a browser that is not to be had" "$(grep install "$fake/installed")" 'chromium'
rm "$fake/installed"

program id 'echo 1000'
said=$(PATH="$fake:$PATH" CI= scripts/setup 2>&1 </dev/null) && { echo "setup-test: sudo without a yes"; failed=1; }
expect "nobody to ask" "$said" 'the command is: sudo apt-get install'
[ ! -e "$fake/installed" ] || { echo "setup-test: installed without a yes"; failed=1; }
PATH="$fake:$PATH" scripts/setup --yes </dev/null >/dev/null
expect "--yes does not ask" "$(cat "$fake/installed")" 'sudo'

program cargo 'echo cargo 1.70.0'
program dpkg-query 'case $3 in postgresql-*) echo installed postgresql-15 ;; *) printf installed ;; esac'
said=$(PATH="$fake:$PATH" scripts/setup 2>&1 </dev/null) && { echo "setup-test: an old cargo passed"; failed=1; }
expect "an old toolchain" "$said" 'cargo 1.95 or newer \(found 1.70.0\)'

program cargo 'echo cargo 1.95.0'
PATH="$fake:$PATH" scripts/setup test --check </dev/null || { echo "setup-test: a complete machine lacks something"; failed=1; }
program dpkg-query 'case $3 in postgresql-*) echo installed postgresql-14 ;; *) printf installed ;; esac'
said=$(PATH="$fake:$PATH" scripts/setup --check </dev/null) && { echo "setup-test: an old PostgreSQL passed"; failed=1; }
expect "an old PostgreSQL" "$said" 'PostgreSQL 15 or newer \(found 14\)'

[ $failed = 0 ] && echo "setup-test: bare, complete and old machines, root, no sudo, --yes and no browser behave"
exit $failed
