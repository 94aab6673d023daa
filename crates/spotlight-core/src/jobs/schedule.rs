//! Recurring jobs: each tick of a schedule adds one job in the whole fleet.

use std::{str::FromStr, sync::Arc, time::Duration};

use chrono::{Duration as Span, SubsecRound};
use chrono_tz::Tz;
use croner::Cron;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::worker::Rest;
use crate::{
    domain::time::Timestamp,
    error::{Error, Result},
    ports::{Clock, JobQueue, JobSpec},
};

/// What becomes of ticks that no process was there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// Nothing.
    Skip,
    /// The newest of them adds its job, late.
    Latest,
    /// Each of them does, but at most so many, the newest.
    Each(u16),
}

/// When a job recurs.
#[derive(Clone)]
pub struct Schedule {
    name: String,
    cron: Cron,
    zone: Tz,
    missed: Missed,
    job: Arc<dyn Fn(Timestamp) -> JobSpec + Send + Sync>,
}

/// A tick that is this late was missed: somebody should have been there for it.
const LATE: Span = Span::seconds(30);
/// The longest sleep: a clock that was set is noticed after it.
const LONGEST: Duration = Duration::from_secs(5);
/// The pause after the store failed.
const PAUSE: Duration = Duration::from_secs(1);

impl Schedule {
    /// A schedule by a cron pattern of five fields, or six with seconds first, in a zone. `name` tells schedules of a
    /// fleet apart, for good: 1 to 100 bytes. `job` makes the job of a tick.
    ///
    /// A time of day that a change to summer time leaves out fires when the gap ends; one that comes twice fires as the
    /// pattern says: once for a fixed time, each time for a repeating one.
    ///
    /// # Errors
    /// `Validation` for a pattern that cannot be read.
    pub fn cron(
        name: impl Into<String>,
        pattern: &str,
        zone: Tz,
        missed: Missed,
        job: impl Fn(Timestamp) -> JobSpec + Send + Sync + 'static,
    ) -> Result<Self> {
        let cron = Cron::from_str(pattern).map_err(|error| {
            Error::invalid(
                "cron",
                "format",
                format!("`{pattern}` is no cron pattern: write five fields, as 0 6 * * 1-5"),
            )
            .with_source(error)
        })?;
        Ok(Self { name: name.into(), cron, zone, missed, job: Arc::new(job) })
    }

    /// What tells it apart.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its cron pattern.
    pub fn pattern(&self) -> String {
        self.cron.pattern.to_string()
    }

    /// Its first tick after an instant; none when there is no more.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let next = self.cron.find_next_occurrence(&after.with_timezone(&self.zone), false).ok()?;
        Some(next.to_utc())
    }

    /// The ticks after `after` up to `now` that add a job, oldest first.
    fn due(&self, after: Timestamp, now: Timestamp) -> Vec<Timestamp> {
        let most = match self.missed {
            Missed::Skip | Missed::Latest => 1,
            Missed::Each(most) => usize::from(most.max(1)),
        };
        // Ticks are whole seconds: the one of this second is before the next second.
        let before = now.with_timezone(&self.zone).trunc_subsecs(0) + Span::seconds(1);
        let back = self.cron.iter_before(before).map(|tick| tick.to_utc());
        let mut ticks: Vec<_> = back.take_while(|tick| *tick > after).take(most).collect();
        if self.missed == Missed::Skip {
            ticks.retain(|tick| now - *tick <= LATE);
        }
        ticks.reverse();
        ticks
    }
}

/// Adds the jobs of every schedule until `stop` is cancelled.
pub(super) async fn run(
    queue: Arc<dyn JobQueue>,
    clock: Arc<dyn Clock>,
    schedules: Vec<Schedule>,
    rest: Rest,
    stop: CancellationToken,
) {
    let mut running = JoinSet::new();
    for schedule in schedules {
        let (queue, clock, rest, stop) = (Arc::clone(&queue), Arc::clone(&clock), rest.clone(), stop.clone());
        running.spawn(async move {
            tokio::select! {
                () = keep(&*queue, &*clock, &schedule, &rest) => {}
                () = stop.cancelled() => {}
            }
        });
    }
    while running.join_next().await.is_some() {}
}

async fn keep(queue: &dyn JobQueue, clock: &dyn Clock, schedule: &Schedule, rest: &Rest) {
    let mut after = loop {
        match queue.last_tick(&schedule.name).await {
            // A schedule that is new begins now.
            Ok(last) => break last.unwrap_or_else(|| clock.now()),
            Err(error) => {
                tracing::warn!(schedule = schedule.name, error = error.chain(), "a schedule cannot be read");
                tokio::time::sleep(PAUSE).await;
            }
        }
    };
    loop {
        // Ticks that pass meanwhile were missed, and what becomes of those the schedule says.
        rest.is_over().await;
        let now = clock.now();
        // A clock that was ahead has been set: what it passed over is still to come, and what was added is not added again.
        after = after.min(now);
        let pause = match schedule.next(after) {
            None => return,
            Some(next) if next > now => (next - now).to_std().unwrap_or(LONGEST).min(LONGEST),
            Some(_) => match add(queue, schedule, schedule.due(after, now)).await {
                Ok(()) => {
                    after = now;
                    Duration::ZERO
                }
                Err(error) => {
                    tracing::warn!(schedule = schedule.name, error = error.chain(), "a tick waits for the store");
                    PAUSE
                }
            },
        };
        tokio::time::sleep(pause).await;
    }
}

async fn add(queue: &dyn JobQueue, schedule: &Schedule, ticks: Vec<Timestamp>) -> Result<()> {
    for tick in ticks {
        queue.tick(&schedule.name, tick, (schedule.job)(tick)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use chrono_tz::Europe::Berlin;

    use super::*;
    use crate::{
        memory::MemoryQueue,
        ports::{JobProducer, SystemClock, SystemIds},
    };

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn schedule(pattern: &str, missed: Missed) -> Schedule {
        Schedule::cron("test", pattern, Berlin, missed, |_| JobSpec::new("tick", "{}")).expect("a schedule")
    }

    #[test]
    fn a_time_of_day_follows_the_zone_over_a_change_of_time() {
        let daily = schedule("30 9 * * *", Missed::Skip);
        assert_eq!(daily.next(at("2026-03-28T07:00:00Z")), Some(at("2026-03-28T08:30:00Z")));
        assert_eq!(daily.next(at("2026-03-28T09:00:00Z")), Some(at("2026-03-29T07:30:00Z")));
    }

    #[test]
    fn a_time_that_comes_twice_fires_once() {
        // On 2026-10-25, 02:30 comes at 00:30 and at 01:30 UTC in Berlin.
        let nightly = schedule("30 2 * * *", Missed::Skip);
        let first = nightly.next(at("2026-10-24T12:00:00Z")).expect("a tick");
        let second = nightly.next(first).expect("a tick");
        assert_eq!(first, at("2026-10-25T00:30:00Z"));
        assert_eq!(second, at("2026-10-26T01:30:00Z"));
    }

    #[test]
    fn missed_ticks_follow_the_policy() {
        let (after, now) = (at("2026-05-01T10:00:00Z"), at("2026-05-01T10:05:00.0003Z"));
        let due = |missed| schedule("* * * * *", missed).due(after, now);
        assert_eq!(due(Missed::Skip), [at("2026-05-01T10:05:00Z")]);
        assert_eq!(due(Missed::Latest), [at("2026-05-01T10:05:00Z")]);
        assert_eq!(due(Missed::Each(3)), [3, 4, 5].map(|minute| at(&format!("2026-05-01T10:0{minute}:00Z"))));
        let late = at("2026-05-01T10:05:50Z");
        assert!(schedule("0 10 * * *", Missed::Skip).due(at("2026-05-01T07:00:00Z"), late).is_empty());
        assert_eq!(schedule("0 10 * * *", Missed::Latest).due(at("2026-05-01T07:00:00Z"), late).len(), 1);
        assert!(schedule("* * * * *", Missed::Each(9)).due(now, now).is_empty());
    }

    /// An hour ahead at first.
    #[derive(Default)]
    struct Ahead(AtomicU32);

    impl Clock for Ahead {
        fn now(&self) -> Timestamp {
            let wrong = if self.0.fetch_add(1, Ordering::Relaxed) < 4 { Span::hours(1) } else { Span::zero() };
            SystemClock.now() + wrong
        }
    }

    #[tokio::test]
    async fn a_clock_that_was_ahead_neither_delays_nor_hastens_a_tick() {
        let queue = MemoryQueue::new(Arc::new(SystemClock), Arc::new(SystemIds));
        let (clock, every_second) = (Ahead::default(), schedule("* * * * * *", Missed::Each(9)));
        let awake = Rest::never();
        let ticked = async {
            loop {
                if let Some(last) = queue.last_tick("test").await.expect("memory answers") {
                    return last;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let last = tokio::select! {
            last = ticked => last,
            () = keep(&queue, &clock, &every_second, &awake) => panic!("there are always more ticks"),
            () = tokio::time::sleep(Duration::from_secs(20)) => panic!("no tick came"),
        };
        assert!(last <= SystemClock.now(), "it came before its time");
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_refused() {
        assert!(Schedule::cron("test", "every day", Berlin, Missed::Skip, |_| JobSpec::new("tick", "{}")).is_err());
    }
}
