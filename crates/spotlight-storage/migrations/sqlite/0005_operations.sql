-- Billing, webhooks, the audit log, flags, idempotency, the outbox and leases.

-- One row per organization. A provider's id is taken over the whole deployment.
CREATE TABLE subscriptions (
    organization_id BLOB NOT NULL PRIMARY KEY REFERENCES organizations (id),
    plan TEXT NOT NULL CHECK (plan IN ('free', 'starter', 'growth', 'scale')),
    status TEXT NOT NULL
        CHECK (status IN ('trialing', 'active', 'past_due', 'canceled', 'unpaid', 'incomplete')),
    external_customer_id TEXT,
    external_id TEXT UNIQUE,
    period_start INTEGER NOT NULL,
    period_end INTEGER NOT NULL,
    cancel_at_period_end INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE usage_records (
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    meter TEXT NOT NULL CHECK (meter IN ('conversations', 'voice_seconds', 'model_tokens')),
    quantity INTEGER NOT NULL,
    event_key TEXT NOT NULL,
    conversation_id BLOB,
    occurred_at INTEGER NOT NULL,
    reported_at INTEGER,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, meter, event_key)
) STRICT;
CREATE INDEX usage_records_total ON usage_records (organization_id, meter, occurred_at, quantity);
-- The provider is told of every organization's usage in one pass.
CREATE INDEX usage_records_unreported ON usage_records (occurred_at, id) WHERE reported_at IS NULL;

CREATE TABLE webhook_endpoints (
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_secret_until INTEGER,
    enabled INTEGER NOT NULL,
    consecutive_failures INTEGER NOT NULL,
    disabled_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT;

CREATE TABLE webhook_deliveries (
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    endpoint_id BLOB NOT NULL,
    event_type TEXT NOT NULL,
    payload TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts TEXT NOT NULL,
    next_attempt_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, endpoint_id) REFERENCES webhook_endpoints (organization_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (organization_id, endpoint_id, created_at, id);

CREATE TABLE processed_events (
    source TEXT NOT NULL,
    event_id TEXT NOT NULL,
    accepted_at INTEGER NOT NULL,
    PRIMARY KEY (source, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX processed_events_accepted_at ON processed_events (accepted_at);

CREATE TABLE audit_entries (
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    action TEXT NOT NULL,
    record_type TEXT NOT NULL,
    record_id TEXT NOT NULL,
    details TEXT NOT NULL,
    request_id TEXT,
    source_address TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT;
CREATE INDEX audit_entries_by_created ON audit_entries (organization_id, created_at, id);
CREATE INDEX audit_entries_by_record ON audit_entries (organization_id, record_type, record_id, created_at, id);

CREATE TABLE feature_flags (
    key TEXT NOT NULL PRIMARY KEY,
    enabled INTEGER NOT NULL,
    percentage INTEGER NOT NULL CHECK (percentage BETWEEN 0 AND 100),
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_records (
    organization_id BLOB NOT NULL,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    answer TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, scope, key)
) STRICT;
CREATE INDEX idempotency_records_expires_at ON idempotency_records (expires_at);

-- Jobs and events that were committed with their cause. `seq` keeps the order in which they were added.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('job', 'event')),
    organization_id BLOB,
    name TEXT NOT NULL,
    channel TEXT,
    conversation_id BLOB,
    payload TEXT NOT NULL,
    unique_key TEXT,
    run_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    claim INTEGER NOT NULL DEFAULT 0,
    claimed_until INTEGER,
    dead_at INTEGER,
    last_error TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (kind, run_at, seq) WHERE dead_at IS NULL;
CREATE INDEX outbox_dead ON outbox (kind, dead_at) WHERE dead_at IS NOT NULL;
CREATE UNIQUE INDEX outbox_unique_key ON outbox (unique_key) WHERE unique_key IS NOT NULL AND dead_at IS NULL;

-- A fence is never given twice, so a lease that ended needs no row.
CREATE TABLE leases (
    fence INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    expires_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX leases_expires_at ON leases (expires_at_ms);
