//! Callers that add jobs at the same time share a commit: one goes to the store, and what came meanwhile goes together
//! when it is back.

use spotlight_core::{Error, ErrorKind, Result, ports::Enqueued};
use tokio::sync::oneshot;

use super::{PgQueue, guard, produce::Draft};

/// A call with more jobs than this goes by itself.
const ALONE: usize = 500;
/// Jobs that share a commit at most, save for one call.
const TOGETHER: usize = 4_000;

/// The callers that wait for the next commit.
#[derive(Default)]
pub(super) struct Line {
    waiting: Vec<Waiting>,
    /// Somebody is at it.
    under_way: bool,
}

struct Waiting {
    drafts: Vec<Draft>,
    answer: oneshot::Sender<Result<Vec<Enqueued>>>,
}

/// Ends the work of a task that was broken off: nobody may wait for it for ever.
struct UnderWay(PgQueue);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut line = guard(&self.0.inner.line);
        line.under_way = false;
        line.waiting.clear();
    }
}

impl PgQueue {
    /// Adds jobs together with those of other callers.
    pub(super) async fn coalesce(&self, drafts: Vec<Draft>) -> Result<Vec<Enqueued>> {
        if drafts.len() > ALONE {
            return self.add_all(&drafts).await;
        }
        let (answer, answered) = oneshot::channel();
        let first = {
            let mut line = guard(&self.inner.line);
            line.waiting.push(Waiting { drafts, answer });
            !std::mem::replace(&mut line.under_way, true)
        };
        if first {
            // A task of its own: a caller that goes away must not take the jobs of others with it.
            let under_way = UnderWay(self.clone());
            tokio::spawn(async move { under_way.0.flush().await });
        }
        let broken = |_| Err(Error::new(ErrorKind::Unavailable, "adding these jobs was broken off; they may be there"));
        answered.await.unwrap_or_else(broken)
    }

    async fn flush(&self) {
        loop {
            let mut together = 0;
            let part: Vec<_> = {
                let mut line = guard(&self.inner.line);
                if line.waiting.is_empty() {
                    line.under_way = false;
                    return;
                }
                let fits = |waiting: &&Waiting| {
                    together += waiting.drafts.len();
                    together <= TOGETHER
                };
                let count = line.waiting.iter().take_while(fits).count().max(1);
                line.waiting.drain(..count).collect()
            };
            self.flush_part(part).await;
        }
    }

    async fn flush_part(&self, part: Vec<Waiting>) {
        let (mut drafts, mut callers) = (Vec::new(), Vec::new());
        for waiting in part {
            callers.push((waiting.drafts.len(), waiting.answer));
            drafts.extend(waiting.drafts);
        }
        let failure = match self.add_all(&drafts).await {
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
                let _ = answer.send(self.add_all(own).await);
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
}
