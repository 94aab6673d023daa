#!/usr/bin/env bash
# What an idle server takes: resident memory, and time from start to listening at a second start.
#
#   cargo build --release -p spotlight-examples --bin server
#   benches/idle.sh [STARTS]        10 unless said
#
# SERVER names another binary. Every start is a process of this script's own on a free loopback port, with a data
# folder of its own, and this script ends no other.
set -euo pipefail
cd "$(dirname "$0")/.."

starts=${1:-10}
binary=${SERVER:-${CARGO_TARGET_DIR:-target}/release/server}
[ -x "$binary" ] || { echo "no $binary: cargo build --release -p spotlight-examples --bin server" >&2; exit 1; }

folder=$(mktemp -d "${TMPDIR:-/tmp}/spotlight-idle.XXXXXX")
server=
stop() {
    if [ -n "$server" ]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
        server=
    fi
}
trap 'stop; rm -rf "$folder"' EXIT

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 20000))
        if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
    done
}

now_us() { echo "${EPOCHREALTIME/[.,]/}"; }

# Starts the server and sets `took` to the microseconds until it accepts a connection.
start() {
    local port begun
    port=$(free_port)
    begun=$(now_us)
    env -u DATABASE_URL "$binary" --listen "127.0.0.1:$port" --data-dir "$folder/data" >"$folder/log" 2>&1 &
    server=$!
    until (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        kill -0 "$server" 2>/dev/null || { echo "the server ended:" >&2; cat "$folder/log" >&2; exit 1; }
        if (($(now_us) - begun > 60000000)); then echo "not listening after a minute" >&2; exit 1; fi
    done
    took=$(($(now_us) - begun))
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

start
echo "first start, which makes the database: $((took / 1000)) ms"
sleep 2
stop

for at in $(seq "$starts"); do
    start
    # Idle is after what follows the start has been done.
    sleep 3
    resident=$(awk '/^VmRSS/ { print $2 }' "/proc/$server/status")
    own=$(awk '/^RssAnon/ { print $2 }' "/proc/$server/status")
    echo "$took" >>"$folder/times"
    echo "$resident" >>"$folder/resident"
    echo "start $at: listening after $((took / 1000)).$(((took % 1000) / 100)) ms, $resident KiB resident, $own KiB of it anonymous"
    stop
done

time=$(median <"$folder/times")
memory=$(median <"$folder/resident")
echo
echo "median of $starts starts"
echo "listening after $((time / 1000)).$(((time % 1000) / 100)) ms (aim: under 150 ms)"
echo "resident $((memory / 1024)).$(((memory % 1024) * 10 / 1024)) MiB (aim: under 30 MiB)"
if ((time >= 150000 || memory >= 30 * 1024)); then echo "missed"; exit 1; fi
