-- What upkeep and administrators look for: recordings that are kept no longer, and work that was given up.

CREATE INDEX conversations_recorded ON conversations (organization_id, ended_at, id) WHERE audio_file IS NOT NULL;
CREATE INDEX outbox_dead_of_organization ON outbox (organization_id, id) WHERE dead_at IS NOT NULL;
