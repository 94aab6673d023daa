-- Conversations, what was said in them, hand-offs, call reports and appointments.

CREATE TABLE conversations (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    lead_id uuid NOT NULL,
    assistant_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    last_activity_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    last_seq bigint NOT NULL,
    search tsvector NOT NULL,
    source text NOT NULL CHECK (source IN ('phone', 'web', 'chat', 'sms', 'email')),
    status text NOT NULL CHECK (status IN ('active', 'paused', 'completed', 'abandoned')),
    language text NOT NULL CHECK (language IN ('en', 'es', 'fr', 'de', 'it', 'pt')),
    score smallint CHECK (score BETWEEN 0 AND 100),
    ended_at timestamptz,
    waiting_since timestamptz,
    sentiment_value double precision,
    sentiment text CHECK (sentiment IN ('positive', 'neutral', 'negative')),
    recording_consent boolean,
    taken_over_by uuid,
    time_zone text,
    score_reasons jsonb NOT NULL,
    criteria jsonb NOT NULL,
    summary text,
    keywords jsonb NOT NULL,
    outcome text,
    audio_file text,
    external_call_id text COLLATE "C",
    state jsonb NOT NULL,
    PRIMARY KEY (organization_id, id),
    -- What transcripts copy of their conversation refers to this, so that it cannot differ.
    CONSTRAINT conversations_start UNIQUE (organization_id, id, started_at),
    FOREIGN KEY (organization_id, lead_id) REFERENCES leads (organization_id, id),
    FOREIGN KEY (organization_id, assistant_id) REFERENCES assistants (organization_id, id)
);
CREATE UNIQUE INDEX conversations_external_call ON conversations (organization_id, external_call_id)
    WHERE external_call_id IS NOT NULL;
CREATE INDEX conversations_by_started ON conversations (organization_id, started_at, id)
    INCLUDE (assistant_id, lead_id, status, score, ended_at);
CREATE INDEX conversations_by_activity ON conversations (organization_id, last_activity_at, id);
CREATE INDEX conversations_by_score ON conversations (organization_id, score, id);
CREATE INDEX conversations_by_lead ON conversations (organization_id, lead_id, started_at, id);
CREATE INDEX conversations_by_assistant ON conversations (organization_id, assistant_id, started_at, id)
    INCLUDE (lead_id);
CREATE INDEX conversations_by_end ON conversations (organization_id, ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX conversations_search ON conversations USING gin (organization_id, search);
-- Silence is looked for over every organization at once.
CREATE INDEX conversations_idle ON conversations (last_activity_at) WHERE status IN ('active', 'paused');

-- The largest table: no index but its key and what figures are counted from.
CREATE TABLE transcripts (
    organization_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    -- A copy, so that figures of a span are counted from an index alone.
    conversation_started_at timestamptz NOT NULL,
    offset_s double precision NOT NULL,
    interrupted boolean NOT NULL,
    speaker text NOT NULL CHECK (speaker IN ('user', 'assistant', 'human_agent', 'system')),
    sentiment text CHECK (sentiment IN ('positive', 'neutral', 'negative')),
    sentiment_value double precision,
    confidence double precision,
    duration_s double precision,
    response_ms bigint,
    content text NOT NULL,
    keywords jsonb NOT NULL,
    tools jsonb NOT NULL,
    model text,
    PRIMARY KEY (organization_id, conversation_id, seq),
    FOREIGN KEY (organization_id, conversation_id, conversation_started_at)
        REFERENCES conversations (organization_id, id, started_at) ON UPDATE CASCADE
);
-- The utterances of one conversation share an entry, which keeps these small.
CREATE INDEX transcripts_sentiment ON transcripts (organization_id, conversation_started_at, conversation_id, sentiment)
    WHERE speaker = 'user' AND sentiment IS NOT NULL;
CREATE INDEX transcripts_response ON transcripts (organization_id, conversation_started_at, conversation_id, response_ms)
    WHERE response_ms IS NOT NULL;

CREATE TABLE hand_offs (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('requested', 'accepted', 'human', 'expired', 'assistant')),
    reason text NOT NULL,
    accepted_by uuid,
    requested_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id)
);
CREATE UNIQUE INDEX hand_offs_open ON hand_offs (organization_id, conversation_id)
    WHERE status IN ('requested', 'accepted', 'human');
CREATE INDEX hand_offs_conversation ON hand_offs (organization_id, conversation_id, requested_at, id);
CREATE INDEX hand_offs_expiring ON hand_offs (expires_at, id) WHERE status = 'requested';

CREATE TABLE call_reports (
    organization_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    id uuid NOT NULL,
    ended_reason text NOT NULL
        CHECK (ended_reason IN ('visitor_ended', 'assistant_ended', 'team_ended', 'silence', 'abuse', 'error')),
    summary text NOT NULL,
    latencies jsonb NOT NULL,
    costs jsonb NOT NULL,
    data jsonb,
    success boolean,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, conversation_id),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id)
);

CREATE TABLE appointments (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    lead_id uuid NOT NULL,
    assistant_id uuid NOT NULL,
    conversation_id uuid,
    host_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    duration_min bigint NOT NULL,
    blocked_from timestamptz NOT NULL,
    blocked_to timestamptz NOT NULL,
    time_zone text NOT NULL,
    status text NOT NULL
        CHECK (status IN ('held', 'scheduled', 'confirmed', 'completed', 'cancelled', 'no_show')),
    meeting_type text NOT NULL CHECK (meeting_type IN ('video', 'phone', 'in_person')),
    external_id text,
    external_link text,
    notes text,
    cancel_reason text,
    hold_expires_at timestamptz,
    sequence bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, lead_id) REFERENCES leads (organization_id, id),
    FOREIGN KEY (organization_id, assistant_id) REFERENCES assistants (organization_id, id),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id),
    FOREIGN KEY (organization_id, host_id) REFERENCES hosts (organization_id, user_id),
    -- Two appointments or holds of one host never overlap: the database refuses the second.
    CONSTRAINT appointments_no_overlap EXCLUDE USING gist (
        organization_id WITH =,
        host_id WITH =,
        tstzrange(blocked_from, blocked_to) WITH &&
    ) WHERE (status IN ('held', 'scheduled', 'confirmed'))
);
CREATE INDEX appointments_by_start ON appointments (organization_id, starts_at, id);
CREATE INDEX appointments_by_host ON appointments (organization_id, host_id, starts_at, id);
CREATE INDEX appointments_by_lead ON appointments (organization_id, lead_id, starts_at, id);
CREATE INDEX appointments_by_assistant ON appointments (organization_id, assistant_id);
CREATE INDEX appointments_by_conversation ON appointments (organization_id, conversation_id)
    WHERE conversation_id IS NOT NULL;
