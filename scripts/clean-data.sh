#!/usr/bin/env bash
# Removes what a private Attune keeps on this machine: the cluster, the root key and with it everything recorded.
#
#   scripts/clean-data.sh [--yes]
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
pid=$(head -n 1 "$data/postgres/postmaster.pid" 2>/dev/null || true)
if [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$(readlink -f "$data/postgres")" ]; then
    echo "clean-data: Attune is running on $data; stop it first" >&2
    exit 1
fi
if [ "${1:-}" != --yes ] && [ -t 0 ]; then
    read -r -p "Remove $data with every meeting in it? This cannot be undone. [y/N] " answer
    [ "$answer" = y ] || { echo "nothing removed"; exit 1; }
fi
rm -rf -- "$data/postgres" "$data/postgres.new" "$data/run" "$data/root.key" "$data/postgres.log" \
    "$data/starting.lock" "$data/server.url" "$data/client"
rmdir -- "$data" 2>/dev/null || true
echo "removed $data"
