//! Subscriptions and usage.

use std::sync::Arc;

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::{
    map::{Index, Map},
    tables::{free, next_version},
    unit::MemoryRepositories,
};
use crate::{
    domain::{
        OrganizationId, UsageId,
        billing::{Meter, Subscription, Usage},
        time::Timestamp,
    },
    error::{Error, Result},
    ports::{Between, SubscriptionRepository, UsageRepository},
};

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Subscriptions {
    rows: Map<OrganizationId, Arc<Subscription>>,
    by_external: Map<String, OrganizationId>,
}

impl Subscriptions {
    fn check_external(&self, subscription: &Subscription) -> Result<()> {
        let holder = subscription.external_id.as_ref().and_then(|id| self.by_external.get(id));
        free("the provider's subscription id", holder.is_some_and(|holder| *holder != subscription.organization_id))
    }

    fn store(&mut self, subscription: Subscription) {
        let id = subscription.organization_id;
        let old = self.rows.get(&id).and_then(|old| old.external_id.clone());
        self.by_external.rekey(old, subscription.external_id.clone(), id);
        self.rows.insert(id, Arc::new(subscription));
    }
}

#[async_trait]
impl SubscriptionRepository for MemoryRepositories {
    async fn get(&self, organization: OrganizationId) -> Result<Option<Subscription>> {
        self.read(|tables| Ok(tables.subscriptions.rows.get(&organization).map(|row| Subscription::clone(row))))
    }

    async fn insert(&self, subscription: &Subscription) -> Result<()> {
        self.write(|tables| {
            let table = &tables.subscriptions;
            free("the organization's subscription", table.rows.contains(&subscription.organization_id))?;
            table.check_external(subscription)?;
            tables.need_organization(subscription.organization_id)?;
            tables.subscriptions.store(subscription.clone());
            Ok(())
        })
    }

    async fn update(&self, subscription: &Subscription) -> Result<()> {
        self.write(|tables| {
            let table = &mut tables.subscriptions;
            let stored = table.rows.get(&subscription.organization_id);
            let stored = stored.ok_or_else(|| Error::not_found("subscription"))?;
            let version = next_version("subscription", stored.version, subscription.version)?;
            table.check_external(subscription)?;
            table.store(Subscription { version, ..subscription.clone() });
            Ok(())
        })
    }
}

type UnreportedRank = (Timestamp, (UsageId, OrganizationId));

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct UsageRecords {
    rows: Map<(OrganizationId, UsageId), Arc<Usage>>,
    by_event: Map<(OrganizationId, Meter, String), UsageId>,
    by_meter: Index<(OrganizationId, Meter), (Timestamp, UsageId)>,
    unreported: Index<(), UnreportedRank>,
}

impl UsageRecords {
    fn unreported_rank(usage: &Usage) -> Option<((), UnreportedRank)> {
        usage.reported_at.is_none().then_some(((), (usage.occurred_at, (usage.id, usage.organization_id))))
    }
}

#[async_trait]
impl UsageRepository for MemoryRepositories {
    async fn record(&self, usage: &Usage) -> Result<bool> {
        self.write(|tables| {
            let event = (usage.organization_id, usage.meter, usage.event_key.clone());
            if tables.usage.by_event.contains(&event) {
                return Ok(false);
            }
            tables.need_maybe_conversation(usage.organization_id, usage.conversation_id)?;
            let table = &mut tables.usage;
            let key = (usage.organization_id, usage.id);
            free("usage id", table.rows.contains(&key))?;
            table.by_event.insert(event, usage.id);
            table.by_meter.rekey(None, Some(((usage.organization_id, usage.meter), (usage.occurred_at, usage.id))));
            table.unreported.rekey(None, UsageRecords::unreported_rank(usage));
            table.rows.insert(key, Arc::new(usage.clone()));
            Ok(true)
        })
    }

    async fn total(&self, organization: OrganizationId, meter: Meter, between: Between) -> Result<i64> {
        self.read(|tables| {
            let ranks = tables.usage.by_meter.between((organization, meter), between);
            let rows = ranks.filter_map(|(_, id)| tables.usage.rows.get(&(organization, id)));
            Ok(rows.fold(0, |total, usage| i64::saturating_add(total, usage.quantity)))
        })
    }

    async fn unreported(&self, limit: u32) -> Result<Vec<Usage>> {
        self.read(|tables| {
            let ranks = tables.usage.unreported.of(()).take(limit as usize);
            let rows = ranks.filter_map(|(_, (id, organization))| tables.usage.rows.get(&(organization, id)));
            Ok(rows.map(|row| Usage::clone(row)).collect())
        })
    }

    async fn mark_reported(&self, organization: OrganizationId, ids: &[UsageId], at: Timestamp) -> Result<()> {
        self.write(|tables| {
            let table = &mut tables.usage;
            for id in ids {
                let stored = table.rows.get(&(organization, *id)).filter(|usage| usage.reported_at.is_none());
                let Some(stored) = stored.cloned() else { continue };
                table.unreported.rekey(UsageRecords::unreported_rank(&stored), None);
                let reported = Usage { reported_at: Some(at), ..Usage::clone(&stored) };
                table.rows.insert((organization, *id), Arc::new(reported));
            }
            Ok(())
        })
    }
}
