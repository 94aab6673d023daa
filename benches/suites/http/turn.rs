//! A streamed turn, written by hand.

use std::{hint::black_box, sync::Arc, time::Instant};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, stream};
use serde::Serialize;
use serde_json::json;
use spotlight_benches::spoken;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::{
    bare::{Bare, new_id, now},
    shown::{Utterance, utterance},
};

/// The conversation, and what the model is told of the business.
const SCENE: &str = "SELECT c.status, c.last_seq, c.version, c.started_at, c.state, a.name, a.role, a.script, \
                     a.questions, a.tools, a.active, o.name, o.storage_mode FROM conversations c \
                     JOIN assistants a ON a.organization_id = c.organization_id AND a.id = c.assistant_id \
                     JOIN organizations o ON o.id = c.organization_id WHERE c.organization_id = $1 AND c.id = $2";
const SAY: &str = "INSERT INTO transcripts (organization_id, conversation_id, seq, id, speaker, content, offset_s, \
                   keywords, tools, model, response_ms, interrupted, created_at, conversation_started_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, '[]', '[]', $8, $9, false, $10, $11)";
/// One turn at a time: whoever finds another version comes too late.
const MOVE: &str = "UPDATE conversations SET last_seq = $4, last_activity_at = $5, updated_at = $5, waiting_since = $6, \
                    version = version + 1 WHERE organization_id = $1 AND id = $2 AND version = $3";
const PAST: &str = "SELECT speaker, content FROM transcripts WHERE organization_id = $1 AND conversation_id = $2 \
                    ORDER BY seq DESC LIMIT 40";
/// A job under a unique key, and word of it.
const LEAVE: &str = "WITH held AS (INSERT INTO job_unique (queue, key, job, until, waiting) \
                     VALUES ('default', $2, $1, NULL, true)), \
                     added AS (INSERT INTO job_ready (id, queue, priority, seq, name, payload, version, organization_id, \
                     attempts, max_attempts, enqueued_at, extra) VALUES ($1, 'default', 0, nextval('job_seq'), \
                     'analyze_conversation', $3, 1, $4, 0, 25, now(), $5)) \
                     SELECT pg_notify('spotlight_jobs', 'bare:default')";

/// A conversation while a turn of it is taken.
#[derive(Debug, Clone, Copy)]
struct Talk {
    id: Uuid,
    version: i64,
    last_seq: i64,
    started_at: DateTime<Utc>,
}

/// Something said, before it is stored.
struct Said {
    id: Uuid,
    speaker: &'static str,
    content: String,
    response_ms: Option<i64>,
    at: DateTime<Utc>,
}

impl Said {
    fn by(speaker: &'static str, content: String, response_ms: Option<i64>) -> Self {
        Self { id: new_id(), speaker, content, response_ms, at: now() }
    }

    fn model(&self) -> Option<&'static str> {
        (self.speaker == "assistant").then_some("instant")
    }
}

/// What the visitor says, and under which key the request may be repeated.
pub(crate) struct Spoken {
    pub(crate) text: String,
    pub(crate) key: Option<String>,
    /// Everything is stored in one transaction after the answer, and nothing before.
    pub(crate) at_once: bool,
}

/// Words on their way. None where the conversation is not there or takes none.
pub(crate) async fn turn(
    bare: Arc<Bare>,
    id: Uuid,
    spoken: Spoken,
) -> sqlx::Result<Option<impl Stream<Item = sqlx::Result<Bytes>> + Send + 'static>> {
    let begun = Instant::now();
    let Some(row) = sqlx::query(SCENE).bind(bare.writes).bind(id).fetch_optional(&bare.pool).await? else {
        return Ok(None);
    };
    let (status, active): (&str, bool) = (row.try_get(0)?, row.try_get(10)?);
    if status != "active" || !active {
        return Ok(None);
    }
    let mut talk = Talk { id, last_seq: row.try_get(1)?, version: row.try_get(2)?, started_at: row.try_get(3)? };
    let said = Said::by("user", spoken.text, None);
    let first = frame("transcript", &shown(talk, talk.last_seq + 1, &said));
    let mut later = Some((said, spoken.key));
    if !spoken.at_once
        && let Some((said, key)) = later.take()
    {
        let mut tx = bare.pool.begin().await?;
        hear(&bare, &mut tx, &mut talk, &said, key.as_deref()).await?;
        tx.commit().await?;
    }
    let past = sqlx::query(PAST).bind(bare.writes).bind(id).fetch_all(&bare.pool).await?;
    let past = past.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<sqlx::Result<Vec<_>>>()?;
    // What a model is asked with, besides the business.
    let _: Vec<(String, String)> = black_box(past);
    let words = stream::iter(self::spoken().map(|word| Ok(frame("token", &json!({ "text": word })))));
    let end = stream::once(async move {
        let response_ms = i64::try_from(begun.elapsed().as_millis()).ok();
        let answer = Said::by("assistant", self::spoken().collect(), response_ms);
        let mut tx = bare.pool.begin().await?;
        if let Some((said, key)) = later {
            hear(&bare, &mut tx, &mut talk, &said, key.as_deref()).await?;
        }
        let asks = answer.content.ends_with('?').then_some(answer.at);
        say(&bare, &mut tx, &mut talk, &answer, asks).await?;
        let unique = format!("analyze:{}:{}", talk.id, talk.last_seq);
        let job = sqlx::query(LEAVE)
            .bind(new_id())
            .bind(&unique)
            .bind(json!({ "conversation_id": talk.id, "ended_reason": null }).to_string())
            .bind(bare.writes)
            .bind(json!({ "unique": { "key": unique, "scope": "waiting", "taken": "discard" } }).to_string());
        job.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(frame("done", &json!({ "utterance": shown(talk, talk.last_seq, &answer), "status": "active" })))
    });
    Ok(Some(stream::once(std::future::ready(Ok(first))).chain(words).chain(end)))
}

/// Stores the visitor's words, and what the request answers when it is repeated.
async fn hear(bare: &Bare, tx: &mut PgConnection, talk: &mut Talk, said: &Said, key: Option<&str>) -> sqlx::Result<()> {
    say(bare, tx, talk, said, None).await?;
    bare.remember(tx, &format!("turn:{}", talk.id), key, json!({ "seq": talk.last_seq })).await
}

/// Stores something said, the conversation as it stands with it, and the event.
async fn say(
    bare: &Bare,
    tx: &mut PgConnection,
    talk: &mut Talk,
    said: &Said,
    waiting_since: Option<DateTime<Utc>>,
) -> sqlx::Result<()> {
    let seq = talk.last_seq + 1;
    let moved = sqlx::query(MOVE)
        .bind(bare.writes)
        .bind(talk.id)
        .bind(talk.version)
        .bind(seq)
        .bind(said.at)
        .bind(waiting_since);
    if moved.execute(&mut *tx).await?.rows_affected() == 0 {
        return Err(sqlx::Error::RowNotFound);
    }
    (talk.last_seq, talk.version) = (seq, talk.version + 1);
    let say = sqlx::query(SAY)
        .bind(bare.writes)
        .bind(talk.id)
        .bind(seq)
        .bind(said.id)
        .bind(said.speaker)
        .bind(&said.content)
        .bind((said.at - talk.started_at).as_seconds_f64())
        .bind(said.model())
        .bind(said.response_ms)
        .bind(said.at)
        .bind(talk.started_at);
    say.execute(&mut *tx).await?;
    let data = json!({ "seq": seq, "speaker": said.speaker, "content": said.content });
    bare.tell(tx, ("transcript_update", &format!("conversation:{}", talk.id)), Some(talk.id), data).await
}

fn shown(talk: Talk, seq: i64, said: &Said) -> impl Serialize {
    let told = Utterance {
        seq,
        speaker: said.speaker,
        content: said.content.clone(),
        sentiment: None,
        sentiment_value: None,
        confidence: None,
        offset_s: (said.at - talk.started_at).as_seconds_f64(),
        duration_s: None,
        keywords: [],
        tools: [],
        model: said.model(),
        response_ms: said.response_ms,
        interrupted: false,
        created_at: said.at,
    };
    utterance(said.id, talk.id, told)
}

fn frame(event: &str, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).expect("JSON");
    Bytes::from(format!("event: {event}\ndata: {data}\n\n"))
}
