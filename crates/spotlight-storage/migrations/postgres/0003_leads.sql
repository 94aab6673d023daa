-- Leads, proposed changes to them and consent.

-- Columns that are always there and of fixed width come first: reading the others of a row costs less then.
CREATE TABLE leads (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    qualified boolean NOT NULL,
    needs_review boolean NOT NULL,
    search tsvector NOT NULL,
    source text NOT NULL
        CHECK (source IN ('website', 'phone', 'social_media', 'email', 'referral', 'paid_ads', 'cold_email')),
    status text NOT NULL
        CHECK (status IN ('fresh', 'contacted', 'qualified', 'nurturing', 'converted', 'unqualified', 'lost')),
    score smallint CHECK (score BETWEEN 0 AND 100),
    owner_id uuid,
    last_conversation_at timestamptz,
    merged_into uuid,
    erased_at timestamptz,
    deleted_at timestamptz,
    name text COLLATE "C",
    email text COLLATE "C",
    phone text COLLATE "C",
    company text,
    score_reasons jsonb NOT NULL,
    criteria jsonb NOT NULL,
    metadata jsonb NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, merged_into) REFERENCES leads (organization_id, id)
);

-- One lead per e-mail and per phone, among those that are live.
CREATE UNIQUE INDEX leads_email ON leads (organization_id, email)
    WHERE deleted_at IS NULL AND merged_into IS NULL AND email IS NOT NULL;
CREATE UNIQUE INDEX leads_phone ON leads (organization_id, phone)
    WHERE deleted_at IS NULL AND merged_into IS NULL AND phone IS NOT NULL;

-- One index for each sort; each serves both directions. The first also holds what figures are counted from.
CREATE INDEX leads_by_created ON leads (organization_id, created_at, id) INCLUDE (status, source, score)
    WHERE deleted_at IS NULL AND merged_into IS NULL;
CREATE INDEX leads_by_updated ON leads (organization_id, updated_at, id)
    WHERE deleted_at IS NULL AND merged_into IS NULL;
CREATE INDEX leads_by_last_conversation ON leads (organization_id, last_conversation_at, id)
    WHERE deleted_at IS NULL AND merged_into IS NULL;
CREATE INDEX leads_by_score ON leads (organization_id, score, id)
    WHERE deleted_at IS NULL AND merged_into IS NULL;
CREATE INDEX leads_by_name ON leads (organization_id, name, id)
    WHERE deleted_at IS NULL AND merged_into IS NULL;

-- The usual filters, in the usual order.
CREATE INDEX leads_by_status ON leads (organization_id, status, created_at, id)
    WHERE deleted_at IS NULL AND merged_into IS NULL;
CREATE INDEX leads_by_owner ON leads (organization_id, owner_id, created_at, id)
    WHERE deleted_at IS NULL AND merged_into IS NULL AND owner_id IS NOT NULL;
CREATE INDEX leads_search ON leads USING gin (organization_id, search)
    WHERE deleted_at IS NULL AND merged_into IS NULL;

-- The few that are not live.
CREATE INDEX leads_gone ON leads (organization_id, id) WHERE deleted_at IS NOT NULL OR merged_into IS NOT NULL;
CREATE INDEX leads_merged_into ON leads (organization_id, merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE proposals (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    lead_id uuid NOT NULL,
    conversation_id uuid,
    field text NOT NULL CHECK (field IN ('name', 'email', 'phone', 'company')),
    value text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'accepted', 'rejected')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, lead_id) REFERENCES leads (organization_id, id)
);
CREATE INDEX proposals_lead ON proposals (organization_id, lead_id, created_at, id);
CREATE UNIQUE INDEX proposals_open ON proposals (organization_id, lead_id, field, value) WHERE state = 'open';

CREATE TABLE consents (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    lead_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('recording', 'ai_contact')),
    channel text NOT NULL CHECK (channel IN ('phone', 'web', 'chat', 'sms', 'email')),
    state text NOT NULL CHECK (state IN ('asked', 'given', 'refused')),
    how text NOT NULL,
    conversation_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, lead_id) REFERENCES leads (organization_id, id)
);
CREATE INDEX consents_lead ON consents (organization_id, lead_id, created_at, id);
