//! Tenants.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::{
    map::Map,
    tables::{free, next_version},
    unit::MemoryRepositories,
};
use crate::{
    domain::{OrganizationId, organization::Organization},
    error::{Error, Result},
    ports::OrganizationRepository,
};

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Organizations {
    rows: Map<OrganizationId, Arc<Organization>>,
    by_slug: Map<String, OrganizationId>,
}

impl Organizations {
    pub(super) fn get(&self, id: OrganizationId) -> Option<&Arc<Organization>> {
        self.rows.get(&id)
    }

    fn check_slug(&self, organization: &Organization) -> Result<()> {
        free("slug", self.by_slug.get(&organization.slug).is_some_and(|id| *id != organization.id))
    }

    fn store(&mut self, organization: Organization) {
        let old = self.get(organization.id).map(|old| old.slug.clone());
        self.by_slug.rekey(old, Some(organization.slug.clone()), organization.id);
        self.rows.insert(organization.id, Arc::new(organization));
    }
}

#[async_trait]
impl OrganizationRepository for MemoryRepositories {
    async fn insert(&self, organization: &Organization) -> Result<()> {
        self.write(|tables| {
            let table = &mut tables.organizations;
            free("organization id", table.get(organization.id).is_some())?;
            table.check_slug(organization)?;
            table.store(organization.clone());
            Ok(())
        })
    }

    async fn get(&self, id: OrganizationId) -> Result<Option<Organization>> {
        self.read(|tables| Ok(tables.organizations.get(id).map(|row| Organization::clone(row))))
    }

    async fn find_by_slug(&self, slug: &str) -> Result<Option<Organization>> {
        self.read(|tables| {
            let table = &tables.organizations;
            let id = table.by_slug.get(&slug.to_owned());
            Ok(id.and_then(|id| table.get(*id)).map(|row| Organization::clone(row)))
        })
    }

    async fn update(&self, organization: &Organization) -> Result<()> {
        self.write(|tables| {
            let table = &mut tables.organizations;
            let stored = table.get(organization.id).ok_or_else(|| Error::not_found("organization"))?;
            let version = next_version("organization", stored.version, organization.version)?;
            table.check_slug(organization)?;
            table.store(Organization { version, ..organization.clone() });
            Ok(())
        })
    }

    async fn ids(&self, after: Option<OrganizationId>, limit: u32) -> Result<Vec<OrganizationId>> {
        self.read(|tables| {
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            let rows = tables.organizations.rows.range(from, Bound::Unbounded);
            Ok(rows.map(|(id, _)| *id).take(limit as usize).collect())
        })
    }

    async fn feature_overrides(&self) -> Result<Vec<(OrganizationId, BTreeMap<String, bool>)>> {
        self.read(|tables| {
            let rows = tables.organizations.rows.values().filter(|row| !row.feature_overrides.is_empty());
            Ok(rows.map(|row| (row.id, row.feature_overrides.clone())).collect())
        })
    }
}
