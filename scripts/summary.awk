# Reads what `cargo test` printed, and says what ran: by suite, and by adapter. Ends with 3 when no test of an adapter or
# of a suite that is always there ran (unless tests were chosen by name: `named=1`), with 4 when none ran at all.

# A suite is a test program: `visitors`, `storage_sqlite`, or the unit tests and documentation of a crate.
/^ *Running / {
    suite = $0
    program = suite
    sub(/^.*\(.*\//, "", program)
    sub(/-[0-9a-f]+(\.exe)?\)$/, "", program)
    suite = program (suite ~ /unittests/ ? " (unit tests)" : "")
}
/^ *Doc-tests / { suite = $2 " (documentation)" }

/^test .* \.\.\. / {
    result = ($0 ~ /\.\.\. ignored/) ? "ignored" : ($NF == "ok" || $0 ~ / \.\.\. ok/) ? "ok" : "FAILED"
    count[suite, result]++
    suites[suite] = 1
    total[result]++
    if (result == "ok") {
        adapter = adapter_of(suite, $2)
        if (adapter != "") adapters[adapter]++
    }
}

# Which adapter a test is about, by its suite and the module it stands in.
function adapter_of(suite, name,    where, part) {
    if (suite == "conformance_memory") return "storage on memory"
    if (suite == "storage_sqlite" && name ~ /^conformance::/) return "storage on SQLite"
    if (suite == "storage_postgres" && name ~ /^direct::/) return "storage on Postgres"
    if (suite == "storage_postgres" && name ~ /^pooled::/) return "storage on Postgres through PgBouncer"
    if (suite == "queue_sqlite" && name ~ /^conformance::/) return "queue on SQLite"
    if (suite == "queue_postgres" && name ~ /^direct::/) return "queue on Postgres"
    if (suite == "queue_postgres" && name ~ /^pooled::/) return "queue on Postgres through PgBouncer"
    if (suite == "queue_redis" && name ~ /^conformance::/) return "queue on Redis"
    if (suite == "queue_redis" && name ~ /^cluster::/) return "queue on a cluster of Redis"
    if (suite == "queue_redis" && name ~ /^sentinel::/) return "queue on Redis with sentinels"
    if (suite == "queue_faults" && name ~ /^postgres::/) return "faults of the queue on Postgres"
    if (suite == "queue_faults" && name ~ /^redis::/) return "faults of the queue on Redis"
    if (suite == "events_postgres" && name ~ /^direct::/) return "events on Postgres"
    if (suite == "events_postgres" && name ~ /^pooled::/) return "events on Postgres through PgBouncer"
    if (suite == "redis" && name ~ /^(cache|events|limit)::/) {
        split(name, where, "::")
        return where[1] " on Redis"
    }
    if (suite == "redis_two_level") return "cache of two levels on Redis"
    if (suite ~ /^redis_(cluster|sentinel)$/ && name ~ /^(cache|events|limit)::/)
        return suite == "redis_cluster" ? "ports on a cluster of Redis" : "ports on Redis with sentinels"
    if (suite == "http" && name ~ /^(axum|actix)::/) {
        part = "HTTP on " substr(name, 1, index(name, "::") - 1) " and"
        sub(/^[a-z]+::/, "", name)
    } else if (suite == "visitors") part = "visitors"
    else return ""
    split(name, where, "::")
    part = part (suite == "http" ? " " : " on ")
    if (where[1] == "memory") return part "memory"
    if (where[1] == "sqlite") return part "SQLite"
    if (where[1] == "postgres") return part "Postgres"
    return ""
}

END {
    for (suite in suites)
        printf "  %5d passed %3d failed  %s\n", count[suite, "ok"], count[suite, "FAILED"], suite | "sort -k5"
    close("sort -k5")
    printf "\nper adapter:\n"
    wanted = "storage on memory|storage on SQLite|storage on Postgres|storage on Postgres through PgBouncer"
    wanted = wanted "|queue on SQLite|queue on Postgres|queue on Postgres through PgBouncer|queue on Redis"
    wanted = wanted "|queue on a cluster of Redis|queue on Redis with sentinels"
    wanted = wanted "|faults of the queue on Postgres|faults of the queue on Redis"
    wanted = wanted "|HTTP on axum and memory|HTTP on axum and SQLite|HTTP on axum and Postgres"
    wanted = wanted "|HTTP on actix and memory|HTTP on actix and SQLite|HTTP on actix and Postgres"
    wanted = wanted "|visitors on memory|visitors on SQLite|visitors on Postgres"
    wanted = wanted "|cache on Redis|events on Redis|limit on Redis"
    wanted = wanted "|events on Postgres|events on Postgres through PgBouncer"
    wanted = wanted "|ports on a cluster of Redis|ports on Redis with sentinels|cache of two levels on Redis"
    n = split(wanted, names, "|")
    for (i = 1; i <= n; i++) {
        printf "  %5d  %s\n", adapters[names[i]], names[i]
        if (adapters[names[i]] + 0 == 0) missing = missing " [" names[i] "]"
    }
    # Suites about no one adapter, which must not vanish either.
    n = split("accounts_postgres|analyses|architecture|broken_adapters|cache_processes|fleet_cache|garbage|health|held_out|http_parity|http_statements|http_tls|live_restart|operate|promtool|redaction|server|services|storage_postgres_replicas|webhooks|worker", names, "|")
    for (i = 1; i <= n; i++) if (!(names[i] in suites)) missing = missing " [" names[i] "]"
    printf "\n%d passed, %d failed, %d skipped\n", total["ok"], total["FAILED"], total["ignored"]
    if (total["ok"] + total["FAILED"] == 0) { print "no test ran"; exit 4 }
    if (total["FAILED"] > 0) exit 1
    if (missing != "" && !named) { printf "no test ran for:%s\n", missing; exit 3 }
}
