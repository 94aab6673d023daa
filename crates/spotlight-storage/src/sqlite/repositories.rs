//! Every repository over one handle.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use spotlight_core::{
    Result, Retry,
    domain::{JobId, OutboxId, audit::AuditEntry, time::Timestamp},
    ports::{self, JobPlacement, Repositories, answered_already, lost_lease},
};

use super::{
    account::{SqliteApiTokenRepository, SqliteLinkRepository, SqliteSessionRepository, SqliteUserRepository},
    analytics::SqliteAnalyticsRepository,
    appointment::{SqliteAppointmentRepository, SqliteHostRepository},
    assistant::{SqliteAssistantRepository, SqliteKnowledgeRepository},
    audit::SqliteAuditRepository,
    billing::{SqliteSubscriptionRepository, SqliteUsageRepository},
    consent::SqliteConsentRepository,
    conversation::{SqliteConversationRepository, SqliteHandOffRepository, SqliteTranscriptRepository},
    db::{Database, Db},
    deployment::SqliteDeploymentRepository,
    flag::SqliteFlagRepository,
    idempotency::SqliteIdempotencyRepository,
    lead::{SqliteLeadRepository, SqliteProposalRepository},
    lease::SqliteLeaseRepository,
    organization::SqliteOrganizationRepository,
    outbox::{self, SqliteOutboxRepository},
    queue,
    report::SqliteReportRepository,
    webhook::{SqliteDeliveryRepository, SqliteEndpointRepository, SqliteProcessedRepository, SqliteSourceRepository},
    writer::Tx,
};

/// Declares a repository over the database or one unit of work.
macro_rules! repository {
    ($(#[$doc:meta])+ $name:ident) => {
        $(#[$doc])+
        pub(in $crate::sqlite) struct $name {
            db: $crate::sqlite::db::Db,
        }

        impl $name {
            pub(in $crate::sqlite) fn new(db: $crate::sqlite::db::Db) -> Self {
                Self { db }
            }
        }
    };
}
pub(super) use repository;

macro_rules! repositories {
    ($($name:ident: $repository:ident as $port:ident,)+) => {
        /// Every repository over one handle.
        pub(super) struct SqliteRepositories {
            $($name: $repository,)+
        }

        impl SqliteRepositories {
            pub(super) fn new(db: &Db) -> Self {
                Self { $($name: $repository::new(db.clone()),)+ }
            }
        }

        impl ports::Repositories for SqliteRepositories {
            $(fn $name(&self) -> &dyn ports::$port {
                &self.$name
            })+
        }

        impl ports::Repositories for SqliteUnit {
            $(fn $name(&self) -> &dyn ports::$port {
                &self.repositories.$name
            })+
        }
    };
}

repositories! {
    organizations: SqliteOrganizationRepository as OrganizationRepository,
    users: SqliteUserRepository as UserRepository,
    sessions: SqliteSessionRepository as SessionRepository,
    api_tokens: SqliteApiTokenRepository as ApiTokenRepository,
    links: SqliteLinkRepository as LinkRepository,
    assistants: SqliteAssistantRepository as AssistantRepository,
    knowledge: SqliteKnowledgeRepository as KnowledgeRepository,
    leads: SqliteLeadRepository as LeadRepository,
    proposals: SqliteProposalRepository as ProposalRepository,
    conversations: SqliteConversationRepository as ConversationRepository,
    transcripts: SqliteTranscriptRepository as TranscriptRepository,
    hand_offs: SqliteHandOffRepository as HandOffRepository,
    hosts: SqliteHostRepository as HostRepository,
    appointments: SqliteAppointmentRepository as AppointmentRepository,
    subscriptions: SqliteSubscriptionRepository as SubscriptionRepository,
    usage: SqliteUsageRepository as UsageRepository,
    webhook_endpoints: SqliteEndpointRepository as EndpointRepository,
    webhook_sources: SqliteSourceRepository as SourceRepository,
    webhook_deliveries: SqliteDeliveryRepository as DeliveryRepository,
    processed_events: SqliteProcessedRepository as ProcessedRepository,
    audit: SqliteAuditRepository as AuditRepository,
    flags: SqliteFlagRepository as FlagRepository,
    deployment: SqliteDeploymentRepository as DeploymentRepository,
    reports: SqliteReportRepository as ReportRepository,
    consents: SqliteConsentRepository as ConsentRepository,
    idempotency: SqliteIdempotencyRepository as IdempotencyRepository,
    outbox: SqliteOutboxRepository as OutboxRepository,
    leases: SqliteLeaseRepository as LeaseRepository,
    analytics: SqliteAnalyticsRepository as AnalyticsRepository,
}

/// A unit of work: every repository over one open transaction.
pub(super) struct SqliteUnit {
    repositories: SqliteRepositories,
    db: Db,
    database: Arc<Database>,
    /// It has put a job into the queue.
    filled: AtomicBool,
}

impl SqliteUnit {
    pub(super) fn new(database: Arc<Database>, tx: Tx) -> Self {
        let db = Db::unit(Arc::clone(&database), tx);
        Self { repositories: SqliteRepositories::new(&db), db, database, filled: AtomicBool::new(false) }
    }
}

#[async_trait]
impl ports::UnitOfWork for SqliteUnit {
    async fn enqueue(&self, job: ports::JobSpec) -> Result<JobId> {
        if let Err(refused) = job.validate() {
            self.db.write().await?.give_up();
            return Err(refused);
        }
        match self.database.jobs {
            JobPlacement::Queue => {
                self.filled.store(true, Ordering::Relaxed);
                queue::enqueue(&mut self.db.write().await?, job).await
            }
            JobPlacement::Outbox => outbox::enqueue(&self.db, &job).await,
        }
    }

    async fn publish(&self, event: ports::NewEvent) -> Result<OutboxId> {
        outbox::publish(&self.db, &event).await
    }

    async fn note(&self, entry: AuditEntry) -> Result<()> {
        let noted = self.db.or_end(self.audit().append(&entry).await).await;
        noted.map_err(|error| if error.is_conflict() { error.with_retry(Retry::Now) } else { error })
    }

    async fn remember(&self, record: ports::IdempotencyRecord, now: Timestamp) -> Result<()> {
        let remembered = self.db.or_end(self.idempotency().insert(&record, now).await).await;
        remembered.map_err(|error| if error.is_conflict() { answered_already() } else { error })
    }

    async fn give_back(&self, lease: ports::Lease) -> Result<()> {
        let released = self.leases().release(&lease).await?;
        self.db.or_end(if released { Ok(()) } else { Err(lost_lease()) }).await
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        self.db.take().await?.commit().await?;
        if self.filled.load(Ordering::Relaxed) {
            self.database.woken.notify_waiters();
        }
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> Result<()> {
        self.db.take().await?.rollback().await
    }
}
