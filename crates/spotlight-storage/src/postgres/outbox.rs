//! Jobs and events that were committed with their cause and are on their way.

use async_trait::async_trait;
use chrono::Duration;
use serde_json::Value;
use spotlight_core::{
    Error, Result, Retry,
    domain::{ConversationId, JobId, OrganizationId, OutboxId, time::Timestamp},
    ports::{DeadRow, JobSpec, OutboxKind, OutboxRepository, OutboxRow, OutboxStats, Sent, WhenTaken},
};
use sqlx::{postgres::PgRow, types::Json};

use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::statements,
};
use crate::shared::stored;

/// What is read of a row, in the order of [`read`].
macro_rules! columns {
    () => {
        "id, organization_id, name, channel, conversation_id, payload, spec, follows, attempts, claim, created_at"
    };
}

/// Rows of the kind `$1` that nobody has claimed: each of these three is a partial index.
macro_rules! waiting {
    () => {
        "kind = $1 AND claimed_until IS NULL AND dead_at IS NULL"
    };
}

/// Rows that somebody has claimed.
macro_rules! claimed {
    () => {
        "kind = $1 AND claimed_until IS NOT NULL AND follows IS NULL AND dead_at IS NULL"
    };
}

/// Jobs that were sent.
macro_rules! sent {
    () => {
        "kind = $1 AND claimed_until IS NOT NULL AND follows IS NOT NULL AND dead_at IS NULL"
    };
}

/// Rows that were given with their claims, as far as those hold, locked in the order of ids.
macro_rules! held_of {
    ($given:literal, $from:literal, $more:literal) => {
        concat!(
            "SELECT o.id",
            $more,
            " FROM ",
            $from,
            " AS ",
            $given,
            " JOIN outbox o ON o.id = g.id \
             AND o.claim = g.claim AND o.claimed_until IS NOT NULL ORDER BY o.id FOR UPDATE OF o"
        )
    };
}

statements! {
    // A job is due at once, whenever it is to run; what is due at once is due since its unit began.
    ADD = [
        "INSERT INTO outbox (id, kind, organization_id, name, channel, conversation_id, payload, waiting_key, run_at, \
         created_at, spec) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10) \
         ON CONFLICT (waiting_key) WHERE waiting_key IS NOT NULL AND claimed_until IS NULL AND dead_at IS NULL DO NOTHING"
    ];
    // Locked, so that nobody claims it before the unit ends: it must not read its facts before this unit has written.
    FIND_BY_KEY = [
        "SELECT id FROM outbox WHERE waiting_key = $1 AND claimed_until IS NULL AND dead_at IS NULL FOR UPDATE"
    ];
    CLAIM = [
        "WITH ended AS (SELECT id FROM outbox WHERE ", claimed!(), " AND claimed_until <= $2 \
         ORDER BY claimed_until, seq LIMIT $4 FOR UPDATE SKIP LOCKED), \
         fresh AS (SELECT id FROM outbox WHERE ", waiting!(), " AND run_at <= $2 ORDER BY run_at, seq \
         LIMIT (SELECT $4 - count(*) FROM ended) FOR UPDATE SKIP LOCKED), \
         due AS (SELECT id FROM ended UNION ALL SELECT id FROM fresh), \
         taken AS (UPDATE outbox o SET attempts = o.attempts + 1, claim = o.claim + 1, claimed_until = $3 FROM due \
         WHERE o.id = due.id RETURNING o.id, o.organization_id, o.name, o.channel, o.conversation_id, o.payload, \
         o.attempts, o.claim, o.created_at, o.run_at, o.seq, o.spec, o.follows) \
         SELECT ", columns!(), " FROM taken ORDER BY run_at, seq"
    ];
    // Rows that several change at once are locked in one order.
    EXTEND = [
        "WITH held AS (", held_of!("g (id, claim)", "unnest($1::uuid[], $2::bigint[])", ""), ") \
         UPDATE outbox o SET claimed_until = $3 FROM held WHERE o.id = held.id"
    ];
    SENT = [
        "WITH held AS (",
        held_of!("g (id, claim, job, look_at)", "unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::timestamptz[])",
            ", g.job, g.look_at"),
        ") UPDATE outbox o SET follows = held.job, claimed_until = held.look_at FROM held WHERE o.id = held.id"
    ];
    OVERDUE = [
        "SELECT ", columns!(), " FROM outbox WHERE ", sent!(), " AND claimed_until <= $2 \
         ORDER BY claimed_until, seq LIMIT $3"
    ];
    BEHIND = ["SELECT ", columns!(), " FROM outbox WHERE follows = $1 ORDER BY seq"];
    COMPLETE = ["DELETE FROM outbox WHERE id = $1 AND claim = $2 AND claimed_until IS NOT NULL"];
    RETRY = [
        "UPDATE outbox SET run_at = $3, last_error = $4, claimed_until = NULL, follows = NULL \
         WHERE id = $1 AND claim = $2 AND claimed_until IS NOT NULL"
    ];
    FINISH = [
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE kind = $1 AND (id = ANY($2) OR follows = ANY($2)) \
         ORDER BY id FOR UPDATE)"
    ];
    BURY = [
        "UPDATE outbox SET dead_at = clock_timestamp(), last_error = $3, claimed_until = NULL, follows = NULL \
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
        "SELECT (SELECT count(*) FROM outbox WHERE ", waiting!(), " AND run_at <= $2) \
         + (SELECT count(*) FROM outbox WHERE ", claimed!(), " AND claimed_until <= $2), \
         (SELECT count(*) FROM outbox WHERE ", waiting!(), " AND run_at > $2), \
         (SELECT count(*) FROM outbox WHERE ", claimed!(), " AND claimed_until > $2) \
         + (SELECT count(*) FROM outbox WHERE ", sent!(), "), \
         (SELECT count(*) FROM outbox WHERE kind = $1 AND dead_at IS NOT NULL)"
    ];
    DUE = [
        "SELECT EXISTS (SELECT 1 FROM outbox WHERE ", waiting!(), " AND run_at <= $2) \
         OR EXISTS (SELECT 1 FROM outbox WHERE ", claimed!(), " AND claimed_until <= $2)"
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
        job: row.maybe_id(JobId::from_uuid)?,
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

/// A job to be added.
struct New {
    organization: Option<OrganizationId>,
    name: String,
    spec: Option<String>,
    unique_key: Option<String>,
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
        let new = New { organization: job.organization, name: job.name, spec, unique_key };
        self.add(new).await.map(|id| JobId::from_uuid(id.as_uuid()))
    }

    async fn add(&self, new: New) -> Result<OutboxId> {
        let mut tx = self.db.write().await?;
        let id = tx.new_id();
        // The job that has the key can be claimed between the two statements; then the key is free again.
        for _ in 0..3 {
            let add = query(ADD)
                .bind(id)
                .bind(OutboxKind::Job.as_str())
                .bind(new.organization.map(OrganizationId::as_uuid))
                .bind(new.name.as_str())
                .bind(None::<&str>)
                .bind(None::<uuid::Uuid>)
                .bind(Json(Value::Null))
                .bind(new.unique_key.as_deref())
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

    async fn extend(&self, rows: &[(OutboxId, i64)], now: Timestamp, lease_s: u32) -> Result<u64> {
        let (ids, claims): (Vec<_>, Vec<_>) = rows.iter().map(|(id, claim)| (id.as_uuid(), *claim)).unzip();
        let until = now + Duration::seconds(lease_s.into());
        self.db.write().await?.execute(query(EXTEND).bind(ids).bind(claims).bind(until)).await
    }

    async fn sent(&self, rows: &[Sent]) -> Result<u64> {
        let ids: Vec<_> = rows.iter().map(|row| row.id.as_uuid()).collect();
        let claims: Vec<_> = rows.iter().map(|row| row.claim).collect();
        let jobs: Vec<_> = rows.iter().map(|row| row.job.as_uuid()).collect();
        let looks: Vec<_> = rows.iter().map(|row| row.look_at).collect();
        self.db.write().await?.execute(query(SENT).bind(ids).bind(claims).bind(jobs).bind(looks)).await
    }

    async fn overdue(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxRow>> {
        let overdue = query(OVERDUE).bind(OutboxKind::Job.as_str()).bind(now).bind(i64::from(limit));
        row::all(&self.db.fetch_all(overdue).await?, read)
    }

    async fn behind(&self, job: JobId) -> Result<Vec<OutboxRow>> {
        row::all(&self.db.fetch_all(query(BEHIND).bind(job.as_uuid())).await?, read)
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
