//! The port's side of working off.

use std::time::Duration;

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{JobId, ProcessId},
    ports::{ClaimedJob, JobConsumer, Progress, Pulse, Settlement, Upkeep},
};
use sqlx::sqlite::SqliteRow;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::{
    super::{
        codec::{Fields, all, json},
        db::query,
        sql::statements,
    },
    SqliteQueue,
    call::Call,
    claim,
    finish::{End, Held, LOST, finish, held},
    micros,
    row::Hex,
    settle, upkeep,
};

/// How often those who wait look for jobs that another process has added.
const LOOK: Duration = Duration::from_millis(50);

statements! {
    @global {
        /// Jobs are global.
        REGISTER = [
            "INSERT INTO job_processes (id, label, lease_us, seen_at, ends_at) VALUES (?1, ?2, ?3, ?4, ?4 + ?3) \
             ON CONFLICT (id) DO UPDATE SET label = excluded.label, lease_us = excluded.lease_us, \
             seen_at = excluded.seen_at, ends_at = excluded.ends_at"
        ];
        /// Jobs are global.
        RENEW = ["UPDATE job_processes SET seen_at = ?2, ends_at = ?2 + lease_us WHERE id = ?1 AND ends_at > ?2"];
        /// Jobs are global.
        PROGRESS = [
            "UPDATE jobs SET percent = made.percent, note = made.note FROM (SELECT unhex(value ->> 0) AS id, \
             value ->> 1 AS claim, value ->> 2 AS percent, value ->> 3 AS note FROM json_each(?1)) AS made \
             WHERE jobs.id = made.id AND jobs.claim = made.claim AND +jobs.process = ?2 AND +jobs.state = 'running'"
        ];
        /// Jobs are global.
        CANCELLED = ["SELECT id FROM jobs WHERE state = 'running' AND process = ? AND cancelled = 1"];
        /// Jobs are global.
        PAUSED = ["SELECT queue FROM job_pauses ORDER BY queue"];
        /// Jobs are global.
        REMOVE = ["DELETE FROM job_processes WHERE id = ?"];
        /// Jobs are global.
        HELD = ["SELECT ", held!(), " FROM jobs WHERE state = 'running' AND process = ? ORDER BY priority, seq"];
    }
}

#[async_trait]
impl JobConsumer for SqliteQueue {
    async fn register(&self, process: ProcessId, label: &str, lease: Duration) -> Result<()> {
        let mut call = self.call().await?;
        let register = query(REGISTER).bind(process.as_uuid()).bind(label).bind(micros(lease)).bind(call.now);
        call.execute(register).await?;
        call.commit().await
    }

    async fn heartbeat(&self, process: ProcessId, progress: &[Progress]) -> Result<Pulse> {
        let mut call = self.call().await?;
        if call.execute(query(RENEW).bind(process.as_uuid()).bind(call.now)).await? == 0 {
            return Ok(Pulse::default());
        }
        if !progress.is_empty() {
            let made = |one: &Progress| (Hex(one.id.as_uuid()), one.claim, one.percent.min(100), one.note.clone());
            let made: Vec<_> = progress.iter().map(made).collect();
            call.execute(query(PROGRESS).bind(json(&made)?).bind(process.as_uuid())).await?;
        }
        let id = |row: &SqliteRow| Fields::new("jobs", row).id(JobId::from_uuid);
        let cancelled = all(&call.rows(query(CANCELLED).bind(process.as_uuid())).await?, id)?;
        let name = |row: &SqliteRow| Fields::new("job_pauses", row).text();
        let paused = all(&call.rows(query(PAUSED)).await?, name)?;
        call.commit().await?;
        Ok(Pulse { alive: true, cancelled, paused })
    }

    async fn deregister(&self, process: ProcessId) -> Result<()> {
        let mut call = self.call().await?;
        give_up(&mut call, process.as_uuid()).await?;
        call.commit_and_wake().await
    }

    async fn claim(&self, process: ProcessId, queues: &[String], limit: u32) -> Result<Vec<ClaimedJob>> {
        claim::claim(self, process, queues, limit).await
    }

    async fn settle(&self, process: ProcessId, settlements: &[Settlement]) -> Result<Vec<bool>> {
        settle::settle(self, process, settlements).await
    }

    async fn wait(&self, queues: &[String], patience: Duration) -> Result<()> {
        let until = Instant::now() + patience;
        loop {
            let woken = self.database.woken.notified();
            tokio::pin!(woken);
            // Listening begins before the look, so that nothing falls between both.
            woken.as_mut().enable();
            if claim::look(self, Uuid::nil(), queues).await?.1 {
                return Ok(());
            }
            let next = until.min(Instant::now() + LOOK);
            // Woken or not, the next look tells.
            let _ = timeout_at(next, woken).await;
            if Instant::now() >= until {
                return Ok(());
            }
        }
    }

    async fn upkeep(&self, limit: u32) -> Result<Upkeep> {
        upkeep::round(self, limit).await
    }
}

/// Takes a process out of the fleet. Gives how many jobs it held.
pub(super) async fn give_up(call: &mut Call<'_>, process: Uuid) -> Result<u32> {
    call.execute(query(REMOVE).bind(process)).await?;
    let held = all(&call.rows(query(HELD).bind(process)).await?, Held::read)?;
    let count = u32::try_from(held.len()).unwrap_or(u32::MAX);
    let ends = held.into_iter().map(|held| (held, End::Again(0, LOST.to_owned()))).collect();
    finish(call, ends).await?;
    Ok(count)
}
