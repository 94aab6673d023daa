//! Rates of keys: what a claim found too early waits for its time.

use std::collections::BTreeMap;

use spotlight_core::{
    Result,
    domain::{ProcessId, time::Timestamp},
};

use super::{PgQueue, claim::Claimed, extra::RateNote, finish::Fates, job::span, mask::Claim, place::Filled, settle};
use crate::postgres::{db::query, row::Row, sql::statements, tx::Tx};

statements! {
    LOCK_RATES = [
        "INSERT INTO job_rates AS r (queue, key, due) SELECT g.queue, g.key, clock_timestamp() \
         FROM unnest($1::text[], $2::text[]) AS g (queue, key) ORDER BY g.queue, g.key \
         ON CONFLICT (queue, key) DO UPDATE SET due = r.due RETURNING queue, key, due, clock_timestamp()"
    ];
    SET_RATES = [
        "UPDATE job_rates r SET due = g.due FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS g (queue, key, due) \
         WHERE r.queue = g.queue AND r.key = g.key"
    ];
}

/// When the next start of a key is on time, and when starts are on time for those that were too early.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Due {
    now: Timestamp,
    next: Timestamp,
    after_next: Timestamp,
}

impl Due {
    /// Counts a start. Gives the instant to wait for when it is too early.
    ///
    /// Those that are too early are told instants one after the other, so that they do not come back all at once.
    fn start(&mut self, rate: &RateNote) -> Option<Timestamp> {
        let each = span(rate.period / u64::from(rate.limit.max(1)));
        let tolerance = each * i32::try_from(rate.limit.saturating_sub(1)).unwrap_or(i32::MAX);
        self.next = self.next.max(self.now);
        self.after_next = self.after_next.max(self.next);
        if self.next - tolerance > self.now {
            let at = self.after_next - tolerance;
            self.after_next += each;
            return Some(at);
        }
        self.next += each;
        self.after_next = self.next;
        None
    }
}

impl PgQueue {
    /// Sends claimed jobs that start too early back to wait. Gives the others.
    pub(super) async fn keep_rates(&self, process: ProcessId, claimed: Vec<Claimed>) -> Result<Vec<Claimed>> {
        let early = in_tx!(self, tx, filled => put_off(&mut tx, process, &claimed, filled).await)?;
        Ok(claimed.into_iter().filter(|claimed| !early.contains_key(&claimed.job.claim)).collect())
    }
}

async fn put_off(
    tx: &mut Tx,
    process: ProcessId,
    claimed: &[Claimed],
    filled: &mut Filled,
) -> Result<BTreeMap<i64, Timestamp>> {
    let early = too_early(tx, claimed).await?;
    let claims = early.keys().map(|number| Claim::of(*number));
    let mut fates = Fates::new();
    for (claim, job) in settle::take(tx, process, claims).await?.jobs {
        if let Some(at) = early.get(&claim.number()) {
            fates.put_off(job, *at);
        }
    }
    fates.carry_out(tx, filled).await?;
    Ok(early)
}

/// Counts starts. Gives the claims that start too early, and until when.
async fn too_early(tx: &mut Tx, claimed: &[Claimed]) -> Result<BTreeMap<i64, Timestamp>> {
    let rated = |claimed: &Claimed| Some((claimed.job.queue.clone(), claimed.extra.as_ref()?.rate.clone()?.key));
    let mut keys: Vec<_> = claimed.iter().filter_map(rated).collect();
    keys.sort_unstable();
    keys.dedup();
    let queues: Vec<_> = keys.iter().map(|(queue, _)| queue.as_str()).collect();
    let names: Vec<_> = keys.iter().map(|(_, key)| key.as_str()).collect();
    let mut dues: BTreeMap<(String, String), Due> = BTreeMap::new();
    for row in tx.write_returning(query(LOCK_RATES).bind(&queues).bind(&names)).await? {
        let mut row = Row::new("job_rates", &row);
        let key = (row.take()?, row.take()?);
        let (next, now) = (row.at()?, row.at()?);
        dues.insert(key, Due { now, next, after_next: next });
    }
    let mut early = BTreeMap::new();
    for claimed in claimed {
        let Some(rate) = claimed.extra.as_ref().and_then(|extra| extra.rate.as_ref()) else { continue };
        let Some(due) = dues.get_mut(&(claimed.job.queue.clone(), rate.key.clone())) else { continue };
        if let Some(at) = due.start(rate) {
            early.insert(claimed.job.claim, at);
        }
    }
    let nexts: Vec<_> = keys.iter().filter_map(|key| dues.get(key)).map(|due| due.next).collect();
    tx.execute(query(SET_RATES).bind(&queues).bind(&names).bind(&nexts)).await?;
    Ok(early)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_beyond_the_burst_are_spread() {
        let now = Timestamp::UNIX_EPOCH;
        let rate = RateNote { key: "k".to_owned(), limit: 2, period: 4_000_000 };
        let mut due = Due { now, next: now, after_next: now };
        let after = |seconds| Some(now + chrono::Duration::seconds(seconds));
        let starts: Vec<_> = (0..4).map(|_| due.start(&rate)).collect();
        assert_eq!(starts, [None, None, after(2), after(4)]);
        assert_eq!(due.next, now + chrono::Duration::seconds(4), "those that wait are not counted");
    }
}
