//! How much of the machine a deployment takes.

use crate::config::{Section, Variable, parse, reader::Reader};

static THREADS: Variable = Variable::new(
    "MAX_THREADS",
    "performance.max_threads",
    "threads of the runtime, and the usual size of the pool of connections; as many as the cgroup has processors unless \
     given",
    "5",
)
.once(&["RAILS_MAX_THREADS"]);

pub(super) const SECTION: Section = Section { title: "Performance", variables: &[&THREADS] };

/// How much of the machine a deployment takes.
#[derive(Debug, Clone)]
pub struct Performance {
    /// Threads of the runtime; as many as there are processors unless given.
    pub threads: Option<usize>,
}

impl Performance {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self { threads: reader.value(&THREADS, parse::number(1..=1024)) }
    }
}
