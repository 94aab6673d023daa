//! Processes and their leases.

use std::{sync::Arc, time::Duration};

use spotlight_core::{
    Error, ErrorKind, Result,
    domain::{JobId, ProcessId},
    ports::{JobState, Progress, Pulse},
};
use sqlx::postgres::PgRow;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{PgQueue, SETTINGS, finish::Fates, mask::Claim, place::Filled, settle};
use crate::postgres::{
    db::Database,
    db::query,
    options::PgOptions,
    row::Row,
    sql::statements,
    tx::{Query, Tx},
};

/// What a process that was given up leaves as the error of its jobs.
const LOST: &str = "the process that ran it ended or lost its lease";

statements! {
    REGISTER = [
        "INSERT INTO job_processes (id, label, lease, seen) \
         VALUES ($1, $2, $3::bigint * interval '1 microsecond', clock_timestamp()) \
         ON CONFLICT (id) DO UPDATE SET label = excluded.label, lease = excluded.lease, seen = excluded.seen"
    ];
    BEAT = [
        "WITH beat AS (UPDATE job_processes SET seen = clock_timestamp() WHERE id = $1 RETURNING id) \
         SELECT EXISTS (SELECT FROM beat), ARRAY(SELECT n.id FROM job_notes n JOIN job_claims c ON c.chunk = n.chunk \
         WHERE c.process = $1 AND n.cancelled AND get_bit(c.open, n.place) = 1), \
         ARRAY(SELECT queue FROM job_paused ORDER BY queue)"
    ];
    NOTE_PROGRESS = [
        "INSERT INTO job_notes AS n (chunk, place, id, percent, note, cancelled) \
         SELECT g.chunk, g.place, k.ids[g.place + 1], g.percent, g.note, false \
         FROM unnest($2::bigint[], $3::integer[], $4::smallint[], $5::text[]) AS g (chunk, place, percent, note) \
         JOIN job_claims c ON c.chunk = g.chunk AND c.process = $1 AND get_bit(c.open, g.place) = 1 \
         JOIN job_chunks k ON k.id = g.chunk ORDER BY g.chunk, g.place \
         ON CONFLICT (chunk, place) DO UPDATE SET percent = excluded.percent, note = excluded.note"
    ];
    LEAVE = ["DELETE FROM job_processes WHERE id = $1"];
    // A server that was away has heard of nobody: everyone gets their lease from its start.
    OVERDUE = [
        "SELECT id FROM job_processes WHERE seen + lease <= clock_timestamp() \
         AND pg_postmaster_start_time() + lease <= clock_timestamp() ORDER BY id FOR UPDATE SKIP LOCKED"
    ];
    // Claims that arrived after their process was given up.
    ORPHANS = [
        "SELECT DISTINCT c.process FROM job_claims c WHERE NOT EXISTS (SELECT FROM job_processes p WHERE p.id = c.process)"
    ];
}

/// The connection for signs of life, opened by the runtime that gives them.
#[derive(Default)]
pub(super) struct Heart(Mutex<Option<Arc<Database>>>);

impl Heart {
    /// Runs one statement. A connection whose runtime is gone is opened anew by the caller's.
    async fn run(&self, options: &PgOptions, statement: impl Fn() -> Query<'static>) -> Result<Vec<PgRow>> {
        let mut slot = self.0.lock().await;
        // Taken out, so that a caller who gives up takes a connection that hangs with it.
        if let Some(database) = slot.take() {
            match database.fetch_all(statement()).await {
                Err(error) if error.kind() == ErrorKind::Unavailable => {}
                done => {
                    *slot = Some(database);
                    return done;
                }
            }
        }
        let options = PgOptions { max_connections: 1, ..options.clone() };
        let database = Arc::new(Database::with_settings(&options, SETTINGS)?);
        let rows = database.fetch_all(statement()).await?;
        *slot = Some(database);
        Ok(rows)
    }

    /// The connection that ran the last statement.
    async fn database(&self) -> Result<Arc<Database>> {
        let away = || Error::new(ErrorKind::Unavailable, "the connection for signs of life broke");
        self.0.lock().await.clone().ok_or_else(away)
    }

    pub(super) async fn close(&self) {
        if let Some(database) = self.0.lock().await.take() {
            database.close().await;
        }
    }
}

impl PgQueue {
    pub(super) async fn join_fleet(&self, process: ProcessId, label: &str, lease: Duration) -> Result<()> {
        let lease = i64::try_from(lease.as_micros()).unwrap_or(i64::MAX);
        let register = query(REGISTER).bind(process.as_uuid()).bind(label).bind(lease);
        self.database().fetch_all(register).await.map(drop)
    }

    pub(super) async fn beat(&self, process: ProcessId, progress: &[Progress]) -> Result<Pulse> {
        let (id, options) = (process.as_uuid(), &self.inner.options);
        let rows = self.inner.heart.run(options, || query(BEAT).bind(id)).await?;
        let Some(row) = rows.first() else { return Ok(Pulse::default()) };
        let mut row = Row::new("job_processes", row);
        let alive: bool = row.take()?;
        if !alive {
            return Ok(Pulse::default());
        }
        let cancelled = row.take::<Vec<Uuid>>()?.into_iter().map(JobId::from_uuid).collect();
        let paused = row.take()?;
        if !progress.is_empty() {
            self.note_progress(id, progress).await?;
        }
        Ok(Pulse { alive, cancelled, paused })
    }

    async fn note_progress(&self, process: Uuid, progress: &[Progress]) -> Result<()> {
        let (mut chunks, mut places, mut percents, mut notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for made in progress {
            let claim = Claim::of(made.claim);
            chunks.push(claim.chunk);
            places.push(i32::try_from(claim.place).unwrap_or(i32::MAX));
            percents.push(i16::from(made.percent.min(100)));
            notes.push(made.note.as_ref().map(|note| note.replace('\0', "")));
        }
        let note = || query(NOTE_PROGRESS).bind(process).bind(&chunks).bind(&places).bind(&percents).bind(&notes);
        self.inner.heart.run(&self.inner.options, note).await.map(drop)
    }

    pub(super) async fn leave_fleet(&self, process: ProcessId) -> Result<()> {
        // The jobs go back by the same runtime's connection: it may be the last one that works.
        let id = process.as_uuid();
        self.inner.heart.run(&self.inner.options, || query(LEAVE).bind(id)).await?;
        let through = Through { queue: self, database: self.inner.heart.database().await? };
        in_tx!(through, tx, filled => give_up(&mut tx, id, filled).await).map(drop)
    }

    /// Gives up every process whose lease has ended. Gives how many jobs they held.
    pub(super) async fn give_up_overdue(&self) -> Result<u32> {
        in_tx!(self, tx, filled => {
            let mut recovered = 0;
            for row in tx.write_returning(query(OVERDUE)).await? {
                let process: Uuid = Row::new("job_processes", &row).take()?;
                tx.execute(query(LEAVE).bind(process)).await?;
                recovered += give_up(&mut tx, process, filled).await?;
            }
            for row in tx.fetch_all(query(ORPHANS)).await? {
                let process: Uuid = Row::new("job_claims", &row).take()?;
                recovered += give_up(&mut tx, process, filled).await?;
            }
            Ok(recovered)
        })
    }
}

/// The queue over the connection for signs of life.
struct Through<'a> {
    queue: &'a PgQueue,
    database: Arc<Database>,
}

impl Through<'_> {
    fn database(&self) -> &Database {
        &self.database
    }

    fn told(&self, filled: &Filled) -> Option<String> {
        self.queue.told(filled)
    }

    fn filled(&self, filled: &Filled) {
        self.queue.filled(filled);
    }
}

/// Takes everything from a process, as after a failed try.
async fn give_up(tx: &mut Tx, process: Uuid, filled: &mut Filled) -> Result<u32> {
    let taken = settle::take_by_process(tx, process).await?;
    let Some(now) = taken.now else { return Ok(0) };
    let count = u32::try_from(taken.jobs.len()).unwrap_or(u32::MAX);
    let chunks: Vec<_> = taken.jobs.iter().map(|(claim, _)| claim.chunk).collect();
    let cancelled = settle::cancelled(tx, &chunks).await?;
    let mut fates = Fates::new();
    for (claim, job) in taken.jobs {
        if cancelled.contains(&(claim.chunk, claim.place)) {
            fates.fail(job, LOST, now, JobState::Cancelled);
        } else {
            fates.again(job, Duration::ZERO, LOST, now);
        }
    }
    fates.carry_out(tx, filled).await?;
    Ok(count)
}
