-- The job queue. Its tables are global: a job can have a tenant, and is worked off for the whole deployment.

-- `seq` is the place among ready jobs. What changes often stands before what can be long. `guarded` jobs need a decision
-- before they start (limits, a key that ends there), `trailing` ones something more than a state when they end.
CREATE TABLE jobs (
    num INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('scheduled', 'ready', 'blocked', 'running', 'done', 'dead', 'cancelled')),
    queue TEXT NOT NULL,
    priority INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    guarded INTEGER NOT NULL,
    trailing INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL,
    process BLOB,
    claim INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    enqueued_at INTEGER NOT NULL,
    ready_at INTEGER NOT NULL,
    run_at INTEGER,
    finished_at INTEGER,
    expires_at INTEGER,
    keep_us INTEGER NOT NULL,
    organization_id BLOB,
    batch_id BLOB,
    counted INTEGER NOT NULL DEFAULT 0,
    percent INTEGER,
    unique_key TEXT,
    unique_scope TEXT CHECK (unique_scope IN ('waiting', 'unfinished', 'period')),
    limit_key TEXT,
    limit_count INTEGER,
    rate_key TEXT,
    rate_count INTEGER,
    rate_us INTEGER,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    payload TEXT NOT NULL,
    note TEXT,
    result TEXT,
    failures TEXT
) STRICT;
CREATE INDEX jobs_ready ON jobs (queue, priority, seq, guarded, ready_at) WHERE state = 'ready';
CREATE INDEX jobs_scheduled ON jobs (run_at, num, queue) WHERE state = 'scheduled';
CREATE INDEX jobs_blocked ON jobs (queue, limit_key, priority, seq) WHERE state = 'blocked';
CREATE INDEX jobs_running ON jobs (process, queue) WHERE state = 'running';
CREATE INDEX jobs_limited ON jobs (queue, limit_key) WHERE state = 'running' AND limit_key IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (id, queue) WHERE state = 'dead';
CREATE INDEX jobs_expiring ON jobs (expires_at) WHERE expires_at IS NOT NULL;

-- The last place that was given to a ready job; one row.
CREATE TABLE job_places (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    last INTEGER NOT NULL
) STRICT;
INSERT INTO job_places (id, last) VALUES (1, 0);

-- Who holds a unique key, and until when if for a period.
CREATE TABLE job_keys (
    queue TEXT NOT NULL,
    key TEXT NOT NULL,
    job_id BLOB NOT NULL,
    until INTEGER,
    PRIMARY KEY (queue, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_keys_job ON job_keys (job_id);
CREATE INDEX job_keys_until ON job_keys (until) WHERE until IS NOT NULL;

-- When the next start of a key would be on time.
CREATE TABLE job_rates (
    queue TEXT NOT NULL,
    key TEXT NOT NULL,
    due INTEGER NOT NULL,
    PRIMARY KEY (queue, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_rates_due ON job_rates (due);

CREATE TABLE job_processes (
    id BLOB NOT NULL PRIMARY KEY,
    label TEXT NOT NULL,
    lease_us INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX job_processes_ends_at ON job_processes (ends_at);

CREATE TABLE job_pauses (
    queue TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- `follower` is the job to add when the last of the batch has finished, as JSON.
CREATE TABLE job_batches (
    id BLOB NOT NULL PRIMARY KEY,
    total INTEGER NOT NULL,
    done INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    follower TEXT NOT NULL,
    finished_at INTEGER
) STRICT;
CREATE INDEX job_batches_finished_at ON job_batches (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE job_ticks (
    schedule TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
