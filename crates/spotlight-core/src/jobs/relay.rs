//! Publishes the events that units left in the outbox.

use std::time::Duration;

use chrono::Duration as Span;

use crate::{
    domain::time::Timestamp,
    error::{Error, ErrorKind, Result, Retry},
    ports::{Event, Lease, OutboxKind, OutboxRow, ReadConsistency},
    services::{deps::Deps, webhooks},
};

/// Events taken at once.
const BATCH: u32 = 100;
/// Milliseconds the right to publish lasts without a sign of life.
const TURN_MS: u32 = 15_000;
/// Seconds a claimed event is kept from others. Shorter than the right to publish: whoever takes over from a process
/// that died must find its events free, or newer ones would overtake them.
const CLAIM_S: u32 = 10;
/// After this long the right to publish and the claims are renewed before the next event.
const RENEW_AFTER: Span = Span::seconds(4);
/// Longest wait for the bus. With `RENEW_AFTER` it stays within both the claim and the right to publish.
const SEND_LIMIT: Duration = Duration::from_secs(5);

/// How a batch went.
enum Sent {
    /// All of it.
    All,
    /// The right to publish was lost: somebody else goes on.
    Lost,
    /// The bus did not take an event.
    Failed(Error),
}

/// Publishes what is waiting, in the order it was committed to the outbox. Gives how many.
///
/// One process publishes at a time, since the order of numbers is the order of publication. Where the bus fails, the
/// events from there on keep their place and are free at once; an event that the bus refuses for good is given up, so
/// that it does not hold up those behind it.
///
/// # Errors
/// Those of storage and of the bus.
pub(super) async fn publish(deps: &Deps) -> Result<usize> {
    let repos = deps.storage.read(ReadConsistency::Strong);
    if !repos.outbox().due(OutboxKind::Event, deps.now()).await? {
        return Ok(0);
    }
    let unit = deps.storage.begin().await?;
    let Some(lease) = unit.leases().acquire("relay", TURN_MS).await? else { return Ok(0) };
    let rows = unit.outbox().claim(OutboxKind::Event, deps.now(), CLAIM_S, BATCH).await?;
    unit.commit().await?;

    let mut done = 0;
    let outcome = send_all(deps, &lease, &rows, &mut done).await;
    let (sent, rest) = rows.split_at(done);
    let unit = deps.storage.begin().await?;
    let mut told = Vec::with_capacity(rows.len());
    for row in sent {
        if unit.outbox().complete(row.id, row.claim).await? {
            told.push(row);
            let delay = (deps.now() - row.created_at).to_std().unwrap_or_default();
            deps.metrics.event_delay.with([], |times| times.took(delay));
        }
    }
    let mut rest = rest.iter();
    if let Sent::Failed(error) = &outcome
        && error.retry() == Retry::Never
        && let Some(row) = rest.next()
    {
        tracing::error!(event = row.name, error = error.chain(), "an event was given up");
        // That the bus refuses it is no reason for endpoints not to hear of it.
        if unit.outbox().bury(row.id, row.claim, &error.to_string()).await? {
            told.push(row);
        }
    }
    for row in rest {
        // Due since it was made: later events do not overtake it.
        unit.outbox().retry(row.id, row.claim, row.created_at, "it was not published").await?;
    }
    webhooks::record(deps, &*unit, &told).await?;
    unit.leases().release(&lease).await?;
    unit.commit().await?;
    match outcome {
        Sent::Failed(error) if error.retry() != Retry::Never => Err(error),
        _ => Ok(done),
    }
}

/// Sends one event after the other and counts those that are done.
async fn send_all(deps: &Deps, lease: &Lease, rows: &[OutboxRow], done: &mut usize) -> Sent {
    let mut renewed = deps.now();
    for (at, row) in rows.iter().enumerate() {
        match still_ours(deps, lease, &rows[at..], &mut renewed).await {
            Ok(true) => {}
            Ok(false) => return Sent::Lost,
            Err(error) => return Sent::Failed(error.with_retry(Retry::Backoff)),
        }
        match tokio::time::timeout(SEND_LIMIT, send(deps, row)).await {
            Ok(Ok(())) => *done += 1,
            Ok(Err(error)) => return Sent::Failed(error),
            Err(_) => return Sent::Failed(Error::new(ErrorKind::Timeout, "the event bus took too long")),
        }
    }
    Sent::All
}

/// True while this process may publish; renews that and the claims when some time has passed.
async fn still_ours(deps: &Deps, lease: &Lease, rest: &[OutboxRow], renewed: &mut Timestamp) -> Result<bool> {
    let now = deps.now();
    if now - *renewed < RENEW_AFTER {
        return Ok(true);
    }
    let unit = deps.storage.begin().await?;
    if !unit.leases().renew(lease, TURN_MS).await? {
        return Ok(false);
    }
    let held: Vec<_> = rest.iter().map(|row| (row.id, row.claim)).collect();
    if unit.outbox().extend(&held, now, CLAIM_S).await? < rest.len() as u64 {
        return Ok(false);
    }
    unit.commit().await?;
    *renewed = now;
    Ok(true)
}

async fn send(deps: &Deps, row: &OutboxRow) -> Result<()> {
    let (Some(organization), Some(channel)) = (row.organization_id, &row.channel) else { return Ok(()) };
    let event = Event {
        id: 0,
        event_type: row.name.clone(),
        conversation_id: row.conversation_id,
        data: row.payload.clone(),
        at: deps.now(),
    };
    deps.events.publish(organization, channel, row.id.as_uuid(), event).await.map(drop)
}
