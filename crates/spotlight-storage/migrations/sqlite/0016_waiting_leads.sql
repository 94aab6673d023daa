-- Leads by how long nobody has talked to them: those nobody ever talked to a thousand years earlier than they were made.

CREATE INDEX leads_by_waiting
    ON leads (organization_id, coalesce(last_conversation_at, created_at - 31536000000000000), id)
    WHERE deleted_at IS NULL AND merged_into IS NULL;
