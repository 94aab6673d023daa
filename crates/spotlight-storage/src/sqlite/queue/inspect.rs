//! Stepping in.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{BatchId, JobId},
    ports::{BatchRecord, JobFilter, JobInspector, JobRecord, JobState, QueueSnapshot},
};

use super::{
    super::{
        codec::{Fields, one},
        db::query,
        sql::statements,
    },
    SqliteQueue,
    finish::{End, Held, finish, held},
    look,
};

statements! {
    @global {
        /// Jobs are global. A dead job, with the key that it has to hold again.
        DEAD = [
            "SELECT num, queue, CASE WHEN unique_scope <> 'period' THEN unique_key END FROM jobs \
             WHERE id = ? AND +state = 'dead'"
        ];
        /// Jobs are global. Touches no row when another job holds the key.
        HOLD = [
            "INSERT INTO job_keys (queue, key, job_id) VALUES (?1, ?2, ?3) ON CONFLICT (queue, key) \
             DO UPDATE SET job_id = excluded.job_id, until = NULL \
             WHERE job_keys.job_id = excluded.job_id OR job_keys.until <= ?4"
        ];
        /// Jobs are global.
        RETRY = [
            "UPDATE jobs SET state = 'ready', attempts = 0, cancelled = 0, finished_at = NULL, seq = ?2, ready_at = ?3 \
             WHERE num = ?1"
        ];
        /// Jobs are global.
        DISCARD = ["DELETE FROM jobs WHERE id = ? AND +state = 'dead'"];
        /// Jobs are global.
        WAITING = [
            "SELECT ", held!(), " FROM jobs WHERE id = ? AND +state IN ('scheduled', 'ready', 'blocked')"
        ];
        /// Jobs are global.
        CANCEL = ["UPDATE jobs SET cancelled = 1 WHERE id = ? AND +state = 'running'"];
        /// Jobs are global.
        PAUSE = ["INSERT INTO job_pauses (queue) VALUES (?) ON CONFLICT (queue) DO NOTHING"];
        /// Jobs are global.
        RESUME = ["DELETE FROM job_pauses WHERE queue = ?"];
        /// Jobs are global.
        BATCH = ["SELECT total, done, failed, finished_at FROM job_batches WHERE id = ?"];
    }
}

#[async_trait]
impl JobInspector for SqliteQueue {
    async fn find(&self, id: JobId) -> Result<Option<JobRecord>> {
        look::find(&self.reads, id).await
    }

    async fn states(&self, ids: &[JobId]) -> Result<Vec<Option<JobState>>> {
        look::states(&self.reads, ids).await
    }

    async fn list(&self, filter: &JobFilter, after: Option<JobId>, limit: u32) -> Result<Vec<JobRecord>> {
        look::list(&self.reads, filter, after, limit).await
    }

    async fn retry(&self, id: JobId) -> Result<bool> {
        let mut call = self.call().await?;
        let dead = one(call.row(query(DEAD).bind(id.as_uuid())).await?, |row| {
            let mut f = Fields::new("jobs", row);
            Ok((f.int::<i64>()?, f.text()?, f.opt_text()?))
        })?;
        let Some((num, queue, key)) = dead else { return Ok(false) };
        if let Some(key) = key {
            let hold = query(HOLD).bind(queue).bind(key).bind(id.as_uuid()).bind(call.now);
            if call.execute(hold).await? == 0 {
                return Err(Error::conflict("another job holds its unique key by now"));
            }
        }
        let place = call.places(1).await?;
        call.execute(query(RETRY).bind(num).bind(place).bind(call.now)).await?;
        call.commit_and_wake().await?;
        Ok(true)
    }

    async fn discard(&self, id: JobId) -> Result<bool> {
        let mut call = self.call().await?;
        let gone = call.execute(query(DISCARD).bind(id.as_uuid())).await? > 0;
        call.commit().await?;
        Ok(gone)
    }

    async fn cancel(&self, id: JobId) -> Result<bool> {
        let mut call = self.call().await?;
        let waiting = one(call.row(query(WAITING).bind(id.as_uuid())).await?, Held::read)?;
        let cancelled = match waiting {
            Some(waiting) => {
                finish(&mut call, vec![(waiting, End::Cancelled)]).await?;
                true
            }
            None => call.execute(query(CANCEL).bind(id.as_uuid())).await? > 0,
        };
        call.commit_and_wake().await?;
        Ok(cancelled)
    }

    async fn set_paused(&self, queue: &str, paused: bool) -> Result<()> {
        let mut call = self.call().await?;
        call.execute(query(if paused { PAUSE } else { RESUME }).bind(queue)).await?;
        call.commit_and_wake().await
    }

    async fn batch(&self, id: BatchId) -> Result<Option<BatchRecord>> {
        one(self.reads.row(query(BATCH).bind(id.as_uuid())).await?, |row| {
            let mut f = Fields::new("job_batches", row);
            Ok(BatchRecord { id, total: f.int()?, done: f.int()?, failed: f.int()?, finished_at: f.opt_at()? })
        })
    }

    async fn waiting(&self, most: u64) -> Result<u64> {
        look::waiting(&self.reads, most).await
    }

    async fn snapshot(&self) -> Result<QueueSnapshot> {
        look::snapshot(&self.reads, self.now()).await
    }
}
