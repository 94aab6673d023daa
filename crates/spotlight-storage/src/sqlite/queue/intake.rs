//! Additions that come at once share a commit: while one is being made durable the next ones gather, and are written
//! together when it has returned. Nobody is answered before the commit of what is theirs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spotlight_core::{
    Error, ErrorKind, Result,
    ports::{Enqueued, JobSpec},
};
use tokio::sync::oneshot;

use super::{
    super::db::Database,
    add::{NewJob, add},
    call::Call,
};

/// Jobs in one commit at most, unless a single call brings more.
const AT_ONCE: usize = 4_096;

/// Additions on their way.
pub(super) struct Intake {
    database: Arc<Database>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: Vec<Order>,
    writing: bool,
}

/// The jobs of one call, and who waits for their answer.
struct Order {
    jobs: Vec<JobSpec>,
    answer: oneshot::Sender<Result<Vec<Enqueued>>>,
}

impl Intake {
    /// An intake with nothing in it.
    pub(super) fn new(database: Arc<Database>) -> Self {
        Self { database, state: Mutex::default() }
    }

    /// Adds jobs, and answers when they are durable.
    ///
    /// # Cancel safety
    /// A dropped future has added all or none: the writing goes on without it.
    pub(super) async fn add(self: &Arc<Self>, jobs: Vec<JobSpec>) -> Result<Vec<Enqueued>> {
        let (answer, answered) = oneshot::channel();
        let begins = {
            let mut state = self.lock();
            state.waiting.push(Order { jobs, answer });
            !std::mem::replace(&mut state.writing, true)
        };
        if begins {
            let mut writing = Writing { intake: Arc::clone(self), ended: false };
            tokio::spawn(async move { writing.run().await });
        }
        answered.await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Unavailable, "the runtime that was adding these jobs has ended; try again"))
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calls that share the next commit; none when nobody waits, and then nobody writes any more.
    fn next(&self) -> Vec<Order> {
        let mut state = self.lock();
        let mut jobs = 0;
        let fits = |order: &&Order| {
            jobs += order.jobs.len();
            jobs <= AT_ONCE
        };
        let count = state.waiting.iter().take_while(fits).count();
        if state.waiting.is_empty() {
            state.writing = false;
            return Vec::new();
        }
        state.waiting.drain(..count.max(1)).collect()
    }

    async fn write(&self, orders: &mut [Order]) -> Result<Vec<Enqueued>> {
        let mut call = Call::begin(&self.database).await?;
        let specs = orders.iter_mut().flat_map(|order| order.jobs.drain(..));
        let jobs: Vec<_> = specs.map(|spec| NewJob { id: call.new_id(), spec, batch: None }).collect();
        let answers = add(&mut call, &jobs).await?;
        call.commit_and_wake().await?;
        Ok(answers)
    }
}

/// The one who writes. When its runtime ends half way, those who wait are told so.
struct Writing {
    intake: Arc<Intake>,
    /// It ended in order; somebody else may be writing by now.
    ended: bool,
}

impl Writing {
    async fn run(&mut self) {
        loop {
            let mut orders = self.intake.next();
            if orders.is_empty() {
                self.ended = true;
                return;
            }
            let counts: Vec<_> = orders.iter().map(|order| order.jobs.len()).collect();
            let mut answers = self.intake.write(&mut orders).await.map(Vec::into_iter);
            for (order, count) in orders.into_iter().zip(counts) {
                let answer = match &mut answers {
                    Ok(answers) => Ok(answers.by_ref().take(count).collect()),
                    Err(error) => Err(Error::new(error.kind(), error.chain()).with_retry(error.retry())),
                };
                // Who does not wait any more needs no answer.
                let _ = order.answer.send(answer);
            }
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.ended {
            let mut state = self.intake.lock();
            state.writing = false;
            state.waiting.clear();
        }
    }
}
