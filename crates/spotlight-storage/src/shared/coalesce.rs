//! Callers that add jobs at the same time share a commit: one goes to the store, and what came meanwhile goes together
//! when it is back.

use std::sync::{Mutex, MutexGuard, PoisonError};

use spotlight_core::{Error, ErrorKind, Result, ports::Enqueued};
use tokio::sync::oneshot;

/// A call with more jobs than this goes by itself.
const ALONE: usize = 500;
/// Jobs that share a commit at most, save for one call.
const TOGETHER: usize = 4_000;

/// The callers that wait for the next commit.
pub(crate) struct Line<D>(Mutex<State<D>>);

struct State<D> {
    waiting: Vec<Waiting<D>>,
    /// Somebody is at it.
    under_way: bool,
}

struct Waiting<D> {
    drafts: Vec<D>,
    answer: oneshot::Sender<Result<Vec<Enqueued>>>,
}

impl<D> Default for Line<D> {
    fn default() -> Self {
        Self(Mutex::new(State { waiting: Vec::new(), under_way: false }))
    }
}

impl<D> Line<D> {
    /// The state. Every change is whole before the lock is given back, so a panicking caller leaves it sound.
    fn lock(&self) -> MutexGuard<'_, State<D>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place where jobs are added.
pub(crate) trait Intake: Clone + Send + Sync + 'static {
    /// A job that is to be added.
    type Draft: Send + Sync + 'static;

    /// Who waits here.
    fn line(&self) -> &Line<Self::Draft>;

    /// Adds jobs in one commit, all or none.
    fn add_all(&self, drafts: &[Self::Draft]) -> impl Future<Output = Result<Vec<Enqueued>>> + Send;
}

/// Ends the work of a task that was broken off: nobody may wait for it for ever.
struct UnderWay<I: Intake>(I);

impl<I: Intake> Drop for UnderWay<I> {
    fn drop(&mut self) {
        let mut line = self.0.line().lock();
        line.under_way = false;
        line.waiting.clear();
    }
}

/// Adds jobs together with those of other callers, and answers when they are durable.
///
/// # Cancel safety
/// A dropped future has added all or none: the adding goes on without it.
pub(crate) async fn coalesce<I: Intake>(intake: &I, drafts: Vec<I::Draft>) -> Result<Vec<Enqueued>> {
    if drafts.len() > ALONE {
        return intake.add_all(&drafts).await;
    }
    let (answer, answered) = oneshot::channel();
    let first = {
        let mut line = intake.line().lock();
        line.waiting.push(Waiting { drafts, answer });
        !std::mem::replace(&mut line.under_way, true)
    };
    if first {
        // A task of its own: a caller that goes away must not take the jobs of others with it.
        let under_way = UnderWay(intake.clone());
        tokio::spawn(async move { flush(&under_way.0).await });
    }
    let broken = |_| Err(Error::new(ErrorKind::Unavailable, "adding these jobs was broken off; they may be there"));
    answered.await.unwrap_or_else(broken)
}

async fn flush<I: Intake>(intake: &I) {
    loop {
        let mut together = 0;
        let part: Vec<_> = {
            let mut line = intake.line().lock();
            if line.waiting.is_empty() {
                line.under_way = false;
                return;
            }
            let fits = |waiting: &&Waiting<I::Draft>| {
                together += waiting.drafts.len();
                together <= TOGETHER
            };
            let count = line.waiting.iter().take_while(fits).count().max(1);
            line.waiting.drain(..count).collect()
        };
        flush_part(intake, part).await;
    }
}

async fn flush_part<I: Intake>(intake: &I, part: Vec<Waiting<I::Draft>>) {
    let (mut drafts, mut callers) = (Vec::new(), Vec::new());
    for waiting in part {
        callers.push((waiting.drafts.len(), waiting.answer));
        drafts.extend(waiting.drafts);
    }
    let failure = match intake.add_all(&drafts).await {
        Ok(answers) => {
            let mut answers = answers.into_iter();
            for (count, answer) in callers {
                let _ = answer.send(Ok(answers.by_ref().take(count).collect()));
            }
            return;
        }
        Err(failure) => failure,
    };
    let store_is_away = matches!(failure.kind(), ErrorKind::Unavailable | ErrorKind::Timeout);
    if callers.len() > 1 && !store_is_away {
        // One caller's jobs must not cost the others theirs.
        let mut rest = drafts.as_slice();
        for (count, answer) in callers {
            let (own, others) = rest.split_at(count);
            rest = others;
            let _ = answer.send(intake.add_all(own).await);
        }
        return;
    }
    let (kind, message, retry) = (failure.kind(), failure.to_string(), failure.retry());
    let mut failure = Some(failure);
    for (_, answer) in callers {
        let told = failure.take().unwrap_or_else(|| Error::new(kind, message.clone()).with_retry(retry));
        let _ = answer.send(Err(told));
    }
}
