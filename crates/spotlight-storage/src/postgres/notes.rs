//! What a unit leaves behind its changes: audit entries, events, answers and leases that follow one another go in one
//! statement.

use std::sync::{Arc, LazyLock};

use spotlight_core::{
    Error, Result,
    domain::{ConversationId, audit::AuditEntry, time::Timestamp},
    ports::{IdempotencyRecord, Lease, NewEvent, OutboxKind, answered_already, lost_lease},
};
use sqlx::types::Json;
use uuid::Uuid;

use super::{
    audit,
    db::shared,
    idempotency,
    tx::{Query, Tx},
};

/// Rows of a kind in one statement at most, so that there are few statements for a connection to keep.
const MOST: usize = 3;

/// An event with what its unit gives it.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) id: Uuid,
    pub(super) event: NewEvent,
    pub(super) at: Timestamp,
}

/// What was left and is not written yet.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) entries: Vec<AuditEntry>,
    pub(super) events: Vec<Event>,
    /// Each with the instant at which an older one would have expired.
    pub(super) answers: Vec<(IdempotencyRecord, Timestamp)>,
    /// Leases that are given back.
    pub(super) leases: Vec<Lease>,
}

/// What stands last in a statement, since it alone can be refused without an error of the server.
#[derive(Debug, Clone, Copy)]
enum Last<'a> {
    /// An audit entry or an event.
    Other,
    Answer(&'a (IdempotencyRecord, Timestamp)),
    Lease(&'a Lease),
}

impl Last<'_> {
    const fn place(self) -> usize {
        match self {
            Self::Other => 0,
            Self::Answer(_) => 1,
            Self::Lease(_) => 2,
        }
    }

    fn refused(self) -> Error {
        match self {
            Self::Lease(_) => lost_lease(),
            Self::Other | Self::Answer(_) => answered_already(),
        }
    }
}

impl Notes {
    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.events.is_empty() && self.answers.is_empty() && self.leases.is_empty()
    }

    /// Writes everything, in the order of adding within each kind.
    ///
    /// # Errors
    /// `Conflict` with `Retry::Now` when an id or key is taken, `Conflict` when a lease is lost. The transaction can only be
    /// rolled back then.
    pub(super) async fn write(&mut self, tx: &mut Tx) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        // What is not written because this was cut off is not written at all: the transaction has ended.
        let Self { entries, events, answers, leases } = std::mem::take(self);
        let (mut entries, mut events) = (&*entries, &*events);
        let mut last = answers.iter().map(Last::Answer).chain(leases.iter().map(Last::Lease));
        let mut next = last.next();
        while !entries.is_empty() || !events.is_empty() || next.is_some() {
            let (some_entries, some_events) = (entries.len().min(MOST), events.len().min(MOST));
            let end = next.unwrap_or(Last::Other);
            let mut write = shared(Arc::clone(&STATEMENTS[place(some_entries, some_events, end.place())]));
            for entry in &entries[..some_entries] {
                write = audit::bind(write, entry);
            }
            for event in &events[..some_events] {
                write = bind_event(write, event);
            }
            write = match end {
                Last::Other => write,
                Last::Answer((record, now)) => idempotency::bind(write, record).bind(now),
                Last::Lease(lease) => write.bind(lease.key.as_str()).bind(lease.fence),
            };
            if tx.execute(write).await? == 0 {
                tx.give_up();
                return Err(end.refused());
            }
            (entries, events, next) = (&entries[some_entries..], &events[some_events..], last.next());
        }
        Ok(())
    }
}

fn bind_event<'q>(query: Query<'q>, Event { id, event, at }: &'q Event) -> Query<'q> {
    query
        .bind(id)
        .bind(event.organization_id.as_uuid())
        .bind(event.event_type.as_str())
        .bind(event.channel.as_str())
        .bind(event.conversation_id.map(ConversationId::as_uuid))
        .bind(Json(&event.data))
        .bind(at)
}

/// Every statement, by [`place`].
static STATEMENTS: LazyLock<Vec<Arc<str>>> = LazyLock::new(|| {
    let mut statements = Vec::new();
    for last in 0..=2 {
        for events in 0..=MOST {
            statements.extend((0..=MOST).map(|entries| put_together(entries, events, last).into()));
        }
    }
    statements
});

const fn place(entries: usize, events: usize, last: usize) -> usize {
    (last * (MOST + 1) + events) * (MOST + 1) + entries
}

/// Every statement, for the tests that prepare each on a real server and check each for its tenant.
pub(super) fn built() -> Vec<String> {
    STATEMENTS.iter().skip(1).map(|sql| sql.to_string()).collect()
}

/// The insertion of so many rows of each kind, and what stands last, by its place.
fn put_together(entries: usize, events: usize, last: usize) -> String {
    let mut next = 0;
    // Events are due since their unit began: the last argument of each stands twice.
    let entry = |next: &mut usize| format!("({})", arguments(next, 11));
    let event = |next: &mut usize| {
        let given = arguments(next, 7);
        format!("('{}', {given}, ${next})", OutboxKind::Event.as_str())
    };
    let mut parts = Vec::new();
    let rows = |count: usize, next: &mut usize, row: &dyn Fn(&mut usize) -> String| {
        (0..count).map(|_| row(next)).collect::<Vec<_>>().join(", ")
    };
    if entries > 0 {
        let rows = rows(entries, &mut next, &entry);
        parts.push(format!("INSERT INTO audit_entries ({}) VALUES {rows}", audit::COLUMNS));
    }
    if events > 0 {
        let rows = rows(events, &mut next, &event);
        parts.push(format!(
            "INSERT INTO outbox (kind, id, organization_id, name, channel, conversation_id, payload, run_at, created_at) \
             VALUES {rows}"
        ));
    }
    if last == 1 {
        let given = arguments(&mut next, 6);
        parts.push(format!(
            "INSERT INTO idempotency_records AS r (organization_id, scope, key, fingerprint, answer, expires_at) \
             VALUES ({given}) ON CONFLICT (organization_id, scope, key) DO UPDATE SET \
             fingerprint = excluded.fingerprint, answer = excluded.answer, expires_at = excluded.expires_at \
             WHERE r.expires_at <= ${}",
            next + 1
        ));
    }
    if last == 2 {
        let (key, fence) = (next + 1, next + 2);
        parts.push(format!(
            "DELETE FROM leases WHERE key = ${key} AND fence = ${fence} AND expires_at > clock_timestamp()"
        ));
    }
    let last = parts.pop().unwrap_or_default();
    let before: Vec<_> = parts.iter().enumerate().map(|(at, part)| format!("part_{at} AS ({part})")).collect();
    if before.is_empty() { last } else { format!("WITH {} {last}", before.join(", ")) }
}

/// The next so many arguments.
fn arguments(next: &mut usize, count: usize) -> String {
    let given: Vec<_> = (*next + 1..=*next + count).map(|number| format!("${number}")).collect();
    *next += count;
    given.join(", ")
}
