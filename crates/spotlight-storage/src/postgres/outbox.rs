//! Jobs and events that were committed with their cause and are on their way.

use async_trait::async_trait;
use chrono::Duration;
use serde_json::Value;
use spotlight_core::{
    Error, Result, Retry,
    domain::{ConversationId, JobId, OrganizationId, OutboxId, time::Timestamp},
    ports::{DeadRow, JobSpec, NewEvent, OutboxKind, OutboxRepository, OutboxRow, OutboxStats, WhenTaken},
};
use sqlx::{postgres::PgRow, types::Json};

use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::statements,
};
use crate::shared::stored;

statements! {
    // What is due at once is due since its unit began.
    ADD = [
        "INSERT INTO outbox (id, kind, organization_id, name, channel, conversation_id, payload, waiting_key, run_at, \
         created_at, spec) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9::timestamptz, $10), $10, $11) \
         ON CONFLICT (waiting_key) WHERE waiting_key IS NOT NULL AND claimed_until IS NULL AND dead_at IS NULL DO NOTHING"
    ];
    // Locked, so that nobody claims it before the unit ends: it must not read its facts before this unit has written.
    FIND_BY_KEY = [
        "SELECT id FROM outbox WHERE waiting_key = $1 AND claimed_until IS NULL AND dead_at IS NULL FOR UPDATE"
    ];
    CLAIM = [
        "WITH due AS (SELECT id FROM outbox WHERE kind = $1 AND dead_at IS NULL AND run_at <= $2 \
         AND (claimed_until IS NULL OR claimed_until <= $2) ORDER BY run_at, seq LIMIT $4 FOR UPDATE SKIP LOCKED), \
         claimed AS (UPDATE outbox o SET attempts = o.attempts + 1, claim = o.claim + 1, claimed_until = $3 FROM due \
         WHERE o.id = due.id RETURNING o.id, o.organization_id, o.name, o.channel, o.conversation_id, o.payload, \
         o.attempts, o.claim, o.created_at, o.run_at, o.seq, o.spec) \
         SELECT id, organization_id, name, channel, conversation_id, payload, spec, attempts, claim, created_at \
         FROM claimed ORDER BY run_at, seq"
    ];
    EXTEND = ["UPDATE outbox SET claimed_until = $3 WHERE id = $1 AND claim = $2 AND claimed_until IS NOT NULL"];
    COMPLETE = ["DELETE FROM outbox WHERE id = $1 AND claim = $2 AND claimed_until IS NOT NULL"];
    RETRY = [
        "UPDATE outbox SET run_at = $3, last_error = $4, claimed_until = NULL \
         WHERE id = $1 AND claim = $2 AND claimed_until IS NOT NULL"
    ];
    FOLLOW = ["UPDATE outbox SET follows = $3 WHERE id = $1 AND claim = $2 AND claimed_until IS NOT NULL"];
    FINISH = ["DELETE FROM outbox WHERE kind = $1 AND (id = ANY($2) OR follows = ANY($2))"];
    BURY = [
        "UPDATE outbox SET dead_at = clock_timestamp(), last_error = $3, claimed_until = NULL \
         WHERE id = $1 AND claim = $2 AND claimed_until IS NOT NULL"
    ];
    DEAD = [
        "SELECT id, kind, name, conversation_id, attempts, coalesce(last_error, ''), created_at, dead_at FROM outbox \
         WHERE organization_id = $1 AND id > $2 AND dead_at IS NOT NULL ORDER BY id LIMIT $3"
    ];
    REVIVE = [
        "UPDATE outbox SET dead_at = NULL, run_at = $3, attempts = 0, waiting_key = NULL \
         WHERE organization_id = $1 AND id = $2 AND dead_at IS NOT NULL"
    ];
    DISCARD = ["DELETE FROM outbox WHERE organization_id = $1 AND id = $2 AND dead_at IS NOT NULL"];
    STATS = [
        "SELECT live.ready, live.scheduled, live.running, \
         (SELECT count(*) FROM outbox WHERE kind = $1 AND dead_at IS NOT NULL) FROM ( \
         SELECT count(*) FILTER (WHERE (claimed_until IS NULL OR claimed_until <= $2) AND run_at <= $2) AS ready, \
         count(*) FILTER (WHERE (claimed_until IS NULL OR claimed_until <= $2) AND run_at > $2) AS scheduled, \
         count(*) FILTER (WHERE claimed_until > $2) AS running \
         FROM outbox WHERE kind = $1 AND dead_at IS NULL) AS live"
    ];
    DUE = [
        "SELECT EXISTS (SELECT 1 FROM outbox WHERE kind = $1 AND dead_at IS NULL AND run_at <= $2 \
         AND (claimed_until IS NULL OR claimed_until <= $2))"
    ];
}

fn read(row: &PgRow) -> Result<OutboxRow> {
    let mut row = Row::new("outbox", row);
    Ok(OutboxRow {
        id: row.id(OutboxId::from_uuid)?,
        organization_id: row.maybe_id(OrganizationId::from_uuid)?,
        name: row.take()?,
        channel: row.take()?,
        conversation_id: row.maybe_id(ConversationId::from_uuid)?,
        payload: row.json()?,
        spec: row.take::<Option<String>>()?.map(|text| stored::job(&text)).transpose()?,
        attempts: row.number()?,
        claim: row.take()?,
        created_at: row.at()?,
    })
}

fn read_dead(row: &PgRow) -> Result<DeadRow> {
    let mut row = Row::new("outbox", row);
    Ok(DeadRow {
        id: row.id(OutboxId::from_uuid)?,
        kind: if row.take::<String>()? == OutboxKind::Event.as_str() { OutboxKind::Event } else { OutboxKind::Job },
        name: row.take()?,
        conversation_id: row.maybe_id(ConversationId::from_uuid)?,
        attempts: row.number()?,
        last_error: row.take()?,
        created_at: row.at()?,
        dead_at: row.at()?,
    })
}

/// A row to be added.
struct New {
    kind: OutboxKind,
    organization: Option<OrganizationId>,
    name: String,
    channel: Option<String>,
    conversation: Option<ConversationId>,
    payload: Value,
    spec: Option<String>,
    unique_key: Option<String>,
    run_at: Option<Timestamp>,
}

/// Keeps the outbox.
pub(super) struct PgOutboxRepository {
    db: PgDb,
}

impl PgOutboxRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }

    /// Adds a job, unless one of its key is there that has not gone on its way.
    pub(super) async fn enqueue(&self, job: JobSpec) -> Result<JobId> {
        let key = job.unique.as_ref().filter(|unique| unique.taken == WhenTaken::Discard);
        let unique_key = key.map(|unique| format!("{}:{}", job.queue, unique.key));
        let spec = Some(stored::job_text(&job)?);
        let new = New {
            kind: OutboxKind::Job,
            organization: job.organization,
            name: job.name,
            channel: None,
            conversation: None,
            payload: Value::Null,
            spec,
            unique_key,
            run_at: job.run_at,
        };
        self.add(new).await.map(|id| JobId::from_uuid(id.as_uuid()))
    }

    /// Adds an event.
    pub(super) async fn publish(&self, event: NewEvent) -> Result<OutboxId> {
        let NewEvent { organization_id, channel, event_type, conversation_id, data } = event;
        self.add(New {
            kind: OutboxKind::Event,
            organization: Some(organization_id),
            name: event_type,
            channel: Some(channel),
            conversation: conversation_id,
            payload: data,
            spec: None,
            unique_key: None,
            run_at: None,
        })
        .await
    }

    async fn add(&self, new: New) -> Result<OutboxId> {
        let mut tx = self.db.write().await?;
        let id = tx.new_id();
        // The job that has the key can be claimed between the two statements; then the key is free again.
        for _ in 0..3 {
            let add = query(ADD)
                .bind(id)
                .bind(new.kind.as_str())
                .bind(new.organization.map(OrganizationId::as_uuid))
                .bind(new.name.as_str())
                .bind(new.channel.as_deref())
                .bind(new.conversation.map(ConversationId::as_uuid))
                .bind(Json(&new.payload))
                .bind(new.unique_key.as_deref())
                .bind(new.run_at)
                .bind(tx.began_at())
                .bind(new.spec.as_deref());
            if tx.execute(add).await? > 0 {
                return Ok(OutboxId::from_uuid(id));
            }
            let found = tx.fetch_optional(query(FIND_BY_KEY).bind(new.unique_key.as_deref())).await?;
            if let Some(row) = found {
                return Row::new("outbox", &row).id(OutboxId::from_uuid);
            }
        }
        tx.give_up();
        Err(Error::conflict("the job's unique key keeps changing hands").with_retry(Retry::Now))
    }
}

#[async_trait]
impl OutboxRepository for PgOutboxRepository {
    async fn claim(&self, kind: OutboxKind, now: Timestamp, lease_s: u32, limit: u32) -> Result<Vec<OutboxRow>> {
        let claim = query(CLAIM)
            .bind(kind.as_str())
            .bind(now)
            .bind(now + Duration::seconds(lease_s.into()))
            .bind(i64::from(limit));
        row::all(&self.db.write().await?.returning(claim).await?, read)
    }

    async fn extend(&self, id: OutboxId, claim: i64, now: Timestamp, lease_s: u32) -> Result<bool> {
        let until = now + Duration::seconds(lease_s.into());
        let extend = query(EXTEND).bind(id.as_uuid()).bind(claim).bind(until);
        Ok(self.db.write().await?.execute(extend).await? > 0)
    }

    async fn complete(&self, id: OutboxId, claim: i64) -> Result<bool> {
        Ok(self.db.write().await?.execute(query(COMPLETE).bind(id.as_uuid()).bind(claim)).await? > 0)
    }

    async fn retry(&self, id: OutboxId, claim: i64, run_at: Timestamp, error: &str) -> Result<bool> {
        let retry = query(RETRY).bind(id.as_uuid()).bind(claim).bind(run_at).bind(error);
        let mut tx = self.db.write().await?;
        match tx.attempt(retry).await? {
            Some(touched) => Ok(touched > 0),
            // Another job waits that has its key.
            None => Ok(tx.execute(query(COMPLETE).bind(id.as_uuid()).bind(claim)).await? > 0),
        }
    }

    async fn follow(&self, id: OutboxId, claim: i64, job: JobId) -> Result<bool> {
        let follow = query(FOLLOW).bind(id.as_uuid()).bind(claim).bind(job.as_uuid());
        Ok(self.db.write().await?.execute(follow).await? > 0)
    }

    async fn finish(&self, jobs: &[JobId]) -> Result<u64> {
        let ids: Vec<_> = jobs.iter().map(|job| job.as_uuid()).collect();
        self.db.write().await?.execute(query(FINISH).bind(OutboxKind::Job.as_str()).bind(ids)).await
    }

    async fn bury(&self, id: OutboxId, claim: i64, error: &str) -> Result<bool> {
        let bury = query(BURY).bind(id.as_uuid()).bind(claim).bind(error);
        Ok(self.db.write().await?.execute(bury).await? > 0)
    }

    async fn due(&self, kind: OutboxKind, now: Timestamp) -> Result<bool> {
        row::yes(self.db.fetch_optional(query(DUE).bind(kind.as_str()).bind(now)).await?.as_ref())
    }

    async fn dead(&self, organization: OrganizationId, after: Option<OutboxId>, limit: u32) -> Result<Vec<DeadRow>> {
        let after = after.map(OutboxId::as_uuid).unwrap_or_default();
        let dead = query(DEAD).bind(organization.as_uuid()).bind(after).bind(i64::from(limit));
        row::all(&self.db.fetch_all(dead).await?, read_dead)
    }

    async fn revive(&self, organization: OrganizationId, id: OutboxId, now: Timestamp) -> Result<bool> {
        let revive = query(REVIVE).bind(organization.as_uuid()).bind(id.as_uuid()).bind(now);
        Ok(self.db.write().await?.execute(revive).await? > 0)
    }

    async fn discard(&self, organization: OrganizationId, id: OutboxId) -> Result<bool> {
        let discard = query(DISCARD).bind(organization.as_uuid()).bind(id.as_uuid());
        Ok(self.db.write().await?.execute(discard).await? > 0)
    }

    async fn stats(&self, kind: OutboxKind, now: Timestamp) -> Result<OutboxStats> {
        let Some(row) = self.db.fetch_optional(query(STATS).bind(kind.as_str()).bind(now)).await? else {
            return Ok(OutboxStats::default());
        };
        let mut row = Row::new("outbox", &row);
        Ok(OutboxStats { ready: row.number()?, scheduled: row.number()?, running: row.number()?, dead: row.number()? })
    }
}
