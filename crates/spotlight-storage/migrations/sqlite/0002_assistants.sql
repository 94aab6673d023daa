-- What a business describes: assistants, what they know, and who can be booked through them.

CREATE TABLE assistants (
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    id BLOB NOT NULL,
    owner_id BLOB NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    tone TEXT NOT NULL CHECK (tone IN ('professional', 'friendly', 'casual', 'authoritative', 'empathetic')),
    role TEXT NOT NULL,
    script TEXT NOT NULL,
    language TEXT NOT NULL CHECK (language IN ('en', 'es', 'fr', 'de', 'it', 'pt')),
    active INTEGER NOT NULL,
    greeting TEXT,
    voice TEXT NOT NULL,
    model TEXT NOT NULL,
    questions TEXT NOT NULL,
    tools TEXT NOT NULL,
    hand_off TEXT NOT NULL,
    booking TEXT NOT NULL,
    allowed_origins TEXT NOT NULL,
    voice_sample TEXT,
    report_schema TEXT,
    success_criteria TEXT,
    search TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT;
-- The widget knows an assistant's id alone.
CREATE INDEX assistants_id ON assistants (id, organization_id);
CREATE INDEX assistants_created ON assistants (organization_id, created_at, id);
CREATE INDEX assistants_owner ON assistants (organization_id, owner_id);

CREATE TABLE knowledge (
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    assistant_id BLOB NOT NULL,
    question TEXT,
    answer TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, assistant_id) REFERENCES assistants (organization_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX knowledge_assistant ON knowledge (organization_id, assistant_id, created_at, id);

-- No key to `memberships`: who leaves the team stays the host of what was booked.
CREATE TABLE hosts (
    organization_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    time_zone TEXT NOT NULL,
    hours TEXT NOT NULL,
    exceptions TEXT NOT NULL,
    buffer_before_min INTEGER NOT NULL,
    buffer_after_min INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) STRICT;
