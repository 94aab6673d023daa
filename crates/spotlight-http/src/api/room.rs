//! What a live connection keeps of the request that opened it.

use std::{net::IpAddr, sync::Arc};

use spotlight_core::{
    domain::deployment::DeploymentSettings,
    error::Error,
    metrics::Inside,
    ports::Clock,
    services::{Context, Spotlight},
};
use tokio::sync::watch;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{
    Api, Pause,
    caller::{quota_of, too_many},
};
use crate::{credentials, error::seconds_up, plans::Plans, policy::HttpPolicy};

/// What a connection needs that outlives its request.
pub(crate) struct Room {
    pub(crate) platform: Spotlight,
    pub(crate) policy: Arc<HttpPolicy>,
    plans: Arc<Plans>,
    pub(crate) request_id: String,
    pub(crate) stopping: Stopping,
    _open: TaskTrackerToken,
    _counted: Inside,
}

impl Room {
    /// Counts something that a caller asks of a connection as one of their requests.
    pub(crate) async fn count(&self, context: &Context) -> Result<(), Error> {
        let key = credentials::counted_as(context, IpAddr::from([0, 0, 0, 0]));
        let quota = quota_of(&self.platform, &self.policy, &self.plans, context).await;
        match self.platform.limiter().check(&key, quota).await {
            Ok(verdict) if !verdict.allowed => Err(too_many(verdict)),
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(error = error.chain(), "requests are not limited at the moment");
                Ok(())
            }
        }
    }
}

/// Hears of the server's end, and of maintenance.
pub(crate) struct Stopping {
    paused: watch::Receiver<Pause>,
    settings: watch::Receiver<Arc<DeploymentSettings>>,
    clock: Arc<dyn Clock>,
}

impl Stopping {
    /// Waits until connections are to be closed. Gives the seconds after which clients come back.
    ///
    /// # Cancel safety
    /// Nothing is lost with a dropped future.
    pub(crate) async fn wait(&mut self) -> u64 {
        let Self { paused, settings, clock } = self;
        // Without its API, a connection has nobody left to serve it.
        let paused = async { paused.wait_for(|pause| pause.seconds > 0).await.map_or(1, |pause| pause.seconds) };
        let maintenance = async {
            let known = settings.wait_for(|settings| settings.maintenance.is_some()).await;
            let maintenance = known.ok().and_then(|settings| settings.maintenance.clone());
            maintenance.map_or(1, |maintenance| seconds_up(maintenance.retry_after(clock.now())).max(1))
        };
        tokio::select! {
            pause = paused => pause,
            pause = maintenance => pause,
        }
    }
}

impl Api {
    pub(crate) fn room(&self, request_id: &str) -> Room {
        Room {
            platform: self.platform.clone(),
            policy: Arc::clone(&self.policy),
            plans: Arc::clone(&self.plans),
            request_id: request_id.to_owned(),
            stopping: Stopping {
                paused: self.paused.subscribe(),
                settings: self.platform.deployment().follow(),
                clock: Arc::clone(self.platform.clock()),
            },
            _open: self.live.token(),
            _counted: self.platform.metrics().live_connections.enter(),
        }
    }
}
