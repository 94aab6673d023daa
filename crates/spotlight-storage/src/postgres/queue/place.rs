//! Where a job goes when it has to wait: at once, for its time, or for others of its key.
//!
//! Rows of several kinds are locked in one order, so that transactions do not wait for one another in a circle: claims,
//! unique keys, concurrency keys, batches; and those of a kind by their key. What still collides is tried again.

use std::collections::{BTreeMap, BTreeSet};

use spotlight_core::{Result, domain::time::Timestamp};
use spotlight_derive::RedactedDebug;

use super::job::{Columns, Job, columns, given};
use crate::postgres::{db::query, row::Row, sql::statements, tx::Tx};

/// A place in line: the job's own, or the next one.
macro_rules! seq {
    () => {
        "CASE WHEN j.seq = 0 THEN nextval('job_seq') ELSE j.seq END"
    };
}

statements! {
    INSERT_READY = [
        "INSERT INTO job_ready (", columns!(""), ", ready_at) SELECT j.id, j.queue, j.priority, ", seq!(), ", j.name, \
         j.payload, j.version, j.organization_id, j.attempts, j.max_attempts, coalesce(j.enqueued_at, now()), j.extra, \
         CASE WHEN j.enqueued_at IS NOT NULL THEN now() END FROM ", given!(), " ORDER BY j.n"
    ];
    INSERT_SCHEDULED = [
        "INSERT INTO job_scheduled (id, queue, priority, name, payload, version, organization_id, attempts, \
         max_attempts, enqueued_at, extra, run_at) SELECT j.id, j.queue, j.priority, j.name, j.payload, j.version, \
         j.organization_id, j.attempts, j.max_attempts, coalesce(j.enqueued_at, now()), j.extra, \
         ($13::timestamptz[])[j.n] FROM ", given!()
    ];
    INSERT_BLOCKED = [
        "INSERT INTO job_blocked (", columns!(""), ", key) SELECT j.id, j.queue, j.priority, ", seq!(), ", j.name, \
         j.payload, j.version, j.organization_id, j.attempts, j.max_attempts, coalesce(j.enqueued_at, now()), j.extra, \
         ($13::text[])[j.n] FROM ", given!(), " ORDER BY j.n"
    ];
    SET_LIMITS = [
        "INSERT INTO job_keys AS k (queue, key, most, taken) SELECT g.queue, g.key, g.most, 0 \
         FROM unnest($1::text[], $2::text[], $3::integer[]) AS g (queue, key, most) ORDER BY g.queue, g.key \
         ON CONFLICT (queue, key) DO UPDATE SET most = excluded.most"
    ];
    FREE_PLACES = [
        "WITH g AS (SELECT * FROM unnest($1::text[], $2::text[], $3::integer[]) AS g (queue, key, freed)), \
         locked AS MATERIALIZED (SELECT k.queue, k.key FROM job_keys k JOIN g USING (queue, key) \
         ORDER BY k.queue, k.key FOR UPDATE OF k) \
         UPDATE job_keys k SET taken = greatest(k.taken - g.freed, 0) FROM locked l, g \
         WHERE k.queue = l.queue AND k.key = l.key AND g.queue = l.queue AND g.key = l.key"
    ];
    // The keys are locked by this transaction, so this statement sees whoever was blocked before. A blocked job that
    // somebody else is moving is passed over.
    FILL_PLACES = [
        "WITH next AS MATERIALIZED (SELECT b.at FROM (SELECT k.queue, k.key, k.most - k.taken AS room FROM job_keys k \
         JOIN unnest($1::text[], $2::text[]) AS g (queue, key) USING (queue, key) WHERE k.taken < k.most) k, \
         LATERAL (SELECT b.ctid AS at FROM job_blocked b WHERE b.queue = k.queue AND b.key = k.key \
         ORDER BY b.priority, b.seq LIMIT k.room FOR UPDATE SKIP LOCKED) b), \
         out AS (DELETE FROM job_blocked b WHERE b.ctid = ANY(ARRAY(SELECT at FROM next)) \
         RETURNING ", columns!("b."), ", b.key), \
         moved AS (INSERT INTO job_ready (", columns!(""), ", ready_at) SELECT ", columns!(""), ", now() FROM out), \
         counted AS (UPDATE job_keys k SET taken = k.taken + c.n FROM (SELECT queue, key, count(*)::integer AS n \
         FROM out GROUP BY queue, key) c WHERE k.queue = c.queue AND k.key = c.key) \
         SELECT DISTINCT queue FROM out"
    ];
    TELL = ["SELECT pg_notify('spotlight_jobs', $1)"];
}

/// Where a job is to go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Place {
    /// Ready: it has no concurrency key, or has a place of it already.
    Ready,
    /// In line for its concurrency key if it has one, else ready.
    Line,
    /// Not before this instant.
    At(Timestamp),
}

/// Which queues got ready jobs in a transaction.
#[derive(RedactedDebug, Default)]
pub(super) struct Filled {
    pub(super) queues: BTreeSet<String>,
    /// Jobs came back to places before others.
    pub(super) again: bool,
}

/// Concurrency keys by queue and key, with a number for each.
pub(super) type Keys<T> = BTreeMap<(String, String), T>;

/// Puts jobs where they are to wait.
pub(super) async fn place(tx: &mut Tx, jobs: &[(Job, Place)], filled: &mut Filled) -> Result<()> {
    let (mut ready, mut blocked, mut scheduled) = (Vec::new(), Vec::new(), Vec::new());
    let mut limits: Keys<i32> = Keys::new();
    let mut keys = Vec::new();
    let mut times = Vec::new();
    for (job, place) in jobs {
        match (place, job.limit()) {
            (Place::At(at), _) => {
                scheduled.push(job);
                times.push(*at);
            }
            (Place::Line, Some(limit)) => {
                let most = i32::try_from(limit.limit).unwrap_or(i32::MAX);
                limits.insert((job.queue.clone(), limit.key.clone()), most);
                keys.push(limit.key.as_str());
                blocked.push(job);
            }
            (Place::Ready | Place::Line, _) => {
                filled.again |= job.seq != 0;
                if !filled.queues.contains(&job.queue) {
                    filled.queues.insert(job.queue.clone());
                }
                ready.push(job);
            }
        }
    }
    let ready = Columns::of(ready)?;
    if !ready.is_empty() {
        tx.execute(ready.bind(query(INSERT_READY))).await?;
    }
    let scheduled = Columns::of(scheduled)?;
    if !scheduled.is_empty() {
        tx.execute(scheduled.bind(query(INSERT_SCHEDULED)).bind(&times)).await?;
    }
    let blocked = Columns::of(blocked)?;
    if !blocked.is_empty() {
        tx.execute(blocked.bind(query(INSERT_BLOCKED)).bind(&keys)).await?;
        let (queues, keys, most) = split(&limits);
        tx.execute(query(SET_LIMITS).bind(&queues).bind(&keys).bind(&most)).await?;
        fill(tx, &queues, &keys, filled).await?;
    }
    Ok(())
}

/// Gives back places of concurrency keys. [`fill_keys`] gives them to others.
pub(super) async fn free_places(tx: &mut Tx, freed: &Keys<i32>) -> Result<()> {
    if !freed.is_empty() {
        let (queues, keys, counts) = split(freed);
        tx.execute(query(FREE_PLACES).bind(&queues).bind(&keys).bind(&counts)).await?;
    }
    Ok(())
}

/// Makes blocked jobs of these keys ready, as far as there is room.
pub(super) async fn fill_keys(tx: &mut Tx, freed: &Keys<i32>, filled: &mut Filled) -> Result<()> {
    let (queues, keys, _) = split(freed);
    fill(tx, &queues, &keys, filled).await
}

async fn fill(tx: &mut Tx, queues: &[&str], keys: &[&str], filled: &mut Filled) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    for row in tx.write_returning(query(FILL_PLACES).bind(queues).bind(keys)).await? {
        filled.queues.insert(Row::new("job_blocked", &row).take()?);
        filled.again = true;
    }
    Ok(())
}

fn split(keys: &Keys<i32>) -> (Vec<&str>, Vec<&str>, Vec<i32>) {
    let queues = keys.keys().map(|(queue, _)| queue.as_str()).collect();
    (queues, keys.keys().map(|(_, key)| key.as_str()).collect(), keys.values().copied().collect())
}

/// Tells every process that these queues got jobs, when the transaction commits.
pub(super) async fn tell(tx: &mut Tx, told: Option<String>) -> Result<()> {
    if let Some(told) = told {
        tx.write_returning(query(TELL).bind(told)).await?;
    }
    Ok(())
}
