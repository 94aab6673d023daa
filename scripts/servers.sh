# Finds or installs the servers that tests need. Sourced by scripts/test and .ci/run.

# Where the newest Postgres has its programs, or nothing.
postgres_bin() {
    if [ -n "${SPOTLIGHT_PG_BIN:-}" ]; then
        echo "$SPOTLIGHT_PG_BIN"
    elif command -v initdb >/dev/null && command -v postgres >/dev/null; then
        dirname "$(readlink -f "$(command -v postgres)")"
    else
        ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1
    fi
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

apt_install() {
    command -v apt-get >/dev/null || return 1
    echo "installing: $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || return 1
    # The packages would start servers of their own on the usual ports; tests start throwaway ones.
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

ensure_servers() {
    local wanted=()
    [ -n "$(postgres_bin)" ] || wanted+=(postgresql postgresql-contrib)
    command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || wanted+=(pgbouncer)
    if [ "${#wanted[@]}" != 0 ] && ! apt_install "${wanted[@]}"; then
        cat >&2 <<TEXT
Missing: ${wanted[*]}. They could not be installed here.
On Debian or Ubuntu: apt-get install ${wanted[*]}
Elsewhere: install Postgres 14 or newer and PgBouncer 1.18 or newer; SPOTLIGHT_PG_BIN names the folder of initdb.
TEXT
        return 1
    fi
    SPOTLIGHT_PG_BIN=$(postgres_bin)
    export SPOTLIGHT_PG_BIN
    echo "postgres: $("$SPOTLIGHT_PG_BIN/postgres" --version) in $SPOTLIGHT_PG_BIN"
    echo "pgbouncer: $( (PATH=$PATH:/usr/sbin pgbouncer --version) | head -n 1)"
}
