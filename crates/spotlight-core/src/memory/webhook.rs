//! Outgoing webhooks, and the ids of incoming ones.

use std::{ops::Bound, sync::Arc};

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;
use uuid::Uuid;

use super::{
    map::{Index, Map},
    page::{Key, KeyKind, Place, cut},
    tables::{free, need, next_version},
    unit::MemoryRepositories,
};
use crate::{
    domain::{
        OrganizationId, WebhookDeliveryId, WebhookEndpointId, WebhookSourceId,
        time::Timestamp,
        webhook::{DeliveryStatus, WebhookDelivery, WebhookEndpoint, WebhookSource},
    },
    error::{Error, Result},
    ports::{DeliveryRepository, EndpointRepository, Listing, Order, Paging, ProcessedRepository, SourceRepository},
};

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Endpoints {
    rows: Map<(OrganizationId, WebhookEndpointId), Arc<WebhookEndpoint>>,
}

#[async_trait]
impl EndpointRepository for MemoryRepositories {
    async fn insert(&self, endpoint: &WebhookEndpoint) -> Result<()> {
        self.write(|tables| {
            let key = (endpoint.organization_id, endpoint.id);
            free("webhook endpoint id", tables.endpoints.rows.contains(&key))?;
            tables.endpoints.rows.insert(key, Arc::new(endpoint.clone()));
            Ok(())
        })
    }

    async fn get(&self, organization: OrganizationId, id: WebhookEndpointId) -> Result<Option<WebhookEndpoint>> {
        self.read(|tables| Ok(tables.endpoints.rows.get(&(organization, id)).map(|row| WebhookEndpoint::clone(row))))
    }

    async fn list(&self, organization: OrganizationId) -> Result<Vec<WebhookEndpoint>> {
        self.read(|tables| {
            let rows = tables.endpoints.rows.group(organization);
            let mut rows: Vec<_> = rows.map(|row| WebhookEndpoint::clone(row)).collect();
            rows.sort_by_key(|row| (row.created_at, row.id));
            Ok(rows)
        })
    }

    async fn update(&self, endpoint: &WebhookEndpoint) -> Result<()> {
        self.write(|tables| {
            let key = (endpoint.organization_id, endpoint.id);
            let stored = tables.endpoints.rows.get(&key).ok_or_else(|| Error::not_found("webhook endpoint"))?;
            let version = next_version("webhook endpoint", stored.version, endpoint.version)?;
            tables.endpoints.rows.insert(key, Arc::new(WebhookEndpoint { version, ..endpoint.clone() }));
            Ok(())
        })
    }

    async fn delete(&self, organization: OrganizationId, id: WebhookEndpointId) -> Result<bool> {
        self.write(|tables| {
            let deliveries: Vec<_> = tables.deliveries.by_endpoint.of((organization, id)).collect();
            for key in deliveries.into_iter().map(|(_, delivery)| (organization, delivery)) {
                let row = tables.deliveries.rows.get(&key).cloned();
                tables.deliveries.rekey(row.as_deref(), None);
                tables.deliveries.rows.remove(&key);
            }
            Ok(tables.endpoints.rows.remove(&(organization, id)))
        })
    }
}

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Deliveries {
    rows: Map<(OrganizationId, WebhookDeliveryId), Arc<WebhookDelivery>>,
    by_endpoint: Index<(OrganizationId, WebhookEndpointId), (Timestamp, WebhookDeliveryId)>,
    /// Those that wait.
    waiting: Map<(Timestamp, WebhookDeliveryId), OrganizationId>,
}

impl Deliveries {
    fn rekey(&mut self, old: Option<&WebhookDelivery>, new: Option<&WebhookDelivery>) {
        let endpoint = |row: &WebhookDelivery| ((row.organization_id, row.endpoint_id), (row.created_at, row.id));
        let waiting = |row: &WebhookDelivery| {
            row.next_attempt_at.filter(|_| row.status == DeliveryStatus::Pending).map(|at| (at, row.id))
        };
        self.by_endpoint.rekey(old.map(endpoint), new.map(endpoint));
        if let Some(key) = old.and_then(waiting) {
            self.waiting.remove(&key);
        }
        if let Some((key, row)) = new.and_then(|row| Some((waiting(row)?, row))) {
            self.waiting.insert(key, row.organization_id);
        }
    }
}

#[async_trait]
impl DeliveryRepository for MemoryRepositories {
    async fn insert(&self, delivery: &WebhookDelivery) -> Result<()> {
        self.write(|tables| {
            let key = (delivery.organization_id, delivery.id);
            let endpoint = (delivery.organization_id, delivery.endpoint_id);
            free("webhook delivery id", tables.deliveries.rows.contains(&key))?;
            need("webhook endpoint", tables.endpoints.rows.contains(&endpoint))?;
            tables.deliveries.rekey(None, Some(delivery));
            tables.deliveries.rows.insert(key, Arc::new(delivery.clone()));
            Ok(())
        })
    }

    async fn get(&self, organization: OrganizationId, id: WebhookDeliveryId) -> Result<Option<WebhookDelivery>> {
        self.read(|tables| Ok(tables.deliveries.rows.get(&(organization, id)).map(|row| WebhookDelivery::clone(row))))
    }

    async fn list(
        &self,
        organization: OrganizationId,
        endpoint: WebhookEndpointId,
        paging: &Paging,
    ) -> Result<Listing<WebhookDelivery>> {
        self.read(|tables| {
            let table = &tables.deliveries;
            let ids = table.by_endpoint.of((organization, endpoint));
            let rows = ids.filter_map(|(_, id)| table.rows.get(&(organization, id)));
            let listing = cut(rows, delivery_place, KeyKind::Instant, Order::Desc, paging)?;
            Ok(listing.map(|row| WebhookDelivery::clone(row)))
        })
    }

    async fn late(&self, before: Timestamp, limit: u32) -> Result<Vec<(OrganizationId, WebhookDeliveryId)>> {
        self.read(|tables| {
            let end = Bound::Excluded((before, WebhookDeliveryId::from_uuid(Uuid::nil())));
            let late = tables.deliveries.waiting.range(Bound::Unbounded, end);
            Ok(late.take(limit as usize).map(|((_, id), organization)| (*organization, *id)).collect())
        })
    }

    async fn update(&self, delivery: &WebhookDelivery) -> Result<()> {
        self.write(|tables| {
            let key = (delivery.organization_id, delivery.id);
            let stored = tables.deliveries.rows.get(&key).cloned();
            let stored = stored.ok_or_else(|| Error::not_found("webhook delivery"))?;
            let replaced = WebhookDelivery {
                status: delivery.status,
                attempts: delivery.attempts.clone(),
                next_attempt_at: delivery.next_attempt_at,
                updated_at: delivery.updated_at,
                ..WebhookDelivery::clone(&stored)
            };
            tables.deliveries.rekey(Some(&stored), Some(&replaced));
            tables.deliveries.rows.insert(key, Arc::new(replaced));
            Ok(())
        })
    }
}

fn delivery_place(row: &Arc<WebhookDelivery>) -> Place<'_> {
    (Key::Instant(row.created_at), row.id.as_uuid())
}

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Sources {
    rows: Map<(OrganizationId, WebhookSourceId), Arc<WebhookSource>>,
}

#[async_trait]
impl SourceRepository for MemoryRepositories {
    async fn insert(&self, source: &WebhookSource) -> Result<()> {
        self.write(|tables| {
            let key = (source.organization_id, source.id);
            free("webhook source id", tables.sources.rows.contains(&key))?;
            tables.sources.rows.insert(key, Arc::new(source.clone()));
            Ok(())
        })
    }

    async fn get(&self, organization: OrganizationId, id: WebhookSourceId) -> Result<Option<WebhookSource>> {
        self.read(|tables| Ok(tables.sources.rows.get(&(organization, id)).map(|row| WebhookSource::clone(row))))
    }

    async fn list(&self, organization: OrganizationId) -> Result<Vec<WebhookSource>> {
        self.read(|tables| {
            let rows = tables.sources.rows.group(organization);
            let mut rows: Vec<_> = rows.map(|row| WebhookSource::clone(row)).collect();
            rows.sort_by_key(|row| (row.created_at, row.id));
            Ok(rows)
        })
    }

    async fn update(&self, source: &WebhookSource) -> Result<()> {
        self.write(|tables| {
            let key = (source.organization_id, source.id);
            let stored = tables.sources.rows.get(&key).ok_or_else(|| Error::not_found("webhook source"))?;
            let version = next_version("webhook source", stored.version, source.version)?;
            tables.sources.rows.insert(key, Arc::new(WebhookSource { version, ..source.clone() }));
            Ok(())
        })
    }

    async fn delete(&self, organization: OrganizationId, id: WebhookSourceId) -> Result<bool> {
        self.write(|tables| Ok(tables.sources.rows.remove(&(organization, id))))
    }
}

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct ProcessedEvents {
    rows: Map<(String, String), Timestamp>,
    by_time: Map<(Timestamp, String, String), ()>,
}

#[async_trait]
impl ProcessedRepository for MemoryRepositories {
    async fn accept(&self, source: &str, event_id: &str, now: Timestamp) -> Result<bool> {
        self.write(|tables| {
            let key = (source.to_owned(), event_id.to_owned());
            if tables.processed.rows.contains(&key) {
                return Ok(false);
            }
            tables.processed.by_time.insert((now, key.0.clone(), key.1.clone()), ());
            tables.processed.rows.insert(key, now);
            Ok(true)
        })
    }

    async fn delete_before(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.write(|tables| {
            let end = Bound::Excluded((before, String::new(), String::new()));
            let old = tables.processed.by_time.range(Bound::Unbounded, end).map(|(key, ())| key.clone());
            let old: Vec<_> = old.take(limit as usize).collect();
            for key in &old {
                tables.processed.by_time.remove(key);
                tables.processed.rows.remove(&(key.1.clone(), key.2.clone()));
            }
            Ok(old.len() as u64)
        })
    }
}
