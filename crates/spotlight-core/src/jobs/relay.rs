//! Publishes the events that units left in the outbox.

use crate::{
    error::Result,
    ports::{Event, OutboxKind, OutboxRow},
    services::{deps::Deps, webhooks},
};

/// Events taken at once.
const BATCH: u32 = 100;
/// Seconds a claimed event is kept from others.
const LEASE_S: u32 = 30;
/// Milliseconds the right to publish lasts without a sign of life.
const TURN_MS: u32 = 15_000;

/// Publishes what is waiting, in the order it was committed to the outbox. Gives how many.
///
/// One process publishes at a time, since the order of numbers is the order of publication.
pub(super) async fn publish(deps: &Deps) -> Result<usize> {
    let unit = deps.storage.begin().await?;
    if unit.outbox().stats(OutboxKind::Event, deps.now()).await?.ready == 0 {
        return Ok(0);
    }
    let Some(lease) = unit.leases().acquire("relay", TURN_MS).await? else { return Ok(0) };
    let rows = unit.outbox().claim(OutboxKind::Event, deps.now(), LEASE_S, BATCH).await?;
    unit.commit().await?;
    let count = rows.len();
    for row in &rows {
        send(deps, row).await?;
    }
    let unit = deps.storage.begin().await?;
    let mut told = Vec::with_capacity(count);
    for row in &rows {
        if unit.outbox().complete(row.id, row.claim).await? {
            told.push(row);
        }
    }
    webhooks::record(deps, &*unit, &told).await?;
    unit.leases().release(&lease).await?;
    unit.commit().await?;
    Ok(count)
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
