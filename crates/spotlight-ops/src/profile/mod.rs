//! Where a running process spends its time and its memory.
//!
//! Each process of a deployment listens on a socket of its data folder, which its own user alone can reach: [`Control`]. The
//! command `spotlight profile` asks there. Nothing is measured before somebody asks, and it costs nothing until then.

mod control;
#[cfg(feature = "profile")]
mod cpu;
mod flame;
mod heap;

use std::{ops::RangeInclusive, time::Duration};

pub use self::{
    control::{Control, ask, processes},
    flame::{Stacks, flame_graph},
};

/// Samples a second, unless something else is asked for. No round number, so that what happens every so often is not
/// always met, or never.
pub const HERTZ: u16 = 99;
/// Samples a second that can be asked for.
pub const RATES: RangeInclusive<u16> = 1..=999;
/// Seconds for which a process can be watched.
pub const SECONDS: RangeInclusive<u64> = 1..=300;

/// What a process is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// On which stacks its processors are, for so long, so many times a second.
    Cpu {
        /// For how long: [`SECONDS`].
        time: Duration,
        /// Samples a second of processor time: [`RATES`].
        hertz: u16,
    },
    /// What its memory consists of.
    Heap,
}

impl Question {
    fn line(self) -> String {
        match self {
            Self::Cpu { time, hertz } => format!("cpu {} {hertz}\n", time.as_secs()),
            Self::Heap => "heap\n".to_owned(),
        }
    }

    fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let question = match words.next()? {
            "cpu" => {
                let (seconds, hertz) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
                if !SECONDS.contains(&seconds) || !RATES.contains(&hertz) {
                    return None;
                }
                Self::Cpu { time: Duration::from_secs(seconds), hertz }
            }
            "heap" => Self::Heap,
            _ => return None,
        };
        words.next().is_none().then_some(question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_understood_as_they_are_asked_and_nothing_else_is() {
        for question in [Question::Heap, Question::Cpu { time: Duration::from_secs(10), hertz: 99 }] {
            assert_eq!(Question::read(question.line().trim_end()), Some(question));
        }
        for line in ["", "cpu", "cpu 10", "cpu 0 99", "cpu 301 99", "cpu 10 1000", "cpu 10 99 more", "heap more", "up"]
        {
            assert_eq!(Question::read(line), None, "{line}");
        }
    }
}
