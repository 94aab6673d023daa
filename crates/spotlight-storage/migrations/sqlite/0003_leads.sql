-- Leads, proposed changes to them and consent.

-- `row` is a number within this file, which the search index points at; it never leaves the adapter. Without it a
-- VACUUM would be free to number the rows anew.
CREATE TABLE leads (
    row INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    name TEXT,
    email TEXT,
    phone TEXT,
    company TEXT,
    source TEXT NOT NULL
        CHECK (source IN ('website', 'phone', 'social_media', 'email', 'referral', 'paid_ads', 'cold_email')),
    status TEXT NOT NULL
        CHECK (status IN ('fresh', 'contacted', 'qualified', 'nurturing', 'converted', 'unqualified', 'lost')),
    score INTEGER CHECK (score BETWEEN 0 AND 100),
    score_reasons TEXT NOT NULL,
    criteria TEXT NOT NULL,
    qualified INTEGER NOT NULL,
    owner_id BLOB,
    needs_review INTEGER NOT NULL,
    merged_into BLOB,
    metadata TEXT NOT NULL,
    -- The words it is found by; empty when it is deleted or merged.
    search TEXT NOT NULL,
    last_conversation_at INTEGER,
    erased_at INTEGER,
    deleted_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, merged_into) REFERENCES leads (organization_id, id)
) STRICT;

-- One lead per e-mail and per phone, among those that are live.
CREATE UNIQUE INDEX leads_email ON leads (organization_id, email)
    WHERE deleted_at IS NULL AND merged_into IS NULL AND email IS NOT NULL;
CREATE UNIQUE INDEX leads_phone ON leads (organization_id, phone)
    WHERE deleted_at IS NULL AND merged_into IS NULL AND phone IS NOT NULL;

-- One index for each sort; each serves both directions. The first also holds what figures are counted from, so that no
-- row is read for them; its last two columns are always absent, but SQLite looks at the rows without them.
CREATE INDEX leads_by_created
    ON leads (organization_id, created_at, id, status, source, score, deleted_at, merged_into)
    WHERE deleted_at IS NULL AND merged_into IS NULL;
-- Over all of them, since retention looks for deleted and merged ones too.
CREATE INDEX leads_by_updated ON leads (organization_id, updated_at, id);
CREATE INDEX leads_by_last_conversation ON leads (organization_id, last_conversation_at, id)
    WHERE deleted_at IS NULL AND merged_into IS NULL;
CREATE INDEX leads_by_score ON leads (organization_id, score, id)
    WHERE deleted_at IS NULL AND merged_into IS NULL;
CREATE INDEX leads_by_name ON leads (organization_id, name, id)
    WHERE deleted_at IS NULL AND merged_into IS NULL;

-- The usual filters, in the usual order.
CREATE INDEX leads_by_status ON leads (organization_id, status, created_at, id)
    WHERE deleted_at IS NULL AND merged_into IS NULL;
CREATE INDEX leads_by_owner ON leads (organization_id, owner_id, created_at, id) WHERE owner_id IS NOT NULL;

CREATE INDEX leads_merged_into ON leads (organization_id, merged_into, id) WHERE merged_into IS NOT NULL;
CREATE INDEX leads_deleted ON leads (organization_id, id, deleted_at) WHERE deleted_at IS NOT NULL;

-- The search index. Every word is kept with its organization in front, as `0190…_anna`, so that a search reads nothing
-- of other tenants and can be counted by the index alone. Core makes words of letters and digits only, of which this
-- tokenizer splits none. The prefix indexes serve queries of one to three letters.
CREATE VIRTUAL TABLE leads_search USING fts5 (
    words,
    content = '',
    detail = none,
    columnsize = 0,
    tokenize = "ascii tokenchars '_'",
    prefix = '34 35 36'
);
CREATE TRIGGER leads_search_insert AFTER INSERT ON leads WHEN new.search <> '' BEGIN
    INSERT INTO leads_search (rowid, words) VALUES (
        new.row, hex(new.organization_id) || '_' || replace(new.search, ' ', ' ' || hex(new.organization_id) || '_')
    );
END;
CREATE TRIGGER leads_search_delete AFTER DELETE ON leads WHEN old.search <> '' BEGIN
    INSERT INTO leads_search (leads_search, rowid, words) VALUES (
        'delete',
        old.row,
        hex(old.organization_id) || '_' || replace(old.search, ' ', ' ' || hex(old.organization_id) || '_')
    );
END;
CREATE TRIGGER leads_search_update AFTER UPDATE OF search ON leads WHEN old.search <> new.search BEGIN
    INSERT INTO leads_search (leads_search, rowid, words)
    SELECT
        'delete',
        old.row,
        hex(old.organization_id) || '_' || replace(old.search, ' ', ' ' || hex(old.organization_id) || '_')
    WHERE old.search <> '';
    INSERT INTO leads_search (rowid, words)
    SELECT
        new.row,
        hex(new.organization_id) || '_' || replace(new.search, ' ', ' ' || hex(new.organization_id) || '_')
    WHERE new.search <> '';
END;

CREATE TABLE proposals (
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    lead_id BLOB NOT NULL,
    conversation_id BLOB,
    field TEXT NOT NULL CHECK (field IN ('name', 'email', 'phone', 'company')),
    value TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'rejected')),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, lead_id) REFERENCES leads (organization_id, id)
) STRICT;
CREATE INDEX proposals_lead ON proposals (organization_id, lead_id, created_at, id);
CREATE UNIQUE INDEX proposals_open ON proposals (organization_id, lead_id, field, value) WHERE state = 'open';

CREATE TABLE consents (
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    lead_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('recording', 'ai_contact')),
    channel TEXT NOT NULL CHECK (channel IN ('phone', 'web', 'chat', 'sms', 'email')),
    state TEXT NOT NULL CHECK (state IN ('asked', 'given', 'refused')),
    how TEXT NOT NULL,
    conversation_id BLOB,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, lead_id) REFERENCES leads (organization_id, id)
) STRICT;
CREATE INDEX consents_lead ON consents (organization_id, lead_id, created_at, id);
