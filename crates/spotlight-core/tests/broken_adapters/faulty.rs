//! Decorators of the memory storage that break one promise each.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use futures::FutureExt;
use spotlight_core::{
    Result,
    domain::{
        AppointmentId, JobId, LeadId, OrganizationId, OutboxId, UserId,
        appointment::Appointment,
        audit::AuditEntry,
        contact::{Email, Phone},
        lead::Lead,
        time::{Timestamp, Window},
    },
    memory::MemoryStorage,
    ports::*,
};

/// The promise that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// None.
    None,
    /// `rollback` commits.
    NoRollback,
    /// Dropping a unit commits it.
    DropCommits,
    /// An e-mail or phone that is taken can be taken again.
    NoUniqueCheck,
    /// Updates look at no version.
    LostUpdate,
    /// Overlapping appointments are accepted.
    OverlapAllowed,
    /// Holds never expire.
    EternalHolds,
    /// A claimed row can be claimed again at once.
    ClaimedTwice,
    /// Jobs are accepted and forgotten.
    LostJobs,
    /// Jobs are in the queue before their unit commits.
    EarlyJobs,
    /// Rows of jobs that ended stay.
    KeptRows,
    /// Lists are turned around.
    WrongOrder,
    /// Absent values come first.
    AbsentFirst,
    /// A lead is found by its id whatever the organization.
    TenantLeak,
    /// A write outside a unit is done in one of its own.
    WritesAnywhere,
    /// A merge leaves conversations where they were.
    ShallowMerge,
    /// Erasing leaves what was said.
    ShallowErasure,
    /// Jobs that were sent are looked after before their time.
    LookedAfterEarly,
    /// Jobs for which one job stands come in the wrong order.
    NewestBehind,
    /// A lease is given to everybody.
    SharedLease,
    /// A lease's fence never grows.
    SameFence,
}

/// A memory storage with a fault.
pub(crate) struct FaultyStorage {
    storage: Arc<MemoryStorage>,
    reads: Faulty<Arc<MemoryStorage>>,
    fault: Fault,
    claims: Arc<AtomicU32>,
}

impl FaultyStorage {
    /// An empty storage with this fault.
    pub(crate) fn new(fault: Fault) -> Self {
        Self::with_jobs(fault, JobPlacement::Queue)
    }

    /// The same, whose units leave jobs in the outbox.
    pub(crate) fn with_outbox(fault: Fault) -> Self {
        Self::with_jobs(fault, JobPlacement::Outbox)
    }

    /// The queue into which its units put jobs.
    pub(crate) fn queue(&self) -> Arc<dyn JobQueue> {
        Arc::new(self.storage.queue())
    }

    fn with_jobs(fault: Fault, jobs: JobPlacement) -> Self {
        let storage = Arc::new(MemoryStorage::with_jobs(Arc::new(SystemClock), jobs));
        let claims = Arc::new(AtomicU32::new(0));
        let reads =
            Faulty { inner: Arc::clone(&storage), storage: Arc::clone(&storage), fault, claims: Arc::clone(&claims) };
        Self { storage, reads, fault, claims }
    }
}

#[async_trait]
impl Storage for FaultyStorage {
    fn read(&self, _: ReadConsistency) -> &dyn Repositories {
        &self.reads
    }

    async fn begin(&self) -> Result<Box<dyn UnitOfWork>> {
        let inner = Open { unit: Some(self.storage.begin().await?), fault: self.fault };
        let (storage, claims) = (Arc::clone(&self.storage), Arc::clone(&self.claims));
        Ok(Box::new(Faulty { inner, storage, fault: self.fault, claims }))
    }

    async fn relays_jobs(&self) -> Result<bool> {
        self.storage.relays_jobs().await
    }

    async fn ping(&self) -> Result<()> {
        self.storage.ping().await
    }

    async fn schema(&self) -> Result<SchemaState> {
        self.storage.schema().await
    }

    fn pools(&self) -> Vec<PoolFigures> {
        self.storage.pools()
    }

    async fn close(&self) {
        self.storage.close().await;
    }
}

/// What is decorated: what is committed, or an open unit.
trait Inner: Send + Sync {
    fn repositories(&self) -> &dyn Repositories;
}

impl Inner for Arc<MemoryStorage> {
    fn repositories(&self) -> &dyn Repositories {
        self.read(ReadConsistency::Strong)
    }
}

/// A unit until it ends.
struct Open {
    unit: Option<Box<dyn UnitOfWork>>,
    fault: Fault,
}

impl Open {
    fn unit(&self) -> &dyn UnitOfWork {
        self.unit.as_deref().expect("the unit has not ended")
    }

    fn take(&mut self) -> Box<dyn UnitOfWork> {
        self.unit.take().expect("the unit has not ended")
    }
}

impl Inner for Open {
    fn repositories(&self) -> &dyn Repositories {
        self.unit()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let (Fault::DropCommits, Some(unit)) = (self.fault, self.unit.take()) {
            // Committing in memory waits for nothing.
            unit.commit().now_or_never();
        }
    }
}

/// Repositories with a fault. It is itself those repositories that a fault can be in.
struct Faulty<I> {
    inner: I,
    storage: Arc<MemoryStorage>,
    fault: Fault,
    claims: Arc<AtomicU32>,
}

impl<I: Inner> Faulty<I> {
    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn leads(&self) -> &dyn LeadRepository {
        self.inner.repositories().leads()
    }

    fn appointments(&self) -> &dyn AppointmentRepository {
        self.inner.repositories().appointments()
    }

    fn outbox(&self) -> &dyn OutboxRepository {
        self.inner.repositories().outbox()
    }

    fn leases(&self) -> &dyn LeaseRepository {
        self.inner.repositories().leases()
    }
}

macro_rules! repositories {
    (faulty: $($own:ident: $own_port:ident),+; sound: $($name:ident: $port:ident),+ $(,)?) => {
        impl<I: Inner> Repositories for Faulty<I> {
            $(fn $own(&self) -> &dyn $own_port { self })+
            $(fn $name(&self) -> &dyn $port { self.inner.repositories().$name() })+
        }
    };
}

repositories! {
    faulty: leads: LeadRepository, appointments: AppointmentRepository, outbox: OutboxRepository, leases: LeaseRepository;
    sound: organizations: OrganizationRepository, users: UserRepository, sessions: SessionRepository,
    api_tokens: ApiTokenRepository, links: LinkRepository, assistants: AssistantRepository,
    knowledge: KnowledgeRepository, proposals: ProposalRepository, conversations: ConversationRepository,
    transcripts: TranscriptRepository, hand_offs: HandOffRepository, hosts: HostRepository,
    subscriptions: SubscriptionRepository, usage: UsageRepository, webhook_endpoints: EndpointRepository,
    webhook_deliveries: DeliveryRepository, webhook_sources: SourceRepository,
    processed_events: ProcessedRepository, audit: AuditRepository,
    flags: FlagRepository, deployment: DeploymentRepository, reports: ReportRepository, consents: ConsentRepository, idempotency: IdempotencyRepository,
    analytics: AnalyticsRepository,
}

#[async_trait]
impl UnitOfWork for Faulty<Open> {
    async fn enqueue(&self, job: JobSpec) -> Result<JobId> {
        if self.has(Fault::LostJobs) {
            return Ok(JobId::from_uuid(SystemIds.uuid()));
        }
        if self.has(Fault::EarlyJobs) {
            let added = self.storage.queue().enqueue(vec![job]).await?;
            return Ok(added[0].id());
        }
        self.inner.unit().enqueue(job).await
    }

    async fn publish(&self, event: NewEvent) -> Result<OutboxId> {
        self.inner.unit().publish(event).await
    }

    async fn note(&self, entry: AuditEntry) -> Result<()> {
        self.inner.unit().note(entry).await
    }

    async fn remember(&self, record: IdempotencyRecord, now: Timestamp) -> Result<()> {
        self.inner.unit().remember(record, now).await
    }

    async fn give_back(&self, lease: Lease) -> Result<()> {
        self.inner.unit().give_back(lease).await
    }

    async fn commit(mut self: Box<Self>) -> Result<()> {
        self.inner.take().commit().await
    }

    async fn rollback(mut self: Box<Self>) -> Result<()> {
        let unit = self.inner.take();
        if self.has(Fault::NoRollback) { unit.commit().await } else { unit.rollback().await }
    }
}

#[async_trait]
impl<I: Inner> LeadRepository for Faulty<I> {
    async fn insert(&self, lead: &Lead) -> Result<()> {
        let inserted = self.leads().insert(lead).await;
        // Memory waits for nothing, but a unit that is cut off has to be cut off somewhere.
        tokio::task::yield_now().await;
        match &inserted {
            Err(error) if error.is_conflict() && self.has(Fault::NoUniqueCheck) => {
                self.leads().insert(&Lead { email: None, phone: None, ..lead.clone() }).await
            }
            Err(_) if self.has(Fault::WritesAnywhere) => {
                let unit = self.storage.begin().await?;
                unit.leads().insert(lead).await?;
                unit.commit().await
            }
            _ => inserted,
        }
    }

    async fn get(&self, organization: OrganizationId, id: LeadId) -> Result<Option<Lead>> {
        let organizations = if self.has(Fault::TenantLeak) {
            self.inner.repositories().organizations().ids(None, 100).await?
        } else {
            vec![organization]
        };
        for organization in organizations {
            if let Some(lead) = self.leads().get(organization, id).await? {
                return Ok(Some(lead));
            }
        }
        Ok(None)
    }

    async fn get_many(&self, organization: OrganizationId, ids: &[LeadId]) -> Result<Vec<Lead>> {
        self.leads().get_many(organization, ids).await
    }

    async fn find_by_contact(
        &self,
        organization: OrganizationId,
        email: Option<Email>,
        phone: Option<Phone>,
    ) -> Result<Vec<Lead>> {
        self.leads().find_by_contact(organization, email, phone).await
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &LeadFilter,
        sort: Sort<LeadSort>,
        paging: &Paging,
    ) -> Result<Listing<Lead>> {
        let mut listing = self.leads().list(organization, filter, sort, paging).await?;
        if self.has(Fault::WrongOrder) {
            listing.items.reverse();
        }
        if self.has(Fault::AbsentFirst) && sort.by == LeadSort::Score {
            listing.items.sort_by_key(|lead| lead.score.is_some());
        }
        Ok(listing)
    }

    async fn update(&self, lead: &Lead) -> Result<()> {
        let stored =
            if self.has(Fault::LostUpdate) { self.leads().get(lead.organization_id, lead.id).await? } else { None };
        let version = stored.map_or(lead.version, |stored| stored.version);
        self.leads().update(&Lead { version, ..lead.clone() }).await
    }

    async fn merge(
        &self,
        organization: OrganizationId,
        from: LeadId,
        into: LeadId,
        consents: MovedConsents,
        now: Timestamp,
    ) -> Result<()> {
        let stored = self.leads().get(organization, from).await?.filter(|_| self.has(Fault::ShallowMerge));
        match stored {
            Some(lead) => {
                let merged = Lead { email: None, phone: None, merged_into: Some(into), updated_at: now, ..lead };
                self.leads().update(&merged).await
            }
            None => self.leads().merge(organization, from, into, consents, now).await,
        }
    }

    async fn erase(&self, organization: OrganizationId, id: LeadId, now: Timestamp) -> Result<Vec<String>> {
        let stored = self.leads().get(organization, id).await?.filter(|_| self.has(Fault::ShallowErasure));
        match stored {
            Some(lead) => {
                let mut erased = Lead::anonymous(id, organization, lead.source, lead.created_at);
                (erased.erased_at, erased.deleted_at, erased.version) = (Some(now), Some(now), lead.version);
                self.leads().update(&erased).await.map(|()| Vec::new())
            }
            None => self.leads().erase(organization, id, now).await,
        }
    }

    async fn inactive(&self, organization: OrganizationId, before: Timestamp, limit: u32) -> Result<Vec<LeadId>> {
        self.leads().inactive(organization, before, limit).await
    }
}

#[async_trait]
impl<I: Inner> AppointmentRepository for Faulty<I> {
    async fn insert(&self, appointment: &Appointment, now: Timestamp) -> Result<()> {
        let now = if self.has(Fault::EternalHolds) { Timestamp::UNIX_EPOCH } else { now };
        let inserted = self.appointments().insert(appointment, now).await;
        if self.has(Fault::OverlapAllowed) && inserted.as_ref().is_err_and(spotlight_core::Error::is_conflict) {
            // Where nothing else is.
            let start = appointment.blocked.start + chrono::Duration::days(3650);
            let elsewhere = Window { start, end: start + chrono::Duration::microseconds(1) };
            let elsewhere = Appointment { blocked: elsewhere, ..appointment.clone() };
            return self.appointments().insert(&elsewhere, now).await;
        }
        inserted
    }

    async fn get(&self, organization: OrganizationId, id: AppointmentId) -> Result<Option<Appointment>> {
        self.appointments().get(organization, id).await
    }

    async fn of_leads(&self, organization: OrganizationId, leads: &[LeadId], each: u32) -> Result<Vec<Appointment>> {
        self.appointments().of_leads(organization, leads, each).await
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &AppointmentFilter,
        order: Order,
        paging: &Paging,
    ) -> Result<Listing<Appointment>> {
        self.appointments().list(organization, filter, order, paging).await
    }

    async fn update(&self, appointment: &Appointment, now: Timestamp) -> Result<()> {
        self.appointments().update(appointment, now).await
    }

    async fn delete_hold(&self, organization: OrganizationId, id: AppointmentId) -> Result<bool> {
        self.appointments().delete_hold(organization, id).await
    }

    async fn occupied(
        &self,
        organization: OrganizationId,
        host: UserId,
        range: Window,
        now: Timestamp,
    ) -> Result<Vec<Window>> {
        self.appointments().occupied(organization, host, range, now).await
    }

    async fn load(&self, organization: OrganizationId, hosts: &[UserId], now: Timestamp) -> Result<Vec<HostLoad>> {
        self.appointments().load(organization, hosts, now).await
    }
}

#[async_trait]
impl<I: Inner> OutboxRepository for Faulty<I> {
    async fn claim(&self, kind: OutboxKind, now: Timestamp, lease_s: u32, limit: u32) -> Result<Vec<OutboxRow>> {
        if self.has(Fault::ClaimedTwice) {
            // A claim that ends at once, and each comes after the one before.
            let moments = i64::from(self.claims.fetch_add(1, Ordering::Relaxed));
            return self.outbox().claim(kind, now + chrono::Duration::microseconds(moments), 0, limit).await;
        }
        self.outbox().claim(kind, now, lease_s, limit).await
    }

    async fn extend(&self, rows: &[(OutboxId, i64)], now: Timestamp, lease_s: u32) -> Result<u64> {
        self.outbox().extend(rows, now, lease_s).await
    }

    async fn sent(&self, rows: &[Sent]) -> Result<u64> {
        self.outbox().sent(rows).await
    }

    async fn overdue(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxRow>> {
        if self.has(Fault::LookedAfterEarly) {
            return self.outbox().overdue(Timestamp::MAX_UTC, limit).await;
        }
        self.outbox().overdue(now, limit).await
    }

    async fn behind(&self, job: JobId) -> Result<Vec<OutboxRow>> {
        let mut rows = self.outbox().behind(job).await?;
        if self.has(Fault::NewestBehind) {
            rows.reverse();
        }
        Ok(rows)
    }

    async fn complete(&self, id: OutboxId, claim: i64) -> Result<bool> {
        self.outbox().complete(id, claim).await
    }

    async fn retry(&self, id: OutboxId, claim: i64, run_at: Timestamp, error: &str) -> Result<bool> {
        self.outbox().retry(id, claim, run_at, error).await
    }

    async fn finish(&self, jobs: &[JobId]) -> Result<u64> {
        if self.has(Fault::KeptRows) {
            return Ok(jobs.len() as u64);
        }
        self.outbox().finish(jobs).await
    }

    async fn bury(&self, id: OutboxId, claim: i64, error: &str) -> Result<bool> {
        self.outbox().bury(id, claim, error).await
    }

    async fn due(&self, kind: OutboxKind, now: Timestamp) -> Result<bool> {
        self.outbox().due(kind, now).await
    }

    async fn dead(&self, organization: OrganizationId, after: Option<OutboxId>, limit: u32) -> Result<Vec<DeadRow>> {
        self.outbox().dead(organization, after, limit).await
    }

    async fn revive(&self, organization: OrganizationId, id: OutboxId, now: Timestamp) -> Result<bool> {
        self.outbox().revive(organization, id, now).await
    }

    async fn discard(&self, organization: OrganizationId, id: OutboxId) -> Result<bool> {
        self.outbox().discard(organization, id).await
    }

    async fn stats(&self, kind: OutboxKind, now: Timestamp) -> Result<OutboxStats> {
        self.outbox().stats(kind, now).await
    }
}

#[async_trait]
impl<I: Inner> LeaseRepository for Faulty<I> {
    async fn acquire(&self, key: &str, ttl_ms: u32) -> Result<Option<Lease>> {
        let lease = self.leases().acquire(key, ttl_ms).await?;
        if self.has(Fault::SameFence) {
            return Ok(lease.map(|lease| Lease { fence: 1, ..lease }));
        }
        let everybodys = || self.has(Fault::SharedLease).then(|| Lease { key: key.to_owned(), fence: i64::MAX });
        Ok(lease.or_else(everybodys))
    }

    async fn renew(&self, lease: &Lease, ttl_ms: u32) -> Result<bool> {
        self.leases().renew(lease, ttl_ms).await
    }

    async fn check(&self, lease: &Lease) -> Result<bool> {
        self.leases().check(lease).await
    }

    async fn release(&self, lease: &Lease) -> Result<bool> {
        self.leases().release(lease).await
    }
}
