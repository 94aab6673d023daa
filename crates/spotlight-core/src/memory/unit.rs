//! Reads and units of work.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use tokio::sync::OwnedMutexGuard;

use super::{queue::Staged, storage::Shared, tables::Tables};
use crate::{
    domain::{JobId, OutboxId, audit::AuditEntry, time::Timestamp},
    error::{Error, ErrorKind, Result, Retry},
    ports::{
        AnalyticsRepository, ApiTokenRepository, AppointmentRepository, AssistantRepository, AuditRepository,
        ConsentRepository, ConversationRepository, DeliveryRepository, DeploymentRepository, EndpointRepository,
        FlagRepository, HandOffRepository, HostRepository, IdempotencyRecord, IdempotencyRepository, JobPlacement,
        JobSpec, KnowledgeRepository, LeadRepository, Lease, LeaseRepository, LinkRepository, NewEvent,
        OrganizationRepository, OutboxRepository, ProcessedRepository, ProposalRepository, ReportRepository,
        Repositories, SessionRepository, SourceRepository, SubscriptionRepository, TranscriptRepository, UnitOfWork,
        UsageRepository, UserRepository, answered_already, lost_lease,
    },
};

/// Every repository, over what is committed or over one unit of work. Each port is implemented in the file of its name.
pub(super) struct MemoryRepositories {
    shared: Arc<Shared>,
    unit: Option<Open>,
}

/// What an open unit holds. Dropping it rolls back and lets the next writer in.
struct Open {
    tables: Mutex<Arc<Tables>>,
    jobs: Mutex<Staged>,
    /// The instant at which the unit's jobs and events were added: one, so that their order is the order of adding even
    /// when the clock is set meanwhile.
    added_at: OnceLock<Timestamp>,
    /// A write failed in a way that ends the unit.
    broken: AtomicBool,
    _writer: OwnedMutexGuard<()>,
}

impl Open {
    /// Refuses once the unit can only be rolled back.
    fn check(&self) -> Result<()> {
        if self.broken.load(Ordering::Relaxed) {
            let message = "the unit of work was broken off and can only be rolled back";
            return Err(Error::conflict(message).with_retry(Retry::Now));
        }
        Ok(())
    }
}

/// True for a refusal by what is stored, after which the unit goes on.
fn leaves_usable(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::StaleVersion | ErrorKind::NotFound => true,
        ErrorKind::Conflict => error.retry() == Retry::Never,
        _ => false,
    }
}

impl MemoryRepositories {
    /// Over what is committed at the time of each call.
    pub(super) fn committed(shared: Arc<Shared>) -> Self {
        Self { shared, unit: None }
    }

    /// Over a unit of the one writer.
    pub(super) fn unit(shared: Arc<Shared>, writer: OwnedMutexGuard<()>) -> Self {
        let tables = Mutex::new(shared.snapshot());
        let jobs = Mutex::new(Staged::new(shared.queue.clone()));
        let (added_at, broken) = (OnceLock::new(), AtomicBool::new(false));
        Self { shared, unit: Some(Open { tables, jobs, added_at, broken, _writer: writer }) }
    }

    /// Reads.
    ///
    /// # Errors
    /// `Unavailable` after the storage was closed, and what `read` fails with.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Tables) -> Result<T>) -> Result<T> {
        if let Some(open) = &self.unit {
            open.check()?;
            return read(&open.tables.lock().unwrap_or_else(PoisonError::into_inner));
        }
        self.shared.check_open()?;
        read(&self.shared.snapshot())
    }

    /// Writes. What fails must fail before it changes a table, so that a failed write is without effect.
    ///
    /// # Errors
    /// `Misconfigured` outside a unit, and what `write` fails with.
    pub(super) fn write<T>(&self, write: impl FnOnce(&mut Tables) -> Result<T>) -> Result<T> {
        let outside = || Error::new(ErrorKind::Misconfigured, "a write needs a unit of work");
        let open = self.unit.as_ref().ok_or_else(outside)?;
        open.check()?;
        let mut tables = open.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let written = write(Arc::make_mut(&mut tables));
        if written.as_ref().is_err_and(|error| !leaves_usable(error)) {
            open.broken.store(true, Ordering::Relaxed);
        }
        written
    }

    /// Ends the unit where a write failed after which it has nothing left to do.
    pub(super) fn or_end(&self, written: Result<()>) -> Result<()> {
        if let (Some(open), Err(_)) = (&self.unit, &written) {
            open.broken.store(true, Ordering::Relaxed);
        }
        written
    }

    /// The storage's own time, and numbers that are never given twice.
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// When the unit's jobs and events are added.
    pub(super) fn added_at(&self) -> Timestamp {
        let now = || self.shared.now();
        self.unit.as_ref().map_or_else(now, |open| *open.added_at.get_or_init(now))
    }
}

macro_rules! every_repository {
    ($($name:ident: $port:ident),+ $(,)?) => {
        impl Repositories for MemoryRepositories {
            $(fn $name(&self) -> &dyn $port { self })+
        }
    };
}

every_repository! {
    organizations: OrganizationRepository,
    users: UserRepository,
    sessions: SessionRepository,
    api_tokens: ApiTokenRepository,
    links: LinkRepository,
    assistants: AssistantRepository,
    knowledge: KnowledgeRepository,
    leads: LeadRepository,
    proposals: ProposalRepository,
    conversations: ConversationRepository,
    transcripts: TranscriptRepository,
    hand_offs: HandOffRepository,
    hosts: HostRepository,
    appointments: AppointmentRepository,
    subscriptions: SubscriptionRepository,
    usage: UsageRepository,
    webhook_endpoints: EndpointRepository,
    webhook_sources: SourceRepository,
    webhook_deliveries: DeliveryRepository,
    processed_events: ProcessedRepository,
    audit: AuditRepository,
    flags: FlagRepository,
    deployment: DeploymentRepository,
    reports: ReportRepository,
    consents: ConsentRepository,
    idempotency: IdempotencyRepository,
    outbox: OutboxRepository,
    leases: LeaseRepository,
    analytics: AnalyticsRepository,
}

#[async_trait]
impl UnitOfWork for MemoryRepositories {
    async fn enqueue(&self, job: JobSpec) -> Result<JobId> {
        self.write(|_| job.validate())?;
        match (self.shared.jobs, &self.unit) {
            (JobPlacement::Queue, Some(open)) => Ok(open.jobs.lock().unwrap_or_else(PoisonError::into_inner).add(job)),
            _ => self.add_job(job),
        }
    }

    async fn publish(&self, event: NewEvent) -> Result<OutboxId> {
        self.add_event(event)
    }

    async fn note(&self, entry: AuditEntry) -> Result<()> {
        let noted = self.or_end(self.audit().append(&entry).await);
        noted.map_err(|error| if error.is_conflict() { error.with_retry(Retry::Now) } else { error })
    }

    async fn remember(&self, record: IdempotencyRecord, now: Timestamp) -> Result<()> {
        let remembered = self.or_end(self.idempotency().insert(&record, now).await);
        remembered.map_err(|error| if error.is_conflict() { answered_already() } else { error })
    }

    async fn give_back(&self, lease: Lease) -> Result<()> {
        let released = self.leases().release(&lease).await?;
        self.or_end(if released { Ok(()) } else { Err(lost_lease()) })
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        let Self { shared, unit } = *self;
        if let Some(open) = unit {
            open.check()?;
            let Open { tables, jobs, _writer, .. } = open;
            shared.commit(tables.into_inner().unwrap_or_else(PoisonError::into_inner));
            // Afterwards: who claims one sees what its unit wrote.
            jobs.into_inner().unwrap_or_else(PoisonError::into_inner).apply();
        }
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
