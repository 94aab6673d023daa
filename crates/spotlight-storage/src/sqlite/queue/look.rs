//! Looking at jobs.

use std::collections::BTreeMap;

use spotlight_core::{
    Result,
    domain::{BatchId, JobId, OrganizationId, ProcessId},
    ports::{JobFailure, JobFilter, JobRecord, JobState, ProcessFigures, QueueFigures, QueueSnapshot},
};
use sqlx::{
    Arguments,
    sqlite::{SqliteArguments, SqliteRow},
};
use uuid::Uuid;

use super::{
    super::{
        codec::{Fields, all, json, number, one},
        db::{Db, built, query},
        sql::statements,
    },
    finish::{read_failures, tries},
    instant,
};

/// What people see, in the order of [`record`].
macro_rules! seen {
    () => {
        "id, name, queue, organization_id, payload, state, priority, attempts, max_attempts, enqueued_at, run_at, \
         finished_at, percent, note, result, failures, batch_id"
    };
}

statements! {
    @global {
        /// Jobs are global.
        FIND = ["SELECT ", seen!(), " FROM jobs WHERE id = ?"];
        /// Jobs are global.
        STATES = ["SELECT id, state FROM jobs WHERE id IN (SELECT unhex(value) FROM json_each(?1))"];
        /// Jobs are global. Figures by queue and state; paused queues too.
        FIGURES = [
            "SELECT queue, 'ready', count(*), min(ready_at) FROM jobs WHERE state = 'ready' GROUP BY queue \
             UNION ALL SELECT queue, 'scheduled', count(*), NULL FROM jobs WHERE state = 'scheduled' GROUP BY queue \
             UNION ALL SELECT queue, 'blocked', count(*), NULL FROM jobs WHERE state = 'blocked' GROUP BY queue \
             UNION ALL SELECT queue, 'running', count(*), NULL FROM jobs WHERE state = 'running' GROUP BY queue \
             UNION ALL SELECT queue, 'dead', count(*), NULL FROM jobs WHERE state = 'dead' GROUP BY queue \
             UNION ALL SELECT queue, 'cancelled', 0, NULL FROM job_pauses"
        ];
        /// Jobs are global. No more of them than asked for, however many there are.
        WAITING = ["SELECT count(*) FROM (SELECT 1 FROM jobs WHERE state = 'ready' LIMIT ?1)"];
        /// Jobs are global.
        PROCESSES = [
            "SELECT id, label, seen_at, (SELECT count(*) FROM jobs WHERE jobs.state = 'running' \
             AND jobs.process = job_processes.id) FROM job_processes ORDER BY id"
        ];
    }
}

/// A job, while it is kept.
pub(super) async fn find(db: &Db, id: JobId) -> Result<Option<JobRecord>> {
    one(db.row(query(FIND).bind(id.as_uuid())).await?, record)
}

/// Where jobs stand.
pub(super) async fn states(db: &Db, ids: &[JobId]) -> Result<Vec<Option<JobState>>> {
    let asked = json(&ids.iter().map(|id| id.as_uuid().simple()).collect::<Vec<_>>())?;
    let told = all(&db.rows(query(STATES).bind(asked)).await?, |row| {
        let mut f = Fields::new("jobs", row);
        Ok((f.id(JobId::from_uuid)?, f.word()?))
    })?;
    let told: BTreeMap<_, JobState> = told.into_iter().collect();
    Ok(ids.iter().map(|id| told.get(id).copied()).collect())
}

/// Jobs, newest first.
pub(super) async fn list(db: &Db, filter: &JobFilter, after: Option<JobId>, limit: u32) -> Result<Vec<JobRecord>> {
    let mut sql = concat!("SELECT ", seen!(), " FROM jobs WHERE id < ?").to_owned();
    let mut arguments = SqliteArguments::default();
    let bind = |value: Result<(), sqlx::error::BoxDynError>| {
        value.map_err(|error| spotlight_core::Error::internal("a filter cannot be bound").with_source(error))
    };
    bind(arguments.add(after.map_or(Uuid::max(), JobId::as_uuid)))?;
    if let Some(state) = filter.state {
        // As a word of the statement, so that the index of its state can be used.
        sql.push_str(&format!(" AND state = '{state}'"));
    }
    for (column, value) in [("queue", &filter.queue), ("name", &filter.name)] {
        if let Some(value) = value {
            sql.push_str(&format!(" AND +{column} = ?"));
            bind(arguments.add(value.clone()))?;
        }
    }
    if let Some(organization) = filter.organization {
        sql.push_str(" AND +organization_id = ?");
        bind(arguments.add(organization.as_uuid()))?;
    }
    sql.push_str(" ORDER BY id DESC LIMIT ?");
    bind(arguments.add(i64::from(limit)))?;
    all(&db.rows(built(sql, arguments)).await?, record)
}

/// A job as far as it can be read: what could not be is told by its failures.
fn record(row: &SqliteRow) -> Result<JobRecord> {
    let unreadable = |_| "unreadable".to_owned();
    let mut f = Fields::new("jobs", row);
    let mut job = JobRecord {
        id: JobId::from_uuid(f.id(|id| id).unwrap_or_default()),
        name: f.text().unwrap_or_else(unreadable),
        queue: f.text().unwrap_or_else(unreadable),
        organization: f.opt_id(OrganizationId::from_uuid).unwrap_or_default(),
        payload: f.text().unwrap_or_default(),
        state: f.word()?,
        priority: f.int().unwrap_or_default(),
        attempts: tries(&mut f)?,
        max_attempts: tries(&mut f)?,
        enqueued_at: f.at().unwrap_or_default(),
        run_at: f.opt_at().unwrap_or_default(),
        finished_at: f.opt_at().unwrap_or_default(),
        progress: None,
        result: None,
        failures: Vec::new(),
        batch: None,
    };
    let (percent, note) = (f.opt_int().unwrap_or_default(), f.opt_text().unwrap_or_default());
    job.progress = percent.map(|percent| (percent, note));
    job.result = f.opt_text().unwrap_or_default();
    let failures = read_failures(f.opt_text().unwrap_or_default().as_deref());
    let failure = |(attempt, at, error)| JobFailure { attempt, at: instant(at), error };
    job.failures = failures.into_iter().map(failure).collect();
    job.batch = f.opt_id(BatchId::from_uuid).unwrap_or_default();
    Ok(job)
}

/// How many jobs could run now, counted up to `most`.
pub(super) async fn waiting(db: &Db, most: u64) -> Result<u64> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let counted = number(db.row(query(WAITING).bind(most)).await?)?;
    Ok(u64::try_from(counted).unwrap_or(0))
}

/// Figures of every queue and process.
pub(super) async fn snapshot(db: &Db, now: i64) -> Result<QueueSnapshot> {
    let since = |at: i64| u64::try_from(now.saturating_sub(at) / 1_000).unwrap_or(0);
    let rows = all(&db.rows(query(FIGURES)).await?, |row| {
        let mut f = Fields::new("jobs", row);
        Ok((f.text()?, f.word::<JobState>()?, f.int::<u64>()?, f.opt_int::<i64>()?))
    })?;
    let mut queues: BTreeMap<String, QueueFigures> = BTreeMap::new();
    for (queue, state, count, oldest) in rows {
        let named = QueueFigures { queue: queue.clone(), ..QueueFigures::default() };
        let figures = queues.entry(queue).or_insert(named);
        match state {
            JobState::Ready => (figures.ready, figures.oldest_ready_ms) = (count, oldest.map(since)),
            JobState::Scheduled => figures.scheduled = count,
            JobState::Blocked => figures.blocked = count,
            JobState::Running => figures.running = count,
            JobState::Dead => figures.dead = count,
            JobState::Done | JobState::Cancelled => figures.paused = true,
        }
    }
    let processes = all(&db.rows(query(PROCESSES)).await?, |row| {
        let mut f = Fields::new("job_processes", row);
        let (id, label) = (f.id(ProcessId::from_uuid)?, f.text()?);
        Ok(ProcessFigures { id, label, silent_ms: since(f.int()?), running: f.int()? })
    })?;
    Ok(QueueSnapshot { queues: queues.into_values().collect(), processes })
}
