//! Where the jobs of a database go, as it is recorded there for the whole fleet.

use spotlight_core::{Error, ErrorKind, Result, ports::JobPlacement};

/// What a database says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) placement: JobPlacement,
    /// The fleet changes over to it: processes of the other placement are welcome too.
    pub(crate) changing: bool,
}

impl Recorded {
    /// From the columns.
    pub(crate) fn read(word: &str, changing: bool) -> Result<Self> {
        let every = [JobPlacement::Queue, JobPlacement::Outbox];
        let placement = every.into_iter().find(|placement| placement.as_str() == word);
        let placement = placement.ok_or_else(|| super::stored::corrupt("job_placement", "placement"))?;
        Ok(Self { placement, changing })
    }

    /// What is to be recorded when a process starts that leaves its jobs in one place, and may change it or not.
    ///
    /// # Errors
    /// `Misconfigured` when they would not be looked for there.
    pub(crate) fn agree(self, mine: JobPlacement, change: bool) -> Result<Self> {
        let other = self.placement != mine;
        match (other, change) {
            (true, true) => Ok(Self { placement: mine, changing: true }),
            (true, false) if !self.changing => Err(refused(self.placement)),
            // Whoever has the new placement and is to change nothing says that the change is over.
            (false, false) => Ok(Self { changing: false, ..self }),
            (true, false) | (false, true) => Ok(self),
        }
    }
}

fn refused(recorded: JobPlacement) -> Error {
    let (theirs, ours) = match recorded {
        JobPlacement::Queue => ("the queue in this database", "the outbox, for a queue elsewhere"),
        JobPlacement::Outbox => ("the outbox, for a queue elsewhere", "the queue in this database"),
    };
    let text = format!(
        "the jobs of this database go into {theirs}, and this process was told to leave them in {ours}, where the others \
         would not find them: give it the setting of the others, or change over all of them as docs/jobs.md says"
    );
    Error::new(ErrorKind::Misconfigured, text)
}

#[cfg(test)]
mod tests {
    use JobPlacement::{Outbox, Queue};

    use super::*;

    const fn at(placement: JobPlacement, changing: bool) -> Recorded {
        Recorded { placement, changing }
    }

    #[test]
    fn who_says_the_same_is_welcome() {
        for placement in [Queue, Outbox] {
            assert_eq!(at(placement, false).agree(placement, false).expect("welcome"), at(placement, false));
            // A setting that was left there begins no new change.
            assert_eq!(at(placement, false).agree(placement, true).expect("welcome"), at(placement, false));
        }
    }

    #[test]
    fn who_says_otherwise_is_refused_with_what_to_do() {
        let refused = at(Queue, false).agree(Outbox, false).expect_err("refused");
        assert_eq!(refused.kind(), ErrorKind::Misconfigured);
        assert!(refused.to_string().contains("docs/jobs.md"), "{refused}");
        assert_eq!(at(Outbox, false).agree(Queue, false).expect_err("refused").kind(), ErrorKind::Misconfigured);
    }

    #[test]
    fn a_fleet_changes_over_and_back() {
        let begun = at(Queue, false).agree(Outbox, true).expect("it begins");
        assert_eq!(begun, at(Outbox, true));
        assert_eq!(begun.agree(Queue, false).expect("an old process may come back"), begun);
        assert_eq!(begun.agree(Outbox, true).expect("another new one"), begun);
        assert_eq!(begun.agree(Queue, true).expect("it turns back"), at(Queue, true));
        let over = begun.agree(Outbox, false).expect("it is over");
        assert_eq!(over, at(Outbox, false));
        over.agree(Queue, false).expect_err("an old process is refused");
    }
}
