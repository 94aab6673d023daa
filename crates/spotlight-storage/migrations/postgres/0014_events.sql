-- What is published to listeners. The row of a channel is locked while an event is added to it, so numbers are in the
-- order of commits. Organizations are not referenced: a channel can belong to none, and rows go with time.
CREATE TABLE event_channels (
    organization_id uuid NOT NULL,
    channel text COLLATE "C" NOT NULL,
    -- The number of its first event of all, and of its last.
    first bigint NOT NULL,
    last bigint NOT NULL,
    used_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, channel)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX event_channels_used_at ON event_channels (used_at);

CREATE TABLE events (
    organization_id uuid NOT NULL,
    channel text COLLATE "C" NOT NULL,
    id bigint NOT NULL,
    dedup uuid NOT NULL,
    event text NOT NULL,
    PRIMARY KEY (organization_id, channel, id),
    UNIQUE (organization_id, channel, dedup)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Up to which event a reader of a name has acknowledged.
CREATE TABLE event_readers (
    organization_id uuid NOT NULL,
    channel text COLLATE "C" NOT NULL,
    reader text COLLATE "C" NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (organization_id, channel, reader)
) WITH (fillfactor = 50);
