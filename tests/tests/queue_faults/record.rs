//! What the ledger and the store say happened, and whether that is what may happen.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use spotlight_core::{
    domain::JobId,
    ports::{JobFilter, JobQueue, JobState},
};
use spotlight_tests::fleet::{Line, Reader};
use tokio::time::Instant;

/// One try of a job.
#[derive(Debug, Clone)]
pub(crate) struct Try {
    pub(crate) process: u32,
    pub(crate) ended: bool,
    /// Its line in the ledger.
    pub(crate) line: usize,
}

/// What a ledger has told so far.
pub(crate) struct Record {
    reader: Reader,
    lines: usize,
    /// By job, by try.
    pub(crate) jobs: HashMap<JobId, BTreeMap<u16, Try>>,
    /// Jobs by second, of ticks.
    pub(crate) ticks: BTreeMap<i64, BTreeSet<JobId>>,
    pub(crate) ended: BTreeSet<JobId>,
    /// By process: what it has begun and not ended.
    open: HashMap<u32, BTreeMap<JobId, u16>>,
    /// When the last end was seen, and the longest time without any.
    last: Instant,
    pub(crate) silence: Duration,
    /// Processes that are gone, and how many lines there were by then.
    pub(crate) gone: HashMap<u32, usize>,
}

impl Record {
    pub(crate) fn new(ledger: PathBuf) -> Self {
        Self {
            reader: Reader::new(ledger),
            lines: 0,
            jobs: HashMap::new(),
            ticks: BTreeMap::new(),
            ended: BTreeSet::new(),
            open: HashMap::new(),
            last: Instant::now(),
            silence: Duration::ZERO,
            gone: HashMap::new(),
        }
    }

    /// Reads what is new.
    pub(crate) fn read(&mut self) {
        let news = self.reader.news();
        if news.iter().any(|line| !line.starts) {
            self.silence = self.silence.max(self.last.elapsed());
            self.last = Instant::now();
        }
        for line in news {
            self.add(line);
        }
    }

    fn add(&mut self, line: Line) {
        self.lines += 1;
        let Line { starts, job, attempt, process, what } = line;
        if let Some(second) = what.strip_prefix("tick@") {
            self.ticks.entry(second.parse().expect("a second")).or_default().insert(job);
        }
        let tries = self.jobs.entry(job).or_default();
        if starts {
            let before = tries.insert(attempt, Try { process, ended: false, line: self.lines });
            assert!(before.is_none(), "try {attempt} of {job} began twice: {before:?} and in {process}");
            self.open.entry(process).or_default().insert(job, attempt);
        } else {
            let one = tries.get_mut(&attempt).filter(|one| one.process == process && !one.ended);
            one.unwrap_or_else(|| panic!("try {attempt} of {job} ended in {process} without a beginning")).ended = true;
            self.open.entry(process).or_default().remove(&job);
            self.ended.insert(job);
        }
    }

    /// What a process has begun and not ended.
    pub(crate) fn open(&self, process: u32) -> BTreeMap<JobId, u16> {
        self.open.get(&process).cloned().unwrap_or_default()
    }

    /// Notes that a process is gone.
    pub(crate) fn gone(&mut self, process: u32) {
        self.read();
        self.gone.insert(process, self.lines);
    }

    /// Reads on for a time.
    pub(crate) async fn watch(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.read();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Reads on until something holds.
    pub(crate) async fn until(&mut self, what: &str, patience: Duration, holds: impl Fn(&Self) -> bool) {
        let until = Instant::now() + patience;
        loop {
            self.read();
            if holds(self) {
                return;
            }
            assert!(Instant::now() < until, "{what} did not happen within {patience:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Every job was done, and only what a dead process had begun was begun again, after its death.
    pub(crate) fn is_sound(&self, acknowledged: &[JobId]) {
        let lost: Vec<_> = acknowledged.iter().filter(|job| !self.ended.contains(job)).collect();
        assert!(lost.is_empty(), "{} acknowledged jobs never ended, as {:?}", lost.len(), &lost[..lost.len().min(5)]);
        for (job, tries) in &self.jobs {
            let all: Vec<_> = tries.values().collect();
            for pair in all.windows(2) {
                let gone = self.gone.get(&pair[0].process);
                let gone = gone.unwrap_or_else(|| panic!("{job} was taken from a process that lives: {tries:?}"));
                assert!(pair[1].line > *gone, "{job} was taken from a process before that was gone: {tries:?}");
            }
        }
    }

    /// Every second has one job.
    pub(crate) fn ticks_came_once(&self) {
        let (Some((first, _)), Some((last, _))) = (self.ticks.first_key_value(), self.ticks.last_key_value()) else {
            panic!("nothing recurred");
        };
        for second in *first..=*last {
            let jobs = self.ticks.get(&second).map_or(0, BTreeSet::len);
            assert_eq!(jobs, 1, "the tick of second {second} ({} to {}) came {jobs} times", *first, *last);
        }
    }

    /// Waits until no tick is on its way, so that each is in the ledger.
    pub(crate) async fn settle_ticks(&mut self) {
        let Some(newest) = self.ticks.last_key_value().map(|(second, _)| *second) else { return };
        let first = self.ticks.first_key_value().map_or(newest, |(second, _)| *second);
        let all = |record: &Self| (first..=newest).all(|second| record.ticks.contains_key(&second));
        self.until("every tick", Duration::from_secs(20), all).await;
    }

    /// The store says what the ledger says.
    pub(crate) async fn agrees_with(&self, queue: &Arc<dyn JobQueue>) {
        let filter = JobFilter { state: Some(JobState::Done), ..JobFilter::default() };
        let (mut after, mut found) = (None, 0);
        loop {
            let part = queue.list(&filter, after, 25_000).await.expect("the store answers");
            let Some(last) = part.last() else { break };
            after = Some(last.id);
            for job in part {
                let tries = self.jobs.get(&job.id).unwrap_or_else(|| panic!("{} is done and never began", job.id));
                let (attempt, last) = tries.last_key_value().expect("a try");
                assert!(last.ended, "{} is done and its last try did not end: {tries:?}", job.id);
                assert_eq!(job.attempts, *attempt, "tries of {}: {tries:?}, {:?}", job.id, job.failures);
                let failures = usize::from(job.attempts - 1).min(spotlight_core::ports::MAX_ERRORS);
                assert_eq!(job.failures.len(), failures, "failures of {}: {tries:?}", job.id);
                found += 1;
            }
        }
        assert_eq!(found, self.ended.len(), "as many jobs are done as ended");
    }
}
