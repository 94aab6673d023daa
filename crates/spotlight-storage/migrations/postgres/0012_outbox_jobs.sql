-- Where the queue is another store, jobs of units of work wait in the outbox until they have ended. `spec` is all of a
-- job, as JSON; rows that an older version left have none. `follows` is another job that stands for it.
ALTER TABLE outbox ADD COLUMN spec text;
ALTER TABLE outbox ADD COLUMN follows uuid;
CREATE INDEX outbox_follows ON outbox (follows) WHERE follows IS NOT NULL;
