//! The audit log.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::{
    map::{Index, Map},
    page::{Key, KeyKind, Place, cut},
    tables::free,
    unit::MemoryRepositories,
};
use crate::{
    domain::{AuditEntryId, OrganizationId, audit::AuditEntry, time::Timestamp},
    error::Result,
    ports::{AuditFilter, AuditRepository, Listing, Order, Paging},
};

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct AuditEntries {
    rows: Map<(OrganizationId, AuditEntryId), Arc<AuditEntry>>,
    by_created: Index<OrganizationId, (Timestamp, AuditEntryId)>,
}

impl AuditEntries {
    /// Forgets where visitors came from: those who acted in a lead's conversations, and before anybody knew them.
    pub(super) fn forget_addresses(&mut self, organization: OrganizationId, lead: &str, talks: &HashSet<String>) {
        let theirs = |row: &AuditEntry| match (row.actor_kind.as_str(), row.record_type.as_str()) {
            ("visitor", _) => row.actor_id.as_ref().is_some_and(|id| talks.contains(id)),
            ("anonymous", "conversation") => talks.contains(&row.record_id),
            ("anonymous", "lead") => row.record_id == lead,
            _ => false,
        };
        let stored: Vec<_> = self.rows.group(organization).filter(|row| theirs(row)).cloned().collect();
        for row in stored {
            let key = (organization, row.id);
            self.rows.insert(key, Arc::new(AuditEntry { source_address: None, ..AuditEntry::clone(&row) }));
        }
    }
}

#[async_trait]
impl AuditRepository for MemoryRepositories {
    async fn append(&self, entry: &AuditEntry) -> Result<()> {
        self.write(|tables| {
            let key = (entry.organization_id, entry.id);
            free("audit entry id", tables.audit.rows.contains(&key))?;
            tables.audit.by_created.rekey(None, Some((entry.organization_id, (entry.created_at, entry.id))));
            tables.audit.rows.insert(key, Arc::new(entry.clone()));
            Ok(())
        })
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &AuditFilter,
        paging: &Paging,
    ) -> Result<Listing<AuditEntry>> {
        self.read(|tables| {
            let ids = tables.audit.by_created.between(organization, filter.created);
            let rows = ids.filter_map(|(_, id)| tables.audit.rows.get(&(organization, id)));
            let rows = rows.filter(|row| passes(row, filter));
            Ok(cut(rows, place, KeyKind::Instant, Order::Desc, paging)?.map(|row| AuditEntry::clone(row)))
        })
    }

    async fn purge(&self, organization: OrganizationId, before: Timestamp, limit: u32) -> Result<u64> {
        self.write(|tables| {
            let old: Vec<_> = tables.audit.by_created.before(organization, before).take(limit as usize).collect();
            for rank in &old {
                tables.audit.by_created.rekey(Some((organization, *rank)), None);
                tables.audit.rows.remove(&(organization, rank.1));
            }
            Ok(old.len() as u64)
        })
    }
}

/// Everything of a filter but the span.
fn passes(entry: &AuditEntry, filter: &AuditFilter) -> bool {
    filter.record_type.as_ref().is_none_or(|record_type| entry.record_type == *record_type)
        && filter.record_id.as_ref().is_none_or(|record_id| entry.record_id == *record_id)
        && filter.actor_id.as_ref().is_none_or(|actor_id| entry.actor_id.as_ref() == Some(actor_id))
        && filter.action.as_ref().is_none_or(|action| entry.action == *action)
}

fn place(row: &Arc<AuditEntry>) -> Place<'_> {
    (Key::Instant(row.created_at), row.id.as_uuid())
}
