#!/usr/bin/env bash
# Runs scripts/clean-data.sh on folders made for it: what it removes, whom it asks, and what it leaves alone.
set -euo pipefail
cd "$(dirname "$0")/.."
place=$(cd "$(mktemp -d)" && pwd -P)
trap 'rm -rf "$place"' EXIT
export ATTUNE_DATA=$place/data
failed=0
furnish() { mkdir -p "$ATTUNE_DATA/postgres" && touch "$ATTUNE_DATA/root.key" "$ATTUNE_DATA/owner.lock"; }
fail() { echo "clean-data-test: $*"; failed=1; }
clean() { # what it is, expected status, expected text, arguments
    local what=$1 status=0 said
    said=$(scripts/clean-data.sh "${@:4}" 2>&1 </dev/null) || status=$?
    [ $status = "$2" ] || fail "$what: ended with $status"
    grep -qF -- "$3" <<<"$said" || fail "$what: expected \"$3\" in: $said"
}

clean "nothing there" 0 "nothing to remove" --yes

furnish
clean "nobody to ask" 1 "make clean-data ARGS=--yes"
[ -e "$ATTUNE_DATA/root.key" ] || fail "removed something without a yes"

# A process that works in the cluster's folder, and names it, passes for its server.
repository=$PWD
touch "$ATTUNE_DATA/postgres/postmaster.pid"
cd "$ATTUNE_DATA/postgres"
tail -f "$PWD/postmaster.pid" >/dev/null &
server=$!
cd "$repository"
echo "$server" >"$ATTUNE_DATA/postgres/postmaster.pid"
clean "a running server" 1 "stop it first" --yes
[ -e "$ATTUNE_DATA/root.key" ] || fail "removed the data of a running server"
kill "$server"
wait "$server" 2>/dev/null || true

touch "$ATTUNE_DATA/holiday.jpg"
clean "somebody else's file" 0 "the folder stays" --yes
[ -e "$ATTUNE_DATA/holiday.jpg" ] || fail "removed somebody else's file"
[ ! -e "$ATTUNE_DATA/root.key" ] || fail "left the root key"
clean "nothing of Attune's" 1 "does not look like Attune's" --yes

rm "$ATTUNE_DATA/holiday.jpg"
furnish
clean "everything" 0 "removed $ATTUNE_DATA" --yes
[ ! -e "$ATTUNE_DATA" ] || fail "left the folder"

[ $failed = 0 ] && echo "clean-data-test: asked, refused and removed as it should"
exit $failed
