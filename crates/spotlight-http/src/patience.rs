//! How long a server waits for others.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Sleep, sleep};

/// How long others may keep a server waiting: the limits on slow clients of each framework's `serve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the head of a request: the first one of a connection, and each later one. Also how long a connection may be
    /// idle between two requests.
    pub head: Duration,
    /// For a client to take any of what is being sent to it. Who takes nothing for so long is let go; who takes little
    /// is not, nor is an answer that has nothing to say.
    pub write: Duration,
    /// For idle connections to ask once more when the server is asked to stop: the answer says that it is the connection's
    /// last. A connection that is closed while its client asks costs that client a request. What has no connection left
    /// waits for nothing.
    pub farewell: Duration,
    /// For the requests that have begun when the server is asked to stop. What is not answered by then is cut off.
    pub shutdown: Duration,
}

impl Default for Patience {
    /// 30 seconds for a head and for a write; 2 for a last question, and 23 for the last answers, since supervisors kill
    /// after 30.
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            write: Duration::from_secs(30),
            farewell: Duration::from_secs(2),
            shutdown: Duration::from_secs(23),
        }
    }
}

/// Ends writes of a connection that make no progress: for the `serve` of a framework, around the writes of its stream.
#[derive(Debug)]
pub struct WriteLimit {
    limit: Duration,
    /// Runs while a write waits.
    until: Option<Pin<Box<Sleep>>>,
}

impl WriteLimit {
    /// Lets each write wait so long.
    pub const fn new(limit: Duration) -> Self {
        Self { limit, until: None }
    }

    /// What a write of the stream came to. One that has waited too long is an error, and the connection is over. While it
    /// waits, the task of `context` is woken by the limit too, and asks for the write again.
    ///
    /// # Errors
    /// `TimedOut`.
    pub fn watch(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.until = None;
            return written;
        }
        let until = self.until.get_or_insert_with(|| Box::pin(sleep(self.limit)));
        std::task::ready!(until.as_mut().poll(context));
        tracing::debug!("a client that takes nothing of its answer is let go");
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing of its answer")))
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, task::Poll::Pending};

    use tokio::time::{Instant, advance};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_write_that_makes_no_progress_is_ended_by_the_limit() {
        let mut limit = WriteLimit::new(Duration::from_secs(30));
        let began = Instant::now();
        let error = poll_fn(|context| limit.watch(context, Pending)).await.expect_err("nothing is taken");
        assert_eq!((error.kind(), began.elapsed().as_secs()), (io::ErrorKind::TimedOut, 30));
    }

    #[tokio::test(start_paused = true)]
    async fn every_progress_begins_the_limit_anew() {
        let mut limit = WriteLimit::new(Duration::from_secs(30));
        for _ in 0..10 {
            let waits = poll_fn(|context| Poll::Ready(limit.watch(context, Pending).is_pending())).await;
            assert!(waits, "less than the limit has passed since the last byte");
            advance(Duration::from_secs(29)).await;
            let written = poll_fn(|context| limit.watch(context, Poll::Ready(Ok(1)))).await;
            assert_eq!(written.expect("a byte"), 1);
        }
    }
}
