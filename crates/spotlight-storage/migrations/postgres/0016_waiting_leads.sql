-- Leads by how long nobody has talked to them: those nobody ever talked to a thousand years earlier than they were made.
-- By way of UTC, since an index takes no arithmetic that could depend on a session's time zone.

CREATE INDEX leads_by_waiting ON leads (
    organization_id,
    coalesce(last_conversation_at, (created_at AT TIME ZONE 'UTC' - interval '8760000 hours') AT TIME ZONE 'UTC'),
    id
) WHERE deleted_at IS NULL AND merged_into IS NULL;
