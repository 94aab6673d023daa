//! Adding jobs within a call.

use std::collections::HashSet;

use spotlight_core::{
    Result,
    domain::{BatchId, JobId},
    ports::{Enqueued, JobSpec, UniqueScope, WhenTaken},
    trace::pack,
};

use super::{
    super::{
        codec::{Fields, all, json, one},
        db::query,
        sql::statements,
    },
    call::Call,
    finish, micros,
    row::{Hex, Row},
};

statements! {
    @global {
        /// Jobs are global. Adds a list of `Row`s.
        INSERT = [
            "INSERT INTO jobs (id, state, queue, priority, seq, guarded, trailing, max_attempts, enqueued_at, ready_at, \
             run_at, keep_us, organization_id, batch_id, unique_key, unique_scope, limit_key, limit_count, rate_key, \
             rate_count, rate_us, version, name, payload) \
             SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, \
             value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, unhex(value ->> 12), \
             unhex(value ->> 13), value ->> 14, value ->> 15, value ->> 16, value ->> 17, value ->> 18, value ->> 19, \
             value ->> 20, value ->> 21, value ->> 22, value ->> 23 FROM json_each(?1)"
        ];
        /// Jobs are global. Those of a list of ids that are known.
        KNOWN = ["SELECT id FROM jobs WHERE id IN (SELECT unhex(value) FROM json_each(?1))"];
        /// Jobs are global. The holder of a key, and where it stands.
        HOLDER = [
            "SELECT job_keys.job_id, jobs.num, coalesce(jobs.state IN ('scheduled', 'ready', 'blocked'), 0), \
             jobs.state = 'ready', jobs.limit_key \
             FROM job_keys LEFT JOIN jobs ON jobs.id = job_keys.job_id \
             WHERE job_keys.queue = ?1 AND job_keys.key = ?2 AND (job_keys.until IS NULL OR job_keys.until > ?3)"
        ];
        /// Jobs are global.
        HOLD = [
            "INSERT INTO job_keys (queue, key, job_id, until) VALUES (?, ?, ?, ?) \
             ON CONFLICT (queue, key) DO UPDATE SET job_id = excluded.job_id, until = excluded.until"
        ];
        /// Jobs are global. Another payload, version and priority, unless none is given; and another place.
        CHANGE = [
            "UPDATE jobs SET payload = coalesce(?2, payload), version = coalesce(?3, version), \
             priority = coalesce(?4, priority), state = ?5, seq = ?6, ready_at = ?7, run_at = ?8 WHERE num = ?1"
        ];
    }
}

/// A job that is to be added.
pub(super) struct NewJob {
    pub(super) id: JobId,
    pub(super) spec: JobSpec,
    pub(super) batch: Option<BatchId>,
}

/// Adds jobs in their order, each unless its unique key is held.
pub(super) async fn add(call: &mut Call<'_>, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
    let first = call.places(jobs.len()).await?;
    let now = call.now;
    let mut answers = Vec::with_capacity(jobs.len());
    let mut rows = Vec::new();
    for (job, seq) in jobs.iter().zip(first..) {
        let answer = match &job.spec.unique {
            Some(_) => {
                // What stands before it in this call can hold its key.
                insert(call, &mut rows).await?;
                taken(call, job, seq).await?
            }
            None => None,
        };
        if answer.is_none() {
            rows.push(Row::new(job.id, &job.spec, job.batch, seq, now));
        }
        answers.push(answer.unwrap_or(Enqueued::Added(job.id)));
    }
    insert(call, &mut rows).await?;
    Ok(answers)
}

/// Adds those jobs whose id is not known yet, and answers for each in its order.
pub(super) async fn add_new(call: &mut Call<'_>, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>> {
    let ids: Vec<_> = jobs.iter().map(|job| Hex(job.id.as_uuid())).collect();
    let rows = call.rows(query(KNOWN).bind(json(&ids)?)).await?;
    let mut known: HashSet<_> = all(&rows, |row| Fields::new("jobs", row).id(JobId::from_uuid))?.into_iter().collect();
    let mut answers: Vec<_> = jobs.iter().map(|job| Enqueued::Kept(job.id)).collect();
    // Of two with one id in one call, the first counts.
    let (places, new): (Vec<_>, Vec<_>) = jobs.into_iter().enumerate().filter(|(_, job)| known.insert(job.id)).unzip();
    for (place, answer) in places.into_iter().zip(add(call, &new).await?) {
        answers[place] = answer;
    }
    Ok(answers)
}

async fn insert(call: &mut Call<'_>, rows: &mut Vec<Row<'_>>) -> Result<()> {
    if !rows.is_empty() {
        call.execute(query(INSERT).bind(json(&*rows)?)).await?;
        rows.clear();
    }
    Ok(())
}

/// What becomes of a job whose unique key is held. If it is free, the job holds it from now on, and has to be added.
async fn taken(call: &mut Call<'_>, job: &NewJob, seq: i64) -> Result<Option<Enqueued>> {
    let JobSpec { queue, unique: Some(unique), .. } = &job.spec else { return Ok(None) };
    let holder = query(HOLDER).bind(queue.as_str()).bind(unique.key.as_str()).bind(call.now);
    let holder = one(call.row(holder).await?, |row| {
        let mut f = Fields::new("job_keys", row);
        let id = f.id(JobId::from_uuid)?;
        Ok((id, f.opt_int::<i64>()?, f.flag()?, f.opt_flag()?.unwrap_or(false), f.opt_text()?))
    })?;
    let Some((id, num, waits, ready, limit_key)) = holder else {
        let until = match unique.scope {
            UniqueScope::Period(period) => Some(call.now.saturating_add(micros(period))),
            UniqueScope::Waiting | UniqueScope::Unfinished => None,
        };
        let hold = query(HOLD).bind(queue.as_str()).bind(unique.key.as_str()).bind(job.id.as_uuid()).bind(until);
        call.execute(hold).await?;
        return Ok(None);
    };
    let (Some(num), true) = (num, waits && unique.taken != WhenTaken::Discard) else {
        return Ok(Some(Enqueued::Kept(id)));
    };
    // What it is limited by and how long it holds its key was decided when it was added.
    let replaces = unique.taken == WhenTaken::Replace;
    let run_at = job.spec.run_at.map(|at| at.timestamp_micros()).filter(|at| *at > call.now);
    let change = query(CHANGE)
        .bind(num)
        .bind(replaces.then(|| pack(&job.spec.payload, job.spec.trace.as_ref())))
        .bind(replaces.then_some(job.spec.version))
        .bind(replaces.then_some(job.spec.priority))
        .bind(if run_at.is_some() { "scheduled" } else { "ready" })
        .bind(seq)
        .bind(call.now)
        .bind(run_at);
    call.execute(change).await?;
    if let (true, Some(key)) = (ready, limit_key) {
        finish::unblock(call, queue, &key, 1).await?;
    }
    Ok(Some(Enqueued::Changed(id)))
}
