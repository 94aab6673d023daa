-- What a business describes: assistants, what they know, and who can be booked through them.

CREATE TABLE assistants (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id uuid NOT NULL,
    owner_id uuid NOT NULL REFERENCES users (id),
    name text COLLATE "C" NOT NULL,
    tone text NOT NULL CHECK (tone IN ('professional', 'friendly', 'casual', 'authoritative', 'empathetic')),
    role text NOT NULL,
    script text NOT NULL,
    language text NOT NULL CHECK (language IN ('en', 'es', 'fr', 'de', 'it', 'pt')),
    active boolean NOT NULL,
    greeting text,
    voice jsonb NOT NULL,
    model jsonb NOT NULL,
    questions jsonb NOT NULL,
    tools jsonb NOT NULL,
    hand_off jsonb NOT NULL,
    booking jsonb NOT NULL,
    allowed_origins jsonb NOT NULL,
    voice_sample text,
    report_schema jsonb,
    success_criteria text,
    search tsvector NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (organization_id, id)
);
-- The widget knows an assistant's id alone.
CREATE INDEX assistants_id ON assistants (id);
CREATE INDEX assistants_created ON assistants (organization_id, created_at, id);

CREATE TABLE knowledge (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    assistant_id uuid NOT NULL,
    question text,
    answer text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, assistant_id) REFERENCES assistants (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX knowledge_assistant ON knowledge (organization_id, assistant_id, created_at, id);

-- No key to `memberships`: who leaves the team stays the host of what was booked.
CREATE TABLE hosts (
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    time_zone text NOT NULL,
    hours jsonb NOT NULL,
    exceptions jsonb NOT NULL,
    buffer_before_min bigint NOT NULL,
    buffer_after_min bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);
