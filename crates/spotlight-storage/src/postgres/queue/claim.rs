//! Claiming: one statement takes the jobs out of the ready ones and writes them down as one chunk.

use std::time::Duration;

use spotlight_core::{
    Error, Result,
    domain::{BatchId, JobId, OrganizationId, ProcessId, time::Timestamp},
    ports::{ClaimedJob, Outcome, Settlement},
    trace::unpack,
};
use sqlx::postgres::PgRow;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    PgQueue,
    bounds::Look,
    extra::Extra,
    finish::Fates,
    guard,
    job::columns,
    mask::{CHUNK, Claim},
    settle,
};
use crate::{
    postgres::{
        db::query,
        row::{self, Row},
        sql::statements,
    },
    shared::stored,
};

statements! {
    // The order of the ranges is the order of the queues. Rows that are locked are in somebody else's hands already.
    CLAIM = [
        "WITH alive AS MATERIALIZED (SELECT 1 FROM job_processes WHERE id = $1), \
         looked AS MATERIALIZED (SELECT q.* FROM unnest($3::text[], $4::smallint[], $5::bigint[], $6::smallint[]) \
         WITH ORDINALITY AS q (queue, priority, seq, last_priority, n) WHERE EXISTS (SELECT FROM alive) \
         AND NOT EXISTS (SELECT FROM job_paused p WHERE p.queue = q.queue) ORDER BY q.n), \
         picked AS MATERIALIZED (SELECT r.at FROM looked q, LATERAL (SELECT r.ctid AS at FROM job_ready r \
         WHERE r.queue = q.queue AND (r.priority, r.seq) >= (q.priority, q.seq) AND r.priority <= q.last_priority \
         ORDER BY r.priority, r.seq LIMIT $7 FOR UPDATE SKIP LOCKED) r LIMIT $7), \
         taken AS (DELETE FROM job_ready r WHERE r.ctid = ANY(ARRAY(SELECT at FROM picked)) \
         RETURNING ", columns!("r."), "), \
         chunk AS (INSERT INTO job_chunks (id, claimed_at, min_id, max_id, ids, queues, priorities, seqs, names, \
         payloads, versions, organizations, attempts, max_attempts, enqueued_ats, extras) \
         SELECT nextval('job_chunk_seq'), now(), (SELECT id FROM taken ORDER BY id LIMIT 1), \
         (SELECT id FROM taken ORDER BY id DESC LIMIT 1), array_agg(id), array_agg(queue), array_agg(priority), \
         array_agg(seq), array_agg(name), array_agg(payload), array_agg(version), array_agg(organization_id), \
         array_agg(attempts + 1), array_agg(max_attempts), array_agg(enqueued_at), array_agg(extra) \
         FROM (SELECT * FROM taken t ORDER BY array_position($3::text[], t.queue), t.priority, t.seq) sorted \
         HAVING count(*) > 0 RETURNING *), \
         noted AS (INSERT INTO job_claims (chunk, process, token, open) SELECT id, $1, $2, \
         rpad(repeat('1', cardinality(ids)), 4096, '0')::bit(4096) FROM chunk) \
         SELECT EXISTS (SELECT FROM alive), c.id, c.ids, c.queues, c.priorities, c.seqs, c.names, c.payloads, \
         c.versions, c.organizations, c.attempts, c.max_attempts, c.enqueued_ats, c.extras \
         FROM (SELECT 1) one LEFT JOIN chunk c ON true"
    ];
}

/// A claim whose answer never came: its jobs belong to a process that does not know of them.
#[derive(Debug)]
pub(super) struct Doubt {
    process: ProcessId,
    token: i64,
    /// Nothing of it can arrive at the store after this.
    until: Instant,
}

/// Leaves a doubt behind unless the claim's answer was given.
struct Asking<'a> {
    queue: &'a PgQueue,
    process: ProcessId,
    token: i64,
    answered: bool,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.answered {
            let until = Instant::now() + self.queue.longest();
            guard(&self.queue.inner.doubts).push(Doubt { process: self.process, token: self.token, until });
        }
    }
}

/// A job that was just claimed.
pub(super) struct Claimed {
    pub(super) job: ClaimedJob,
    pub(super) priority: i16,
    pub(super) seq: i64,
    pub(super) extra: Option<Extra>,
}

impl PgQueue {
    /// Claims up to `limit` jobs.
    pub(super) async fn take(&self, process: ProcessId, queues: &[String], limit: u32) -> Result<Vec<ClaimedJob>> {
        self.settle_doubts(process).await?;
        let limit = usize::try_from(limit).unwrap_or(CHUNK).min(CHUNK);
        let token = i64::from_ne_bytes(low_bytes(self.new_id()));
        let mut asking = Asking { queue: self, process, token, answered: false };
        let claimed = self.ask(process, token, queues, limit).await;
        // A stranger has claimed nothing.
        asking.answered = claimed.as_ref().map_or_else(|error| error.is_conflict(), |_| true);
        claimed
    }

    async fn ask(&self, process: ProcessId, token: i64, queues: &[String], limit: usize) -> Result<Vec<ClaimedJob>> {
        let began = Instant::now();
        let look = guard(&self.inner.bounds).look(queues, began);
        let mut claimed = self.look(process, token, &look, limit).await?;
        if look.bounded && claimed.len() < limit {
            let whole = guard(&self.inner.bounds).whole(queues);
            claimed.extend(self.look(process, token, &whole, limit - claimed.len()).await?);
        }
        let unreadable = |claimed: &mut Claimed| claimed.extra.as_ref().is_some_and(Extra::is_unreadable);
        let unreadable: Vec<_> = claimed.extract_if(.., unreadable).map(|claimed| claimed.job).collect();
        self.bury(process, &unreadable).await?;
        if claimed.iter().any(|claimed| claimed.extra.as_ref().is_some_and(|extra| extra.rate.is_some())) {
            claimed = self.keep_rates(process, claimed).await?;
        }
        Ok(claimed.into_iter().map(|claimed| claimed.job).collect())
    }

    async fn look(&self, process: ProcessId, token: i64, look: &Look, limit: usize) -> Result<Vec<Claimed>> {
        let began = Instant::now();
        let most = i64::try_from(limit).unwrap_or(0);
        let claim = query(CLAIM)
            .bind(process.as_uuid())
            .bind(token)
            .bind(&look.queues)
            .bind(&look.priorities)
            .bind(&look.seqs)
            .bind(&look.last_priorities)
            .bind(most);
        let rows = self.database().fetch_all(claim).await?;
        let claimed = row::one(rows.first(), read)?.flatten();
        let claimed = claimed
            .ok_or_else(|| Error::conflict("this process is not registered as a worker, or its lease has ended"))?;
        let now = Instant::now();
        let places = claimed.iter().map(|claimed| (claimed.job.queue.as_str(), claimed.priority, claimed.seq));
        let full = claimed.len() == limit && limit > 0;
        guard(&self.inner.bounds).learn(look, places, full, (now, now - began));
        Ok(claimed)
    }

    /// Has jobs be dead that cannot be read: without what stood beside them they would run in another way.
    async fn bury(&self, process: ProcessId, jobs: &[ClaimedJob]) -> Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        let error = stored::dead_job(&stored::corrupt("jobs", "extra"));
        for ClaimedJob { id, queue, .. } in jobs {
            tracing::error!(queue, %id, error, "a stored job cannot be read; it is dead");
        }
        let dead = |job: &ClaimedJob| Settlement {
            id: job.id,
            claim: job.claim,
            outcome: Outcome::Dead { error: error.clone() },
        };
        self.end(process, &jobs.iter().map(dead).collect::<Vec<_>>()).await.map(drop)
    }

    /// Gives back what lost claims of a process hold.
    async fn settle_doubts(&self, process: ProcessId) -> Result<()> {
        let tokens: Vec<_> = {
            let mut doubts = guard(&self.inner.doubts);
            if doubts.is_empty() {
                return Ok(());
            }
            let now = Instant::now();
            doubts.retain(|doubt| now < doubt.until);
            doubts.iter().filter(|doubt| doubt.process == process).map(|doubt| doubt.token).collect()
        };
        in_tx!(self, tx, filled => {
            let mut fates = Fates::new();
            for (_, job) in settle::take_by_token(&mut tx, process, &tokens).await? {
                fates.hand_back(job);
            }
            fates.carry_out(&mut tx, filled).await
        })
    }

    /// How long a statement can be under way after nobody waits for it any more.
    fn longest(&self) -> Duration {
        self.inner.options.statement_timeout * 2
    }
}

fn low_bytes(id: Uuid) -> [u8; 8] {
    let mut low = [0; 8];
    low.copy_from_slice(&id.as_bytes()[8..]);
    low
}

/// What a claim brought; none when the process is unknown.
fn read(row: &PgRow) -> Result<Option<Vec<Claimed>>> {
    let mut row = Row::new("job_chunks", row);
    if !row.take::<bool>()? {
        return Ok(None);
    }
    let Some(chunk) = row.take::<Option<i64>>()? else { return Ok(Some(Vec::new())) };
    let ids: Vec<Uuid> = row.take()?;
    let mut queues = row.take::<Vec<String>>()?.into_iter();
    let mut priorities = row.take::<Vec<i16>>()?.into_iter();
    let mut seqs = row.take::<Vec<i64>>()?.into_iter();
    let mut names = row.take::<Vec<String>>()?.into_iter();
    let mut payloads = row.take::<Vec<String>>()?.into_iter();
    let mut versions = row.take::<Vec<i32>>()?.into_iter();
    let mut organizations = row.take::<Vec<Option<Uuid>>>()?.into_iter();
    let mut attempts = row.take::<Vec<i32>>()?.into_iter();
    let mut max_attempts = row.take::<Vec<i32>>()?.into_iter();
    let mut enqueued_ats = row.take::<Vec<Timestamp>>()?.into_iter();
    let mut extras = row.take::<Vec<Option<String>>>()?.into_iter();
    let mut one = |place: usize, id: Uuid| -> Option<Claimed> {
        let extra = Extra::read(extras.next()?.as_deref());
        let (payload, trace) = unpack(payloads.next()?);
        let job = ClaimedJob {
            id: JobId::from_uuid(id),
            name: names.next()?,
            claim: Claim { chunk, place, special: extra.is_some() }.number(),
            queue: queues.next()?,
            organization: organizations.next()?.map(OrganizationId::from_uuid),
            payload,
            version: narrow(versions.next()?),
            attempt: narrow(attempts.next()?),
            max_attempts: narrow(max_attempts.next()?),
            batch: extra.as_ref().and_then(|extra| extra.batch).map(BatchId::from_uuid),
            enqueued_at: enqueued_ats.next()?,
            keep_result: Duration::from_micros(extra.as_ref().map_or(0, |extra| extra.keep)),
            trace,
        };
        Some(Claimed { job, priority: priorities.next()?, seq: seqs.next()?, extra })
    };
    let corrupt = || stored::corrupt("job_chunks", "ids");
    let claimed: Result<Vec<_>> =
        ids.into_iter().enumerate().map(|(place, id)| one(place, id).ok_or_else(corrupt)).collect();
    claimed.map(Some)
}

pub(super) fn narrow(number: i32) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
