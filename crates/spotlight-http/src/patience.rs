//! How long a server waits for others.

use std::time::Duration;

/// How long others may keep a server waiting: the limits on slow clients of each framework's `serve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the head of a request: the first one of a connection, and each later one. Also how long a connection may be
    /// idle between two requests.
    pub head: Duration,
    /// For the requests that have begun when the server is asked to stop. What is not answered by then is cut off.
    pub shutdown: Duration,
}

impl Default for Patience {
    /// 30 seconds for a head; 25 for the last answers, since supervisors kill after 30.
    fn default() -> Self {
        Self { head: Duration::from_secs(30), shutdown: Duration::from_secs(25) }
    }
}
