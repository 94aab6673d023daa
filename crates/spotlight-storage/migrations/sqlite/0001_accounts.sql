-- Organizations, people and how they prove who they are. Of these tables only `memberships` and `api_tokens` belong to
-- one tenant.
--
-- Throughout: ids are the 16 bytes of a UUID, instants are microseconds since 1970, booleans are 0 and 1, nested values
-- are JSON text.

CREATE TABLE organizations (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    time_zone TEXT NOT NULL,
    business_hours TEXT NOT NULL,
    plan TEXT NOT NULL CHECK (plan IN ('free', 'starter', 'growth', 'scale')),
    scoring TEXT NOT NULL,
    retention TEXT NOT NULL,
    storage_mode TEXT NOT NULL
        CHECK (storage_mode IN ('everything', 'everything_except_pii', 'basic_attributes_only')),
    feature_overrides TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT,
    confirmed_at INTEGER,
    failed_attempts INTEGER NOT NULL,
    locked_at INTEGER,
    last_sign_in_at INTEGER,
    sign_in_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('sales_rep', 'manager', 'admin', 'owner')),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_user ON memberships (user_id);

CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    user_agent TEXT,
    ip TEXT,
    remember INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id, created_at, id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE api_tokens (
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    -- Looked up over the whole deployment, before the organization is known.
    token_hash BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT;

CREATE TABLE one_time_links (
    token_hash BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('confirmation', 'password_reset', 'invitation')),
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_links_expires_at ON one_time_links (expires_at);
