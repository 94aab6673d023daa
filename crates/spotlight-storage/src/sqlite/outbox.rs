//! Jobs and events on their way.

use async_trait::async_trait;
use chrono::Duration;
use spotlight_core::{
    Error, Result,
    domain::{ConversationId, JobId, OrganizationId, OutboxId, time::Timestamp},
    ports::{DeadRow, JobSpec, NewEvent, OutboxKind, OutboxRepository, OutboxRow, OutboxStats, Sent, WhenTaken},
    trace::{pack_value, unpack_value},
};
use sqlx::sqlite::SqliteRow;

use super::{
    codec::{Bind, Fields, all, json, one},
    db::{Db, query},
    repositories::repository,
    sql::statements,
};
use crate::shared::stored;

/// A claim that holds.
macro_rules! held {
    () => {
        "id = ? AND claim = ? AND claimed_until IS NOT NULL AND dead_at IS NULL"
    };
}

/// What is read of a row, in the order of [`read`].
macro_rules! columns {
    () => {
        "id, organization_id, name, channel, conversation_id, payload, spec, follows, attempts, claim, created_at"
    };
}

/// Rows of the kind `?1` that nobody has claimed: each of these three is a partial index.
macro_rules! waiting {
    () => {
        "kind = ?1 AND claimed_until IS NULL AND dead_at IS NULL"
    };
}

/// Rows that somebody has claimed.
macro_rules! claimed {
    () => {
        "kind = ?1 AND claimed_until IS NOT NULL AND follows IS NULL AND dead_at IS NULL"
    };
}

/// Jobs that were sent.
macro_rules! sent {
    () => {
        "kind = ?1 AND claimed_until IS NOT NULL AND follows IS NOT NULL AND dead_at IS NULL"
    };
}

/// Rows that were given with their claims, as far as those hold.
macro_rules! held_of {
    () => {
        "FROM (SELECT unhex(value ->> 0) AS id, value ->> 1 AS claim, unhex(value ->> 2) AS job, value ->> 3 AS at \
         FROM json_each(?1)) AS wanted WHERE outbox.id = wanted.id AND outbox.claim = wanted.claim \
         AND claimed_until IS NOT NULL AND dead_at IS NULL"
    };
}

statements! {
    DEAD = [
        "SELECT id, kind, name, conversation_id, attempts, coalesce(last_error, ''), created_at, dead_at FROM outbox \
         WHERE organization_id = ? AND id > ? AND dead_at IS NOT NULL ORDER BY id LIMIT ?"
    ];
    REVIVE = [
        "UPDATE outbox SET dead_at = NULL, run_at = ?, attempts = 0, waiting_key = NULL \
         WHERE organization_id = ? AND id = ? AND dead_at IS NOT NULL"
    ];
    DISCARD = ["DELETE FROM outbox WHERE organization_id = ? AND id = ? AND dead_at IS NOT NULL"];
    @global {
        /// The outbox is global. Touches no row when a waiting job has the key.
        ADD = [
            "INSERT INTO outbox (id, kind, organization_id, name, channel, conversation_id, payload, waiting_key, \
             run_at, created_at, spec) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (waiting_key) WHERE waiting_key IS NOT NULL AND claimed_until IS NULL AND dead_at IS NULL \
             DO NOTHING"
        ];
        /// The outbox is global.
        BY_KEY = ["SELECT id FROM outbox WHERE waiting_key = ? AND claimed_until IS NULL AND dead_at IS NULL"];
        /// The outbox is global.
        CLAIM = [
            "UPDATE outbox SET claim = claim + 1, attempts = attempts + 1, claimed_until = ?3 WHERE seq IN ( \
             SELECT seq FROM ( \
             SELECT * FROM (SELECT 0 AS turn, run_at, seq FROM outbox WHERE ", claimed!(), " AND claimed_until <= ?2 \
             ORDER BY claimed_until, seq LIMIT ?4) UNION ALL \
             SELECT * FROM (SELECT 1, run_at, seq FROM outbox WHERE ", waiting!(), " AND run_at <= ?2 \
             ORDER BY run_at, seq LIMIT ?4) ORDER BY turn, run_at, seq LIMIT ?4)) \
             RETURNING run_at, seq, ", columns!()
        ];
        /// The outbox is global.
        EXTEND = ["UPDATE outbox SET claimed_until = ?2 ", held_of!()];
        /// The outbox is global.
        SENT = ["UPDATE outbox SET follows = wanted.job, claimed_until = wanted.at ", held_of!()];
        /// The outbox is global.
        OVERDUE = [
            "SELECT ", columns!(), " FROM outbox WHERE ", sent!(), " AND claimed_until <= ?2 \
             ORDER BY claimed_until, seq LIMIT ?3"
        ];
        /// The outbox is global.
        BEHIND = ["SELECT ", columns!(), " FROM outbox WHERE follows = ? ORDER BY seq"];
        /// The outbox is global.
        COMPLETE = ["DELETE FROM outbox WHERE ", held!()];
        /// The outbox is global.
        RETRY = [
            "UPDATE outbox SET claimed_until = NULL, follows = NULL, run_at = ?, last_error = ? WHERE ", held!()
        ];
        /// The outbox is global. Another waiting job stands for the row.
        COVERED = [
            "DELETE FROM outbox WHERE ", held!(), " AND EXISTS (SELECT 1 FROM outbox AS other \
             WHERE other.waiting_key = outbox.waiting_key AND other.claimed_until IS NULL AND other.dead_at IS NULL)"
        ];
        /// The outbox is global.
        FINISH = [
            "DELETE FROM outbox WHERE kind = ?1 AND (id IN (SELECT unhex(value) FROM json_each(?2)) \
             OR follows IN (SELECT unhex(value) FROM json_each(?2)))"
        ];
        /// The outbox is global.
        BURY = [
            "UPDATE outbox SET claimed_until = NULL, follows = NULL, dead_at = ?, last_error = ? WHERE ", held!()
        ];
        /// The outbox is global.
        DUE = [
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE ", waiting!(), " AND run_at <= ?2) \
             OR EXISTS (SELECT 1 FROM outbox WHERE ", claimed!(), " AND claimed_until <= ?2)"
        ];
        /// The outbox is global.
        STATS = [
            "SELECT (SELECT count(*) FROM outbox WHERE ", waiting!(), " AND run_at <= ?2) \
             + (SELECT count(*) FROM outbox WHERE ", claimed!(), " AND claimed_until <= ?2), \
             (SELECT count(*) FROM outbox WHERE ", waiting!(), " AND run_at > ?2), \
             (SELECT count(*) FROM outbox WHERE ", claimed!(), " AND claimed_until > ?2) \
             + (SELECT count(*) FROM outbox WHERE ", sent!(), "), \
             (SELECT count(*) FROM outbox WHERE kind = ?1 AND dead_at IS NOT NULL)"
        ];
    }
}

repository! {
    /// Keeps the outbox.
    SqliteOutboxRepository
}

fn fields(f: &mut Fields<'_>) -> Result<OutboxRow> {
    let mut read = OutboxRow {
        id: f.id(OutboxId::from_uuid)?,
        organization_id: f.opt_id(OrganizationId::from_uuid)?,
        name: f.text()?,
        channel: f.opt_text()?,
        conversation_id: f.opt_id(ConversationId::from_uuid)?,
        payload: f.json()?,
        trace: None,
        spec: f.opt_text()?.map(|text| stored::job(&text)).transpose()?,
        job: f.opt_id(JobId::from_uuid)?,
        attempts: f.int()?,
        claim: f.int()?,
        created_at: f.at()?,
    };
    read.trace = if read.spec.is_none() { unpack_value(&mut read.payload) } else { None };
    Ok(read)
}

fn read(row: &SqliteRow) -> Result<OutboxRow> {
    fields(&mut Fields::new("outbox", row))
}

/// A row to be added.
struct NewRow<'a> {
    kind: OutboxKind,
    organization_id: Option<OrganizationId>,
    name: &'a str,
    channel: Option<&'a str>,
    conversation_id: Option<ConversationId>,
    payload: &'a serde_json::Value,
    spec: Option<&'a str>,
    unique_key: Option<&'a str>,
}

async fn add(db: &Db, row: NewRow<'_>) -> Result<OutboxId> {
    let mut write = db.write().await?;
    let (id, now) = (write.new_id(), write.began_at());
    let add = query(ADD)
        .bind(id)
        .bind(row.kind.as_str())
        .bind(row.organization_id.map(OrganizationId::as_uuid))
        .bind(row.name)
        .bind(row.channel)
        .bind(row.conversation_id.map(ConversationId::as_uuid))
        .bind(json(row.payload)?)
        .bind(row.unique_key)
        // A job is due at once, whenever it is to run.
        .at(now)
        .at(now)
        .bind(row.spec);
    if write.execute(add).await? > 0 {
        return Ok(OutboxId::from_uuid(id));
    }
    let waiting = write.row(query(BY_KEY).bind(row.unique_key)).await?;
    one(waiting, |row| Fields::new("outbox", row).id(OutboxId::from_uuid))?
        .ok_or_else(|| Error::internal("a job was neither added nor found"))
}

/// Adds a job, unless one of its key is there that has not gone on its way.
pub(super) async fn enqueue(db: &Db, job: &JobSpec) -> Result<JobId> {
    let key = job.unique.as_ref().filter(|unique| unique.taken == WhenTaken::Discard);
    let unique_key = key.map(|unique| format!("{}:{}", job.queue, unique.key));
    let spec = stored::job_text(job)?;
    let row = NewRow {
        kind: OutboxKind::Job,
        organization_id: job.organization,
        name: &job.name,
        channel: None,
        conversation_id: None,
        payload: &serde_json::Value::Null,
        spec: Some(&spec),
        unique_key: unique_key.as_deref(),
    };
    add(db, row).await.map(|id| JobId::from_uuid(id.as_uuid()))
}

/// Adds an event.
pub(super) async fn publish(db: &Db, event: &NewEvent) -> Result<OutboxId> {
    let payload = pack_value(&event.data, event.trace.as_ref());
    let row = NewRow {
        kind: OutboxKind::Event,
        organization_id: Some(event.organization_id),
        name: &event.event_type,
        channel: Some(&event.channel),
        conversation_id: event.conversation_id,
        payload: &payload,
        spec: None,
        unique_key: None,
    };
    add(db, row).await
}

#[async_trait]
impl OutboxRepository for SqliteOutboxRepository {
    async fn claim(&self, kind: OutboxKind, now: Timestamp, lease_s: u32, limit: u32) -> Result<Vec<OutboxRow>> {
        let until = now + Duration::seconds(i64::from(lease_s));
        let claim = query(CLAIM).bind(kind.as_str()).at(now).at(until).bind(limit);
        let rows = self.db.write().await?.returning(claim).await?;
        let mut rows = all(&rows, |row| {
            let mut f = Fields::new("outbox", row);
            let order: (i64, i64) = (f.int()?, f.int()?);
            Ok((order, fields(&mut f)?))
        })?;
        // What an update returns has no order.
        rows.sort_unstable_by_key(|(order, _)| *order);
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    async fn extend(&self, rows: &[(OutboxId, i64)], now: Timestamp, lease_s: u32) -> Result<u64> {
        let until = now + Duration::seconds(i64::from(lease_s));
        let rows = json(&rows.iter().map(|(id, claim)| (id.as_uuid().simple(), claim)).collect::<Vec<_>>())?;
        Ok(self.db.write().await?.execute(query(EXTEND).bind(rows).at(until)).await?)
    }

    async fn sent(&self, rows: &[Sent]) -> Result<u64> {
        let given = |row: &Sent| {
            let (id, job) = (row.id.as_uuid().simple(), row.job.as_uuid().simple());
            (id, row.claim, job, row.look_at.timestamp_micros())
        };
        let rows = json(&rows.iter().map(given).collect::<Vec<_>>())?;
        Ok(self.db.write().await?.execute(query(SENT).bind(rows)).await?)
    }

    async fn overdue(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxRow>> {
        let overdue = query(OVERDUE).bind(OutboxKind::Job.as_str()).at(now).bind(limit);
        all(&self.db.rows(overdue).await?, read)
    }

    async fn behind(&self, job: JobId) -> Result<Vec<OutboxRow>> {
        all(&self.db.rows(query(BEHIND).bind(job.as_uuid())).await?, read)
    }

    async fn complete(&self, id: OutboxId, claim: i64) -> Result<bool> {
        let complete = query(COMPLETE).bind(id.as_uuid()).bind(claim);
        Ok(self.db.write().await?.execute(complete).await? > 0)
    }

    async fn retry(&self, id: OutboxId, claim: i64, run_at: Timestamp, error: &str) -> Result<bool> {
        let retry = query(RETRY).at(run_at).bind(error).bind(id.as_uuid()).bind(claim);
        let mut write = self.db.write().await?;
        if write.execute(query(COVERED).bind(id.as_uuid()).bind(claim)).await? > 0 {
            return Ok(true);
        }
        Ok(write.execute(retry).await? > 0)
    }

    async fn finish(&self, jobs: &[JobId]) -> Result<u64> {
        let ids = json(&jobs.iter().map(|job| job.as_uuid().simple().to_string()).collect::<Vec<_>>())?;
        let finish = query(FINISH).bind(OutboxKind::Job.as_str()).bind(ids);
        Ok(self.db.write().await?.execute(finish).await?)
    }

    async fn bury(&self, id: OutboxId, claim: i64, error: &str) -> Result<bool> {
        let mut write = self.db.write().await?;
        let bury = query(BURY).at(write.began_at()).bind(error).bind(id.as_uuid()).bind(claim);
        Ok(write.execute(bury).await? > 0)
    }

    async fn due(&self, kind: OutboxKind, now: Timestamp) -> Result<bool> {
        let due = self.db.row(query(DUE).bind(kind.as_str()).at(now)).await?;
        Ok(one(due, |row| Fields::new("outbox", row).flag())?.unwrap_or_default())
    }

    async fn dead(&self, organization: OrganizationId, after: Option<OutboxId>, limit: u32) -> Result<Vec<DeadRow>> {
        let after = after.map(OutboxId::as_uuid).unwrap_or_default();
        let dead = query(DEAD).bind(organization.as_uuid()).bind(after).bind(limit);
        all(&self.db.rows(dead).await?, |row| {
            let mut f = Fields::new("outbox", row);
            Ok(DeadRow {
                id: f.id(OutboxId::from_uuid)?,
                kind: if f.text()? == OutboxKind::Event.as_str() { OutboxKind::Event } else { OutboxKind::Job },
                name: f.text()?,
                conversation_id: f.opt_id(ConversationId::from_uuid)?,
                attempts: f.int()?,
                last_error: f.text()?,
                created_at: f.at()?,
                dead_at: f.at()?,
            })
        })
    }

    async fn revive(&self, organization: OrganizationId, id: OutboxId, now: Timestamp) -> Result<bool> {
        let revive = query(REVIVE).at(now).bind(organization.as_uuid()).bind(id.as_uuid());
        Ok(self.db.write().await?.execute(revive).await? > 0)
    }

    async fn discard(&self, organization: OrganizationId, id: OutboxId) -> Result<bool> {
        let discard = query(DISCARD).bind(organization.as_uuid()).bind(id.as_uuid());
        Ok(self.db.write().await?.execute(discard).await? > 0)
    }

    async fn stats(&self, kind: OutboxKind, now: Timestamp) -> Result<OutboxStats> {
        let stats = one(self.db.row(query(STATS).bind(kind.as_str()).at(now)).await?, |row| {
            let mut f = Fields::new("outbox", row);
            Ok(OutboxStats { ready: f.int()?, scheduled: f.int()?, running: f.int()?, dead: f.int()? })
        })?;
        Ok(stats.unwrap_or_default())
    }
}
