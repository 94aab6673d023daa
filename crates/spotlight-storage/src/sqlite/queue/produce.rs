//! The port's side of adding.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{BatchId, JobId, time::Timestamp},
    ports::{BatchSpec, Enqueued, JobProducer, JobSpec, MAX_TICK_LEAD, early_tick},
};

use super::{
    super::{
        codec::{Fields, one},
        db::query,
        sql::statements,
    },
    SqliteQueue,
    add::{NewJob, add, add_new},
    finish, micros, row,
};

statements! {
    @global {
        /// Jobs are global.
        BATCH = ["INSERT INTO job_batches (id, total, done, failed, follower) VALUES (?, ?, 0, 0, ?)"];
        /// Jobs are global. Touches no row when that tick or a later one was noted.
        TICK = [
            "INSERT INTO job_ticks (schedule, at) VALUES (?, ?) \
             ON CONFLICT (schedule) DO UPDATE SET at = excluded.at WHERE excluded.at > job_ticks.at"
        ];
        /// Jobs are global.
        LAST_TICK = ["SELECT at FROM job_ticks WHERE schedule = ?"];
    }
}

#[async_trait]
impl JobProducer for SqliteQueue {
    async fn enqueue(&self, jobs: Vec<JobSpec>) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(JobSpec::validate)?;
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        self.intake.add(jobs).await
    }

    async fn enqueue_with_ids(&self, jobs: Vec<(JobId, JobSpec)>) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(|(_, job)| job.validate())?;
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let mut call = self.call().await?;
        let jobs = jobs.into_iter().map(|(id, spec)| NewJob { id, spec, batch: None }).collect();
        let answers = add_new(&mut call, jobs).await?;
        call.commit_and_wake().await?;
        Ok(answers)
    }

    async fn enqueue_batch(&self, batch: BatchSpec) -> Result<BatchId> {
        batch.validate()?;
        let follower = row::follower(&batch.then)?;
        let id = BatchId::from_uuid(self.database.new_id());
        let mut call = self.call().await?;
        let total = i64::try_from(batch.jobs.len()).unwrap_or(i64::MAX);
        call.execute(query(BATCH).bind(id.as_uuid()).bind(total).bind(follower)).await?;
        let new = |spec| NewJob { id: call.new_id(), spec, batch: Some(id) };
        let jobs: Vec<_> = batch.jobs.into_iter().map(new).collect();
        add(&mut call, &jobs).await?;
        if jobs.is_empty() {
            finish::count(&mut call, id.as_uuid(), 0, 0).await?;
        }
        call.commit_and_wake().await?;
        Ok(id)
    }

    async fn tick(&self, schedule: &str, at: Timestamp, job: JobSpec) -> Result<bool> {
        job.validate()?;
        let mut call = self.call().await?;
        if at.timestamp_micros() > call.now.saturating_add(micros(MAX_TICK_LEAD)) {
            return Err(early_tick());
        }
        if call.execute(query(TICK).bind(schedule).bind(at.timestamp_micros())).await? == 0 {
            return Ok(false);
        }
        let job = NewJob { id: call.new_id(), spec: job, batch: None };
        add(&mut call, &[job]).await?;
        call.commit_and_wake().await?;
        Ok(true)
    }

    async fn last_tick(&self, schedule: &str) -> Result<Option<Timestamp>> {
        one(self.reads.row(query(LAST_TICK).bind(schedule)).await?, |row| Fields::new("job_ticks", row).at())
    }
}
