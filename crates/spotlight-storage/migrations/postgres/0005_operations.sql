-- Billing, webhooks, the audit log, flags, idempotency, the outbox and leases.

-- One row per organization. Not split by organization, since a provider's id is taken over the whole deployment.
CREATE TABLE subscriptions (
    organization_id uuid PRIMARY KEY REFERENCES organizations (id),
    plan text NOT NULL CHECK (plan IN ('free', 'starter', 'growth', 'scale')),
    status text NOT NULL
        CHECK (status IN ('trialing', 'active', 'past_due', 'canceled', 'unpaid', 'incomplete')),
    external_customer_id text COLLATE "C",
    external_id text COLLATE "C",
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    cancel_at_period_end boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT subscriptions_external_id UNIQUE (external_id)
);

CREATE TABLE usage_records (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    meter text NOT NULL CHECK (meter IN ('conversations', 'voice_seconds', 'model_tokens')),
    quantity bigint NOT NULL,
    event_key text COLLATE "C" NOT NULL,
    conversation_id uuid,
    occurred_at timestamptz NOT NULL,
    reported_at timestamptz,
    PRIMARY KEY (organization_id, id),
    CONSTRAINT usage_records_event UNIQUE (organization_id, meter, event_key)
);
CREATE INDEX usage_records_total ON usage_records (organization_id, meter, occurred_at) INCLUDE (quantity);
-- The provider is told of every organization's usage in one pass.
CREATE INDEX usage_records_unreported ON usage_records (occurred_at, id) WHERE reported_at IS NULL;

CREATE TABLE webhook_endpoints (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    url text NOT NULL,
    events jsonb NOT NULL,
    secret text NOT NULL,
    previous_secret text,
    previous_secret_until timestamptz,
    enabled boolean NOT NULL,
    consecutive_failures bigint NOT NULL,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (organization_id, id)
);

-- `payload` is json and not jsonb: what was signed must come back byte for byte.
CREATE TABLE webhook_deliveries (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    event_type text NOT NULL,
    payload json NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts jsonb NOT NULL,
    next_attempt_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, endpoint_id) REFERENCES webhook_endpoints (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (organization_id, endpoint_id, created_at, id);

CREATE TABLE processed_events (
    source text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (source, event_id)
);
CREATE INDEX processed_events_accepted_at ON processed_events (accepted_at);

CREATE TABLE audit_entries (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    actor_kind text NOT NULL,
    actor_id text COLLATE "C",
    action text COLLATE "C" NOT NULL,
    record_type text COLLATE "C" NOT NULL,
    record_id text COLLATE "C" NOT NULL,
    details jsonb NOT NULL,
    request_id text,
    source_address text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX audit_entries_by_created ON audit_entries (organization_id, created_at, id);
CREATE INDEX audit_entries_by_record ON audit_entries (organization_id, record_type, record_id, created_at, id);

CREATE TABLE feature_flags (
    key text COLLATE "C" PRIMARY KEY,
    enabled boolean NOT NULL,
    percentage smallint NOT NULL CHECK (percentage BETWEEN 0 AND 100),
    updated_at timestamptz NOT NULL
);

CREATE TABLE idempotency_records (
    organization_id uuid NOT NULL,
    scope text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    answer jsonb NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, scope, key)
);
CREATE INDEX idempotency_records_expires_at ON idempotency_records (expires_at);

-- Jobs and events that were committed with their cause. `seq` keeps the order of one unit; it is never read as
-- "greater than the last one seen", since sequences are not in commit order.
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL CHECK (kind IN ('job', 'event')),
    organization_id uuid,
    name text NOT NULL,
    channel text,
    conversation_id uuid,
    payload jsonb NOT NULL,
    unique_key text COLLATE "C",
    run_at timestamptz NOT NULL,
    attempts bigint NOT NULL DEFAULT 0,
    claim bigint NOT NULL DEFAULT 0,
    claimed_until timestamptz,
    dead_at timestamptz,
    last_error text,
    created_at timestamptz NOT NULL
);
CREATE INDEX outbox_due ON outbox (kind, run_at, seq) WHERE dead_at IS NULL;
CREATE UNIQUE INDEX outbox_unique_key ON outbox (unique_key) WHERE unique_key IS NOT NULL AND dead_at IS NULL;

CREATE TABLE leases (
    key text COLLATE "C" PRIMARY KEY,
    fence bigint NOT NULL,
    expires_at timestamptz NOT NULL
);
