-- Jobs of units of work can wait in the outbox for a relay. `spec` is all of a job, as JSON; rows that an older version
-- left have none. `follows` is another job that stands for it.
ALTER TABLE outbox ADD COLUMN spec TEXT;
ALTER TABLE outbox ADD COLUMN follows BLOB;
CREATE INDEX outbox_follows ON outbox (follows) WHERE follows IS NOT NULL;
