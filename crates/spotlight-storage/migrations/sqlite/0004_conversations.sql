-- Conversations, what was said in them, hand-offs, call reports and appointments.

-- `row`: see leads.
CREATE TABLE conversations (
    row INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    lead_id BLOB NOT NULL,
    assistant_id BLOB NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('phone', 'web', 'chat', 'sms', 'email')),
    status TEXT NOT NULL CHECK (status IN ('active', 'paused', 'completed', 'abandoned')),
    language TEXT NOT NULL CHECK (language IN ('en', 'es', 'fr', 'de', 'it', 'pt')),
    time_zone TEXT,
    score INTEGER CHECK (score BETWEEN 0 AND 100),
    score_reasons TEXT NOT NULL,
    criteria TEXT NOT NULL,
    sentiment TEXT CHECK (sentiment IN ('positive', 'neutral', 'negative')),
    sentiment_value REAL,
    summary TEXT,
    keywords TEXT NOT NULL,
    outcome TEXT,
    recording_consent INTEGER,
    audio_file TEXT,
    external_call_id TEXT,
    taken_over_by BLOB,
    state TEXT NOT NULL,
    last_seq INTEGER NOT NULL,
    -- The words it is found by.
    search TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    last_activity_at INTEGER NOT NULL,
    waiting_since INTEGER,
    ended_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, lead_id) REFERENCES leads (organization_id, id),
    FOREIGN KEY (organization_id, assistant_id) REFERENCES assistants (organization_id, id)
) STRICT;
CREATE UNIQUE INDEX conversations_external_call ON conversations (organization_id, external_call_id)
    WHERE external_call_id IS NOT NULL;
-- This and the index by assistant also hold what figures are counted from.
CREATE INDEX conversations_by_started ON conversations (organization_id, started_at, id, status, ended_at);
CREATE INDEX conversations_by_activity ON conversations (organization_id, last_activity_at, id);
CREATE INDEX conversations_by_score ON conversations (organization_id, score, id);
CREATE INDEX conversations_by_lead ON conversations (organization_id, lead_id, started_at, id);
CREATE INDEX conversations_by_assistant
    ON conversations (organization_id, assistant_id, lead_id, started_at, status, score, ended_at);
CREATE INDEX conversations_by_end ON conversations (organization_id, ended_at, id) WHERE ended_at IS NOT NULL;
-- Silence is looked for over every organization at once.
CREATE INDEX conversations_idle ON conversations (last_activity_at, id) WHERE status IN ('active', 'paused');

-- As leads_search.
CREATE VIRTUAL TABLE conversations_search USING fts5 (
    words,
    content = '',
    detail = none,
    columnsize = 0,
    tokenize = "ascii tokenchars '_'",
    prefix = '34 35 36'
);
CREATE TRIGGER conversations_search_insert AFTER INSERT ON conversations WHEN new.search <> '' BEGIN
    INSERT INTO conversations_search (rowid, words) VALUES (
        new.row, hex(new.organization_id) || '_' || replace(new.search, ' ', ' ' || hex(new.organization_id) || '_')
    );
END;
CREATE TRIGGER conversations_search_delete AFTER DELETE ON conversations WHEN old.search <> '' BEGIN
    INSERT INTO conversations_search (conversations_search, rowid, words) VALUES (
        'delete',
        old.row,
        hex(old.organization_id) || '_' || replace(old.search, ' ', ' ' || hex(old.organization_id) || '_')
    );
END;
CREATE TRIGGER conversations_search_update AFTER UPDATE OF search ON conversations WHEN old.search <> new.search BEGIN
    INSERT INTO conversations_search (conversations_search, rowid, words)
    SELECT
        'delete',
        old.row,
        hex(old.organization_id) || '_' || replace(old.search, ' ', ' ' || hex(old.organization_id) || '_')
    WHERE old.search <> '';
    INSERT INTO conversations_search (rowid, words)
    SELECT
        new.row,
        hex(new.organization_id) || '_' || replace(new.search, ' ', ' ' || hex(new.organization_id) || '_')
    WHERE new.search <> '';
END;

-- The largest table: no index but its key and what figures are counted from. `began_at` and `assistant_id` repeat the
-- conversation's, so that figures of a span need no join; a trigger keeps them.
CREATE TABLE transcripts (
    organization_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    speaker TEXT NOT NULL CHECK (speaker IN ('user', 'assistant', 'human_agent', 'system')),
    content TEXT NOT NULL,
    sentiment TEXT CHECK (sentiment IN ('positive', 'neutral', 'negative')),
    sentiment_value REAL,
    confidence REAL,
    offset_s REAL NOT NULL,
    duration_s REAL,
    keywords TEXT NOT NULL,
    tools TEXT NOT NULL,
    model TEXT,
    response_ms INTEGER,
    interrupted INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    assistant_id BLOB NOT NULL,
    PRIMARY KEY (organization_id, conversation_id, seq),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id)
) STRICT;
CREATE INDEX transcripts_sentiment ON transcripts (organization_id, sentiment, began_at, assistant_id, speaker)
    WHERE speaker = 'user' AND sentiment IS NOT NULL;
CREATE INDEX transcripts_response ON transcripts (organization_id, response_ms, began_at, assistant_id)
    WHERE response_ms IS NOT NULL;
CREATE TRIGGER transcripts_follow_conversation AFTER UPDATE OF started_at, assistant_id ON conversations
WHEN old.started_at <> new.started_at OR old.assistant_id <> new.assistant_id
BEGIN
    UPDATE transcripts SET began_at = new.started_at, assistant_id = new.assistant_id
    WHERE organization_id = new.organization_id AND conversation_id = new.id;
END;

CREATE TABLE hand_offs (
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('requested', 'accepted', 'human', 'expired', 'assistant')),
    reason TEXT NOT NULL,
    accepted_by BLOB,
    requested_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id)
) STRICT;
CREATE UNIQUE INDEX hand_offs_open ON hand_offs (organization_id, conversation_id)
    WHERE status IN ('requested', 'accepted', 'human');
CREATE INDEX hand_offs_conversation ON hand_offs (organization_id, conversation_id, requested_at, id);
CREATE INDEX hand_offs_expiring ON hand_offs (expires_at, id) WHERE status = 'requested';

CREATE TABLE call_reports (
    organization_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    id BLOB NOT NULL,
    ended_reason TEXT NOT NULL
        CHECK (ended_reason IN ('visitor_ended', 'assistant_ended', 'team_ended', 'silence', 'abuse', 'error')),
    summary TEXT NOT NULL,
    latencies TEXT NOT NULL,
    costs TEXT NOT NULL,
    data TEXT,
    success INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, conversation_id),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id)
) STRICT;

CREATE TABLE appointments (
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    lead_id BLOB NOT NULL,
    assistant_id BLOB NOT NULL,
    conversation_id BLOB,
    host_id BLOB NOT NULL,
    starts_at INTEGER NOT NULL,
    duration_min INTEGER NOT NULL,
    blocked_from INTEGER NOT NULL,
    blocked_to INTEGER NOT NULL,
    time_zone TEXT NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('held', 'scheduled', 'confirmed', 'completed', 'cancelled', 'no_show')),
    meeting_type TEXT NOT NULL CHECK (meeting_type IN ('video', 'phone', 'in_person')),
    external_id TEXT,
    external_link TEXT,
    notes TEXT,
    cancel_reason TEXT,
    hold_expires_at INTEGER,
    sequence INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, lead_id) REFERENCES leads (organization_id, id),
    FOREIGN KEY (organization_id, assistant_id) REFERENCES assistants (organization_id, id),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id),
    FOREIGN KEY (organization_id, host_id) REFERENCES hosts (organization_id, user_id)
) STRICT;
CREATE INDEX appointments_by_start ON appointments (organization_id, starts_at, id);
CREATE INDEX appointments_by_host ON appointments (organization_id, host_id, starts_at, id);
CREATE INDEX appointments_by_lead ON appointments (organization_id, lead_id, starts_at, id);
CREATE INDEX appointments_by_assistant ON appointments (organization_id, assistant_id);
CREATE INDEX appointments_by_conversation ON appointments (organization_id, conversation_id)
    WHERE conversation_id IS NOT NULL;
-- By the end, so that a look for overlaps passes over what lies in the past.
CREATE INDEX appointments_blocked ON appointments (organization_id, host_id, blocked_to, blocked_from, id)
    WHERE status IN ('held', 'scheduled', 'confirmed');

-- Two appointments or holds of one host never overlap: the database refuses the second.
CREATE TRIGGER appointments_no_overlap_insert BEFORE INSERT ON appointments
WHEN new.status IN ('held', 'scheduled', 'confirmed')
BEGIN
    SELECT RAISE (ABORT, 'appointment_overlap')
    FROM appointments AS other
    WHERE other.organization_id = new.organization_id
        AND other.host_id = new.host_id
        AND other.status IN ('held', 'scheduled', 'confirmed')
        AND other.blocked_to > new.blocked_from
        AND other.blocked_from < new.blocked_to
        AND other.id <> new.id;
END;
CREATE TRIGGER appointments_no_overlap_update
BEFORE UPDATE OF organization_id, host_id, status, blocked_from, blocked_to ON appointments
WHEN new.status IN ('held', 'scheduled', 'confirmed')
BEGIN
    SELECT RAISE (ABORT, 'appointment_overlap')
    FROM appointments AS other
    WHERE other.organization_id = new.organization_id
        AND other.host_id = new.host_id
        AND other.status IN ('held', 'scheduled', 'confirmed')
        AND other.blocked_to > new.blocked_from
        AND other.blocked_from < new.blocked_to
        AND other.id <> new.id;
END;
