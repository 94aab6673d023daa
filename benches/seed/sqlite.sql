-- Tenants, leads, conversations, utterances and appointments over a year. Ids begin with their instant, as those of the
-- SDK do. Looks are decided by a number's place in a multiplicative sequence, so every run has the same rows.

CREATE TEMPORARY TABLE numbers (value INTEGER PRIMARY KEY);
WITH RECURSIVE counted (value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM counted WHERE value < {leads} - 1)
INSERT INTO numbers SELECT value FROM counted;

INSERT INTO organizations (id, name, slug, time_zone, business_hours, plan, scoring, retention, storage_mode,
    feature_overrides, created_at, updated_at, version)
SELECT unhex(printf('019a0000000070008000%012x', n)), 'Tenant ' || n, 'tenant-' || n, 'UTC', '{}', 'growth', '{}',
    '{}', 'everything', '{}',
    {base} * 1000, {base} * 1000, 1
FROM (SELECT value AS n FROM numbers WHERE value < {tenants});

INSERT INTO users (id, email, name, failed_attempts, sign_in_count, created_at, updated_at, version)
SELECT unhex(printf('019a0000000070018000%012x', n)), 'owner' || n || '@example.com', 'Owner ' || n, 0, 0,
    {base} * 1000, {base} * 1000, 1
FROM (SELECT value AS n FROM numbers WHERE value < {tenants});

INSERT INTO assistants (organization_id, id, owner_id, name, tone, role, script, language, active, voice, model,
    questions, tools, hand_off, booking, allowed_origins, search, created_at, updated_at, version)
SELECT unhex(printf('019a0000000070008000%012x', n)), unhex(printf('019a0000000070028000%012x', n * 5 + a)),
    unhex(printf('019a0000000070018000%012x', n)), 'Assistant ' || a,
    'friendly', 'Sells.', 'Sell.', 'en', true, '{}', '{}', '[]', '[]', '{}', '{}', '[]', '',
    {base} * 1000, {base} * 1000, 1
FROM (SELECT value AS n FROM numbers WHERE value < {tenants}), (SELECT value AS a FROM numbers WHERE value < 5);

INSERT INTO hosts (organization_id, user_id, time_zone, hours, exceptions, buffer_before_min, buffer_after_min,
    created_at, updated_at, version)
SELECT unhex(printf('019a0000000070008000%012x', n)), unhex(printf('019a0000000070018000%012x', n)), 'UTC', '{}', '[]',
    0, 0,
    {base} * 1000, {base} * 1000, 1
FROM (SELECT value AS n FROM numbers WHERE value < {tenants});

INSERT INTO leads (organization_id, id, name, email, phone, company, source, status, score, score_reasons, criteria,
    qualified, owner_id, needs_review, metadata, search, last_conversation_at, deleted_at, created_at, updated_at,
    version)
SELECT unhex(printf('019a0000000070008000%012x', n)), unhex(printf('%012x70008000%012x', ms, i)),
    upper(substr(given, 1, 1)) || substr(given, 2) || ' ' || upper(substr(family, 1, 1)) || substr(family, 2),
    given || '.' || family || k || '@example.com', '+4930' || printf('%08d', k),
    upper(substr(family, 1, 1)) || substr(family, 2) || ' GmbH',
    '["website", "phone", "social_media", "email", "referral", "paid_ads", "cold_email"]' ->> ((r >> 7 & 63) % 7),
    '["fresh", "contacted", "qualified", "nurturing", "converted", "unqualified", "lost"]' ->> status,
    CASE WHEN status > 0 THEN (r >> 13) % 101 END,
    '[{"code": "sentiment", "points": 12, "detail": "Spoke well of what was offered."},
      {"code": "contact_given", "points": 8, "detail": "Left an e-mail or a phone."}]',
    '{"budget": {"met": "yes", "quote": "We have about 5,000 euros for it."},
      "authority": {"met": "unknown", "quote": null},
      "need": {"met": "yes", "quote": "Ours broke last week."},
      "timeline": {"met": "partial", "quote": "Some time before summer."}}',
    status > 0 AND (r >> 13) % 101 >= 50, CASE WHEN k % 3 = 0 THEN unhex(printf('019a0000000070018000%012x', n)) END,
    k % 50 = 0,
    '{"campaign": "spring", "visits": 3}',
    CASE WHEN k % 97 = 96 THEN '' ELSE given || ' ' || family || ' ' || family || k || ' example com 4930' || printf('%08d', k) || ' gmbh' END,
    CASE WHEN status > 0 THEN (ms + 60000) * 1000 END,
    CASE WHEN k % 97 = 96 THEN (ms + 90000) * 1000 END,
    ms * 1000, (ms + 60000) * 1000, 2
FROM (
    SELECT i, k, i % {tenants} AS n, ms, r, (r >> 20) % 7 AS status,
        rtrim(substr('anna    bernd   carla   david   elena   frank   greta   hugo    ines    jonas   karin   leon    '
            || 'maria   nils    olga    paul    quinn   rosa    stefan  tina    ulrich  vera    willi   xenia   '
            || 'yann    zoe     anton   bettina cosimo  dora    emil    franka  ', 1 + 8 * (r >> 26 & 31), 8)) AS given,
        substr('bakelomitusarenodivafihegojupiqo', 1 + 2 * (r >> 8 & 15), 2)
            || substr('bakelomitusarenodivafihegojupiqo', 1 + 2 * (r >> 12 & 15), 2)
            || substr('bakelomitusarenodivafihegojupiqo', 1 + 2 * (r >> 16 & 15), 2) AS family
    FROM (SELECT i, i / {tenants} AS k, {base} + i * {step} AS ms, (i / {tenants}) * 2654435761 % 4294967296 AS r
        FROM (SELECT value AS i FROM numbers WHERE value < {leads})) AS numbered
) AS looks;

-- A conversation's lead is the tenant's one at the same place of the year.
CREATE TEMPORARY TABLE talks AS
SELECT j, kk, n, i, {base} + i * {step} + 60000 AS ms, kk * 2654435761 % 4294967296 AS r
FROM (SELECT j, j / {tenants} AS kk, j % {tenants} AS n,
        (j / {tenants}) * ({leads} / {conversations}) * {tenants} + j % {tenants} AS i
    FROM (SELECT value AS j FROM numbers WHERE value < {conversations})) AS numbered;

INSERT INTO conversations (organization_id, id, lead_id, assistant_id, source, status, language, time_zone, score,
    score_reasons, criteria, sentiment, sentiment_value, summary, keywords, outcome, state, last_seq, search,
    started_at, last_activity_at, ended_at, created_at, updated_at, version)
SELECT unhex(printf('019a0000000070008000%012x', n)), unhex(printf('%012x70038000%012x', ms, j)),
    unhex(printf('%012x70008000%012x', ms - 60000, i)),
    unhex(printf('019a0000000070028000%012x', n * 5 + kk % 5)), 'chat',
    CASE WHEN kk % 20 = 0 THEN 'active' WHEN kk % 7 = 0 THEN 'abandoned' ELSE 'completed' END, 'en', 'UTC',
    CASE WHEN kk % 20 <> 0 THEN (r >> 13) % 101 END, '[]', '{}', 'neutral', 0.1, 'Asked for a cargo bike.',
    '["cargo", "bike"]', 'interested', '{}', {spoken}, 'asked bike cargo',
    ms * 1000, (ms + 300000) * 1000,
    CASE WHEN kk % 20 <> 0 THEN (ms + 60000 + (r >> 12) % 600000) * 1000 END,
    ms * 1000, (ms + 300000) * 1000, 3
FROM talks;

INSERT INTO transcripts (organization_id, conversation_id, seq, id, speaker, content, sentiment, sentiment_value,
    confidence, offset_s, keywords, tools, model, response_ms, interrupted, created_at, began_at, assistant_id)
SELECT unhex(printf('019a0000000070008000%012x', n)), unhex(printf('%012x70038000%012x', ms, j)), s,
    unhex(printf('%012x70048000%012x', ms, j * {spoken} + s)),
    CASE WHEN s % 2 = 1 THEN 'user' ELSE 'assistant' END,
    'I would like to hear more about what you have in that range, and by when it could be here.',
    CASE WHEN s % 2 = 1 THEN '["positive", "neutral", "negative"]' ->> (((r >> 9) + s) % 3) END,
    CASE WHEN s % 2 = 1 THEN 0.2 END, CASE WHEN s % 2 = 1 THEN 0.8 END, s * 10, '["range"]', '[]',
    CASE WHEN s % 2 = 0 THEN 'model' END, CASE WHEN s % 2 = 0 THEN 300 + (r >> 10) % 2500 + s END, false,
    (ms + s * 10000) * 1000, ms * 1000,
    unhex(printf('019a0000000070028000%012x', n * 5 + kk % 5))
FROM talks, (SELECT value AS s FROM numbers WHERE value BETWEEN 1 AND {spoken});

INSERT INTO appointments (organization_id, id, lead_id, assistant_id, conversation_id, host_id, starts_at, duration_min,
    blocked_from, blocked_to, time_zone, status, meeting_type, sequence, created_at, updated_at, version)
SELECT unhex(printf('019a0000000070008000%012x', n)), unhex(printf('%012x70058000%012x', ms, j)),
    unhex(printf('%012x70008000%012x', ms - 60000, i)),
    unhex(printf('019a0000000070028000%012x', n * 5 + kk % 5)), unhex(printf('%012x70038000%012x', ms, j)),
    unhex(printf('019a0000000070018000%012x', n)),
    ({base} + kk * 180000) * 1000, 30, ({base} + kk * 180000) * 1000,
    ({base} + kk * 180000 + 1800000) * 1000, 'UTC',
    '["scheduled", "completed", "completed", "cancelled", "no_show"]' ->> (kk / 20 % 5), 'video', 0,
    ms * 1000, ms * 1000, 1
FROM talks WHERE kk % 20 = 0;
