-- What the first five left to the program: references to conversations, leads that take no more records, holds that end,
-- keys of waiting jobs.

-- A job's unique key counts while the job waits. Once it is claimed it may have read its facts, so that it does not stand
-- for what comes later. Programs up to 0005 write `unique_key`, which is dropped when none of them is left.
ALTER TABLE outbox ADD COLUMN waiting_key TEXT;
CREATE UNIQUE INDEX outbox_waiting_key ON outbox (waiting_key)
    WHERE waiting_key IS NOT NULL AND claimed_until IS NULL AND dead_at IS NULL;

-- Erasing a lead forgets where its visitor came from.
CREATE INDEX audit_entries_by_visitor ON audit_entries (organization_id, actor_id) WHERE actor_kind = 'visitor';

-- References to conversations. A table gets a reference by being made anew; nothing refers to these three. Conversations
-- are never removed: what points at none is a mistake that nothing can be read from.
CREATE TABLE proposals_anew (
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    lead_id BLOB NOT NULL,
    conversation_id BLOB,
    field TEXT NOT NULL CHECK (field IN ('name', 'email', 'phone', 'company')),
    value TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'rejected')),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, lead_id) REFERENCES leads (organization_id, id),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id)
) STRICT;
INSERT INTO proposals_anew
SELECT
    organization_id, id, lead_id,
    (SELECT c.id FROM conversations AS c
        WHERE c.organization_id = proposals.organization_id AND c.id = proposals.conversation_id),
    field, value, state, created_at
FROM proposals;
DROP TABLE proposals;
ALTER TABLE proposals_anew RENAME TO proposals;
CREATE INDEX proposals_lead ON proposals (organization_id, lead_id, created_at, id);
CREATE UNIQUE INDEX proposals_open ON proposals (organization_id, lead_id, field, value) WHERE state = 'open';

CREATE TABLE consents_anew (
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
    FOREIGN KEY (organization_id, lead_id) REFERENCES leads (organization_id, id),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id)
) STRICT;
INSERT INTO consents_anew
SELECT
    organization_id, id, lead_id, kind, channel, state, how,
    (SELECT c.id FROM conversations AS c
        WHERE c.organization_id = consents.organization_id AND c.id = consents.conversation_id),
    created_at
FROM consents;
DROP TABLE consents;
ALTER TABLE consents_anew RENAME TO consents;
CREATE INDEX consents_lead ON consents (organization_id, lead_id, created_at, id);

CREATE TABLE usage_records_anew (
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    meter TEXT NOT NULL CHECK (meter IN ('conversations', 'voice_seconds', 'model_tokens')),
    quantity INTEGER NOT NULL,
    event_key TEXT NOT NULL,
    conversation_id BLOB,
    occurred_at INTEGER NOT NULL,
    reported_at INTEGER,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, meter, event_key),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id)
) STRICT;
INSERT INTO usage_records_anew
SELECT
    organization_id, id, meter, quantity, event_key,
    (SELECT c.id FROM conversations AS c
        WHERE c.organization_id = usage_records.organization_id AND c.id = usage_records.conversation_id),
    occurred_at, reported_at
FROM usage_records;
DROP TABLE usage_records;
ALTER TABLE usage_records_anew RENAME TO usage_records;
CREATE INDEX usage_records_total ON usage_records (organization_id, meter, occurred_at, quantity);
CREATE INDEX usage_records_unreported ON usage_records (occurred_at, id) WHERE reported_at IS NULL;

-- A merged or erased lead takes no more records: the program has read the lead before it writes, and somebody may have
-- merged or erased it meanwhile.
CREATE TRIGGER conversations_open_lead_insert BEFORE INSERT ON conversations BEGIN
    SELECT RAISE (ABORT, 'closed_lead') FROM leads
    WHERE organization_id = new.organization_id AND id = new.lead_id
        AND (merged_into IS NOT NULL OR erased_at IS NOT NULL);
END;
CREATE TRIGGER conversations_open_lead_update BEFORE UPDATE OF lead_id ON conversations
WHEN old.lead_id <> new.lead_id
BEGIN
    SELECT RAISE (ABORT, 'closed_lead') FROM leads
    WHERE organization_id = new.organization_id AND id = new.lead_id
        AND (merged_into IS NOT NULL OR erased_at IS NOT NULL);
END;
CREATE TRIGGER appointments_open_lead_insert BEFORE INSERT ON appointments BEGIN
    SELECT RAISE (ABORT, 'closed_lead') FROM leads
    WHERE organization_id = new.organization_id AND id = new.lead_id
        AND (merged_into IS NOT NULL OR erased_at IS NOT NULL);
END;
CREATE TRIGGER appointments_open_lead_update BEFORE UPDATE OF lead_id ON appointments
WHEN old.lead_id <> new.lead_id
BEGIN
    SELECT RAISE (ABORT, 'closed_lead') FROM leads
    WHERE organization_id = new.organization_id AND id = new.lead_id
        AND (merged_into IS NOT NULL OR erased_at IS NOT NULL);
END;
CREATE TRIGGER proposals_open_lead_insert BEFORE INSERT ON proposals BEGIN
    SELECT RAISE (ABORT, 'closed_lead') FROM leads
    WHERE organization_id = new.organization_id AND id = new.lead_id
        AND (merged_into IS NOT NULL OR erased_at IS NOT NULL);
END;
CREATE TRIGGER consents_open_lead_insert BEFORE INSERT ON consents BEGIN
    SELECT RAISE (ABORT, 'closed_lead') FROM leads
    WHERE organization_id = new.organization_id AND id = new.lead_id
        AND (merged_into IS NOT NULL OR erased_at IS NOT NULL);
END;

-- A hold without an end would keep its time for ever.
DELETE FROM appointments WHERE status = 'held' AND hold_expires_at IS NULL;
CREATE TRIGGER appointments_hold_ends_insert BEFORE INSERT ON appointments
WHEN new.status = 'held' AND new.hold_expires_at IS NULL
BEGIN
    SELECT RAISE (ABORT, 'endless_hold');
END;
CREATE TRIGGER appointments_hold_ends_update BEFORE UPDATE OF status, hold_expires_at ON appointments
WHEN new.status = 'held' AND new.hold_expires_at IS NULL
BEGIN
    SELECT RAISE (ABORT, 'endless_hold');
END;
