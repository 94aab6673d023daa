//! Unique keys.

use std::collections::{HashMap, HashSet};

use chrono::Duration as Span;
use spotlight_core::{
    Error, Result,
    domain::{JobId, time::Timestamp},
    ports::Enqueued,
};
use uuid::Uuid;

use super::{
    extra::{Scope, Taken, UniqueNote},
    job::{Job, columns, span},
    place::{self, Filled, Keys, Place},
    produce::Draft,
};
use crate::postgres::{db::query, row::Row, sql::statements, tx::Tx};

/// The job `u.job` stands in this table.
macro_rules! stands_in {
    ($table:literal) => {
        concat!("EXISTS (SELECT 1 FROM ", $table, " w WHERE w.id = u.job)")
    };
}

statements! {
    // Whoever has a key is locked also where nothing changes.
    TAKE = [
        "INSERT INTO job_unique AS u (queue, key, job, until, waiting) SELECT g.queue, g.key, g.job, g.until, g.waiting \
         FROM unnest($1::text[], $2::text[], $3::uuid[], $4::timestamptz[], $5::boolean[]) \
         AS g (queue, key, job, until, waiting) ORDER BY g.queue, g.key \
         ON CONFLICT (queue, key) DO UPDATE SET job = excluded.job, until = excluded.until, waiting = excluded.waiting \
         WHERE u.until <= clock_timestamp() OR u.job = excluded.job RETURNING queue, key"
    ];
    HOLDERS = [
        "SELECT u.queue, u.key, u.job, u.waiting, ", stands_in!("job_ready"), " OR ", stands_in!("job_scheduled"),
        " OR ", stands_in!("job_blocked"), " FROM job_unique u JOIN unnest($1::text[], $2::text[]) AS g (queue, key) \
         USING (queue, key)"
    ];
    HAND_OVER = ["UPDATE job_unique SET job = $3, until = $4, waiting = $5 WHERE queue = $1 AND key = $2"];
    FREE = [
        "WITH locked AS MATERIALIZED (SELECT u.queue, u.key FROM job_unique u JOIN unnest($1::text[], $2::text[], \
         $3::uuid[]) AS g (queue, key, job) ON u.queue = g.queue AND u.key = g.key AND u.job = g.job \
         ORDER BY u.queue, u.key FOR UPDATE OF u) \
         DELETE FROM job_unique u USING locked l WHERE u.queue = l.queue AND u.key = l.key"
    ];
    // Whatever the key is: for jobs that cannot be read. Keys that are held for a period stay.
    FREE_ALL = [
        "WITH locked AS MATERIALIZED (SELECT u.queue, u.key FROM job_unique u JOIN unnest($1::text[], $2::uuid[]) \
         AS g (queue, job) ON u.queue = g.queue AND u.job = g.job WHERE u.until IS NULL \
         ORDER BY u.queue, u.key FOR UPDATE OF u) \
         DELETE FROM job_unique u USING locked l WHERE u.queue = l.queue AND u.key = l.key"
    ];
    TAKE_OUT = [
        "WITH r AS (DELETE FROM job_ready w WHERE w.id = $1 RETURNING ", columns!("w."), "), \
         s AS (DELETE FROM job_scheduled w WHERE w.id = $1 RETURNING w.id, w.queue, w.priority, 0::bigint AS seq, \
         w.name, w.payload, w.version, w.organization_id, w.attempts, w.max_attempts, w.enqueued_at, w.extra), \
         b AS (DELETE FROM job_blocked w WHERE w.id = $1 RETURNING ", columns!("w."), ") \
         SELECT true, ", columns!(""), " FROM r UNION ALL SELECT false, ", columns!(""), " FROM s \
         UNION ALL SELECT false, ", columns!(""), " FROM b"
    ];
}

type Key = (String, String);

fn until(unique: &UniqueNote, now: Timestamp) -> Option<Timestamp> {
    match unique.scope {
        Scope::Period(period) => Some(now + span(period).min(Span::days(365_000))),
        Scope::Waiting | Scope::Unfinished => None,
    }
}

/// Takes a waiting job out of its place. The flag tells that it was ready. None when it does not wait.
pub(super) async fn take_out(tx: &mut Tx, id: Uuid) -> Result<Option<(bool, Job)>> {
    // A job that moves from one table to another at this moment is in neither for a look that began before.
    for _ in 0..3 {
        let rows = tx.write_returning(query(TAKE_OUT).bind(id)).await?;
        if let Some(row) = rows.first() {
            let mut row = Row::new("jobs", row);
            return Ok(Some((row.take()?, Job::read(&mut row)?)));
        }
    }
    Ok(None)
}

/// Frees unique keys that these jobs hold.
pub(super) async fn free(tx: &mut Tx, held: &[(String, String, Uuid)]) -> Result<()> {
    if held.is_empty() {
        return Ok(());
    }
    let queues: Vec<_> = held.iter().map(|(queue, _, _)| queue.as_str()).collect();
    let keys: Vec<_> = held.iter().map(|(_, key, _)| key.as_str()).collect();
    let jobs: Vec<_> = held.iter().map(|(_, _, job)| *job).collect();
    tx.execute(query(FREE).bind(&queues).bind(&keys).bind(&jobs)).await?;
    Ok(())
}

/// Frees the unique keys of jobs that cannot tell them.
pub(super) async fn free_all(tx: &mut Tx, jobs: &[(String, Uuid)]) -> Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let queues: Vec<_> = jobs.iter().map(|(queue, _)| queue.as_str()).collect();
    let ids: Vec<_> = jobs.iter().map(|(_, job)| *job).collect();
    tx.execute(query(FREE_ALL).bind(&queues).bind(&ids)).await.map(drop)
}

/// Adds unique jobs as far as their keys are free, and answers for each. The place in `answers` is the draft's.
pub(super) async fn add(
    tx: &mut Tx,
    mut drafts: Vec<(usize, Draft)>,
    now: Timestamp,
    answers: &mut [Option<Enqueued>],
    filled: &mut Filled,
) -> Result<()> {
    // Of several jobs with one key, each must see what became of the one before.
    while !drafts.is_empty() {
        let mut seen: HashSet<Key> = HashSet::new();
        let (round, later) = drafts.into_iter().partition::<Vec<_>, _>(|(_, draft)| {
            draft.job.unique().is_some_and(|unique| seen.insert((draft.job.queue.clone(), unique.key.clone())))
        });
        drafts = later;
        add_round(tx, round, now, answers, filled).await?;
    }
    Ok(())
}

async fn add_round(
    tx: &mut Tx,
    round: Vec<(usize, Draft)>,
    now: Timestamp,
    answers: &mut [Option<Enqueued>],
    filled: &mut Filled,
) -> Result<()> {
    let free = take(tx, round.iter().map(|(_, draft)| &draft.job), now).await?;
    let mut taken = Vec::new();
    let mut placed = Vec::new();
    for (index, draft) in round {
        if key(&draft.job).is_some_and(|key| free.contains(&key)) {
            answers[index] = Some(Enqueued::Added(JobId::from_uuid(draft.job.id)));
            placed.push(draft.placed(now));
        } else {
            taken.push((index, draft));
        }
    }
    let holders = holders(tx, &taken).await?;
    for (index, draft) in taken {
        let Some(unique) = draft.job.unique().cloned() else { continue };
        let holder = key(&draft.job).and_then(|key| holders.get(&key).copied());
        let changed = match holder {
            Some(Holder { job, over: false }) => {
                let changed = change(tx, job, &unique, &draft, now, &mut placed, filled).await?;
                changed.map(|changed| (changed, JobId::from_uuid(job)))
            }
            Some(Holder { over: true, .. }) | None => None,
        };
        answers[index] = Some(match changed {
            Some((true, holder)) => Enqueued::Changed(holder),
            Some((false, holder)) => Enqueued::Kept(holder),
            None => {
                hand_over(tx, &draft.job, &unique, now).await?;
                let id = JobId::from_uuid(draft.job.id);
                placed.push(draft.placed(now));
                Enqueued::Added(id)
            }
        });
    }
    place::place(tx, &placed, filled).await
}

/// Takes the keys of jobs that are free. Gives those.
pub(super) async fn take<'a>(tx: &mut Tx, jobs: impl Iterator<Item = &'a Job>, now: Timestamp) -> Result<HashSet<Key>> {
    let (mut queues, mut keys, mut ids, mut untils, mut waiting) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for job in jobs {
        let Some(unique) = job.unique() else { continue };
        queues.push(job.queue.as_str());
        keys.push(unique.key.as_str());
        ids.push(job.id);
        untils.push(until(unique, now));
        waiting.push(unique.scope == Scope::Waiting);
    }
    let take = query(TAKE).bind(&queues).bind(&keys).bind(&ids).bind(&untils).bind(&waiting);
    let rows = tx.write_returning(take).await?;
    rows.iter()
        .map(|row| {
            let mut row = Row::new("job_unique", row);
            Ok((row.take()?, row.take()?))
        })
        .collect()
}

/// Who holds a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holder {
    pub(super) job: Uuid,
    /// It held the key while it waited, and waits no more: the key is free.
    pub(super) over: bool,
}

/// Who holds the keys of these drafts. The keys are locked by this transaction.
async fn holders(tx: &mut Tx, drafts: &[(usize, Draft)]) -> Result<HashMap<Key, Holder>> {
    holders_of(tx, drafts.iter().map(|(_, draft)| &draft.job)).await
}

pub(super) async fn holders_of<'a>(tx: &mut Tx, jobs: impl Iterator<Item = &'a Job>) -> Result<HashMap<Key, Holder>> {
    let keys: Vec<_> = jobs.filter_map(key).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let queues: Vec<_> = keys.iter().map(|(queue, _)| queue.as_str()).collect();
    let names: Vec<_> = keys.iter().map(|(_, key)| key.as_str()).collect();
    let rows = tx.fetch_all(query(HOLDERS).bind(&queues).bind(&names)).await?;
    rows.iter()
        .map(|row| {
            let mut row = Row::new("job_unique", row);
            let key = (row.take()?, row.take()?);
            let (job, for_waiting, waits): (Uuid, bool, bool) = (row.take()?, row.take()?, row.take()?);
            Ok((key, Holder { job, over: for_waiting && !waits }))
        })
        .collect()
}

pub(super) fn key(job: &Job) -> Option<Key> {
    job.unique().map(|unique| (job.queue.clone(), unique.key.clone()))
}

/// Changes the holder of a key as the new job asks. True when it was changed, false when it stays as it is; none when
/// its key has come free by now.
async fn change(
    tx: &mut Tx,
    holder: Uuid,
    unique: &UniqueNote,
    draft: &Draft,
    now: Timestamp,
    placed: &mut Vec<(Job, Place)>,
    filled: &mut Filled,
) -> Result<Option<bool>> {
    if unique.taken == Taken::Discard {
        return Ok(Some(false));
    }
    let Some((was_ready, mut job)) = take_out(tx, holder).await? else {
        // It has started since; who holds its key only while it waits has lost it by that.
        return Ok((unique.scope != Scope::Waiting).then_some(false));
    };
    if unique.taken == Taken::Replace {
        // What it is limited by and how long it holds its key was decided when it was added.
        job.payload.clone_from(&draft.job.payload);
        job.version = draft.job.version;
        job.priority = draft.job.priority;
    }
    job.seq = draft.job.seq;
    let place = draft.place(now);
    if let (true, Some(limit)) = (was_ready, job.limit()) {
        let freed = Keys::from([((job.queue.clone(), limit.key.clone()), 1)]);
        place::free_places(tx, &freed).await?;
        if matches!(place, Place::At(_)) {
            place::fill_keys(tx, &freed, filled).await?;
        }
    }
    placed.push((job, place));
    Ok(Some(true))
}

/// Takes the key of a job that becomes unfinished again.
///
/// # Errors
/// `Conflict` when another job holds it.
pub(super) async fn take_again(tx: &mut Tx, job: &Job, now: Timestamp) -> Result<()> {
    let Some((key, unique)) = key(job).zip(job.unique()) else { return Ok(()) };
    if take(tx, std::iter::once(job), now).await?.contains(&key) {
        return Ok(());
    }
    match holders_of(tx, std::iter::once(job)).await?.get(&key) {
        Some(holder) if !holder.over => Err(Error::conflict("another job holds its unique key by now")),
        _ => hand_over(tx, job, unique, now).await,
    }
}

async fn hand_over(tx: &mut Tx, job: &Job, unique: &UniqueNote, now: Timestamp) -> Result<()> {
    let hand_over = query(HAND_OVER)
        .bind(&job.queue)
        .bind(&unique.key)
        .bind(job.id)
        .bind(until(unique, now))
        .bind(unique.scope == Scope::Waiting);
    tx.execute(hand_over).await.map(drop)
}
