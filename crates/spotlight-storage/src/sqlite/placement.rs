//! Where the jobs of units go, as the file records it for every process.

use std::sync::Arc;

use spotlight_core::{Result, ports::JobPlacement};

use super::{
    codec::{Fields, one},
    db::{Database, Db, query},
    options::SqliteOptions,
    sql::statements,
};
use crate::shared::placement::Recorded;

statements! {
    @global {
        /// One for the whole fleet. The first process says it.
        BEGIN = ["INSERT INTO job_placement (id, placement, changing) VALUES (1, ?, 0) ON CONFLICT DO NOTHING"];
        /// One for the whole fleet.
        READ = ["SELECT placement, changing FROM job_placement WHERE id = 1"];
        /// One for the whole fleet.
        CHANGE = ["UPDATE job_placement SET placement = ?, changing = ? WHERE id = 1"];
    }
}

async fn recorded(db: &Db) -> Result<Option<Recorded>> {
    one(db.row(query(READ)).await?, |row| {
        let mut f = Fields::new("job_placement", row);
        Recorded::read(&f.text()?, f.flag()?)
    })
}

/// Records where the jobs of this process go, or refuses it.
pub(super) async fn agree(database: &Arc<Database>, options: &SqliteOptions) -> Result<()> {
    let unit = Db::unit(Arc::clone(database), database.writer.begin().await?);
    unit.write().await?.execute(query(BEGIN).bind(options.jobs.as_str())).await?;
    if let Some(recorded) = recorded(&unit).await? {
        let now = recorded.agree(options.jobs, options.change_jobs)?;
        if now != recorded {
            let change = query(CHANGE).bind(now.placement.as_str()).bind(now.changing);
            unit.write().await?.execute(change).await?;
            tracing::info!(placement = now.placement.as_str(), changing = now.changing, "where jobs go has changed");
        }
    }
    unit.take().await?.commit().await
}

/// Whether a process of this placement brings jobs from the outbox into its queue.
pub(super) async fn relays(db: &Db, jobs: JobPlacement) -> Result<bool> {
    Ok(jobs == JobPlacement::Outbox || !recorded(db).await?.is_some_and(|recorded| recorded.changing))
}
