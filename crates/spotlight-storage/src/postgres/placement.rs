//! Where the jobs of units go, as the database records it for every process.

use spotlight_core::{Result, ports::JobPlacement};

use super::{
    db::{Database, query},
    options::PgOptions,
    row::{self, Row},
    sql::statements,
};
use crate::shared::placement::Recorded;

statements! {
    // The first process says it.
    BEGIN = ["INSERT INTO job_placement (placement, changing) VALUES ($1, false) ON CONFLICT DO NOTHING"];
    READ = ["SELECT placement, changing FROM job_placement FOR UPDATE"];
    CHANGE = ["UPDATE job_placement SET placement = $1, changing = $2"];
    CHANGES = ["SELECT EXISTS (SELECT FROM job_placement WHERE changing)"];
}

/// Records where the jobs of this process go, or refuses it.
pub(super) async fn agree(database: &Database, options: &PgOptions) -> Result<()> {
    let mut tx = database.begin().await?;
    tx.execute(query(BEGIN).bind(options.jobs.as_str())).await?;
    let recorded = tx.write_returning(query(READ)).await?;
    let recorded = row::one(recorded.first(), |row| {
        let mut row = Row::new("job_placement", row);
        Recorded::read(&row.take::<String>()?, row.take()?)
    })?;
    if let Some(recorded) = recorded {
        let now = recorded.agree(options.jobs, options.change_jobs)?;
        if now != recorded {
            tx.execute(query(CHANGE).bind(now.placement.as_str()).bind(now.changing)).await?;
            tracing::info!(placement = now.placement.as_str(), changing = now.changing, "where jobs go has changed");
        }
    }
    tx.commit().await
}

/// Whether a process of this placement brings jobs from the outbox into its queue.
pub(super) async fn relays(database: &Database, jobs: JobPlacement) -> Result<bool> {
    if jobs == JobPlacement::Outbox {
        return Ok(true);
    }
    Ok(!row::yes(database.fetch_all(query(CHANGES)).await?.first())?)
}
