//! The database, its units of work, and every repository over either.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use spotlight_core::{
    Error, ErrorKind, Result,
    domain::{JobId, OutboxId, audit::AuditEntry, time::Timestamp},
    ports::{
        AnalyticsRepository, ApiTokenRepository, AppointmentRepository, AssistantRepository, AuditRepository,
        ConsentRepository, ConversationRepository, DeliveryRepository, DeploymentRepository, EndpointRepository,
        FlagRepository, HandOffRepository, HostRepository, IdempotencyRecord, IdempotencyRepository, JobPlacement,
        JobSpec, KnowledgeRepository, LeadRepository, Lease, LeaseRepository, LinkRepository, NewEvent,
        OrganizationRepository, OutboxRepository, PoolFigures, ProcessedRepository, ProposalRepository,
        ReadConsistency, ReportRepository, Repositories, SchemaState, SessionRepository, SourceRepository, Storage,
        SubscriptionRepository, TranscriptRepository, UnitOfWork, UsageRepository, UserRepository,
    },
};
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};

use super::{
    account::{PgApiTokenRepository, PgLinkRepository, PgSessionRepository, PgUserRepository},
    analytics::PgAnalyticsRepository,
    appointment::{PgAppointmentRepository, PgHostRepository},
    assistant::{PgAssistantRepository, PgKnowledgeRepository},
    audit::PgAuditRepository,
    billing::{PgSubscriptionRepository, PgUsageRepository},
    consent::PgConsentRepository,
    conversation::{PgConversationRepository, PgHandOffRepository, PgTranscriptRepository},
    db::{Database, PgDb},
    deployment::PgDeploymentRepository,
    flag::PgFlagRepository,
    idempotency::PgIdempotencyRepository,
    lead::{PgLeadRepository, PgProposalRepository},
    lease::PgLeaseRepository,
    migrate,
    options::PgOptions,
    organization::PgOrganizationRepository,
    outbox::PgOutboxRepository,
    placement,
    replicas::Replicas,
    report::PgReportRepository,
    webhook::{PgDeliveryRepository, PgEndpointRepository, PgProcessedRepository, PgSourceRepository},
};

macro_rules! repositories {
    ($($name:ident: $port:ident = $adapter:ident),+ $(,)?) => {
        /// Every repository over one handle.
        struct PgRepositories {
            $($name: $adapter),+
        }

        impl PgRepositories {
            fn new(db: &PgDb) -> Self {
                Self { $($name: $adapter::new(db.clone())),+ }
            }
        }

        impl Repositories for PgRepositories {
            $(fn $name(&self) -> &dyn $port { &self.$name })+
        }

        impl Repositories for PgUnitOfWork {
            $(fn $name(&self) -> &dyn $port { &self.repositories.$name })+
        }
    };
}

repositories! {
    organizations: OrganizationRepository = PgOrganizationRepository,
    users: UserRepository = PgUserRepository,
    sessions: SessionRepository = PgSessionRepository,
    api_tokens: ApiTokenRepository = PgApiTokenRepository,
    links: LinkRepository = PgLinkRepository,
    assistants: AssistantRepository = PgAssistantRepository,
    knowledge: KnowledgeRepository = PgKnowledgeRepository,
    leads: LeadRepository = PgLeadRepository,
    proposals: ProposalRepository = PgProposalRepository,
    conversations: ConversationRepository = PgConversationRepository,
    transcripts: TranscriptRepository = PgTranscriptRepository,
    hand_offs: HandOffRepository = PgHandOffRepository,
    hosts: HostRepository = PgHostRepository,
    appointments: AppointmentRepository = PgAppointmentRepository,
    subscriptions: SubscriptionRepository = PgSubscriptionRepository,
    usage: UsageRepository = PgUsageRepository,
    webhook_endpoints: EndpointRepository = PgEndpointRepository,
    webhook_sources: SourceRepository = PgSourceRepository,
    webhook_deliveries: DeliveryRepository = PgDeliveryRepository,
    processed_events: ProcessedRepository = PgProcessedRepository,
    audit: AuditRepository = PgAuditRepository,
    flags: FlagRepository = PgFlagRepository,
    deployment: DeploymentRepository = PgDeploymentRepository,
    reports: ReportRepository = PgReportRepository,
    consents: ConsentRepository = PgConsentRepository,
    idempotency: IdempotencyRepository = PgIdempotencyRepository,
    outbox: OutboxRepository = PgOutboxRepository,
    leases: LeaseRepository = PgLeaseRepository,
    analytics: AnalyticsRepository = PgAnalyticsRepository,
}

/// How long a server may take to answer at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects once, and says what is wrong when it cannot.
pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection> {
    let unreachable = || {
        let (host, port) = (options.get_host(), options.get_port());
        let message = "check that it runs there and accepts connections";
        Error::new(ErrorKind::Unavailable, format!("Postgres cannot be reached at {host}:{port}: {message}"))
    };
    match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(failure @ (sqlx::Error::Io(_) | sqlx::Error::Tls(_)))) => Err(unreachable().with_source(failure)),
        Ok(Err(failure)) => Err(super::error::map(failure)),
        Err(elapsed) => Err(unreachable().with_source(elapsed)),
    }
}

/// Postgres, 14 or newer.
///
/// A connection dies with the runtime that opened it, so a storage is used from one runtime.
pub struct PgStorage {
    database: Arc<Database>,
    options: PgOptions,
    repositories: PgRepositories,
    /// For those who read what may lag.
    lagging: Option<(Arc<Replicas>, PgRepositories)>,
}

impl PgStorage {
    /// Connects, and brings the schema up to date where the options say so.
    ///
    /// # Errors
    /// `Unavailable` when the database cannot be reached; `Misconfigured` when the URL, user or database is wrong, the
    /// schema is not the one this program knows, or other processes of this database leave their jobs elsewhere.
    pub async fn connect(options: PgOptions) -> Result<Self> {
        let database = Arc::new(Database::new(&options)?);
        let db = PgDb::Pool(Arc::clone(&database));
        let repositories = PgRepositories::new(&db);
        let mut storage = Self { database, options, repositories, lagging: None };
        storage.migrate().await?;
        placement::agree(&storage.database, &storage.options).await?;
        storage.lagging = Replicas::new(&storage.options)?.map(|replicas| {
            let replicas = Arc::new(replicas);
            let analytics = PgAnalyticsRepository::with_replicas(db.clone(), Arc::clone(&replicas));
            (replicas, PgRepositories { analytics, ..PgRepositories::new(&db) })
        });
        Ok(storage)
    }

    pub(super) fn database(&self) -> Arc<Database> {
        Arc::clone(&self.database)
    }

    /// Has connections made anew: those there are now are closed when they are next wanted, and nobody is disturbed.
    pub fn renew_connections(&self) {
        self.database.renew();
        if let Some((replicas, _)) = &self.lagging {
            replicas.renew();
        }
    }

    /// Brings the schema up to date where the options allow it, else checks that it is.
    ///
    /// Any number of programs can call this at once: one migrates and the others wait for it.
    ///
    /// # Errors
    /// As [`connect`](Self::connect). A migration that failed was rolled back.
    pub async fn migrate(&self) -> Result<()> {
        migrate::bring_up_to_date(&self.options).await
    }
}

impl std::fmt::Debug for PgStorage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgStorage").field("options", &self.options).finish_non_exhaustive()
    }
}

#[async_trait]
impl Storage for PgStorage {
    fn read(&self, consistency: ReadConsistency) -> &dyn Repositories {
        match (consistency, &self.lagging) {
            // Figures weigh most; what else is read beside them stays with the primary, such as who may see them.
            (ReadConsistency::Eventual, Some((_, repositories))) => repositories,
            _ => &self.repositories,
        }
    }

    async fn begin(&self) -> Result<Box<dyn UnitOfWork>> {
        let tx = self.database.begin().await?;
        let db = PgDb::unit(Arc::clone(&self.database), tx);
        Ok(Box::new(PgUnitOfWork { repositories: PgRepositories::new(&db), db, jobs: self.options.jobs }))
    }

    async fn relays_jobs(&self) -> Result<bool> {
        placement::relays(&self.database, self.options.jobs).await
    }

    async fn ping(&self) -> Result<()> {
        self.database.ping().await
    }

    async fn schema(&self) -> Result<SchemaState> {
        migrate::state(&self.database).await
    }

    fn pools(&self) -> Vec<PoolFigures> {
        let replicas = self.lagging.as_ref().and_then(|(replicas, _)| replicas.figures());
        self.database.figures("main").into_iter().chain(replicas).collect()
    }

    async fn close(&self) {
        if let Some((replicas, _)) = &self.lagging {
            replicas.close().await;
        }
        self.database.close().await;
    }
}

/// A unit of work: one Postgres transaction at read committed.
struct PgUnitOfWork {
    db: PgDb,
    repositories: PgRepositories,
    jobs: JobPlacement,
}

#[async_trait]
impl UnitOfWork for PgUnitOfWork {
    async fn enqueue(&self, job: JobSpec) -> Result<JobId> {
        if let Err(refused) = job.validate() {
            self.db.write().await?.give_up();
            return Err(refused);
        }
        match self.jobs {
            // The queue's tables have nothing to do with what was left to be written, which may wait.
            JobPlacement::Queue => super::queue::enqueue(&mut self.db.write_beside().await?, job).await,
            JobPlacement::Outbox => self.repositories.outbox.enqueue(job).await,
        }
    }

    async fn publish(&self, event: NewEvent) -> Result<OutboxId> {
        self.db.leave_event(event).await.map(OutboxId::from_uuid)
    }

    async fn note(&self, entry: AuditEntry) -> Result<()> {
        self.db.leave(|notes| notes.entries.push(entry)).await
    }

    async fn remember(&self, record: IdempotencyRecord, now: Timestamp) -> Result<()> {
        self.db.leave(|notes| notes.answers.push((record, now))).await
    }

    async fn give_back(&self, lease: Lease) -> Result<()> {
        self.db.leave(|notes| notes.leases.push(lease)).await
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        self.db.take().await?.commit().await
    }

    async fn rollback(self: Box<Self>) -> Result<()> {
        self.db.abandon().await?.rollback().await
    }
}
