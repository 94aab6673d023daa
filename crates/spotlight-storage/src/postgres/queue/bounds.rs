//! Where to look for ready jobs.
//!
//! The index of a busy queue begins with the entries of jobs that are gone, until the server cleans it up. A process
//! that works a queue off remembers how far it got at each priority, and looks from there. Whatever comes to lie before
//! that (a slow transaction that commits late, a job that another process hands back) is found by looking from the very
//! start every now and then, and whenever a look finds less than it could take. What this process puts back itself makes
//! it forget.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use spotlight_derive::RedactedDebug;
use tokio::time::Instant;

/// How long a queue is looked at from a remembered place.
const TRUST: Duration = Duration::from_millis(250);
/// Looking from the start may take this share of the time, where it is slow.
const SHARE: u32 = 20;
/// Priorities of a queue that are remembered; a queue with more is always looked at from the start.
const PRIORITIES: usize = 8;

/// How far this process got.
#[derive(RedactedDebug, Default)]
pub(super) struct Bounds {
    queues: HashMap<String, Known>,
    forgotten: u64,
}

#[derive(Debug)]
struct Known {
    seqs: BTreeMap<i16, i64>,
    until: Instant,
}

/// What to look through: ranges of places, in order.
#[derive(RedactedDebug, Default, PartialEq)]
pub(super) struct Look {
    pub(super) queues: Vec<String>,
    pub(super) priorities: Vec<i16>,
    pub(super) seqs: Vec<i64>,
    pub(super) last_priorities: Vec<i16>,
    /// Queues that are looked at from the start.
    whole: Vec<String>,
    /// Some queue is not.
    pub(super) bounded: bool,
    forgotten: u64,
}

impl Look {
    fn add(&mut self, queue: &str, (priority, seq): (i16, i64), last: i16) {
        self.queues.push(queue.to_owned());
        self.priorities.push(priority);
        self.seqs.push(seq);
        self.last_priorities.push(last);
    }
}

impl Bounds {
    /// A look through queues from where they are known to begin.
    pub(super) fn look(&self, queues: &[String], now: Instant) -> Look {
        let mut look = Look { forgotten: self.forgotten, ..Look::default() };
        for queue in queues {
            let Some(known) = self.queues.get(queue).filter(|known| now < known.until) else {
                look.add(queue, (i16::MIN, i64::MIN), i16::MAX);
                look.whole.push(queue.clone());
                continue;
            };
            look.bounded = true;
            let mut from = Some(i16::MIN);
            for (priority, seq) in &known.seqs {
                // Nothing was ever seen between two known priorities: whatever is there now is new.
                if let Some(from) = from.filter(|from| from < priority) {
                    look.add(queue, (from, i64::MIN), *priority - 1);
                }
                look.add(queue, (*priority, *seq), *priority);
                from = priority.checked_add(1);
            }
            if let Some(from) = from {
                look.add(queue, (from, i64::MIN), i16::MAX);
            }
        }
        look
    }

    /// A look through queues from their start.
    pub(super) fn whole(&self, queues: &[String]) -> Look {
        let mut look = Look { forgotten: self.forgotten, whole: queues.to_vec(), ..Look::default() };
        for queue in queues {
            look.add(queue, (i16::MIN, i64::MIN), i16::MAX);
        }
        look
    }

    /// Learns from what a look found. `full`: as much as it could take.
    pub(super) fn learn<'a>(
        &mut self,
        look: &Look,
        found: impl Iterator<Item = (&'a str, i16, i64)>,
        full: bool,
        (now, took): (Instant, Duration),
    ) {
        if look.forgotten != self.forgotten {
            return;
        }
        if !full {
            look.queues.iter().for_each(|queue| drop(self.queues.remove(queue)));
            return;
        }
        let mut passed: HashMap<&str, BTreeMap<i16, i64>> = HashMap::new();
        for (queue, priority, seq) in found {
            let known = passed.entry(queue).or_default().entry(priority).or_insert(seq);
            *known = seq.max(*known);
        }
        for (queue, seqs) in passed {
            if look.whole.iter().any(|whole| whole == queue) {
                let until = now + TRUST.max(took * SHARE);
                self.queues.insert(queue.to_owned(), Known { seqs, until });
            } else if let Some(known) = self.queues.get_mut(queue) {
                for (priority, seq) in seqs {
                    let bound = known.seqs.entry(priority).or_insert(seq);
                    *bound = seq.max(*bound);
                }
            }
            if self.queues.get(queue).is_some_and(|known| known.seqs.len() > PRIORITIES) {
                self.queues.remove(queue);
            }
        }
    }

    /// Forgets everything, also what looks under way are about to find.
    pub(super) fn forget(&mut self) {
        self.queues.clear();
        self.forgotten += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(look: &Look) -> Vec<(i16, i64, i16)> {
        let ends = look.seqs.iter().zip(&look.last_priorities);
        look.priorities.iter().zip(ends).map(|(priority, (seq, last))| (*priority, *seq, *last)).collect()
    }

    #[test]
    fn a_look_begins_where_the_one_before_ended_and_leaves_no_gap() {
        let queues = ["default".to_owned()];
        let mut bounds = Bounds::default();
        let now = Instant::now();
        let first = bounds.look(&queues, now);
        assert_eq!(ranges(&first), [(i16::MIN, i64::MIN, i16::MAX)]);
        let found = [("default", 0, 10), ("default", 0, 12), ("default", 5, 3)];
        bounds.learn(&first, found.into_iter(), true, (now, Duration::ZERO));
        let second = bounds.look(&queues, now);
        assert!(second.bounded);
        let expected = [(i16::MIN, i64::MIN, -1), (0, 12, 0), (1, i64::MIN, 4), (5, 3, 5), (6, i64::MIN, i16::MAX)];
        assert_eq!(ranges(&second), expected);
        assert!(!bounds.look(&queues, now + TRUST).bounded, "not for ever");
    }

    #[test]
    fn the_ends_of_the_priorities_are_no_trouble() {
        let queues = ["default".to_owned()];
        let mut bounds = Bounds::default();
        let now = Instant::now();
        let look = bounds.look(&queues, now);
        let found = [("default", i16::MIN, 1), ("default", i16::MAX, 2)];
        bounds.learn(&look, found.into_iter(), true, (now, Duration::ZERO));
        let expected = [(i16::MIN, 1, i16::MIN), (i16::MIN + 1, i64::MIN, i16::MAX - 1), (i16::MAX, 2, i16::MAX)];
        assert_eq!(ranges(&bounds.look(&queues, now)), expected);
    }

    #[test]
    fn what_is_put_back_is_not_passed_over_by_a_look_under_way() {
        let queues = ["default".to_owned()];
        let mut bounds = Bounds::default();
        let now = Instant::now();
        let look = bounds.look(&queues, now);
        bounds.forget();
        bounds.learn(&look, [("default", 0, 9)].into_iter(), true, (now, Duration::ZERO));
        assert!(!bounds.look(&queues, now).bounded);
    }

    #[test]
    fn a_look_that_found_too_little_is_not_learned_from() {
        let queues = ["default".to_owned()];
        let mut bounds = Bounds::default();
        let now = Instant::now();
        let look = bounds.look(&queues, now);
        bounds.learn(&look, [("default", 0, 9)].into_iter(), true, (now, Duration::ZERO));
        let look = bounds.look(&queues, now);
        bounds.learn(&look, std::iter::empty(), false, (now, Duration::ZERO));
        assert!(!bounds.look(&queues, now).bounded);
    }
}
