//! A circuit breaker: keeps calls away from a dependency that keeps failing.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    domain::time::Timestamp,
    metrics::{CircuitPhase, CircuitView, Metrics},
    ports::{Label, clock::Clock},
};

/// A circuit. Closed it lets every call through; after a number of failures in a row it opens and lets none through;
/// after a pause one call probes, and its outcome closes the circuit or opens it again.
pub(super) struct Circuit {
    clock: Arc<dyn Clock>,
    /// Failures in a row that open it, at least 1.
    failures_to_open: u32,
    cool_down: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Closed { failures: u32 },
    Open { since: Timestamp },
    Probing { since: Timestamp },
}

/// A call that was let through. Dropped without an outcome, it counts for nothing.
pub(super) struct Permit {
    circuit: Arc<Circuit>,
    settled: bool,
}

impl Circuit {
    pub(super) fn new(clock: Arc<dyn Clock>, failures_to_open: u32, cool_down: Duration) -> Self {
        Self {
            clock,
            failures_to_open: failures_to_open.max(1),
            cool_down,
            state: Mutex::new(State::Closed { failures: 0 }),
        }
    }

    /// Lets a call through, or says how long the circuit stays open.
    pub(super) fn enter(self: &Arc<Self>) -> Result<Permit, Duration> {
        let now = self.clock.now();
        let mut state = self.lock();
        match *state {
            State::Closed { .. } => {}
            State::Open { since } => {
                // A clock that was set back must not keep the circuit open for longer than the pause.
                let open_for = (now - since).to_std().unwrap_or(self.cool_down);
                let left = self.cool_down.saturating_sub(open_for);
                if !left.is_zero() {
                    return Err(left);
                }
                *state = State::Probing { since };
            }
            State::Probing { .. } => return Err(self.cool_down),
        }
        drop(state);
        Ok(Permit { circuit: Arc::clone(self), settled: false })
    }

    /// Shows it in metrics as long as it is there.
    pub(super) fn watched_by(self: &Arc<Self>, metrics: &Metrics, name: impl Into<Label>) {
        let circuit = Arc::downgrade(self);
        metrics.watch(CircuitView::new(name, move || circuit.upgrade().map(|circuit| circuit.phase())));
    }

    fn phase(&self) -> CircuitPhase {
        match *self.lock() {
            State::Closed { .. } => CircuitPhase::Closed,
            State::Open { .. } => CircuitPhase::Open,
            State::Probing { .. } => CircuitPhase::HalfOpen,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// The call did what it should.
    pub(super) fn succeeded(&mut self) {
        if !std::mem::replace(&mut self.settled, true) {
            *self.circuit.lock() = State::Closed { failures: 0 };
        }
    }

    /// The call failed.
    pub(super) fn failed(&mut self) {
        if std::mem::replace(&mut self.settled, true) {
            return;
        }
        let now = self.circuit.clock.now();
        let mut state = self.circuit.lock();
        *state = match *state {
            State::Closed { failures } if failures + 1 < self.circuit.failures_to_open => {
                State::Closed { failures: failures + 1 }
            }
            // A call that began before the circuit opened does not lengthen the pause.
            State::Open { since } => State::Open { since },
            State::Closed { .. } | State::Probing { .. } => State::Open { since: now },
        };
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.settled {
            let mut state = self.circuit.lock();
            if let State::Probing { since } = *state {
                *state = State::Open { since };
            }
        }
    }
}
