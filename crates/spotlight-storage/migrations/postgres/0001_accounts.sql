-- Organizations, people and how they prove who they are. Of these tables only `memberships` belongs to one tenant.

CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS btree_gin;

CREATE TABLE organizations (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    slug text COLLATE "C" NOT NULL,
    time_zone text NOT NULL,
    business_hours jsonb NOT NULL,
    plan text NOT NULL CHECK (plan IN ('free', 'starter', 'growth', 'scale')),
    scoring jsonb NOT NULL,
    retention jsonb NOT NULL,
    storage_mode text NOT NULL
        CHECK (storage_mode IN ('everything', 'everything_except_pii', 'basic_attributes_only')),
    feature_overrides jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT organizations_slug UNIQUE (slug)
);

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text COLLATE "C" NOT NULL,
    name text NOT NULL,
    password_hash text,
    confirmed_at timestamptz,
    failed_attempts bigint NOT NULL,
    locked_at timestamptz,
    last_sign_in_at timestamptz,
    sign_in_count bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT users_email UNIQUE (email)
);

CREATE TABLE memberships (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    user_id uuid NOT NULL REFERENCES users (id),
    role text NOT NULL CHECK (role IN ('sales_rep', 'manager', 'admin', 'owner')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    user_agent text,
    ip text,
    remember boolean NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT sessions_token_hash UNIQUE (token_hash)
);
CREATE INDEX sessions_user ON sessions (user_id, created_at, id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE api_tokens (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    token_hash bytea NOT NULL,
    scopes jsonb NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    CONSTRAINT api_tokens_token_hash UNIQUE (token_hash)
);

CREATE TABLE one_time_links (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('confirmation', 'password_reset', 'invitation')),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX one_time_links_expires_at ON one_time_links (expires_at);
