//! A process of a deployment: requests, jobs, or both, until it is told to stop.

mod listen;
mod metrics;
mod policy;
#[cfg(unix)]
mod processes;
mod signals;
mod supervisor;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use spotlight_core::{
    Error, ErrorKind, Result, Spotlight,
    jobs::{PlatformWorker, WorkerOptions},
    ports::FigureSource,
};
use spotlight_http::{Api, HttpPolicy, Patience};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

#[cfg(unix)]
pub use self::processes::{lead, leads_others};
use self::{metrics::MetricsListener, signals::Signals};
#[cfg(unix)]
use crate::profile::Control;
use crate::{
    config::{Config, Framework, Role},
    tls::Certificate,
    wiring::Deployment,
};

/// After which clients try again when this process stops.
const COME_BACK: Duration = Duration::from_secs(1);

/// How long an idle connection may take to ask once more, at most.
const FAREWELL: Duration = Duration::from_secs(5);

/// What the ends of all parts may take together beyond the grace of each.
const MARGIN: Duration = Duration::from_secs(3);

/// A process that is ready to work: its stores are open, its port is its own. [`run`](Self::run) has it work.
pub struct Server {
    framework: Framework,
    listening: Option<(TcpListener, HttpPolicy, Option<Arc<Certificate>>)>,
    metrics: Option<MetricsListener>,
    worker: Option<PlatformWorker>,
    deployment: Deployment,
    /// None where the data folder takes no socket.
    #[cfg(unix)]
    control: Option<Control>,
    signals: Signals,
    grace: Duration,
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
            Role::All | Role::Web => {
                let listener = listen::listener(config).await?;
                Some((listener, policy::of(config)?, Certificate::read(config)?))
            }
        };
        let certificate = listening.as_ref().and_then(|(_, _, certificate)| certificate.clone());
        let metrics = MetricsListener::bind(config)?;
        // Before anybody is told that it listens: who was told may stop it.
        let signals = Signals::listen()?;
        let figures = certificate.into_iter().map(|certificate| certificate as Arc<dyn FigureSource>);
        let deployment = Deployment::open_with(config, figures).await?;
        // Before anything is announced: what cannot work is told instead.
        let label = if role == Role::Worker { "worker" } else { "server" };
        let worker = match role {
            Role::Web => None,
            Role::All | Role::Worker => {
                let options = WorkerOptions { grace: config.server.grace, ..config.jobs.worker(label) };
                Some(deployment.platform().worker(options)?)
            }
        };
        Ok(Self {
            framework: config.server.framework,
            listening,
            metrics,
            worker,
            #[cfg(unix)]
            control: control(config),
            deployment,
            signals,
            grace: config.server.grace,
        })
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
        self.listening.as_ref().and_then(|(listener, ..)| listener.local_addr().ok())
    }

    /// How it is spoken to there: `http`, or `https` where it has a certificate.
    pub fn scheme(&self) -> &'static str {
        if self.certificate().is_some() { "https" } else { "http" }
    }

    /// When the certificate ends that it serves with, if it has one.
    pub fn certificate_until(&self) -> Option<DateTime<Utc>> {
        self.certificate().map(|certificate| certificate.until())
    }

    fn certificate(&self) -> Option<&Arc<Certificate>> {
        self.listening.as_ref().and_then(|(_, _, certificate)| certificate.as_ref())
    }

    /// Where it shows its figures, when they have an address of their own.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(MetricsListener::address)
    }

    /// Works until SIGTERM or Ctrl-C. Then no connection is taken any more; requests are answered, each as its
    /// connection's last; live clients are told to come back; jobs in hand are finished, or handed back when the grace of
    /// the settings ends. A second signal ends the process at once.
    ///
    /// # Errors
    /// Those of the framework's server. `Timeout` when the grace was not enough: what was left is cut off, and nothing that
    /// was acknowledged is lost.
    pub async fn run(self) -> Result<()> {
        // To the end: how a process stops can be asked too.
        #[cfg(unix)]
        let _control = self.control;
        let Self { framework, listening, metrics, worker, deployment, signals, grace, .. } = self;
        let stop = CancellationToken::new();
        let (told, health) = (stop.clone(), deployment.platform().health());
        tokio::spawn(async move {
            signals.stop().await;
            // Before connections are refused: whoever asks over one that is open is told to send no more.
            health.start_draining();
            supervisor::stopping();
            tracing::info!("stopping");
            told.cancel();
        });
        let jobs = worker.map(|worker| {
            let stop = stop.clone();
            tokio::spawn(async move { worker.run(stop).await })
        });
        // To the very end: how a process stops is worth watching.
        let ended = CancellationToken::new();
        let metrics = metrics.map(|own| tokio::spawn(own.serve(deployment.platform().clone(), ended.clone())));
        supervisor::ready();
        let late = async {
            stop.cancelled().await;
            tokio::time::sleep(grace + MARGIN).await;
        };
        let work = async {
            let served = if let Some((listener, policy, certificate)) = listening {
                let api = Arc::new(Api::new(deployment.platform().clone(), policy));
                serve(framework, (listener, certificate), api, (grace, stop.clone())).await
            } else {
                stop.cancelled().await;
                Ok(())
            };
            // Where the listener failed, jobs end too.
            stop.cancel();
            // Requests are over: what they left is finished before the database closes.
            deployment.platform().drain().await;
            if let Some(jobs) = jobs {
                let _ = jobs.await;
            }
            ended.cancel();
            if let Some(metrics) = metrics {
                let _ = metrics.await;
            }
            deployment.close().await;
            served
        };
        tokio::select! {
            ended = work => ended,
            () = late => Err(Error::new(ErrorKind::Timeout, "not everything ended within SPOTLIGHT_GRACE; it was cut off")),
        }
    }
}

/// Where this process is asked what it does. It works without.
#[cfg(unix)]
fn control(config: &Config) -> Option<Control> {
    let control = Control::listen(&config.general.data_dir);
    control
        .inspect_err(|error| tracing::info!(%error, "this process cannot be profiled: no socket in its data folder"))
        .ok()
}

async fn serve(
    framework: Framework,
    (listener, certificate): (TcpListener, Option<Arc<Certificate>>),
    api: Arc<Api>,
    (grace, stop): (Duration, CancellationToken),
) -> Result<()> {
    let ending = Arc::clone(&api);
    let stopped = async move {
        stop.cancelled().await;
        // Live clients are told to come back, to whoever serves then.
        ending.wind_down(COME_BACK);
    };
    let farewell = FAREWELL.min(grace / 4);
    let patience = Patience { farewell, shutdown: grace.saturating_sub(farewell), ..Patience::default() };
    let tls = certificate.as_ref().map(|certificate| certificate.config()).transpose()?;
    // Ends with this server.
    let _follows = certificate.map(|certificate| AbortOnDropHandle::new(tokio::spawn(certificate.follow())));
    let router = || spotlight_http_axum::router(Arc::clone(&api));
    let served = match (framework, tls) {
        (Framework::Axum, None) => spotlight_http_axum::serve_with(listener, router(), patience, stopped).await,
        (Framework::Axum, Some(tls)) => {
            spotlight_http_axum::serve_tls(listener, router(), tls, patience, stopped).await
        }
        (Framework::Actix, None) => {
            spotlight_http_actix::serve_patiently(listener, Arc::clone(&api), patience, stopped).await
        }
        (Framework::Actix, Some(tls)) => {
            spotlight_http_actix::serve_tls(listener, Arc::clone(&api), tls, patience, stopped).await
        }
    };
    // Sockets are no longer the framework's to wait for.
    api.drained().await;
    served
}
