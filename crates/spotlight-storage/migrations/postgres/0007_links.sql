-- What links are into and where they are sent. Links live for a week at most and nothing made any before this
-- migration, so there is none to keep.
DELETE FROM one_time_links;
ALTER TABLE one_time_links ADD COLUMN id uuid;
ALTER TABLE one_time_links ADD COLUMN organization_id uuid;
ALTER TABLE one_time_links ADD COLUMN role text CHECK (role IN ('sales_rep', 'manager', 'admin', 'owner'));
-- A hash: what a link proves is the address it was sent to.
ALTER TABLE one_time_links ADD COLUMN sent_to bytea;
CREATE UNIQUE INDEX one_time_links_id ON one_time_links (id);
CREATE INDEX one_time_links_user ON one_time_links (user_id);
CREATE INDEX one_time_links_organization ON one_time_links (organization_id, created_at, id)
    WHERE organization_id IS NOT NULL;
