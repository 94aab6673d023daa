//! What the platform measures. `docs/metrics.md` is rendered from it.

use crate::ports::Metric;

macro_rules! metrics {
    ($($constant:ident = $kind:ident($name:literal, [$($label:literal),*], $help:literal);)+) => {
        $(#[doc = $help] pub static $constant: Metric = Metric::$kind($name, $help, &[$($label),*]);)+

        /// Every metric of the platform, in the order in which they are documented.
        pub static CATALOG: &[&Metric] = &[$(&$constant),+];
    };
}

metrics! {
    HTTP_DURATION = histogram("http_request_duration_seconds", ["method", "route", "status"],
        "Time from the head of a request to the head of its answer, by template of the path; 499 when the client left before.");
    HTTP_IN_FLIGHT = gauge("http_requests_in_flight", [], "Requests whose answer has not begun.");
    HTTP_REQUEST_SIZE = histogram("http_request_body_size_bytes", ["route"], "Bytes of bodies that were read.");
    HTTP_RESPONSE_SIZE = histogram("http_response_body_size_bytes", ["route"],
        "Bytes of bodies that were sent; of a stream once it has ended.");
    LIVE_CONNECTIONS = gauge("live_connections", [], "Sockets and event streams that are open in this process.");

    CONVERSATIONS = counter("conversations_total", ["source"], "Conversations that were begun.");
    TURNS = counter("turns_total", ["outcome"],
        "Turns that have ended: answered, silent (a person had taken over) or failed.");
    FIRST_TOKEN = histogram("turn_time_to_first_token_seconds", [],
        "Time from the stored words of the visitor to the first word of the answer.");
    ACTIVE_USERS = gauge("active_users", [],
        "People of teams who were signed in and seen within 15 minutes, in the whole fleet: every process says the same.");

    PROVIDER_CALLS = counter("provider_calls_total", ["provider", "outcome"],
        "Calls of what is outside, by kind of provider: ok, abandoned, or the kind of the error.");
    PROVIDER_DURATION = histogram("provider_call_duration_seconds", ["provider"],
        "Time of a call until its answer has ended.");
    CIRCUIT_STATE = gauge("circuit_state", ["circuit", "state"],
        "1 for the state that a circuit breaker is in: closed, open or half_open.");

    QUEUE_JOBS = gauge("queue_jobs", ["queue", "state"],
        "Jobs of the fleet by where they stand: ready, scheduled, blocked, running or dead.");
    QUEUE_AGE = gauge("queue_oldest_ready_seconds", ["queue"],
        "How long the oldest job that could run has waited; 0 when none does.");
    QUEUE_PAUSED = gauge("queue_paused", ["queue"], "1 while nothing is claimed from a queue.");
    QUEUE_PROCESSES = gauge("queue_worker_processes", [], "Processes of the fleet that work on jobs.");
    JOB_DURATION = histogram("job_duration_seconds", ["job_name", "outcome"],
        "Run time of a try of a job: done, failed (it runs again), dead, cancelled or stopped.");
    EVENT_DELAY = histogram("event_publish_delay_seconds", [],
        "Time from the commit of an event to its publication.");

    POOL_CONNECTIONS = gauge("pool_connections", ["pool", "state"], "Connections of a pool: idle or in_use.");
    POOL_MOST = gauge("pool_connections_max", ["pool"], "Connections that a pool may have.");
    POOL_WAITS = counter("pool_waits_total", ["pool"], "How often somebody had to wait for a connection.");
    POOL_WAITED = counter("pool_wait_seconds_total", ["pool"], "How long they waited, all together.");
    CACHE_READS = counter("cache_reads_total", ["result"],
        "Values that were read through the cache: hit, stale, or miss (computed, or waited for).");

    SCHEMA_MIGRATIONS = gauge("schema_migrations", ["state"],
        "Versions of the schema that the database lacks (pending), or that this program does not know (newer); both 0 when \
         it is current.");
    HEALTH_STATUS = gauge("health_check_status", ["check", "status"],
        "1 for what a check of /health found last: ok, warning, error or disabled.");
    HEALTH_RESPONSE = gauge("health_check_response_seconds", ["check"],
        "How long what a check asks took to answer, where it tells.");
    DISK_USED = gauge("disk_used_ratio", [],
        "Share of the disk of the data folder that is in use, as the check disk_space has it: from 0 to 1.");

    SOURCE_UP = gauge("metrics_source_up", ["source"], "0 when figures could not be read and are missing from this scrape.");
}
