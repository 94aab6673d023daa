//! Listing jobs.
//!
//! No job pays for an order by id that people alone want: the ids of all jobs in question are read in small steps, which
//! hold nobody up, and the newest of them are looked at.

use std::{collections::BTreeSet, sync::Arc};

use redis::Value;
use spotlight_core::{
    Result,
    domain::JobId,
    ports::{JobFilter, JobRecord, JobState},
};
use uuid::Uuid;

use super::{
    RedisQueue,
    reply::{self, Reply},
    room::Room,
    wire::utf8,
};

/// Ids that are read in one step, and jobs that are looked at in one.
const STEP: usize = 2_000;
const LOOK: usize = 200;

impl RedisQueue {
    pub(super) async fn list_jobs(
        &self,
        filter: &JobFilter,
        after: Option<JobId>,
        limit: u32,
    ) -> Result<Vec<JobRecord>> {
        let limit = limit as usize;
        let mut rooms = self.known_rooms().await?;
        rooms.retain(|room| filter.queue.as_ref().is_none_or(|queue| *queue == room.name));
        // A job that moves while it is looked for may be read twice.
        let mut ids = BTreeSet::new();
        let finds_all = filter.name.is_none() && filter.organization.is_none();
        for (index, room) in rooms.iter().enumerate() {
            for id in self.ids(room, filter.state).await? {
                if after.is_none_or(|after| id < after.as_uuid()) {
                    ids.insert((id, index));
                    // Else all of them may be needed.
                    if finds_all && ids.len() > 2 * limit + LOOK {
                        ids.pop_first();
                    }
                }
            }
        }
        let ids: Vec<_> = ids.into_iter().rev().collect();
        let mut found = Vec::new();
        for part in ids.chunks(LOOK) {
            if found.len() >= limit {
                break;
            }
            for (index, room) in rooms.iter().enumerate() {
                let own: Vec<_> = part.iter().filter(|(_, at)| *at == index).map(|(id, _)| *id).collect();
                if !own.is_empty() {
                    found.extend(self.records(room, &own).await?.into_iter().filter(|job| fits(job, filter)));
                }
            }
        }
        found.sort_unstable_by_key(|job| std::cmp::Reverse(job.id));
        found.truncate(limit);
        Ok(found)
    }

    /// Ids of a queue's jobs in a state, or in any.
    async fn ids(&self, room: &Arc<Room>, state: Option<JobState>) -> Result<Vec<Uuid>> {
        let mut ids = Vec::new();
        let Some(state) = state else {
            self.scan("HSCAN", room.key.clone(), &mut ids).await?;
            return Ok(ids);
        };
        let (scan, names): (_, Vec<String>) = match state {
            JobState::Scheduled => ("ZSCAN", vec!["s".to_owned()]),
            JobState::Blocked => ("HSCAN", vec!["w".to_owned()]),
            JobState::Done => ("ZSCAN", vec!["d".to_owned(), "e".to_owned()]),
            JobState::Cancelled => ("ZSCAN", vec!["k".to_owned()]),
            JobState::Dead => ("ZSCAN", vec!["x".to_owned()]),
            JobState::Ready => {
                let priorities = self.members(room, "p").await?;
                let key = |priority| utf8(priority).map(|priority| format!("r{priority}"));
                ("ZSCAN", priorities.into_iter().map(key).collect::<Result<_>>()?)
            }
            JobState::Running => {
                for process in self.members(room, "l").await? {
                    let key = [room.key_of("h:").as_bytes(), &process].concat();
                    self.scan("HSCAN", key, &mut ids).await?;
                }
                return Ok(ids);
            }
        };
        for name in names {
            self.scan(scan, room.key_of(&name), &mut ids).await?;
        }
        Ok(ids)
    }

    async fn members(&self, room: &Room, name: &str) -> Result<Vec<Vec<u8>>> {
        let mut range = redis::cmd("ZRANGE");
        range.arg(room.key_of(name)).arg(0).arg(-1);
        self.inner.client.call(range).await
    }

    /// Reads the ids of a hash or sorted set in steps.
    async fn scan(&self, scan: &str, key: impl redis::ToRedisArgs + Clone, ids: &mut Vec<Uuid>) -> Result<()> {
        let mut cursor = "0".to_owned();
        loop {
            let mut step = redis::cmd(scan);
            step.arg(key.clone()).arg(&cursor).arg("COUNT").arg(STEP);
            let mut reply = Reply::of(self.inner.client.call::<Value>(step).await?)?;
            cursor = reply.text()?;
            let mut found = reply.list()?;
            while let (Some(id), Some(_)) = (found.maybe(), found.maybe()) {
                ids.push(reply::id(&reply::bytes(id)?)?);
            }
            if cursor == "0" {
                return Ok(());
            }
        }
    }
}

/// Whether a job is one of those that were asked for.
fn fits(job: &JobRecord, filter: &JobFilter) -> bool {
    filter.state.is_none_or(|state| job.state == state)
        && filter.name.as_ref().is_none_or(|name| *name == job.name)
        && filter.organization.is_none_or(|organization| job.organization == Some(organization))
}
