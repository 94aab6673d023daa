//! What a process knows of flags and of the deployment's settings, without asking the storage each time.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use spotlight_derive::RedactedDebug;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        OrganizationId,
        deployment::{DeploymentSettings, Maintenance},
        flag::FeatureFlag,
    },
    error::{Error, ErrorKind, Result},
    ports::{ReadConsistency, Storage},
};

/// How old a reading gets before it is renewed.
const PERIOD: Duration = Duration::from_secs(1);
/// How long a reading may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// What one reading found.
#[derive(RedactedDebug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    flags: HashMap<String, FeatureFlag>,
    overrides: HashMap<OrganizationId, BTreeMap<String, bool>>,
    settings: Arc<DeploymentSettings>,
    unreadable: Vec<&'static str>,
}

impl Known {
    /// Whether a flag is on for an organization, by what is stored.
    pub(crate) fn is_on(&self, organization: OrganizationId, key: &str) -> bool {
        let own = self.overrides.get(&organization).and_then(|flags| flags.get(key)).copied();
        own.unwrap_or_else(|| self.flags.get(key).is_some_and(|flag| flag.is_on(organization)))
    }
}

/// The newest reading of a process. Cheap to clone.
///
/// While somebody [watches](Self::watch), it is renewed about once a second and asking for it costs no I/O. Otherwise
/// one of those who ask renews it when it is older than that; the others take what is known. A storage that is away
/// changes nothing of what is known.
#[derive(Clone)]
pub(crate) struct Watched(Arc<Inner>);

struct Inner {
    storage: Arc<dyn Storage>,
    /// The environment says that the deployment is in maintenance.
    forced: Option<Maintenance>,
    state: Mutex<State>,
    /// Held while the storage is read; when a reading began that failed.
    flight: tokio::sync::Mutex<Option<Instant>>,
    watching: AtomicUsize,
    settings: watch::Sender<Arc<DeploymentSettings>>,
    resting: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    reading: Option<Reading>,
    /// When somebody who asked last went to renew it.
    renewing: Option<Instant>,
}

#[derive(Clone)]
struct Reading {
    began: Instant,
    known: Arc<Known>,
}

/// What is known to somebody who asks.
enum Look {
    Fresh(Arc<Known>),
    /// It is theirs to renew it.
    Old(Arc<Known>),
    Nothing,
}

impl Watched {
    /// Knows nothing yet but what the environment says.
    pub(crate) fn new(storage: Arc<dyn Storage>, forced: Option<Maintenance>) -> Self {
        let settings = DeploymentSettings { maintenance: forced.clone(), ..DeploymentSettings::default() };
        let resting = watch::Sender::new(forced.is_some());
        Self(Arc::new(Inner {
            storage,
            forced,
            state: Mutex::default(),
            flight: tokio::sync::Mutex::default(),
            watching: AtomicUsize::new(0),
            settings: watch::Sender::new(Arc::new(settings)),
            resting,
        }))
    }

    /// The environment says that the deployment is in maintenance.
    pub(crate) fn is_forced(&self) -> bool {
        self.0.forced.is_some()
    }

    /// What is known.
    ///
    /// # Errors
    /// Those of storage, when nothing has ever been read.
    ///
    /// # Cancel safety
    /// A reading that is dropped is made up for after a second.
    pub(crate) async fn known(&self) -> Result<Arc<Known>> {
        match self.look() {
            Look::Fresh(known) => Ok(known),
            Look::Nothing => self.renew(before(PERIOD)).await,
            Look::Old(known) => Ok(self.renew(before(PERIOD)).await.unwrap_or_else(|error| {
                tracing::warn!(error = error.chain(), "flags and settings cannot be read; the last known ones count");
                known
            })),
        }
    }

    /// The settings of the deployment, what its environment says included.
    ///
    /// # Errors
    /// As [`known`](Self::known).
    pub(crate) async fn settings(&self) -> Result<Arc<DeploymentSettings>> {
        self.known().await.map(|known| Arc::clone(&known.settings))
    }

    /// Hears of changes of the settings, as far as they are read.
    pub(crate) fn follow(&self) -> watch::Receiver<Arc<DeploymentSettings>> {
        self.0.settings.subscribe()
    }

    /// True during maintenance, as far as it is read.
    pub(crate) fn resting(&self) -> watch::Receiver<bool> {
        self.0.resting.subscribe()
    }

    /// Reads again after a change by this process, so that it knows of its own changes at once.
    pub(crate) async fn changed(&self) {
        if let Err(error) = self.renew(Instant::now()).await {
            tracing::warn!(error = error.chain(), "a change of flags or settings shows here after the next reading");
        }
    }

    /// Renews what is known about once a second until `stop` is cancelled. Several watchers read once.
    pub(crate) async fn watch(&self, stop: CancellationToken) {
        let _watching = Watching::begin(&self.0);
        let mut failing = false;
        loop {
            let since = before(PERIOD);
            let renewed = tokio::select! {
                renewed = self.renew(since) => renewed,
                () = stop.cancelled() => return,
            };
            let next = match renewed {
                Ok(_) if failing => {
                    failing = false;
                    tracing::info!("flags and settings of the deployment are read again");
                    self.next()
                }
                Ok(_) => self.next(),
                Err(error) => {
                    // Said once, and not each second for as long as it is away.
                    if !failing {
                        let error = error.chain();
                        tracing::warn!(error, "flags and settings cannot be read; the last known ones count");
                    }
                    failing = true;
                    Instant::now() + PERIOD
                }
            };
            tokio::select! {
                () = sleep_until(next) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    fn next(&self) -> Instant {
        self.state().reading.as_ref().map_or_else(Instant::now, |reading| reading.began) + PERIOD
    }

    fn look(&self) -> Look {
        let mut state = self.state();
        let Some(reading) = state.reading.clone() else { return Look::Nothing };
        let fresh = |at: Instant| at.elapsed() < PERIOD;
        if self.0.watching.load(Ordering::Relaxed) > 0 || fresh(reading.began) || state.renewing.is_some_and(fresh) {
            return Look::Fresh(reading.known);
        }
        state.renewing = Some(Instant::now());
        Look::Old(reading.known)
    }

    /// What a reading found that began after `since`: one that somebody else has made, or a new one.
    async fn renew(&self, since: Instant) -> Result<Arc<Known>> {
        let mut failed = self.0.flight.lock().await;
        if let Some(reading) = &self.state().reading
            && reading.began > since
        {
            return Ok(Arc::clone(&reading.known));
        }
        if failed.is_some_and(|began| began > since) {
            return Err(Error::new(ErrorKind::Unavailable, "flags and settings cannot be read at the moment"));
        }
        let began = Instant::now();
        let late = || Error::new(ErrorKind::Timeout, "the storage takes too long to say what is set");
        let read = timeout(PATIENCE, self.read()).await.unwrap_or_else(|_| Err(late()));
        match read {
            Ok(known) => Ok(self.learn(began, known)),
            Err(error) => {
                *failed = Some(began);
                Err(error)
            }
        }
    }

    /// Reads one after the other: three connections at once are more than it is worth.
    async fn read(&self) -> Result<Known> {
        let repos = self.0.storage.read(ReadConsistency::Strong);
        let flags = repos.flags().list().await?;
        let overrides = repos.organizations().feature_overrides().await?;
        let (mut settings, unreadable) = DeploymentSettings::read(&repos.deployment().list().await?);
        settings.maintenance = settings.maintenance.or_else(|| self.0.forced.clone());
        Ok(Known {
            flags: flags.into_iter().map(|flag| (flag.key.clone(), flag)).collect(),
            overrides: overrides.into_iter().collect(),
            settings: Arc::new(settings),
            unreadable,
        })
    }

    /// Readings do not overlap, so the newer one is learnt last.
    fn learn(&self, began: Instant, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        let reading = Reading { began, known: Arc::clone(&known) };
        let before = self.state().reading.replace(reading);
        if !known.unreadable.is_empty() && before.is_none_or(|before| before.known.unreadable != known.unreadable) {
            tracing::error!(settings = ?known.unreadable, "settings of the deployment cannot be understood; set them anew");
        }
        let in_maintenance = known.settings.maintenance.is_some();
        self.0.settings.send_if_modified(|settings| {
            let changes = **settings != *known.settings;
            if changes {
                *settings = Arc::clone(&known.settings);
            }
            changes
        });
        self.0.resting.send_if_modified(|resting| std::mem::replace(resting, in_maintenance) != in_maintenance);
        known
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// So long ago; now, where the machine has not run for that long.
fn before(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_sub(time).unwrap_or(now)
}

/// Counts as a watcher.
struct Watching<'a>(&'a Inner);

impl<'a> Watching<'a> {
    fn begin(inner: &'a Inner) -> Self {
        inner.watching.fetch_add(1, Ordering::Relaxed);
        Self(inner)
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        self.0.watching.fetch_sub(1, Ordering::Relaxed);
    }
}
