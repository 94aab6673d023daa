//! A process of a deployment: requests, jobs, or both, until it is told to stop.

mod metrics;
mod policy;
mod signals;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use spotlight_core::{Error, ErrorKind, Result, Spotlight, jobs::PlatformWorker};
use spotlight_http::{Api, HttpPolicy};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::{metrics::MetricsListener, signals::Signals};
use crate::{
    config::{Config, Framework, Role},
    wiring::Deployment,
};

/// After which clients try again when this process stops.
const COME_BACK: Duration = Duration::from_secs(1);

/// A process that is ready to work: its stores are open, its port is its own. [`run`](Self::run) has it work.
pub struct Server {
    framework: Framework,
    listening: Option<(TcpListener, HttpPolicy)>,
    metrics: Option<MetricsListener>,
    worker: Option<PlatformWorker>,
    deployment: Deployment,
    signals: Signals,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl Server {
    /// Takes the port, opens the stores and builds the platform. Signals are heard from here on.
    ///
    /// # Errors
    /// `Misconfigured` for what cannot be used; those of [`Deployment::open`].
    pub async fn prepare(config: &Config) -> Result<Self> {
        let role = config.server.role;
        let listening = match role {
            Role::Worker => None,
            // The port first: a second start must not touch the data of the first.
            Role::All | Role::Web => Some(listen(config).await?),
        };
        let metrics = MetricsListener::bind(config).await?;
        // Before anybody is told that it listens: who was told may stop it.
        let signals = Signals::listen()?;
        let deployment = Deployment::open(config).await?;
        // Before anything is announced: what cannot work is told instead.
        let label = if role == Role::Worker { "worker" } else { "server" };
        let worker = match role {
            Role::Web => None,
            Role::All | Role::Worker => Some(deployment.platform().worker(config.jobs.worker(label))?),
        };
        Ok(Self { framework: config.server.framework, listening, metrics, worker, deployment, signals })
    }

    /// The platform. Cheap to clone.
    pub fn platform(&self) -> &Spotlight {
        self.deployment.platform()
    }

    /// What the platform stands on.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Where it listens; nowhere when it works on jobs alone.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listening.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Where it shows its figures, when they have an address of their own.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(MetricsListener::address)
    }

    /// Works until SIGTERM or Ctrl-C: then no request is taken any more, those that were are answered, live clients are
    /// told to come back, and jobs in hand are finished.
    ///
    /// # Errors
    /// Those of the framework's server.
    pub async fn run(self) -> Result<()> {
        let stop = CancellationToken::new();
        let jobs = self.worker.map(|worker| {
            let stop = stop.clone();
            tokio::spawn(async move { worker.run(stop).await })
        });
        let platform = self.deployment.platform();
        // To the very end: how a process stops is worth watching.
        let ended = CancellationToken::new();
        let metrics = self.metrics.map(|metrics| tokio::spawn(metrics.serve(platform.clone(), ended.clone())));
        let served = match self.listening {
            Some((listener, policy)) => {
                let api = Arc::new(Api::new(platform.clone(), policy));
                serve(self.framework, listener, api, self.signals).await
            }
            None => {
                self.signals.stop().await;
                Ok(())
            }
        };
        // Requests are over: what they left is finished before the database closes.
        platform.drain().await;
        stop.cancel();
        if let Some(jobs) = jobs {
            let _ = jobs.await;
        }
        ended.cancel();
        if let Some(metrics) = metrics {
            let _ = metrics.await;
        }
        self.deployment.close().await;
        served
    }
}

async fn serve(framework: Framework, listener: TcpListener, api: Arc<Api>, signals: Signals) -> Result<()> {
    let ending = Arc::clone(&api);
    let stopped = async move {
        signals.stop().await;
        // Live clients are told to come back, to whoever serves then.
        ending.pause(COME_BACK);
    };
    let served = match framework {
        Framework::Axum => {
            spotlight_http_axum::serve(listener, spotlight_http_axum::router(Arc::clone(&api)), stopped).await
        }
        Framework::Actix => spotlight_http_actix::serve(listener, Arc::clone(&api), stopped).await,
    };
    // Sockets are no longer the framework's to wait for.
    api.drained().await;
    served
}

async fn listen(config: &Config) -> Result<(TcpListener, HttpPolicy)> {
    let wanted = config.server.listen;
    let listener = TcpListener::bind(wanted).await.map_err(|error| {
        let text = format!("{wanted} cannot be listened on; choose another with SPOTLIGHT_LISTEN");
        Error::new(ErrorKind::Misconfigured, text).with_source(error)
    })?;
    let mut policy = policy::of(&config.server)?;
    policy.metrics = metrics::at_main(config);
    Ok((listener, policy))
}
