//! How well this process reaches a part of Redis, which decides whether it may call others overdue.
//!
//! When Redis comes back after it was away, every lease may have ended, and those who live need a moment to say so. Whoever
//! could not reach it itself gives them that moment: it takes nothing from anybody before it has been in touch again for
//! as long as a lease, or ten seconds. A process that has just begun knows as little, and waits as long.

use std::{
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use spotlight_core::{Error, ErrorKind, Result};
use tokio::time::Instant;

use super::{guard, room::Room, wire::micros};

/// The longest time without an answer that costs nobody its lease: one call that broke, repeated a second later.
const BREAK: Duration = Duration::from_millis(1_250);
/// How often the same trouble is told.
const TELL: Duration = Duration::from_secs(10);

/// How well a part of Redis is reached: the one server, or the node of a cluster that holds some keys.
#[derive(Default)]
pub(super) struct Contact(Mutex<State>);

#[derive(Default)]
struct State {
    /// When it last answered.
    answered: Option<Instant>,
    /// Since when it has answered without a break.
    steady: Option<Instant>,
    /// The last call was not answered.
    failed: bool,
    /// It need not be asked again before.
    rests_until: Option<Instant>,
    told: Option<Instant>,
}

/// A call under way. One that is dropped was not answered.
struct Asking<'a> {
    contact: &'a Contact,
    began: Instant,
    answered: bool,
}

impl Contact {
    /// A call, whose answer is noted.
    pub(super) async fn of<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let mut asking = Asking { contact: self, began: Instant::now(), answered: false };
        let answer = call.await;
        asking.answered = answer.as_ref().map_or_else(|error| !is_away(error), |_| true);
        answer
    }

    /// For how many microseconds it has answered without a break.
    pub(super) fn steady(&self) -> u64 {
        micros(self.state().steady(Instant::now()))
    }

    /// True for as long after a call that failed as that took: whoever has others to ask does so first.
    pub(super) fn rests(&self) -> bool {
        self.state().rests_until.is_some_and(|until| Instant::now() < until)
    }

    /// What is said in the place of an answer while it rests.
    pub(super) fn resting() -> Error {
        Error::new(ErrorKind::Unavailable, "a part of Redis did not answer a moment ago")
    }

    /// Whether a failure should be told: not each one of many.
    pub(super) fn is_news(&self) -> bool {
        let mut state = self.state();
        let news = state.told.is_none_or(|told| told.elapsed() > TELL);
        if news {
            state.told = Some(Instant::now());
        }
        news
    }

    fn state(&self) -> MutexGuard<'_, State> {
        guard(&self.0)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.contact.state().note(self.began, Instant::now(), self.answered);
    }
}

impl State {
    /// A call that began and ended then.
    fn note(&mut self, began: Instant, now: Instant, answered: bool) {
        let took = now - began;
        if !answered {
            self.failed = true;
            self.rests_until = Some(now + took);
            return;
        }
        let silent = self.answered.map_or(Duration::MAX, |before| now - before);
        if self.steady.is_none() || silent > BREAK && (self.failed || took > BREAK) {
            self.steady = Some(now);
        }
        self.answered = Some(now);
        self.failed = false;
        self.rests_until = None;
    }

    fn steady(&self, now: Instant) -> Duration {
        self.steady.filter(|_| !self.failed).map_or(Duration::ZERO, |since| now - since)
    }
}

/// Failures of a call that concerns several queues: each goes on without the others.
#[derive(Default)]
pub(super) struct Failures {
    pub(super) some_went_well: bool,
    first: Option<Error>,
}

impl Failures {
    /// Notes a queue's failure, and tells it now and then.
    pub(super) fn add(&mut self, room: &Room, error: Error, what: &str) {
        if room.contact.is_news() {
            tracing::warn!(queue = room.name, error = error.chain(), "{what}; others go on");
        }
        self.first.get_or_insert(error);
    }

    /// Notes a failure of what all queues share.
    pub(super) fn add_shared(&mut self, error: Error) {
        self.first.get_or_insert(error);
    }

    /// The first failure, unless something went well: then it was told.
    pub(super) fn into_result(self) -> Result<()> {
        self.first.filter(|_| !self.some_went_well).map_or(Ok(()), Err)
    }
}

/// Whether an error says that Redis was not reached.
pub(super) fn is_away(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Time that passes when it is told to.
    struct Told(State, Instant);

    impl Told {
        fn new() -> Self {
            Self(State::default(), Instant::now())
        }

        fn pass(&mut self, millis: u64) {
            self.1 += Duration::from_millis(millis);
        }

        fn call(&mut self, millis: u64, answered: bool) {
            let began = self.1;
            self.pass(millis);
            self.0.note(began, self.1, answered);
        }

        fn steady(&self) -> u128 {
            self.0.steady(self.1).as_millis()
        }
    }

    #[test]
    fn whoever_was_in_trouble_begins_anew() {
        let mut contact = Told::new();
        assert_eq!(contact.steady(), 0, "it has never answered");
        contact.call(1, true);
        contact.pass(60_000);
        assert_eq!(contact.steady(), 60_000, "nobody asked, and nothing failed");
        contact.call(10, false);
        assert_eq!(contact.steady(), 0);
        contact.call(10, true);
        assert_eq!(contact.steady(), 0, "it may have been away for a minute");
        contact.pass(2_000);
        assert_eq!(contact.steady(), 2_000);
    }

    #[test]
    fn a_call_that_broke_and_was_repeated_is_no_trouble() {
        let mut contact = Told::new();
        contact.call(1, true);
        for _ in 0..10 {
            contact.call(5, false);
            contact.pass(1_000);
            contact.call(5, true);
        }
        assert!(contact.steady() > 10_000);
    }

    #[test]
    fn a_call_that_hung_is_trouble() {
        let mut contact = Told::new();
        contact.call(1, true);
        contact.pass(60_000);
        contact.call(3_000, true);
        assert_eq!(contact.steady(), 0, "it may have waited while leases ended");
        contact.pass(9_000);
        contact.call(3_000, false);
        assert!(contact.0.rests_until.is_some_and(|until| until == contact.1 + Duration::from_secs(3)));
        contact.call(1, true);
        assert_eq!((contact.steady(), contact.0.rests_until), (0, None));
    }

    #[tokio::test]
    async fn what_is_refused_was_answered_and_what_is_dropped_was_not() {
        let contact = Contact::default();
        let refused = contact.of(async { Err::<(), _>(Error::conflict("no")) }).await;
        assert!(refused.is_err() && !contact.state().failed && contact.state().steady.is_some());
        let mut hangs = Box::pin(contact.of(std::future::pending::<Result<()>>()));
        assert!(futures::poll!(hangs.as_mut()).is_pending());
        drop(hangs);
        assert!(contact.state().failed);
        assert_eq!(contact.steady(), 0);
        let away = contact.of(async { Err::<(), _>(Error::new(ErrorKind::Unavailable, "away")) }).await;
        assert!(away.is_err() && contact.state().failed);
    }
}
