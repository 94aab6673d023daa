-- Tenants, leads, conversations, utterances and appointments over a year. Ids begin with their instant, as those of the
-- SDK do. Looks are decided by a number's place in a multiplicative sequence, so every run has the same rows.

CREATE FUNCTION pg_temp.made(ms bigint, kind text, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(to_hex(ms), 12, '0') || kind || '8000' || lpad(to_hex(number), 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.fixed(kind text, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT ('019a00000000' || kind || '8000' || lpad(to_hex(number), 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.instant(ms bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
    $$ SELECT timestamptz 'epoch' + ms * interval '1 millisecond' $$;

INSERT INTO organizations (id, name, slug, time_zone, business_hours, plan, scoring, retention, storage_mode,
    feature_overrides, created_at, updated_at, version)
SELECT pg_temp.fixed('7000', n), 'Tenant ' || n, 'tenant-' || n, 'UTC', '{}', 'growth', '{}', '{}', 'everything', '{}',
    pg_temp.instant({base}), pg_temp.instant({base}), 1
FROM generate_series(0, {tenants} - 1) AS n;

INSERT INTO users (id, email, name, failed_attempts, sign_in_count, created_at, updated_at, version)
SELECT pg_temp.fixed('7001', n), 'owner' || n || '@example.com', 'Owner ' || n, 0, 0,
    pg_temp.instant({base}), pg_temp.instant({base}), 1
FROM generate_series(0, {tenants} - 1) AS n;

INSERT INTO assistants (organization_id, id, owner_id, name, tone, role, script, language, active, voice, model,
    questions, tools, hand_off, booking, allowed_origins, search, created_at, updated_at, version)
SELECT pg_temp.fixed('7000', n), pg_temp.fixed('7002', n * 5 + a), pg_temp.fixed('7001', n), 'Assistant ' || a,
    'friendly', 'Sells.', 'Sell.', 'en', true, '{}', '{}', '[]', '[]', '{}', '{}', '[]', '',
    pg_temp.instant({base}), pg_temp.instant({base}), 1
FROM generate_series(0, {tenants} - 1) AS n, generate_series(0, 4) AS a;

INSERT INTO hosts (organization_id, user_id, time_zone, hours, exceptions, buffer_before_min, buffer_after_min,
    created_at, updated_at, version)
SELECT pg_temp.fixed('7000', n), pg_temp.fixed('7001', n), 'UTC', '{}', '[]', 0, 0,
    pg_temp.instant({base}), pg_temp.instant({base}), 1
FROM generate_series(0, {tenants} - 1) AS n;

INSERT INTO leads (organization_id, id, name, email, phone, company, source, status, score, score_reasons, criteria,
    qualified, owner_id, needs_review, metadata, search, last_conversation_at, deleted_at, created_at, updated_at,
    version)
SELECT pg_temp.fixed('7000', n), pg_temp.made(ms, '7000', i),
    initcap(given || ' ' || family), given || '.' || family || k || '@example.com', '+4930' || lpad(k::text, 8, '0'),
    initcap(family) || ' GmbH',
    '["website", "phone", "social_media", "email", "referral", "paid_ads", "cold_email"]'::jsonb ->> (r >> 7 & 63)::int % 7,
    '["fresh", "contacted", "qualified", "nurturing", "converted", "unqualified", "lost"]'::jsonb ->> status,
    CASE WHEN status > 0 THEN (r >> 13) % 101 END,
    '[{"code": "sentiment", "points": 12, "detail": "Spoke well of what was offered."},
      {"code": "contact_given", "points": 8, "detail": "Left an e-mail or a phone."}]',
    '{"budget": {"met": "yes", "quote": "We have about 5,000 euros for it."},
      "authority": {"met": "unknown", "quote": null},
      "need": {"met": "yes", "quote": "Ours broke last week."},
      "timeline": {"met": "partial", "quote": "Some time before summer."}}',
    status > 0 AND (r >> 13) % 101 >= 50, CASE WHEN k % 3 = 0 THEN pg_temp.fixed('7001', n) END, k % 50 = 0,
    '{"campaign": "spring", "visits": 3}',
    array_to_tsvector(ARRAY[given, family, family || k, 'example', 'com', '4930' || lpad(k::text, 8, '0'), 'gmbh']),
    CASE WHEN status > 0 THEN pg_temp.instant(ms + 60000) END,
    CASE WHEN k % 97 = 96 THEN pg_temp.instant(ms + 90000) END,
    pg_temp.instant(ms), pg_temp.instant(ms + 60000), 2
FROM (
    SELECT i, k, i % {tenants} AS n, ms, r, (r >> 20)::int % 7 AS status,
        rtrim(substr('anna    bernd   carla   david   elena   frank   greta   hugo    ines    jonas   karin   leon    '
            || 'maria   nils    olga    paul    quinn   rosa    stefan  tina    ulrich  vera    willi   xenia   '
            || 'yann    zoe     anton   bettina cosimo  dora    emil    franka  ', 1 + 8 * (r >> 26 & 31)::int, 8)) AS given,
        substr('bakelomitusarenodivafihegojupiqo', 1 + 2 * (r >> 8 & 15)::int, 2)
            || substr('bakelomitusarenodivafihegojupiqo', 1 + 2 * (r >> 12 & 15)::int, 2)
            || substr('bakelomitusarenodivafihegojupiqo', 1 + 2 * (r >> 16 & 15)::int, 2) AS family
    FROM (SELECT i, i / {tenants} AS k, {base} + i * {step} AS ms, (i / {tenants}) * 2654435761 % 4294967296 AS r
        FROM generate_series(0::bigint, {leads} - 1) AS i) AS numbered
) AS looks;

-- A conversation's lead is the tenant's one at the same place of the year.
CREATE TEMPORARY TABLE talks AS
SELECT j, kk, n, i, {base} + i * {step} + 60000 AS ms, kk * 2654435761 % 4294967296 AS r
FROM (SELECT j, j / {tenants} AS kk, j % {tenants} AS n,
        (j / {tenants}) * ({leads} / {conversations}) * {tenants} + j % {tenants} AS i
    FROM generate_series(0::bigint, {conversations} - 1) AS j) AS numbered;

INSERT INTO conversations (organization_id, id, lead_id, assistant_id, source, status, language, time_zone, score,
    score_reasons, criteria, sentiment, sentiment_value, summary, keywords, outcome, state, last_seq, search,
    started_at, last_activity_at, ended_at, created_at, updated_at, version)
SELECT pg_temp.fixed('7000', n), pg_temp.made(ms, '7003', j), pg_temp.made(ms - 60000, '7000', i),
    pg_temp.fixed('7002', n * 5 + kk % 5), 'chat',
    CASE WHEN kk % 20 = 0 THEN 'active' WHEN kk % 7 = 0 THEN 'abandoned' ELSE 'completed' END, 'en', 'UTC',
    CASE WHEN kk % 20 <> 0 THEN (r >> 13) % 101 END, '[]', '{}', 'neutral', 0.1, 'Asked for a cargo bike.',
    '["cargo", "bike"]', 'interested', '{}', {spoken}, array_to_tsvector(ARRAY['asked', 'bike', 'cargo']),
    pg_temp.instant(ms), pg_temp.instant(ms + 300000),
    CASE WHEN kk % 20 <> 0 THEN pg_temp.instant(ms + 60000 + (r >> 12) % 600000) END,
    pg_temp.instant(ms), pg_temp.instant(ms + 300000), 3
FROM talks;

INSERT INTO transcripts (organization_id, conversation_id, seq, id, speaker, content, sentiment, sentiment_value,
    confidence, offset_s, keywords, tools, model, response_ms, interrupted, created_at, conversation_started_at)
SELECT pg_temp.fixed('7000', n), pg_temp.made(ms, '7003', j), s, pg_temp.made(ms, '7004', j * {spoken} + s),
    CASE WHEN s % 2 = 1 THEN 'user' ELSE 'assistant' END,
    'I would like to hear more about what you have in that range, and by when it could be here.',
    CASE WHEN s % 2 = 1 THEN '["positive", "neutral", "negative"]'::jsonb ->> ((r >> 9) + s)::int % 3 END,
    CASE WHEN s % 2 = 1 THEN 0.2 END, CASE WHEN s % 2 = 1 THEN 0.8 END, s * 10, '["range"]', '[]',
    CASE WHEN s % 2 = 0 THEN 'model' END, CASE WHEN s % 2 = 0 THEN 300 + (r >> 10) % 2500 + s END, false,
    pg_temp.instant(ms + s * 10000), pg_temp.instant(ms)
FROM talks, generate_series(1, {spoken}) AS s;

INSERT INTO appointments (organization_id, id, lead_id, assistant_id, conversation_id, host_id, starts_at, duration_min,
    blocked_from, blocked_to, time_zone, status, meeting_type, sequence, created_at, updated_at, version)
SELECT pg_temp.fixed('7000', n), pg_temp.made(ms, '7005', j), pg_temp.made(ms - 60000, '7000', i),
    pg_temp.fixed('7002', n * 5 + kk % 5), pg_temp.made(ms, '7003', j), pg_temp.fixed('7001', n),
    pg_temp.instant({base} + kk * 180000), 30, pg_temp.instant({base} + kk * 180000),
    pg_temp.instant({base} + kk * 180000 + 1800000), 'UTC',
    '["scheduled", "completed", "completed", "cancelled", "no_show"]'::jsonb ->> (kk / 20)::int % 5, 'video', 0,
    pg_temp.instant(ms), pg_temp.instant(ms), 1
FROM talks WHERE kk % 20 = 0;
