-- The job queue. A job stands in one table at a time and is moved, never marked: what is ready stays narrow and short.
-- Times are the database's. None of these tables belongs to a tenant: it is one queue for the deployment.

-- The place in line: what became ready earlier goes first. Never cached by sessions, or the order would be theirs.
CREATE SEQUENCE job_seq;
CREATE SEQUENCE job_chunk_seq;

-- `extra` is JSON and holds whatever most jobs lack: unique, concurrency, rate, keep, batch, failures.
CREATE TABLE job_ready (
    seq bigint NOT NULL,
    enqueued_at timestamptz NOT NULL,
    -- NULL: since it was added.
    ready_at timestamptz,
    id uuid NOT NULL,
    organization_id uuid,
    version integer NOT NULL,
    attempts integer NOT NULL,
    max_attempts integer NOT NULL,
    priority smallint NOT NULL,
    queue text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    payload text NOT NULL,
    extra text,
    PRIMARY KEY (queue, priority, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
        autovacuum_vacuum_insert_scale_factor = 0.5, autovacuum_analyze_scale_factor = 0.5);
CREATE INDEX job_ready_id ON job_ready (id);

CREATE TABLE job_scheduled (
    run_at timestamptz NOT NULL,
    enqueued_at timestamptz NOT NULL,
    id uuid NOT NULL PRIMARY KEY,
    organization_id uuid,
    version integer NOT NULL,
    attempts integer NOT NULL,
    max_attempts integer NOT NULL,
    priority smallint NOT NULL,
    queue text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    payload text NOT NULL,
    extra text
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX job_scheduled_due ON job_scheduled (run_at, id);

-- Waits for others of its concurrency key.
CREATE TABLE job_blocked (
    seq bigint NOT NULL,
    enqueued_at timestamptz NOT NULL,
    id uuid NOT NULL,
    organization_id uuid,
    version integer NOT NULL,
    attempts integer NOT NULL,
    max_attempts integer NOT NULL,
    priority smallint NOT NULL,
    queue text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    payload text NOT NULL,
    extra text,
    PRIMARY KEY (queue, key, priority, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX job_blocked_id ON job_blocked (id);

-- What one claim took, as columns: written once and never changed, so that a job costs a share of one row. It is the
-- job's record while it runs and once it is done.
CREATE TABLE job_chunks (
    id bigint PRIMARY KEY,
    claimed_at timestamptz NOT NULL,
    min_id uuid NOT NULL,
    max_id uuid NOT NULL,
    ids uuid[] NOT NULL,
    queues text[] NOT NULL,
    priorities smallint[] NOT NULL,
    seqs bigint[] NOT NULL,
    names text[] NOT NULL,
    payloads text[] NOT NULL,
    versions integer[] NOT NULL,
    organizations uuid[] NOT NULL,
    attempts integer[] NOT NULL,
    max_attempts integer[] NOT NULL,
    enqueued_ats timestamptz[] NOT NULL,
    extras text[] NOT NULL
) WITH (autovacuum_vacuum_cost_delay = 0, toast.autovacuum_vacuum_cost_delay = 0);
CREATE INDEX job_chunks_ids ON job_chunks (min_id, max_id);
ALTER TABLE job_chunks
    ALTER COLUMN ids SET STORAGE EXTERNAL,
    ALTER COLUMN queues SET STORAGE EXTERNAL,
    ALTER COLUMN priorities SET STORAGE EXTERNAL,
    ALTER COLUMN seqs SET STORAGE EXTERNAL,
    ALTER COLUMN names SET STORAGE EXTERNAL,
    ALTER COLUMN payloads SET STORAGE EXTERNAL,
    ALTER COLUMN versions SET STORAGE EXTERNAL,
    ALTER COLUMN organizations SET STORAGE EXTERNAL,
    ALTER COLUMN attempts SET STORAGE EXTERNAL,
    ALTER COLUMN max_attempts SET STORAGE EXTERNAL,
    ALTER COLUMN enqueued_ats SET STORAGE EXTERNAL,
    ALTER COLUMN extras SET STORAGE EXTERNAL;

-- Chunks with jobs that have not ended: one bit for each. `token` is the caller's name for the call that claimed.
CREATE TABLE job_claims (
    chunk bigint PRIMARY KEY,
    process uuid NOT NULL,
    token bigint NOT NULL,
    open bit(4096) NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX job_claims_process ON job_claims (process);

-- Jobs of a chunk that are done: the ones of one call.
CREATE TABLE job_done (
    chunk bigint NOT NULL,
    finished_at timestamptz NOT NULL,
    done bit(4096) NOT NULL
);
CREATE INDEX job_done_chunk ON job_done (chunk);
CREATE INDEX job_done_finished_at ON job_done (finished_at);

-- Jobs that ended otherwise, or with a result that is kept.
CREATE TABLE job_ended (
    id uuid PRIMARY KEY,
    finished_at timestamptz NOT NULL,
    -- NULL: until a person decides.
    keep_until timestamptz,
    enqueued_at timestamptz NOT NULL,
    organization_id uuid,
    version integer NOT NULL,
    attempts integer NOT NULL,
    max_attempts integer NOT NULL,
    priority smallint NOT NULL,
    state text NOT NULL,
    queue text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    payload text NOT NULL,
    extra text,
    result text
);
CREATE INDEX job_ended_keep_until ON job_ended (keep_until) WHERE keep_until IS NOT NULL;
CREATE INDEX job_ended_dead ON job_ended (queue) WHERE state = 'dead';

-- What was told of a running job, and whether it was cancelled. Counts only while the job's bit is set in its claim.
CREATE TABLE job_notes (
    chunk bigint NOT NULL,
    place integer NOT NULL,
    id uuid NOT NULL,
    percent smallint,
    note text,
    cancelled boolean NOT NULL,
    PRIMARY KEY (chunk, place)
) WITH (fillfactor = 50);

-- Who holds a unique key. One that is held while its job waits is free once that job waits no more.
CREATE TABLE job_unique (
    queue text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    job uuid NOT NULL,
    until timestamptz,
    waiting boolean NOT NULL,
    PRIMARY KEY (queue, key)
) WITH (fillfactor = 80);
CREATE INDEX job_unique_until ON job_unique (until) WHERE until IS NOT NULL;

-- How many jobs of a concurrency key are ready or running.
CREATE TABLE job_keys (
    queue text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    most integer NOT NULL,
    taken integer NOT NULL,
    PRIMARY KEY (queue, key)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_cost_delay = 0);

-- When the next start of a rate's key would be on time.
CREATE TABLE job_rates (
    queue text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    due timestamptz NOT NULL,
    PRIMARY KEY (queue, key)
) WITH (fillfactor = 50);

-- `follower` is the job that follows, as JSON.
CREATE TABLE job_batches (
    id uuid PRIMARY KEY,
    total bigint NOT NULL,
    done bigint NOT NULL,
    failed bigint NOT NULL,
    finished_at timestamptz,
    follower text NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX job_batches_finished_at ON job_batches (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE job_ticks (
    schedule text COLLATE "C" PRIMARY KEY,
    at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Queues that give nothing.
CREATE TABLE job_paused (
    queue text COLLATE "C" PRIMARY KEY
);

CREATE TABLE job_processes (
    id uuid PRIMARY KEY,
    label text NOT NULL,
    lease interval NOT NULL,
    seen timestamptz NOT NULL
) WITH (fillfactor = 30, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
