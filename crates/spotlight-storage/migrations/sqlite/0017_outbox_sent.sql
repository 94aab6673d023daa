-- The outbox is asked many times a second whether something is due. Jobs that were sent into a queue which is another
-- store stay there until they have ended: they are found apart from the others, and only when they are to be looked
-- after, at `claimed_until`. `follows` is set for all of them now, and by it they are told apart.
CREATE INDEX outbox_waiting ON outbox (kind, run_at, seq) WHERE claimed_until IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_claimed ON outbox (kind, claimed_until, seq)
    WHERE claimed_until IS NOT NULL AND follows IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_sent ON outbox (kind, claimed_until, seq)
    WHERE claimed_until IS NOT NULL AND follows IS NOT NULL AND dead_at IS NULL;
DROP INDEX outbox_due;
-- Whoever is erased takes the events of their conversations along.
CREATE INDEX outbox_events ON outbox (organization_id, conversation_id) WHERE kind = 'event';

-- Where the jobs of units of work go: one place for the whole fleet, or two while it changes over.
CREATE TABLE job_placement (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    placement TEXT NOT NULL CHECK (placement IN ('queue', 'outbox')),
    changing INTEGER NOT NULL
) STRICT;

-- Deliveries that nobody delivers, over every organization.
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (next_attempt_at, id) WHERE status = 'pending';
