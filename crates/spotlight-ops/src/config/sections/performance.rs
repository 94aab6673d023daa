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

static PROCESSES: Variable = Variable::new(
    "WEB_CONCURRENCY",
    "performance.web_concurrency",
    "processes behind one listening socket; one uses every core",
    "4",
)
.or("1");

pub(super) const SECTION: Section = Section { title: "Performance", variables: &[&THREADS, &PROCESSES] };

/// How much of the machine a deployment takes.
#[derive(Debug, Clone)]
pub struct Performance {
    /// Threads of the runtime; as many as there are processors unless given.
    pub threads: Option<usize>,
    /// Processes behind one listening socket.
    pub processes: usize,
}

impl Performance {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            threads: reader.value(&THREADS, parse::number(1..=1024)),
            processes: reader.usual(&PROCESSES, parse::number(1..=64)),
        }
    }
}
