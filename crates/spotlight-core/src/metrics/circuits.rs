//! Circuit breakers, as they are now.

use std::{collections::BTreeMap, fmt};

use super::catalog::CIRCUIT_STATE;
use crate::ports::{Figure, Label};

/// What a circuit breaker does; the later, the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CircuitPhase {
    /// It lets calls through.
    Closed,
    /// One call tries whether what was away is back.
    HalfOpen,
    /// It lets none through.
    Open,
}

impl CircuitPhase {
    /// Every phase.
    const ALL: [Self; 3] = [Self::Closed, Self::HalfOpen, Self::Open];

    /// The word in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
        }
    }
}

type Look = Box<dyn Fn() -> Option<CircuitPhase> + Send + Sync>;

/// A circuit breaker with its name, looked at from outside.
pub struct CircuitView {
    name: Label,
    look: Look,
}

impl CircuitView {
    /// A view of a circuit. `look` says what it does; nothing when it is gone. The name is one of the program or of the
    /// settings, as of a model.
    pub fn new(name: impl Into<Label>, look: impl Fn() -> Option<CircuitPhase> + Send + Sync + 'static) -> Self {
        Self { name: name.into(), look: Box::new(look) }
    }

    pub(super) fn is_there(&self) -> bool {
        (self.look)().is_some()
    }
}

impl fmt::Debug for CircuitView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CircuitView({}: {:?})", self.name, (self.look)())
    }
}

/// Of several circuits with one name, the worst is shown.
pub(super) fn figures(circuits: &[CircuitView], into: &mut Vec<Figure>) {
    let mut worst: BTreeMap<&Label, CircuitPhase> = BTreeMap::new();
    for circuit in circuits {
        if let Some(phase) = (circuit.look)() {
            worst.entry(&circuit.name).and_modify(|known| *known = phase.max(*known)).or_insert(phase);
        }
    }
    for (name, phase) in worst {
        into.extend(CircuitPhase::ALL.into_iter().map(|one| {
            let labels = vec![name.clone(), Label::Borrowed(one.as_str())];
            Figure::number(&CIRCUIT_STATE, labels, f64::from(u8::from(one == phase)))
        }));
    }
}
