//! Jobs and events on their way.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::Duration;
use serde_json::Value;
use spotlight_derive::RedactedDebug;

use super::{
    map::{Index, Map},
    unit::MemoryRepositories,
};
use crate::{
    domain::{ConversationId, JobId, OrganizationId, OutboxId, time::Timestamp},
    error::Result,
    ports::{DeadRow, JobSpec, NewEvent, OutboxKind, OutboxRepository, OutboxRow, OutboxStats, Sent, WhenTaken},
    trace::Trace,
};

/// Where a row stands.
#[derive(Debug, Clone, PartialEq)]
enum State {
    /// For its time, `run_at`.
    Waiting,
    /// For its worker, until then.
    Claimed(Timestamp),
    /// For the end of this job, which is looked after then.
    Sent(JobId, Timestamp),
    /// For a person.
    Dead,
}

#[derive(RedactedDebug, Clone)]
struct Entry {
    id: OutboxId,
    kind: OutboxKind,
    /// The order of adding.
    seq: u64,
    organization_id: Option<OrganizationId>,
    #[debug(shown = "the program names its jobs and queues")]
    name: String,
    channel: Option<String>,
    conversation_id: Option<ConversationId>,
    payload: Arc<Value>,
    trace: Option<Trace>,
    spec: Option<Arc<JobSpec>>,
    unique_key: Option<String>,
    created_at: Timestamp,
    run_at: Timestamp,
    state: State,
    attempts: u32,
    claim: i64,
    last_error: Option<String>,
    dead_at: Option<Timestamp>,
}

type Rank = (OutboxKind, (Timestamp, (u64, OutboxId)));

impl Entry {
    fn waiting_rank(&self) -> Option<Rank> {
        (self.state == State::Waiting).then_some((self.kind, (self.run_at, (self.seq, self.id))))
    }

    fn claimed_rank(&self) -> Option<Rank> {
        let State::Claimed(until) = self.state else { return None };
        Some((self.kind, (until, (self.seq, self.id))))
    }

    fn sent_rank(&self) -> Option<Rank> {
        let State::Sent(_, look_at) = self.state else { return None };
        Some((self.kind, (look_at, (self.seq, self.id))))
    }

    fn behind(&self) -> Option<(JobId, (u64, OutboxId))> {
        self.job().map(|job| (job, (self.seq, self.id)))
    }

    /// The job that stands for it.
    fn job(&self) -> Option<JobId> {
        match self.state {
            State::Sent(job, _) => Some(job),
            _ => None,
        }
    }

    fn waiting_key(&self) -> Option<String> {
        self.unique_key.clone().filter(|_| self.state == State::Waiting)
    }

    fn is_claimed_as(&self, claim: i64) -> bool {
        matches!(self.state, State::Claimed(_) | State::Sent(..)) && self.claim == claim
    }

    fn to_dead(&self) -> DeadRow {
        DeadRow {
            id: self.id,
            kind: self.kind,
            name: self.name.clone(),
            conversation_id: self.conversation_id,
            attempts: self.attempts,
            last_error: self.last_error.clone().unwrap_or_default(),
            created_at: self.created_at,
            dead_at: self.dead_at.unwrap_or(self.created_at),
        }
    }

    fn to_row(&self) -> OutboxRow {
        OutboxRow {
            id: self.id,
            organization_id: self.organization_id,
            name: self.name.clone(),
            channel: self.channel.clone(),
            conversation_id: self.conversation_id,
            payload: Value::clone(&self.payload),
            trace: self.trace.clone(),
            spec: self.spec.as_deref().cloned(),
            job: self.job(),
            attempts: self.attempts,
            claim: self.claim,
            created_at: self.created_at,
        }
    }
}

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Outbox {
    rows: Map<OutboxId, Arc<Entry>>,
    waiting: Index<OutboxKind, (Timestamp, (u64, OutboxId))>,
    claimed: Index<OutboxKind, (Timestamp, (u64, OutboxId))>,
    sent: Index<OutboxKind, (Timestamp, (u64, OutboxId))>,
    behind: Index<JobId, (u64, OutboxId)>,
    dead: Index<OutboxKind, OutboxId>,
    /// Of rows that wait.
    by_unique_key: Map<String, OutboxId>,
}

impl Outbox {
    fn rekey(&mut self, id: OutboxId, old: Option<&Entry>, new: Option<&Entry>) {
        let dead = |entry: &Entry| (entry.state == State::Dead).then_some((entry.kind, entry.id));
        self.waiting.rekey(old.and_then(Entry::waiting_rank), new.and_then(Entry::waiting_rank));
        self.claimed.rekey(old.and_then(Entry::claimed_rank), new.and_then(Entry::claimed_rank));
        self.sent.rekey(old.and_then(Entry::sent_rank), new.and_then(Entry::sent_rank));
        self.behind.rekey(old.and_then(Entry::behind), new.and_then(Entry::behind));
        self.dead.rekey(old.and_then(dead), new.and_then(dead));
        self.by_unique_key.rekey(old.and_then(Entry::waiting_key), new.and_then(Entry::waiting_key), id);
    }

    fn store(&mut self, entry: Entry) {
        let old = self.rows.get(&entry.id).cloned();
        self.rekey(entry.id, old.as_deref(), Some(&entry));
        self.rows.insert(entry.id, Arc::new(entry));
    }

    fn remove(&mut self, entry: &Entry) {
        self.rekey(entry.id, Some(entry), None);
        self.rows.remove(&entry.id);
    }

    /// Changes a row that is claimed as this. False when the claim is void.
    fn change(&mut self, id: OutboxId, claim: i64, change: impl FnOnce(&mut Entry)) -> bool {
        let Some(entry) = self.rows.get(&id).filter(|entry| entry.is_claimed_as(claim)) else { return false };
        let mut entry = Entry::clone(entry);
        change(&mut entry);
        self.store(entry);
        true
    }

    /// Removes the events about a conversation.
    pub(super) fn forget(&mut self, organization: OrganizationId, conversation: ConversationId) {
        let about = |entry: &Entry| {
            let of = (entry.organization_id, entry.conversation_id);
            entry.kind == OutboxKind::Event && of == (Some(organization), Some(conversation))
        };
        let events: Vec<_> = self.rows.values().filter(|entry| about(entry)).cloned().collect();
        for event in events {
            self.remove(&event);
        }
    }

    /// A row of an organization that was given up.
    fn dead_row(&self, organization: OrganizationId, id: OutboxId) -> Option<&Entry> {
        let entry = self.rows.get(&id)?;
        (entry.state == State::Dead && entry.organization_id == Some(organization)).then_some(&**entry)
    }

    /// The rows of a kind that may be claimed at `now`: those whose claims have ended, then the others; in the order of
    /// due time, then of adding.
    fn due(&self, kind: OutboxKind, now: Timestamp, limit: usize) -> Vec<Entry> {
        let abandoned = self.claimed.until(kind, now);
        let ids = abandoned.chain(self.waiting.until(kind, now)).map(|(_, (_, id))| id);
        let entries = ids.filter_map(|id| self.rows.get(&id)).take(limit);
        let mut due: Vec<_> = entries.map(|entry| Entry::clone(entry)).collect();
        due.sort_unstable_by_key(|entry| (entry.run_at, entry.seq));
        due
    }
}

impl MemoryRepositories {
    /// Adds a job, unless one of its key is there that has not gone on its way.
    pub(super) fn add_job(&self, job: JobSpec) -> Result<JobId> {
        let now = self.added_at();
        let key = job.unique.as_ref().filter(|unique| unique.taken == WhenTaken::Discard);
        let unique_key = key.map(|unique| format!("{}:{}", job.queue, unique.key));
        self.write(|tables| {
            let same = unique_key.as_ref().and_then(|key| tables.outbox.by_unique_key.get(key));
            if let Some(id) = same {
                return Ok(JobId::from_uuid(id.as_uuid()));
            }
            let entry = Entry {
                organization_id: job.organization,
                unique_key,
                spec: Some(Arc::new(job.clone())),
                ..self.new_entry(OutboxKind::Job, now, job.name, Value::Null)
            };
            let id = entry.id;
            tables.outbox.store(entry);
            Ok(JobId::from_uuid(id.as_uuid()))
        })
    }

    pub(super) fn add_event(&self, event: NewEvent) -> Result<OutboxId> {
        let now = self.added_at();
        self.write(|tables| {
            let entry = Entry {
                organization_id: Some(event.organization_id),
                channel: Some(event.channel),
                conversation_id: event.conversation_id,
                trace: event.trace,
                ..self.new_entry(OutboxKind::Event, now, event.event_type, event.data)
            };
            let id = entry.id;
            tables.outbox.store(entry);
            Ok(id)
        })
    }

    fn new_entry(&self, kind: OutboxKind, now: Timestamp, name: String, payload: Value) -> Entry {
        let seq = self.shared().next_number();
        Entry {
            id: outbox_id(now, seq),
            kind,
            seq,
            organization_id: None,
            name,
            channel: None,
            conversation_id: None,
            payload: Arc::new(payload),
            trace: None,
            spec: None,
            unique_key: None,
            created_at: now,
            run_at: now,
            state: State::Waiting,
            attempts: 0,
            claim: 0,
            last_error: None,
            dead_at: None,
        }
    }
}

/// A UUID v7 of the storage's own time and number: unique in this storage, as a database's would be.
fn outbox_id(now: Timestamp, seq: u64) -> OutboxId {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    let mut rest = [0; 10];
    rest[2..].copy_from_slice(&seq.to_be_bytes());
    OutboxId::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid())
}

fn after(now: Timestamp, seconds: u32) -> Timestamp {
    now.checked_add_signed(Duration::seconds(seconds.into())).unwrap_or(Timestamp::MAX_UTC)
}

#[async_trait]
impl OutboxRepository for MemoryRepositories {
    async fn claim(&self, kind: OutboxKind, now: Timestamp, lease_s: u32, limit: u32) -> Result<Vec<OutboxRow>> {
        self.write(|tables| {
            let due = tables.outbox.due(kind, now, limit as usize);
            let claim = |mut entry: Entry| {
                entry.state = State::Claimed(after(now, lease_s));
                entry.attempts = entry.attempts.saturating_add(1);
                entry.claim += 1;
                let row = entry.to_row();
                tables.outbox.store(entry);
                row
            };
            Ok(due.into_iter().map(claim).collect())
        })
    }

    async fn extend(&self, rows: &[(OutboxId, i64)], now: Timestamp, lease_s: u32) -> Result<u64> {
        self.write(|tables| {
            let until = after(now, lease_s);
            let extend = |entry: &mut Entry| {
                entry.state = entry.job().map_or(State::Claimed(until), |job| State::Sent(job, until));
            };
            Ok(rows.iter().filter(|(id, claim)| tables.outbox.change(*id, *claim, extend)).count() as u64)
        })
    }

    async fn sent(&self, rows: &[Sent]) -> Result<u64> {
        self.write(|tables| {
            let mut noted = 0;
            for row in rows {
                let sent = State::Sent(row.job, row.look_at);
                noted += u64::from(tables.outbox.change(row.id, row.claim, |entry| entry.state = sent));
            }
            Ok(noted)
        })
    }

    async fn overdue(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxRow>> {
        self.read(|tables| {
            let outbox = &tables.outbox;
            let ids = outbox.sent.until(OutboxKind::Job, now).map(|(_, (_, id))| id);
            Ok(ids.filter_map(|id| outbox.rows.get(&id)).take(limit as usize).map(|entry| entry.to_row()).collect())
        })
    }

    async fn behind(&self, job: JobId) -> Result<Vec<OutboxRow>> {
        self.read(|tables| {
            let outbox = &tables.outbox;
            let rows = outbox.behind.of(job).filter_map(|(_, id)| outbox.rows.get(&id));
            Ok(rows.map(|entry| entry.to_row()).collect())
        })
    }

    async fn complete(&self, id: OutboxId, claim: i64) -> Result<bool> {
        self.write(|tables| {
            let entry = tables.outbox.rows.get(&id).filter(|entry| entry.is_claimed_as(claim)).cloned();
            if let Some(entry) = &entry {
                tables.outbox.remove(entry);
            }
            Ok(entry.is_some())
        })
    }

    async fn retry(&self, id: OutboxId, claim: i64, run_at: Timestamp, error: &str) -> Result<bool> {
        self.write(|tables| {
            let outbox = &mut tables.outbox;
            let held = outbox.rows.get(&id).filter(|entry| entry.is_claimed_as(claim)).cloned();
            let stands_for_it = |key: &String| outbox.by_unique_key.contains(key);
            if let Some(entry) = held.filter(|entry| entry.unique_key.as_ref().is_some_and(stands_for_it)) {
                outbox.remove(&entry);
                return Ok(true);
            }
            Ok(outbox.change(id, claim, |entry| {
                entry.state = State::Waiting;
                entry.run_at = run_at;
                entry.last_error = Some(error.to_owned());
            }))
        })
    }

    async fn finish(&self, jobs: &[JobId]) -> Result<u64> {
        self.write(|tables| {
            let outbox = &mut tables.outbox;
            let mut gone = 0;
            for job in jobs {
                let ids: Vec<_> = outbox.behind.of(*job).map(|(_, id)| id).collect();
                for id in ids.into_iter().chain([OutboxId::from_uuid(job.as_uuid())]) {
                    let entry = outbox.rows.get(&id).filter(|entry| entry.kind == OutboxKind::Job).cloned();
                    if let Some(entry) = entry {
                        outbox.remove(&entry);
                        gone += 1;
                    }
                }
            }
            Ok(gone)
        })
    }

    async fn bury(&self, id: OutboxId, claim: i64, error: &str) -> Result<bool> {
        let now = self.added_at();
        self.write(|tables| {
            Ok(tables.outbox.change(id, claim, |entry| {
                entry.state = State::Dead;
                entry.last_error = Some(error.to_owned());
                entry.dead_at = Some(now);
            }))
        })
    }

    async fn due(&self, kind: OutboxKind, now: Timestamp) -> Result<bool> {
        self.read(|tables| Ok(!tables.outbox.due(kind, now, 1).is_empty()))
    }

    async fn dead(&self, organization: OrganizationId, after: Option<OutboxId>, limit: u32) -> Result<Vec<DeadRow>> {
        self.read(|tables| {
            let outbox = &tables.outbox;
            let kinds = [OutboxKind::Job, OutboxKind::Event].into_iter();
            let ids = kinds.flat_map(|kind| outbox.dead.of(kind)).filter(|id| after.is_none_or(|after| *id > after));
            let mut rows: Vec<_> = ids.filter_map(|id| outbox.dead_row(organization, id)).map(Entry::to_dead).collect();
            rows.sort_unstable_by_key(|row| row.id);
            rows.truncate(limit as usize);
            Ok(rows)
        })
    }

    async fn revive(&self, organization: OrganizationId, id: OutboxId, now: Timestamp) -> Result<bool> {
        self.write(|tables| {
            let Some(entry) = tables.outbox.dead_row(organization, id) else { return Ok(false) };
            let revived = Entry {
                state: State::Waiting,
                run_at: now,
                attempts: 0,
                unique_key: None,
                dead_at: None,
                ..Entry::clone(entry)
            };
            tables.outbox.store(revived);
            Ok(true)
        })
    }

    async fn discard(&self, organization: OrganizationId, id: OutboxId) -> Result<bool> {
        self.write(|tables| {
            let Some(entry) = tables.outbox.dead_row(organization, id).cloned() else { return Ok(false) };
            tables.outbox.remove(&entry);
            Ok(true)
        })
    }

    async fn stats(&self, kind: OutboxKind, now: Timestamp) -> Result<OutboxStats> {
        self.read(|tables| {
            let outbox = &tables.outbox;
            let abandoned = outbox.claimed.until(kind, now).count();
            let due = outbox.waiting.until(kind, now).count();
            Ok(OutboxStats {
                ready: (due + abandoned) as u64,
                scheduled: (outbox.waiting.of(kind).count() - due) as u64,
                running: (outbox.claimed.of(kind).count() - abandoned + outbox.sent.of(kind).count()) as u64,
                dead: outbox.dead.of(kind).count() as u64,
            })
        })
    }
}
