#!/usr/bin/env bash
# Runs suites on a throwaway Postgres with its usual durability: fsync on, every commit waits for the disk.
#
#   benches/postgres.sh                                  the Postgres suite
#   benches/postgres.sh cargo bench --bench turn         another command, with BENCH_DATABASE_URL set
#
# The server has its own folder and a free port, and is stopped and removed at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/servers.sh
. scripts/servers.sh

bin=$(postgres_bin)
[ -n "$bin" ] || { echo "Postgres is not installed: apt-get install postgresql postgresql-contrib" >&2; exit 1; }

folder=$(mktemp -d "${TMPDIR:-/tmp}/spotlight-bench.XXXXXX")
# Postgres refuses to run as root.
as=()
if [ "$(id -u)" = 0 ]; then
    account=$(id -un postgres 2>/dev/null || echo nobody)
    chown "$account" "$folder"
    as=(setpriv --reuid "$account" --regid "$(id -gn "$account")" --clear-groups)
fi

server=
stop() {
    if [ -n "$server" ] && kill -INT "$server" 2>/dev/null; then wait "$server" || true; fi
    rm -rf "$folder"
}
trap stop EXIT

"${as[@]}" "$bin/initdb" -U postgres --auth=trust -E UTF8 --locale=C -D "$folder/data" >"$folder/initdb.log" ||
    { cat "$folder/initdb.log" >&2; exit 1; }

for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 20000))
    # No setting touches durability. The memory is what a server of 4 GiB would be given, and checkpoints are as rare.
    "${as[@]}" "$bin/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories= -c shared_buffers=1GB -c effective_cache_size=3GB -c max_wal_size=4GB \
        >"$folder/server.log" 2>&1 &
    server=$!
    for _ in $(seq 150); do
        if "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; then break 2; fi
        # The port was taken between choosing and listening.
        kill -0 "$server" 2>/dev/null || break
        sleep 0.2
    done
    kill -INT "$server" 2>/dev/null || true
    wait "$server" || true
    server=
done
[ -n "$server" ] || { cat "$folder/server.log" >&2; exit 1; }

export BENCH_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
if [ $# = 0 ]; then set -- cargo bench -p spotlight-benches --bench storage_postgres; fi
"$@"
