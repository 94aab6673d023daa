//! Claiming jobs.
//!
//! Where none of the next jobs of a queue needs a decision they are taken by one statement. Else each is looked at: it
//! starts, waits for others of its key, or waits for its time.

use std::collections::{BTreeMap, HashMap};

use spotlight_core::{
    Error, Result,
    domain::{BatchId, JobId, OrganizationId, ProcessId},
    ports::ClaimedJob,
    trace::unpack,
};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::{
    super::{
        codec::{Fields, all, json, number, one},
        db::query,
        sql::statements,
    },
    SqliteQueue,
    call::Call,
    finish::{self, End, Held, held},
};
use crate::shared::stored;

/// Jobs that are looked at in one go when decisions are needed, at least.
const WINDOW: usize = 100;
/// How often one claim looks on in a queue whose jobs had to wait.
const LOOKS: u32 = 8;

/// What a worker is told, after the number and the place, in the order of [`read`].
macro_rules! told {
    () => {
        "num, priority, seq, id, name, claim, queue, organization_id, payload, version, attempts, max_attempts, batch_id, \
         enqueued_at, keep_us"
    };
}

/// How a job begins.
macro_rules! begin {
    () => {
        "UPDATE jobs SET state = 'running', process = ?1, claim = claim + 1, attempts = attempts + 1, run_at = NULL "
    };
}

statements! {
    @global {
        /// Jobs are global. Whether the process is in the fleet, and whether a queue that is not paused has something.
        LOOK = [
            "SELECT EXISTS (SELECT 1 FROM job_processes WHERE id = ?1 AND ends_at > ?2), \
             EXISTS (SELECT 1 FROM json_each(?3) AS wanted CROSS JOIN jobs ON jobs.queue = wanted.value \
             WHERE jobs.state = 'ready' AND NOT EXISTS (SELECT 1 FROM job_pauses WHERE queue = wanted.value))"
        ];
        /// Jobs are global. How many of the next jobs there are, and whether one needs a decision.
        NEXT = [
            "SELECT count(*), coalesce(max(guarded), 0) FROM (SELECT guarded FROM jobs \
             WHERE state = 'ready' AND queue = ?1 ORDER BY priority, seq LIMIT ?2)"
        ];
        /// Jobs are global.
        TAKE = [
            begin!(), "WHERE num IN (SELECT num FROM jobs WHERE state = 'ready' AND queue = ?2 \
             ORDER BY priority, seq LIMIT ?3) RETURNING ", told!()
        ];
        /// Jobs are global.
        OPEN = [
            "SELECT value FROM json_each(?1) AS wanted \
             WHERE NOT EXISTS (SELECT 1 FROM job_pauses WHERE queue = wanted.value) ORDER BY wanted.key"
        ];
        /// Jobs are global.
        CANDIDATES = [
            "SELECT num, id, limit_key, limit_count, rate_key, rate_count, rate_us, \
             coalesce(unique_scope = 'waiting', 0) FROM jobs WHERE state = 'ready' AND queue = ?1 \
             ORDER BY priority, seq LIMIT ?2"
        ];
        /// Jobs are global.
        START = [begin!(), "WHERE num IN (SELECT value FROM json_each(?2)) RETURNING ", told!()];
        /// Jobs are global. Those that cannot be read.
        UNREADABLE = ["SELECT ", held!(), " FROM jobs WHERE num IN (SELECT value FROM json_each(?1))"];
        /// Jobs are global.
        BLOCK = ["UPDATE jobs SET state = 'blocked' WHERE num IN (SELECT value FROM json_each(?1))"];
        /// Jobs are global.
        DELAY = [
            "UPDATE jobs SET state = 'scheduled', run_at = late.at FROM \
             (SELECT value ->> 0 AS num, value ->> 1 AS at FROM json_each(?1)) AS late WHERE jobs.num = late.num"
        ];
        /// Jobs are global.
        RUNNING = ["SELECT count(*) FROM jobs WHERE state = 'running' AND queue = ?1 AND limit_key = ?2"];
        /// Jobs are global.
        DUE = ["SELECT due FROM job_rates WHERE queue = ?1 AND key = ?2"];
        /// Jobs are global.
        STARTED = [
            "INSERT INTO job_rates (queue, key, due) SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2) WHERE true \
             ON CONFLICT (queue, key) DO UPDATE SET due = excluded.due"
        ];
    }
}

/// Whether a process is in the fleet, and whether one of the queues may have a job for it.
pub(super) async fn look(queue: &SqliteQueue, process: Uuid, queues: &[String]) -> Result<(bool, bool)> {
    let look = query(LOOK).bind(process).bind(queue.now()).bind(json(queues)?);
    let found = one(queue.reads.row(look).await?, |row| {
        let mut f = Fields::new("jobs", row);
        Ok((f.flag()?, f.flag()?))
    })?;
    Ok(found.unwrap_or_default())
}

/// Claims up to `limit` jobs.
pub(super) async fn claim(
    queue: &SqliteQueue,
    process: ProcessId,
    queues: &[String],
    limit: u32,
) -> Result<Vec<ClaimedJob>> {
    let process = process.as_uuid();
    // An idle worker does not take the writer from others.
    let (alive, found) = look(queue, process, queues).await?;
    if !alive {
        return Err(stranger());
    }
    if !found || limit == 0 {
        return Ok(Vec::new());
    }
    let mut call = queue.call().await?;
    // By now the process may have been given up: nothing may be claimed for it.
    let again = query(LOOK).bind(process).bind(call.now).bind("[]");
    if number(call.row(again).await?)? == 0 {
        return Err(stranger());
    }
    let open = all(&call.rows(query(OPEN).bind(json(queues)?)).await?, |row| Fields::new("a list", row).text())?;
    let mut started = Started::default();
    for name in open {
        let left = (limit as usize).saturating_sub(started.jobs.len());
        if left == 0 {
            break;
        }
        let next = one(call.row(query(NEXT).bind(name.as_str()).bind(left as i64)).await?, |row| {
            let mut f = Fields::new("jobs", row);
            Ok((f.int::<i64>()?, f.flag()?))
        })?;
        match next.unwrap_or_default() {
            (0, _) => {}
            (_, false) => {
                let take = query(TAKE).bind(process).bind(name.as_str()).bind(left as i64);
                started.add(&call.returning(take).await?)?;
            }
            (_, true) => Deciding::new(&name).take(&mut call, process, left, &mut started).await?,
        }
    }
    if started.unreadable.is_empty() {
        call.commit().await?;
    } else {
        bury(&mut call, started.unreadable).await?;
        call.commit_and_wake().await?;
    }
    Ok(started.jobs)
}

/// Has jobs be dead that cannot be read: nobody could do more with them, and they would be claimed again and again.
async fn bury(call: &mut Call<'_>, mut jobs: BTreeMap<i64, Error>) -> Result<()> {
    let nums: Vec<_> = jobs.keys().collect();
    let held = all(&call.rows(query(UNREADABLE).bind(json(&nums)?)).await?, Held::read)?;
    let dead = held.into_iter().filter_map(|held| {
        let error = jobs.remove(&held.num)?;
        tracing::error!(id = %held.id, error = error.chain(), "a stored job cannot be read; it is dead");
        Some((held, End::Dead(stored::dead_job(&error))))
    });
    let dead = dead.collect();
    finish::finish(call, dead).await
}

fn stranger() -> Error {
    Error::conflict("this process is not registered as a worker, or its lease has ended")
}

/// Jobs that a claim has started.
#[derive(Default)]
struct Started {
    jobs: Vec<ClaimedJob>,
    /// Those that cannot be read, by their numbers.
    unreadable: BTreeMap<i64, Error>,
}

impl Started {
    /// Adds jobs in their order: what an update returns has none.
    fn add(&mut self, rows: &[SqliteRow]) -> Result<()> {
        let mut jobs = Vec::with_capacity(rows.len());
        for row in rows {
            let mut f = Fields::new("jobs", row);
            let (num, place): (i64, (i64, i64)) = (f.int()?, (f.int()?, f.int()?));
            match read(&mut f) {
                _ if self.unreadable.contains_key(&num) => {}
                Ok(job) => jobs.push((place, job)),
                Err(error) => drop(self.unreadable.insert(num, error)),
            }
        }
        jobs.sort_unstable_by_key(|(place, _)| *place);
        self.jobs.extend(jobs.into_iter().map(|(_, job)| job));
        Ok(())
    }
}

fn read(f: &mut Fields<'_>) -> Result<ClaimedJob> {
    let mut job = ClaimedJob {
        id: f.id(JobId::from_uuid)?,
        name: f.text()?,
        claim: f.int()?,
        queue: f.text()?,
        organization: f.opt_id(OrganizationId::from_uuid)?,
        payload: f.text()?,
        version: f.int()?,
        attempt: f.int()?,
        max_attempts: f.int()?,
        batch: f.opt_id(BatchId::from_uuid)?,
        enqueued_at: f.at()?,
        keep_result: std::time::Duration::from_micros(f.int()?),
        trace: None,
    };
    (job.payload, job.trace) = unpack(job.payload);
    Ok(job)
}

/// A job that could start.
struct Candidate {
    num: i64,
    id: Uuid,
    limit: Option<(String, i64)>,
    rate: Option<(String, i64, i64)>,
    frees: bool,
}

/// Jobs of one queue, looked at one by one.
struct Deciding<'a> {
    queue: &'a str,
    /// Running jobs of the keys that were seen.
    running: HashMap<String, i64>,
    /// When the next start of the keys that were seen is on time.
    due: HashMap<String, i64>,
}

/// What was decided.
#[derive(Default)]
struct Decided {
    started: Vec<i64>,
    freed: Vec<Uuid>,
    blocked: Vec<i64>,
    delayed: Vec<(i64, i64)>,
    /// Keys that a delayed job may have kept others from.
    left: Vec<String>,
}

impl<'a> Deciding<'a> {
    fn new(queue: &'a str) -> Self {
        Self { queue, running: HashMap::new(), due: HashMap::new() }
    }

    /// Starts what may start, up to `left` jobs, and puts away what has to wait.
    async fn take(&mut self, call: &mut Call<'_>, process: Uuid, mut left: usize, started: &mut Started) -> Result<()> {
        for _ in 0..LOOKS {
            let window = left.max(WINDOW);
            let rows = call.rows(query(CANDIDATES).bind(self.queue).bind(window as i64)).await?;
            let mut decided = Decided::default();
            for row in &rows {
                if decided.started.len() >= left {
                    break;
                }
                let mut f = Fields::new("jobs", row);
                let num = f.int()?;
                match candidate(num, &mut f) {
                    Ok(job) => self.decide(call, &job, &mut decided).await?,
                    Err(error) => {
                        decided.started.push(num);
                        started.unreadable.insert(num, error);
                    }
                }
            }
            left -= decided.started.len();
            self.write(call, process, decided, started).await?;
            if left == 0 || rows.len() < window {
                break;
            }
        }
        let starts: Vec<_> = self.due.iter().collect();
        if !starts.is_empty() {
            call.execute(query(STARTED).bind(self.queue).bind(json(&starts)?)).await?;
        }
        Ok(())
    }

    async fn decide(&mut self, call: &mut Call<'_>, job: &Candidate, decided: &mut Decided) -> Result<()> {
        if let Some((key, limit)) = &job.limit {
            if !self.running.contains_key(key) {
                let running = number(call.row(query(RUNNING).bind(self.queue).bind(key.as_str())).await?)?;
                self.running.insert(key.clone(), running);
            }
            if self.running.get(key).is_some_and(|running| running >= limit) {
                decided.blocked.push(job.num);
                return Ok(());
            }
        }
        if let Some((key, limit, period)) = &job.rate {
            if !self.due.contains_key(key) {
                let due = number(call.row(query(DUE).bind(self.queue).bind(key.as_str())).await?)?;
                self.due.insert(key.clone(), due);
            }
            // GCRA: starts are `each` apart, and may come early by what a whole burst needs.
            let each = period / limit.max(&1);
            let due = self.due.get(key).copied().unwrap_or_default().max(call.now);
            let early = due.saturating_sub(each.saturating_mul(limit.saturating_sub(1)));
            if early > call.now {
                decided.delayed.push((job.num, early));
                decided.left.extend(job.limit.as_ref().map(|(key, _)| key.clone()));
                return Ok(());
            }
            self.due.insert(key.clone(), due.saturating_add(each));
        }
        if let Some((key, _)) = &job.limit {
            *self.running.entry(key.clone()).or_default() += 1;
        }
        if job.frees {
            decided.freed.push(job.id);
        }
        decided.started.push(job.num);
        Ok(())
    }

    async fn write(&self, call: &mut Call<'_>, process: Uuid, decided: Decided, started: &mut Started) -> Result<()> {
        if !decided.blocked.is_empty() {
            call.execute(query(BLOCK).bind(json(&decided.blocked)?)).await?;
        }
        if !decided.delayed.is_empty() {
            call.execute(query(DELAY).bind(json(&decided.delayed)?)).await?;
        }
        if !decided.freed.is_empty() {
            finish::free(call, decided.freed).await?;
        }
        for key in decided.left {
            finish::unblock(call, self.queue, &key, 1).await?;
        }
        if decided.started.is_empty() {
            return Ok(());
        }
        started.add(&call.returning(query(START).bind(process).bind(json(&decided.started)?)).await?)
    }
}

fn candidate(num: i64, f: &mut Fields<'_>) -> Result<Candidate> {
    let id = f.id(|id| id)?;
    let limit = f.opt_text()?.zip(f.opt_int()?);
    let (key, count, period) = (f.opt_text()?, f.opt_int()?, f.opt_int()?);
    let rate = key.zip(count).zip(period).map(|((key, count), period)| (key, count, period));
    Ok(Candidate { num, id, limit, rate, frees: f.flag()? })
}
