//! The end of claims.

use std::collections::{BTreeMap, HashMap, HashSet};

use spotlight_core::{
    Result,
    domain::{ProcessId, time::Timestamp},
    ports::{JobState, Outcome, Settlement},
};
use sqlx::postgres::PgRow;

use super::{
    PgQueue,
    finish::Fates,
    job::{Job, columns, unpacked},
    mask::{Claim, Mask},
    place::Filled,
};
use crate::postgres::{db::query, row::Row, sql::statements, tx::Tx};

/// Clears bits of claims: `held` tells which were set. Chunks that are locked are locked in their order.
macro_rules! cleared {
    () => {
        "WITH held AS MATERIALIZED (SELECT c.chunk, c.open & g.mask::bit(4096) AS done, \
         c.open & ~(g.mask::bit(4096)) AS rest FROM job_claims c JOIN unnest($2::bigint[], $3::text[]) \
         AS g (chunk, mask) ON g.chunk = c.chunk WHERE c.process = $1 ORDER BY c.chunk FOR UPDATE OF c), \
         gone AS (DELETE FROM job_claims c USING held h WHERE c.chunk = h.chunk AND bit_count(h.rest) = 0), \
         kept AS (UPDATE job_claims c SET open = h.rest FROM held h WHERE c.chunk = h.chunk AND bit_count(h.rest) > 0 \
         AND bit_count(h.done) > 0)"
    };
}
/// The jobs of the bits of `held`, with their chunk and place from 0.
macro_rules! jobs_held {
    () => {
        concat!(
            "SELECT h.chunk, j.n - 1, ",
            columns!("j."),
            ", now() FROM held h JOIN job_chunks k ON k.id = h.chunk, ",
            unpacked!(),
            " WHERE get_bit(h.done, j.n::integer - 1) = 1 ORDER BY h.chunk, j.n"
        )
    };
}

statements! {
    // The whole of the usual case in one round trip: jobs that are done and have nothing more to them.
    DONE = [
        cleared!(), ", noted AS (INSERT INTO job_done (chunk, finished_at, done) SELECT chunk, clock_timestamp(), done \
         FROM held WHERE bit_count(done) > 0) SELECT chunk, done::text FROM held"
    ];
    TAKE = [cleared!(), " ", jobs_held!()];
    TAKE_BY_TOKEN = [
        "WITH held AS (DELETE FROM job_claims WHERE process = $1 AND token = ANY($2) RETURNING chunk, open AS done) ",
        jobs_held!()
    ];
    TAKE_BY_PROCESS = [
        "WITH held AS (DELETE FROM job_claims WHERE process = $1 RETURNING chunk, open AS done) ", jobs_held!()
    ];
    NOTE_DONE = [
        "INSERT INTO job_done (chunk, finished_at, done) SELECT g.chunk, clock_timestamp(), g.mask::bit(4096) \
         FROM unnest($1::bigint[], $2::text[]) AS g (chunk, mask)"
    ];
    CANCELLED = ["SELECT chunk, place FROM job_notes WHERE chunk = ANY($1) AND cancelled"];
}

/// Masks by chunk.
type Masks = BTreeMap<i64, Mask>;

fn split(masks: &Masks) -> (Vec<i64>, Vec<String>) {
    (masks.keys().copied().collect(), masks.values().map(Mask::hex).collect())
}

/// Jobs that were taken from their process.
pub(super) struct Taken {
    pub(super) jobs: Vec<(Claim, Job)>,
    pub(super) now: Option<Timestamp>,
}

fn read_all(rows: &[PgRow]) -> Result<Taken> {
    let mut now = None;
    let jobs = rows.iter().map(|row| {
        let mut row = Row::new("job_chunks", row);
        let (chunk, place) = (row.take()?, row.number()?);
        let job = Job::read(&mut row)?;
        now = Some(row.at()?);
        let special = job.extra.is_some();
        Ok((Claim { chunk, place, special }, job))
    });
    Ok(Taken { jobs: jobs.collect::<Result<_>>()?, now })
}

/// Takes jobs from the process that holds them. What it does not hold is left out.
pub(super) async fn take(tx: &mut Tx, process: ProcessId, claims: impl Iterator<Item = Claim>) -> Result<Taken> {
    let mut masks = Masks::new();
    for claim in claims {
        masks.entry(claim.chunk).or_default().set(claim.place);
    }
    if masks.is_empty() {
        return Ok(Taken { jobs: Vec::new(), now: None });
    }
    let (chunks, masks) = split(&masks);
    read_all(&tx.write_returning(query(TAKE).bind(process.as_uuid()).bind(&chunks).bind(&masks)).await?)
}

/// Takes what lost claims of a process hold.
pub(super) async fn take_by_token(tx: &mut Tx, process: ProcessId, tokens: &[i64]) -> Result<Vec<(Claim, Job)>> {
    let take = query(TAKE_BY_TOKEN).bind(process.as_uuid()).bind(tokens);
    Ok(read_all(&tx.write_returning(take).await?)?.jobs)
}

/// Takes everything a process holds.
pub(super) async fn take_by_process(tx: &mut Tx, process: uuid::Uuid) -> Result<Taken> {
    read_all(&tx.write_returning(query(TAKE_BY_PROCESS).bind(process)).await?)
}

/// Which of these claims were cancelled. They are locked by this transaction, and this look begins after that.
pub(super) async fn cancelled(tx: &mut Tx, chunks: &[i64]) -> Result<HashSet<(i64, usize)>> {
    let rows = tx.fetch_all(query(CANCELLED).bind(chunks)).await?;
    rows.iter()
        .map(|row| {
            let mut row = Row::new("job_notes", row);
            let (chunk, place): (i64, i32) = (row.take()?, row.take()?);
            Ok((chunk, usize::try_from(place).unwrap_or(usize::MAX)))
        })
        .collect()
}

/// Settlements, sorted by what they need.
#[derive(Default)]
struct Sorted {
    /// Done, and nothing more to it.
    plain: Masks,
    plain_indexes: Vec<(usize, Claim)>,
    others: HashMap<(i64, usize), usize>,
    claims: Vec<Claim>,
}

impl Sorted {
    fn of(settlements: &[Settlement]) -> Self {
        let mut sorted = Self::default();
        let mut seen = HashSet::new();
        for (index, settlement) in settlements.iter().enumerate() {
            let claim = Claim::of(settlement.claim);
            // The first end of a claim counts.
            if !seen.insert((claim.chunk, claim.place)) {
                continue;
            }
            if !claim.special && matches!(settlement.outcome, Outcome::Done(_)) {
                sorted.plain.entry(claim.chunk).or_default().set(claim.place);
                sorted.plain_indexes.push((index, claim));
            } else {
                sorted.others.insert((claim.chunk, claim.place), index);
                sorted.claims.push(claim);
            }
        }
        sorted
    }

    /// Notes which of the plain ones were accepted.
    fn accept_plain(&self, rows: &[PgRow], accepted: &mut [bool]) -> Result<()> {
        let mut done: HashMap<i64, Mask> = HashMap::new();
        for row in rows {
            let mut row = Row::new("job_claims", row);
            done.insert(row.take()?, Mask::read(row.take()?)?);
        }
        for (index, claim) in &self.plain_indexes {
            accepted[*index] = done.get(&claim.chunk).is_some_and(|mask| mask.has(claim.place));
        }
        Ok(())
    }
}

impl PgQueue {
    /// Ends claims, and tells for each whether it was accepted.
    pub(super) async fn end(&self, process: ProcessId, settlements: &[Settlement]) -> Result<Vec<bool>> {
        let mut accepted = vec![false; settlements.len()];
        let sorted = Sorted::of(settlements);
        let (chunks, masks) = split(&sorted.plain);
        let done = || query(DONE).bind(process.as_uuid()).bind(&chunks).bind(&masks);
        if sorted.claims.is_empty() {
            if !chunks.is_empty() {
                sorted.accept_plain(&self.database().fetch_all(done()).await?, &mut accepted)?;
            }
            return Ok(accepted);
        }
        in_tx!(self, tx, filled => {
            if !chunks.is_empty() {
                sorted.accept_plain(&tx.write_returning(done()).await?, &mut accepted)?;
            }
            end_others(&mut tx, process, settlements, &sorted, &mut accepted, filled).await
        })?;
        Ok(accepted)
    }
}

/// Ends the claims that need more than a cleared bit.
async fn end_others(
    tx: &mut Tx,
    process: ProcessId,
    settlements: &[Settlement],
    sorted: &Sorted,
    accepted: &mut [bool],
    filled: &mut Filled,
) -> Result<()> {
    // A transaction that was rolled back may have been here before.
    sorted.others.values().for_each(|index| accepted[*index] = false);
    let taken = take(tx, process, sorted.claims.iter().copied()).await?;
    let Some(now) = taken.now else { return Ok(()) };
    let held: Vec<_> = taken.jobs.iter().map(|(claim, _)| claim.chunk).collect();
    let cancelled = cancelled(tx, &held).await?;
    let mut fates = Fates::new();
    let mut done = Masks::new();
    for (claim, job) in taken.jobs {
        let at = (claim.chunk, claim.place);
        let Some(index) = sorted.others.get(&at) else { continue };
        accepted[*index] = true;
        match &settlements[*index].outcome {
            Outcome::Done(_) if job.keep() == 0 => {
                done.entry(claim.chunk).or_default().set(claim.place);
                fates.done(&job);
            }
            Outcome::Done(result) => fates.end(job, JobState::Done, result.clone()),
            Outcome::Cancelled => fates.end(job, JobState::Cancelled, None),
            Outcome::Dead { error } => fates.fail(job, error, now, JobState::Dead),
            Outcome::Retry { error, .. } if cancelled.contains(&at) => {
                fates.fail(job, error, now, JobState::Cancelled);
            }
            Outcome::Retry { after, error } => fates.again(job, *after, error, now),
            Outcome::HandedBack if cancelled.contains(&at) => fates.end(job, JobState::Cancelled, None),
            Outcome::HandedBack => fates.hand_back(job),
        }
    }
    if !done.is_empty() {
        let (chunks, masks) = split(&done);
        tx.execute(query(NOTE_DONE).bind(&chunks).bind(&masks)).await?;
    }
    fates.carry_out(tx, filled).await
}
