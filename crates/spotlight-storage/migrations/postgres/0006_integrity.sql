-- What the first five left to the program: references to conversations, holds that end, keys of waiting jobs; and indexes
-- for the work that is done most often. Old programs work on this schema as before.

-- A job's unique key counts while the job waits. Once it is claimed it may have read its facts, so that it does not stand
-- for what comes later. Programs up to 0005 write `unique_key`, which is dropped when none of them is left.
ALTER TABLE outbox ADD COLUMN waiting_key text COLLATE "C";
CREATE UNIQUE INDEX outbox_waiting_key ON outbox (waiting_key)
    WHERE waiting_key IS NOT NULL AND claimed_until IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_dead ON outbox (kind, dead_at) WHERE dead_at IS NOT NULL;

-- Retention looks for deleted and merged leads too, and what a person may see is asked without regard to them. Each takes
-- the place of an index over live leads alone.
CREATE INDEX leads_by_change ON leads (organization_id, updated_at, id);
DROP INDEX leads_by_updated;
CREATE INDEX leads_of_owner ON leads (organization_id, owner_id, created_at, id) WHERE owner_id IS NOT NULL;
DROP INDEX leads_by_owner;

-- Erasing a lead forgets where its visitor came from.
CREATE INDEX audit_entries_by_visitor ON audit_entries (organization_id, actor_id) WHERE actor_kind = 'visitor';

-- Conversations are never removed: what points at none is a mistake that nothing can be read from.
UPDATE proposals p SET conversation_id = NULL WHERE p.conversation_id IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM conversations c WHERE c.organization_id = p.organization_id AND c.id = p.conversation_id);
UPDATE consents p SET conversation_id = NULL WHERE p.conversation_id IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM conversations c WHERE c.organization_id = p.organization_id AND c.id = p.conversation_id);
UPDATE usage_records p SET conversation_id = NULL WHERE p.conversation_id IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM conversations c WHERE c.organization_id = p.organization_id AND c.id = p.conversation_id);
ALTER TABLE proposals ADD CONSTRAINT proposals_conversation
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id) NOT VALID;
ALTER TABLE consents ADD CONSTRAINT consents_conversation
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id) NOT VALID;
ALTER TABLE usage_records ADD CONSTRAINT usage_records_conversation
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id) NOT VALID;
ALTER TABLE proposals VALIDATE CONSTRAINT proposals_conversation;
ALTER TABLE consents VALIDATE CONSTRAINT consents_conversation;
ALTER TABLE usage_records VALIDATE CONSTRAINT usage_records_conversation;

-- A hold without an end would keep its time for ever.
DELETE FROM appointments WHERE status = 'held' AND hold_expires_at IS NULL;
ALTER TABLE appointments ADD CONSTRAINT appointments_hold_ends
    CHECK (status <> 'held' OR hold_expires_at IS NOT NULL) NOT VALID;
ALTER TABLE appointments VALIDATE CONSTRAINT appointments_hold_ends;
