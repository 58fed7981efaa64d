#!/usr/bin/env bash
# Removes what a private Attune keeps on this machine: the cluster, the root key and with it everything recorded.
#
#   scripts/clean-data.sh [--yes]     asks first; where nobody can be asked, only with --yes
set -euo pipefail

# The same place that `attune run` uses and prints.
if [ -n "${ATTUNE_DATA:-}" ]; then
    data=$ATTUNE_DATA
elif [ "$(id -u)" = 0 ]; then
    data=/var/lib/attune
else
    data=${XDG_DATA_HOME:-$HOME/.local/share}/attune
fi
if [ ! -d "$data" ]; then
    echo "nothing to remove: $data does not exist"
    exit 0
fi
# A mistyped ATTUNE_DATA must not cost anyone a home.
if [ ! -d "$data/postgres" ] && [ ! -e "$data/root.key" ] && [ -n "$(ls -A "$data")" ]; then
    echo "clean-data: $data does not look like Attune's; nothing removed" >&2
    exit 1
fi

# Whether process $1 is a PostgreSQL that works in $2: as api/src/cluster/stale.rs finds out.
serves() {
    if [ -e /proc/self/cwd ]; then
        [ "$(readlink "/proc/$1/cwd")" = "$2" ]
    else
        # No /proc: macOS. The folder is on the command line, because Attune put it there.
        ps -o command= -p "$1" | grep -F postgres | grep -qF -- "$2"
    fi
} 2>/dev/null
pid=$(head -n 1 "$data/postgres/postmaster.pid" 2>/dev/null || true)
if [ -n "$pid" ] && serves "$pid" "$(cd "$data/postgres" && pwd -P)"; then
    echo "clean-data: Attune is running on $data; stop it first" >&2
    exit 1
fi

if [ "${1:-}" != --yes ]; then
    if [ ! -t 0 ]; then
        echo "clean-data: nobody can be asked here, so nothing is removed; the command is: make clean-data ARGS=--yes" >&2
        exit 1
    fi
    read -r -p "Remove $data with every meeting in it? This cannot be undone. [y/N] " answer
    [ "$answer" = y ] || { echo "nothing removed"; exit 1; }
fi
for kept in postgres postgres.new postgres.log run root.key starting.lock owner.lock server.url client; do
    rm -rf -- "${data:?}/$kept"
done
if rmdir -- "$data" 2>/dev/null; then
    echo "removed $data"
else
    echo "removed all that was Attune's in $data; the folder stays: it is not empty, or not ours to remove"
fi
