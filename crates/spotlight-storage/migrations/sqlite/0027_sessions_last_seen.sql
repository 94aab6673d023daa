-- Who was seen in the last minutes is counted for the metrics, every half minute in a fleet.

CREATE INDEX sessions_last_seen ON sessions (last_seen_at, user_id);
