//! The way of a request through the edge: [`way`] leads it from its arrival to its answer; the rest says who calls, how
//! much they may, what they sent, and which headers go back.

mod accept;
mod body;
mod caller;
mod headers;
mod room;
mod timing;
mod way;

use std::{sync::Arc, time::Duration};

use spotlight_core::{
    error::{Error, ErrorKind, Retry},
    services::Spotlight,
};
use spotlight_derive::RedactedDebug;
use tokio::sync::{Semaphore, watch};
use tokio_util::task::TaskTracker;

pub(crate) use self::room::Room;
use crate::{authenticate::Authenticate, error::seconds_up, plans::Plans, policy::HttpPolicy, serving::Served};

/// The HTTP API over a platform. Cheap to clone.
#[derive(RedactedDebug, Clone)]
pub struct Api {
    platform: Spotlight,
    policy: Arc<HttpPolicy>,
    pub(crate) served: Arc<Served>,
    host: Option<Arc<dyn Authenticate>>,
    plans: Arc<Plans>,
    places: Arc<Semaphore>,
    paused: Arc<watch::Sender<Pause>>,
    /// Live connections that are open.
    live: TaskTracker,
}

/// Whether the API is on its way out.
#[derive(Debug, Default, Clone, Copy)]
struct Pause {
    /// Seconds after which clients come back; 0 while live connections are taken.
    seconds: u64,
    /// Nor are requests.
    refuses: bool,
}

impl Api {
    /// The API over a platform, with a deployment's settings.
    pub fn new(platform: Spotlight, policy: HttpPolicy) -> Self {
        let plans = Arc::new(Plans::new(Arc::clone(platform.clock())));
        let places = Arc::new(Semaphore::new(policy.max_in_flight.min(Semaphore::MAX_PERMITS)));
        Self {
            platform,
            policy: Arc::new(policy),
            served: Arc::new(Served::without(&[])),
            host: None,
            plans,
            places,
            paused: Arc::default(),
            live: TaskTracker::new(),
        }
    }

    /// The same API with callers recognised by the application around it instead of by cookies and API tokens. What they
    /// may do is decided by the services all the same. Sessions cannot be listed or ended then, and the group
    /// [`Accounts`](crate::Group::Accounts) is better left out.
    #[must_use]
    pub fn authenticated_by(mut self, host: Arc<dyn Authenticate>) -> Self {
        self.host = Some(host);
        self
    }

    pub(crate) fn platform(&self) -> &Spotlight {
        &self.platform
    }

    /// Refuses everything but signs of life with 503 from now on, and closes live connections; clients are told to come
    /// back after `pause`. `/ready` says that no traffic is to be sent here.
    pub fn pause(&self, pause: Duration) {
        self.paused.send_replace(Pause { seconds: seconds_up(pause).max(1), refuses: true });
    }

    /// Whether a [`pause`](Self::pause) or [`wind_down`](Self::wind_down) is on: no traffic is to be sent here.
    pub fn is_paused(&self) -> bool {
        self.paused.borrow().seconds > 0
    }

    /// Closes live connections and takes no more of them; clients are told to come back after `pause`. Requests are
    /// answered as ever: this is how a server that is asked to stop takes its leave.
    pub fn wind_down(&self, pause: Duration) {
        self.paused.send_replace(Pause { seconds: seconds_up(pause).max(1), refuses: false });
    }

    /// Takes requests and live connections again after [`pause`](Self::pause) or [`wind_down`](Self::wind_down).
    pub fn resume(&self) {
        self.paused.send_replace(Pause::default());
    }

    /// Waits until no live connection is open, after [`wind_down`](Self::wind_down) or [`pause`](Self::pause). Those that are told of the end take a few
    /// seconds at most.
    ///
    /// # Cancel safety
    /// Nothing but the waiting ends.
    pub async fn drained(&self) {
        self.live.close();
        self.live.wait().await;
        self.live.reopen();
    }

    /// How many live connections are open.
    pub fn live_connections(&self) -> usize {
        self.live.len()
    }

    /// Refuses one more live connection where there are too many.
    pub(crate) fn admit(&self) -> Result<(), Error> {
        let leaving = self.paused.borrow().seconds;
        if leaving == 0 && self.live.len() < self.policy.max_live {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Unavailable, "no more live connections are taken at the moment");
        let after = if leaving > 0 { leaving } else { 5 };
        Err(error.with_retry(Retry::After(Duration::from_secs(after))))
    }
}
