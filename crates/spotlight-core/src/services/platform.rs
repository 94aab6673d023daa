//! The platform: built from ports, gives services.

use std::{fmt, sync::Arc};

use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Handle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    accounts::{AccountService, Recognised},
    analytics::AnalyticsService,
    appointments::AppointmentService,
    assistants::AssistantService,
    audit::AuditService,
    billing::BillingService,
    consents::ConsentService,
    conversations::ConversationService,
    deployment::{DeploymentService, watched::Watched},
    deps::Deps,
    flags::{FlagOverrides, FlagService},
    health::{Health, HealthService},
    hosts::HostService,
    incoming::IncomingService,
    jobs::JobService,
    keys::Keys,
    leads::LeadService,
    live::{Hub, LiveService},
    organizations::OrganizationService,
    passwords::Passwords,
    public::PublicService,
    reports::ReportService,
    sources::SourceService,
    webhooks::WebhookService,
};
use crate::{
    caching::CacheReader,
    decorators::{FleetCache, Measured},
    domain::deployment::Maintenance,
    error::{Error, ErrorKind, Result},
    jobs::{PlatformWorker, WorkerOptions, upkeep},
    memory::MemoryStorage,
    metrics::{self, Metrics, Sources},
    ports::{
        BillingProvider, Cache, ChatModel, Clock, EventBus, Figure, FigureSource, FileStore, HealthCheck, IdGenerator,
        JobQueue, Mailer, Metric, RateLimiter, SpeechRecognizer, SpeechSynthesizer, Storage, SystemClock, SystemIds,
        WebhookSender,
    },
};

/// Bytes that the cache of a process has unless it is given one.
const CACHE_BYTES: usize = 64 << 20;

/// A whole platform: every use case over the ports it was built from. Cheap to clone.
#[derive(Clone)]
pub struct Spotlight {
    deps: Deps,
    passwords: Passwords,
    recognised: Recognised,
    flag_overrides: Arc<FlagOverrides>,
    home: Option<Handle>,
    live: Arc<Hub>,
    health: Arc<Health>,
    sources: Arc<Sources>,
}

impl fmt::Debug for Spotlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spotlight").field("chat", &self.deps.chat.name()).finish_non_exhaustive()
    }
}

impl Spotlight {
    /// Begins to build a platform.
    pub fn builder() -> SpotlightBuilder {
        SpotlightBuilder::default()
    }

    /// Organizations and their first owner.
    pub fn organizations(&self) -> OrganizationService {
        OrganizationService::new(self.deps.clone(), self.passwords.clone())
    }

    /// Signing in and out.
    pub fn accounts(&self) -> AccountService {
        AccountService::new(self.deps.clone(), self.passwords.clone(), self.recognised.clone())
    }

    /// Assistants and their knowledge.
    pub fn assistants(&self) -> AssistantService {
        AssistantService::new(self.deps.clone())
    }

    /// Leads.
    pub fn leads(&self) -> LeadService {
        LeadService::new(self.deps.clone())
    }

    /// Conversations and their turns.
    pub fn conversations(&self) -> ConversationService {
        ConversationService::new(self.deps.clone())
    }

    /// Appointments and free times.
    pub fn appointments(&self) -> AppointmentService {
        AppointmentService::new(self.deps.clone())
    }

    /// Figures.
    pub fn analytics(&self) -> AnalyticsService {
        AnalyticsService::new(self.deps.clone())
    }

    /// Consent of leads.
    pub fn consents(&self) -> ConsentService {
        ConsentService::new(self.deps.clone())
    }

    /// When people of the team can be booked.
    pub fn hosts(&self) -> HostService {
        HostService::new(self.deps.clone())
    }

    /// Call reports.
    pub fn reports(&self) -> ReportService {
        ReportService::new(self.deps.clone())
    }

    /// Outgoing webhooks.
    pub fn webhooks(&self) -> WebhookService {
        WebhookService::new(self.deps.clone())
    }

    /// Other systems that tell us of leads and conversations.
    pub fn sources(&self) -> SourceService {
        SourceService::new(self.deps.clone())
    }

    /// What those systems, and a billing provider, tell us.
    pub fn incoming(&self) -> IncomingService {
        IncomingService::new(self.deps.clone())
    }

    /// Feature flags.
    pub fn flags(&self) -> FlagService {
        FlagService::new(self.deps.clone(), self.flag_overrides.clone())
    }

    /// Settings of the whole deployment: maintenance, and what is logged.
    pub fn deployment(&self) -> DeploymentService {
        DeploymentService::new(self.deps.clone())
    }

    /// The maintenance that is under way, by what is stored and by what the environment says: as
    /// [`DeploymentService::settings`].
    ///
    /// # Errors
    /// Those of storage, when nothing has ever been read.
    pub async fn maintenance(&self) -> Result<Option<Maintenance>> {
        Ok(self.deps.watched.settings().await?.maintenance.clone())
    }

    /// Plans and usage.
    pub fn billing(&self) -> BillingService {
        BillingService::new(self.deps.clone())
    }

    /// The audit log.
    pub fn audit(&self) -> AuditService {
        AuditService::new(self.deps.clone())
    }

    /// Live messages.
    pub fn live(&self) -> LiveService {
        LiveService::new(self.deps.clone(), Arc::clone(&self.live), self.accounts())
    }

    /// Work that was given up.
    pub fn jobs(&self) -> JobService {
        JobService::new(self.deps.clone())
    }

    /// What a visitor may do without an account.
    pub fn public(&self) -> PublicService {
        PublicService::new(self.deps.clone())
    }

    /// How the process and what it depends on are.
    pub fn health(&self) -> HealthService {
        HealthService::new(Arc::clone(&self.health))
    }

    /// A worker for the jobs and events that services leave behind. It works once it is run.
    ///
    /// # Errors
    /// `Validation` for options that cannot work.
    pub fn worker(&self, options: WorkerOptions) -> Result<PlatformWorker> {
        PlatformWorker::new(self.deps.clone(), options)
    }

    /// Reads about once a second what is set for the whole deployment, flags and settings, until `stop` is cancelled. A
    /// server has it run beside its requests: asking for a flag costs no I/O then, and changes that another process has
    /// made show within two seconds. A storage that is away changes nothing of what is known. A
    /// [worker](Self::worker) does it by itself; several in one process read once.
    pub async fn watch(&self, stop: CancellationToken) {
        self.deps.watched.watch(stop).await;
    }

    /// Works off in this process what is due now, and what that leaves behind: for tests and tools.
    ///
    /// # Errors
    /// As [`PlatformWorker::run_until_idle`].
    pub async fn run_until_idle(&self) -> Result<()> {
        self.worker(WorkerOptions::default())?.run_until_idle().await
    }

    /// One round of what recurs, in this process and at once: silence, hand-offs nobody took, expired records, retention.
    /// A record that fails is logged and left for the next round.
    ///
    /// # Errors
    /// Those of storage, when what is due could not be read.
    pub async fn upkeep(&self) -> Result<()> {
        upkeep::round(&self.deps).await
    }

    /// Waits until every turn that has begun is stored. Call it after the server has stopped taking requests.
    pub async fn drain(&self) {
        self.deps.tasks.close();
        self.deps.tasks.wait().await;
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout`.
    pub async fn ping(&self) -> Result<()> {
        self.deps.storage.ping().await
    }

    /// The runtime on which the platform was built; none when it was built outside of any. Connections of a pool belong to
    /// the runtime that opened them and die with it, so whoever calls services from a runtime of shorter life (a web
    /// framework's own worker) has the work done on this one.
    pub fn runtime(&self) -> Option<&Handle> {
        self.home.as_ref()
    }

    /// The limiter, for the edge.
    pub fn limiter(&self) -> &Arc<dyn RateLimiter> {
        &self.deps.limiter
    }

    /// The cache. Whoever writes to the storage by itself deletes from it what it changed; `docs/cache.md` names the tags.
    pub fn cache(&self) -> &Arc<dyn Cache> {
        self.deps.cache.cache()
    }

    /// The bus, for live listeners.
    pub fn events(&self) -> &Arc<dyn EventBus> {
        &self.deps.events
    }

    /// What the platform counts of its work, for the edge to count with.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.deps.metrics
    }

    /// Every figure: what was counted, and what the sources say. What has to be read is read at most once in four seconds,
    /// however many ask, and has two; a source that does not answer is left out, and `metrics_source_up` says so.
    ///
    /// # Ordering
    /// Figures of one metric follow one another.
    ///
    /// # Cancel safety
    /// Nothing but the reading ends.
    pub async fn figures(&self) -> Vec<Figure> {
        let mut all = Vec::new();
        self.sources.read(&mut all).await;
        // Last, so that what the sources did is counted too.
        all.extend(self.deps.metrics.figures());
        let place = |figure: &Figure| metrics::CATALOG.iter().position(|known| *known == figure.of);
        all.sort_by_key(|figure| (place(figure).unwrap_or(usize::MAX), figure.of.name));
        all
    }

    /// Every metric of which [`figures`](Self::figures) can hold some, in the order of the documentation.
    pub fn catalog(&self) -> Vec<&'static Metric> {
        let mut all = metrics::CATALOG.to_vec();
        for metric in self.sources.metrics() {
            if !all.contains(&metric) {
                all.push(metric);
            }
        }
        all
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.deps.clock
    }

    /// The id generator.
    pub fn ids(&self) -> &Arc<dyn IdGenerator> {
        &self.deps.ids
    }

    /// Keys for what a program around the platform signs itself: give each purpose a name of its own.
    pub fn keys(&self) -> &Keys {
        &self.deps.keys
    }

    /// The job queue.
    pub fn queue(&self) -> &Arc<dyn JobQueue> {
        &self.deps.queue
    }

    /// The storage.
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.deps.storage
    }
}

/// Takes ports and gives a [`Spotlight`].
#[derive(Default)]
pub struct SpotlightBuilder {
    storage: Option<Arc<dyn Storage>>,
    queue: Option<Arc<dyn JobQueue>>,
    chat: Option<Arc<dyn ChatModel>>,
    synthesizer: Option<Arc<dyn SpeechSynthesizer>>,
    recognizer: Option<Arc<dyn SpeechRecognizer>>,
    events: Option<Arc<dyn EventBus>>,
    mailer: Option<Arc<dyn Mailer>>,
    files: Option<Arc<dyn FileStore>>,
    webhook_sender: Option<Arc<dyn WebhookSender>>,
    billing_provider: Option<Arc<dyn BillingProvider>>,
    limiter: Option<Arc<dyn RateLimiter>>,
    cache: Option<Arc<dyn Cache>>,
    clock: Option<Arc<dyn Clock>>,
    ids: Option<Arc<dyn IdGenerator>>,
    secret_key: Option<SecretString>,
    previous_secret_keys: Vec<SecretString>,
    stripe_secret: Option<SecretString>,
    public_url: Option<String>,
    flag_overrides: FlagOverrides,
    health_checks: Vec<Arc<dyn HealthCheck>>,
    maintenance: bool,
    metrics: Option<Arc<Metrics>>,
    sources: Vec<Arc<dyn FigureSource>>,
}

macro_rules! take {
    ($($(#[$doc:meta])* $name:ident: $port:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: Arc<dyn $port>) -> Self {
            self.$name = Some($name);
            self
        }
    )+};
}

impl SpotlightBuilder {
    take! {
        /// Where everything is kept. Required.
        storage: Storage,
        /// Where jobs wait. Required: the queue into which the storage's units put theirs, or which a relay fills.
        queue: JobQueue,
        /// The language model. Required; `ScriptedChatModel` needs nothing.
        chat: ChatModel,
        /// Turns words into sound. Without it, text goes on alone.
        synthesizer: SpeechSynthesizer,
        /// Turns sound into words. Without it, voice is refused.
        recognizer: SpeechRecognizer,
        /// Publishes events. Required.
        events: EventBus,
        /// Sends e-mail. Required.
        mailer: Mailer,
        /// Keeps files. Required.
        files: FileStore,
        /// Sends webhooks. Without it, deliveries wait and are visible.
        webhook_sender: WebhookSender,
        /// Bills organizations. Without it, each is on the plan that the platform itself gives it, `free` at first.
        billing_provider: BillingProvider,
        /// Counts requests. Required.
        limiter: RateLimiter,
        /// Keeps what is read often and changes seldom; what that is, and for how long, says `docs/cache.md`. Unless given,
        /// a [`FleetCache`] of 64 MiB: each process has its own, and forgets over the event bus what another has changed.
        /// Processes on one storage that share neither a cache nor an event bus hear of a change after a minute at most.
        cache: Cache,
        /// Tells the time; the machine's clock unless given.
        clock: Clock,
        /// Makes ids and secrets; the machine's randomness unless given.
        ids: IdGenerator,
    }

    /// Keeps everything in memory: a storage, and the queue beside it.
    #[must_use]
    pub fn memory(mut self, storage: Arc<MemoryStorage>) -> Self {
        self.queue = Some(Arc::new(storage.queue()));
        self.storage = Some(storage);
        self
    }

    /// What [keys](Keys) are derived from, which sign conversation tokens and make the secrets of second factors: at least
    /// 32 bytes, the same in every process and over restarts. A random one unless given: tokens end with the process then,
    /// and nobody can enrol a second factor. To change it, give the old one to
    /// [`previous_secret_keys`](Self::previous_secret_keys): without it, second factors accept their recovery codes alone.
    #[must_use]
    pub fn secret_key(mut self, key: SecretString) -> Self {
        self.secret_key = Some(key);
        self
    }

    /// Older secret keys, the newest first, of at least 32 bytes each. What was made with them is still read, and nothing
    /// new is made with them. Conversation tokens need one for a day; second factors as long as people use those that
    /// they enrolled under it.
    #[must_use]
    pub fn previous_secret_keys(mut self, keys: impl IntoIterator<Item = SecretString>) -> Self {
        self.previous_secret_keys = keys.into_iter().collect();
        self
    }

    /// Signs events of Stripe (`whsec_…`, from its dashboard). Without it, the deployment takes none.
    #[must_use]
    pub fn stripe_webhook_secret(mut self, secret: SecretString) -> Self {
        self.stripe_secret = Some(secret);
        self
    }

    /// Where people reach the deployment, as `https://sales.example.com`. Without it, e-mails hold the code of a link
    /// alone.
    #[must_use]
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// What the deployment's environment says about feature flags; nothing unless given.
    #[must_use]
    pub fn flag_overrides(mut self, overrides: FlagOverrides) -> Self {
        self.flag_overrides = overrides;
        self
    }

    /// What counts; its own unless given. Given, it can count with decorators around the ports as well.
    #[must_use]
    pub fn metrics(mut self, metrics: Arc<Metrics>) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// Figures that the platform cannot see itself, shown beside its own. May be called again for more.
    #[must_use]
    pub fn figure_source(mut self, source: Arc<dyn FigureSource>) -> Self {
        self.sources.push(source);
        self
    }

    /// Shows one more thing in `/health`, or looks at `database`, `redis`, `queue` or `disk_space` in another way: a check
    /// of such a name replaces the usual one. `redis` and `disk_space` are disabled unless given.
    #[must_use]
    pub fn health_check(mut self, check: Arc<dyn HealthCheck>) -> Self {
        self.health_checks.push(check);
        self
    }

    /// The deployment's environment says that it is in maintenance, whatever is stored: requests are refused and workers
    /// wait, on the processes that are told so.
    #[must_use]
    pub fn maintenance(mut self, on: bool) -> Self {
        self.maintenance = on;
        self
    }

    /// The platform. Build it on the runtime where its storage was opened: see [`Spotlight::runtime`].
    ///
    /// # Errors
    /// `Misconfigured` when a secret key is too short, when a health check's name cannot be one or is another's, or
    /// naming every required port that is missing.
    pub fn build(self) -> Result<Spotlight> {
        let missing: Vec<_> = [
            ("storage", self.storage.is_none()),
            ("queue", self.queue.is_none()),
            ("chat", self.chat.is_none()),
            ("events", self.events.is_none()),
            ("mailer", self.mailer.is_none()),
            ("files", self.files.is_none()),
            ("limiter", self.limiter.is_none()),
        ]
        .into_iter()
        .filter_map(|(name, missing)| missing.then_some(name))
        .collect();
        let (Some(storage), Some(queue)) = (self.storage, self.queue) else { return Err(lacks(&missing)) };
        let (Some(chat), Some(events), Some(mailer), Some(files), Some(limiter)) =
            (self.chat, self.events, self.mailer, self.files, self.limiter)
        else {
            return Err(lacks(&missing));
        };
        if self.stripe_secret.as_ref().is_some_and(|secret| secret.expose_secret().len() < 16) {
            return Err(Error::new(ErrorKind::Misconfigured, "the secret of Stripe's webhooks is too short"));
        }
        let ids = self.ids.unwrap_or_else(|| Arc::new(SystemIds));
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let cache = self.cache.unwrap_or_else(|| {
            Arc::new(FleetCache::new(Arc::clone(&events), Arc::clone(&clock), Arc::clone(&ids), CACHE_BYTES))
        });
        let keys = match &self.secret_key {
            Some(key) => Keys::new(key)?,
            None => Keys::random(ids.secret()),
        };
        let keys = Arc::new(keys.with_previous(&self.previous_secret_keys)?);
        let key_lasts = self.secret_key.is_some();
        let metrics = self.metrics.unwrap_or_default();
        let cache = Arc::new(CacheReader::new(cache).counted_by(Arc::clone(&metrics)));
        let forced = self.maintenance.then(|| Maintenance { message: None, until: None, since: clock.now() });
        let deps = Deps {
            watched: Watched::new(Arc::clone(&storage), forced),
            storage,
            queue,
            chat: Arc::new(Measured::new(chat, Arc::clone(&metrics))),
            synthesizer: self.synthesizer.map(|inner| Arc::new(Measured::new(inner, Arc::clone(&metrics))) as _),
            recognizer: self.recognizer.map(|inner| Arc::new(Measured::new(inner, Arc::clone(&metrics))) as _),
            events,
            mailer: Arc::new(Measured::new(mailer, Arc::clone(&metrics))),
            files: Arc::new(Measured::new(files, Arc::clone(&metrics))),
            billing: self.billing_provider.map(|inner| Arc::new(Measured::new(inner, Arc::clone(&metrics))) as _),
            webhooks: self.webhook_sender.map(|inner| Arc::new(Measured::new(inner, Arc::clone(&metrics))) as _),
            limiter,
            cache,
            clock,
            ids,
            keys,
            stripe_secret: self.stripe_secret.map(Arc::new),
            key_lasts,
            public_url: self.public_url.map(|url| url.trim_end_matches('/').into()),
            tasks: TaskTracker::new(),
            metrics,
        };
        let flag_overrides = Arc::new(self.flag_overrides);
        let home = Handle::try_current().ok();
        let health = Health::new(&deps.storage, &deps.queue, &deps.clock, home.clone(), self.health_checks)?;
        let health = Arc::new(health);
        let mut sources = metrics::usual(&deps.storage, &deps.queue, &deps.cache, &deps.clock);
        sources.push(Arc::new(metrics::Checks(HealthService::new(Arc::clone(&health)))));
        sources.extend(self.sources);
        Ok(Spotlight {
            recognised: Recognised::new(&deps.storage),
            deps,
            passwords: Passwords::new(),
            flag_overrides,
            home,
            live: Arc::default(),
            health,
            sources: Arc::new(Sources::new(sources)),
        })
    }
}

fn lacks(missing: &[&str]) -> Error {
    let missing = missing.join(", ");
    let text = format!("Spotlight::builder() lacks: {missing}; the module `memory` has one of each");
    Error::new(ErrorKind::Misconfigured, text)
}
