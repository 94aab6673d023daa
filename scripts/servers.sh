# Finds or installs the servers that tests need. Sourced by scripts/test.

# Where the newest Postgres has its programs, or nothing. A folder of clients alone, as of `postgresql-client`, is none.
postgres_bin() {
    local folder
    while read -r folder; do
        if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
            echo "$folder"
            return
        fi
    done < <(
        [ -z "${SPOTLIGHT_PG_BIN:-}" ] || echo "$SPOTLIGHT_PG_BIN"
        if command -v postgres >/dev/null; then dirname "$(readlink -f "$(command -v postgres)")"; fi
        ls -d "${SPOTLIGHT_PG_PACKAGES:-/usr/lib/postgresql}"/*/bin 2>/dev/null | sort -rV
    )
}

pgbouncer_there() {
    command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ]
}

redis_there() {
    command -v redis-server >/dev/null
}

promtool_there() {
    command -v promtool >/dev/null
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# True where Debian packages may be installed.
packages_possible() {
    command -v apt-get >/dev/null && as_root true 2>/dev/null
}

apt_install() {
    packages_possible || return 1
    echo "installing: $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || return 1
    # The packages would start servers of their own on the usual ports; tests start throwaway ones.
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# ensure_servers SOURCE: what `servers source` said of this machine.
ensure_servers() {
    local wanted=()
    case "$1" in
        programs | container) ;;
        *) wanted+=(postgresql postgresql-contrib) ;;
    esac
    pgbouncer_there || wanted+=(pgbouncer)
    redis_there || wanted+=(redis-server)
    promtool_there || wanted+=(prometheus)
    if [ "${#wanted[@]}" != 0 ] && ! apt_install "${wanted[@]}"; then
        cat >&2 <<TEXT
Missing: ${wanted[*]}. They could not be installed here, and no container engine answers in place of Postgres.
On Debian or Ubuntu: apt-get install ${wanted[*]}
Elsewhere: install Postgres 14 or newer (or start a container engine), PgBouncer 1.18 or newer, Redis 7 or newer
and promtool of Prometheus 2.40 or newer;
SPOTLIGHT_PG_BIN names the folder of initdb.
TEXT
        return 1
    fi
    if [ "$1" = container ]; then
        echo "postgres: in a container"
    else
        SPOTLIGHT_PG_BIN=$(postgres_bin)
        export SPOTLIGHT_PG_BIN
        echo "postgres: $("$SPOTLIGHT_PG_BIN/postgres" --version) in $SPOTLIGHT_PG_BIN"
    fi
    echo "redis: $(redis-server --version)"
    echo "promtool: $(promtool --version 2>&1 | head -n 1)"
    echo "pgbouncer: $( (PATH=$PATH:/usr/sbin pgbouncer --version) | head -n 1)"
}
