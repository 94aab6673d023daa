//! Rounds of upkeep.

use spotlight_core::{Result, ports::Upkeep};

use super::{
    super::{
        codec::{Fields, all, json, number},
        db::query,
        sql::statements,
    },
    SqliteQueue,
    consume::give_up,
    finish::KEPT,
};

/// Finished jobs that are removed in one round: as many as would be removed in a blink.
const REMOVED: u32 = 10_000;

statements! {
    @global {
        /// Jobs are global.
        NEEDED = [
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'scheduled' AND run_at <= ?1) \
             OR EXISTS (SELECT 1 FROM job_processes WHERE ends_at <= ?1) \
             OR EXISTS (SELECT 1 FROM jobs WHERE expires_at IS NOT NULL AND expires_at <= ?1) \
             OR EXISTS (SELECT 1 FROM job_keys WHERE until IS NOT NULL AND until <= ?1) \
             OR EXISTS (SELECT 1 FROM job_rates WHERE due <= ?1) \
             OR EXISTS (SELECT 1 FROM job_batches WHERE finished_at IS NOT NULL AND finished_at <= ?2)"
        ];
        /// Jobs are global.
        COME = [
            "SELECT num FROM jobs WHERE state = 'scheduled' AND run_at <= ?1 ORDER BY run_at, num LIMIT ?2"
        ];
        /// Jobs are global. Each gets the place of its position in the list.
        PROMOTE = [
            "UPDATE jobs SET state = 'ready', seq = ?2 + come.place, ready_at = ?3, run_at = NULL FROM \
             (SELECT key AS place, value AS num FROM json_each(?1)) AS come WHERE jobs.num = come.num"
        ];
        /// Jobs are global.
        LOST = ["SELECT id FROM job_processes WHERE ends_at <= ?"];
        /// Jobs are global.
        FORGET = [
            "DELETE FROM jobs WHERE num IN (SELECT num FROM jobs WHERE expires_at IS NOT NULL AND expires_at <= ?1 \
             ORDER BY expires_at LIMIT ?2)"
        ];
        /// Jobs are global.
        FORGET_KEYS = ["DELETE FROM job_keys WHERE until IS NOT NULL AND until <= ?"];
        /// Jobs are global.
        FORGET_RATES = ["DELETE FROM job_rates WHERE due <= ?"];
        /// Jobs are global.
        FORGET_BATCHES = ["DELETE FROM job_batches WHERE finished_at IS NOT NULL AND finished_at <= ?"];
    }
}

/// One round. It does not take the writer when there is nothing to do.
pub(super) async fn round(queue: &SqliteQueue, limit: u32) -> Result<Upkeep> {
    let now = queue.now();
    if number(queue.reads.row(query(NEEDED).bind(now).bind(now.saturating_sub(KEPT))).await?)? == 0 {
        return Ok(Upkeep::default());
    }
    let mut call = queue.call().await?;
    let now = call.now;
    let come = call.rows(query(COME).bind(now).bind(limit)).await?;
    let come = all(&come, |row| Fields::new("jobs", row).int::<i64>())?;
    let mut done = Upkeep { promoted: u32::try_from(come.len()).unwrap_or(u32::MAX), ..Upkeep::default() };
    if !come.is_empty() {
        let first = call.places(come.len()).await?;
        call.execute(query(PROMOTE).bind(json(&come)?).bind(first).bind(now)).await?;
    }
    let lost = call.rows(query(LOST).bind(now)).await?;
    for process in all(&lost, |row| Fields::new("job_processes", row).id(|id| id))? {
        done.recovered += give_up(&mut call, process).await?;
    }
    let removed = call.execute(query(FORGET).bind(now).bind(REMOVED)).await?;
    done.removed = u32::try_from(removed).unwrap_or(u32::MAX);
    call.execute(query(FORGET_KEYS).bind(now)).await?;
    call.execute(query(FORGET_RATES).bind(now)).await?;
    call.execute(query(FORGET_BATCHES).bind(now.saturating_sub(KEPT))).await?;
    if done.promoted + done.recovered > 0 {
        call.commit_and_wake().await?;
    } else {
        call.commit().await?;
    }
    Ok(done)
}
