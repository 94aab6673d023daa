//! A process that works a queue by hand, and what every queue does with a job that it cannot read.

use std::time::Duration;

use spotlight_core::{
    domain::{JobId, ProcessId},
    ports::{
        ClaimedJob, IdGenerator, JobFilter, JobQueue, JobRecord, JobSpec, JobState, Outcome, Settlement, SystemIds,
    },
};

const LONG: Duration = Duration::from_mins(10);

/// A process of a queue.
#[derive(Debug)]
pub struct Hand<Q> {
    /// The queue.
    pub queue: Q,
    /// The process.
    pub process: ProcessId,
}

/// A job that says a number.
pub fn job(number: usize) -> JobSpec {
    JobSpec::new("test", number.to_string())
}

/// What jobs say.
pub fn payloads(claimed: &[ClaimedJob]) -> Vec<&str> {
    claimed.iter().map(|job| job.payload.as_str()).collect()
}

/// # Panics
/// All of it, when the queue fails or does something else than it should.
impl<Q: JobQueue> Hand<Q> {
    /// A new process of the queue.
    pub async fn new(queue: Q) -> Self {
        let mut hand = Self { queue, process: ProcessId::from_uuid(SystemIds.uuid()) };
        hand.join().await;
        hand
    }

    /// Begins anew, as another process.
    pub async fn join(&mut self) {
        self.process = ProcessId::from_uuid(SystemIds.uuid());
        self.queue.register(self.process, "a hand", LONG).await.expect("registered");
    }

    /// Adds a job.
    pub async fn add(&self, spec: JobSpec) -> JobId {
        self.queue.enqueue(vec![spec]).await.expect("added")[0].id()
    }

    /// Claims what is ready.
    pub async fn claim(&self) -> Vec<ClaimedJob> {
        let claimed = self.queue.claim(self.process, &["default".to_owned()], 10).await;
        claimed.unwrap_or_else(|error| panic!("others are claimed: {}", error.chain()))
    }

    /// Ends a job.
    pub async fn ends(&self, job: &ClaimedJob, outcome: Outcome) {
        let settlement = Settlement { id: job.id, claim: job.claim, outcome };
        assert_eq!(self.queue.settle(self.process, &[settlement]).await.expect("settled"), [true]);
    }

    /// What is known of a job.
    pub async fn record(&self, id: JobId) -> JobRecord {
        self.queue.find(id).await.expect("it answers").expect("it is kept")
    }

    /// A ready job was broken so that it cannot be read: it dies of that, another one runs, and `next`, which wants what
    /// it held, does. Gives what is known of it then.
    pub async fn dies(&self, what: &str, broken: JobId, next: JobSpec) -> JobRecord {
        self.add(job(3)).await;
        let claimed = self.claim().await;
        assert_eq!(payloads(&claimed), ["3"], "{what}");
        self.ends(&claimed[0], Outcome::Done(None)).await;
        let record = self.record(broken).await;
        assert_eq!((record.state, record.attempts, record.failures.len()), (JobState::Dead, 1, 1), "{what}");
        let told = &record.failures[0].error;
        assert!(told.contains("cannot be read") && told.contains("discard it"), "{what}: {told}");
        assert!(!told.contains("secret"), "{what}: {told}");
        assert!(self.claim().await.is_empty(), "{what}");
        // What it held is free.
        let next = self.add(next).await;
        let claimed = self.claim().await;
        assert_eq!(claimed.iter().map(|job| job.id).collect::<Vec<_>>(), [next], "{what}");
        self.ends(&claimed[0], Outcome::Done(None)).await;
        let dead = JobFilter { state: Some(JobState::Dead), ..JobFilter::default() };
        assert_eq!(self.queue.list(&dead, None, 10).await.expect("listed").len(), 1, "{what}");
        record
    }

    /// A person who has a dead job run again that nobody can read learns the same; who discards it is rid of it.
    pub async fn stays_dead_until_discarded(&self, what: &str, broken: JobId) {
        assert!(self.queue.retry(broken).await.expect("it answers"), "{what}");
        assert!(self.claim().await.is_empty(), "{what}");
        let record = self.record(broken).await;
        assert_eq!((record.state, record.failures.len()), (JobState::Dead, 2), "{what}");
        assert!(self.queue.discard(broken).await.expect("it answers"), "{what}");
        assert!(self.queue.find(broken).await.expect("it answers").is_none(), "{what}");
    }
}
