//! Tenants.

use std::collections::BTreeMap;

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{OrganizationId, organization::Organization},
    ports::OrganizationRepository,
};
use sqlx::sqlite::SqliteRow;

use super::{
    codec::{Bind, Fields, all, json, one},
    db::query,
    repositories::repository,
    sql::statements,
};

macro_rules! columns {
    () => {
        "id, name, slug, time_zone, business_hours, plan, scoring, retention, storage_mode, feature_overrides, \
         created_at, updated_at, version"
    };
}

statements! {
    @global {
        /// The table of organizations itself.
        INSERT = [
            "INSERT INTO organizations (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        ];
        /// The table of organizations itself.
        GET = ["SELECT ", columns!(), " FROM organizations WHERE id = ?"];
        /// The table of organizations itself.
        BY_SLUG = ["SELECT ", columns!(), " FROM organizations WHERE slug = ?"];
        /// The table of organizations itself.
        UPDATE = [
            "UPDATE organizations SET name = ?, slug = ?, time_zone = ?, business_hours = ?, plan = ?, scoring = ?, \
             retention = ?, storage_mode = ?, feature_overrides = ?, created_at = ?, updated_at = ?, \
             version = version + 1 WHERE id = ? AND version = ?"
        ];
        /// The table of organizations itself.
        EXISTS = ["SELECT 1 FROM organizations WHERE id = ?"];
        /// The table of organizations itself.
        FEATURE_OVERRIDES = [
            "SELECT id, feature_overrides FROM organizations WHERE feature_overrides <> '{}' ORDER BY id"
        ];
        /// The table of organizations itself.
        IDS = ["SELECT id FROM organizations ORDER BY id LIMIT ?"];
        /// The table of organizations itself.
        IDS_AFTER = ["SELECT id FROM organizations WHERE id > ? ORDER BY id LIMIT ?"];
    }
}

repository! {
    /// Keeps organizations.
    SqliteOrganizationRepository
}

fn read(row: &SqliteRow) -> Result<Organization> {
    let mut f = Fields::new("organizations", row);
    Ok(Organization {
        id: f.id(OrganizationId::from_uuid)?,
        name: f.text()?,
        slug: f.text()?,
        time_zone: f.word()?,
        business_hours: f.json()?,
        plan: f.word()?,
        scoring: f.json()?,
        retention: f.json()?,
        storage_mode: f.word()?,
        feature_overrides: f.json()?,
        created_at: f.at()?,
        updated_at: f.at()?,
        version: f.int()?,
    })
}

#[async_trait]
impl OrganizationRepository for SqliteOrganizationRepository {
    async fn insert(&self, organization: &Organization) -> Result<()> {
        let insert = query(INSERT)
            .bind(organization.id.as_uuid())
            .bind(organization.name.as_str())
            .bind(organization.slug.as_str())
            .bind(organization.time_zone.name())
            .bind(json(&organization.business_hours)?)
            .bind(organization.plan.as_str())
            .bind(json(&organization.scoring)?)
            .bind(json(&organization.retention)?)
            .bind(organization.storage_mode.as_str())
            .bind(json(&organization.feature_overrides)?)
            .at(organization.created_at)
            .at(organization.updated_at)
            .bind(organization.version);
        self.db.write().await?.execute(insert).await?;
        Ok(())
    }

    async fn get(&self, id: OrganizationId) -> Result<Option<Organization>> {
        one(self.db.row(query(GET).bind(id.as_uuid())).await?, read)
    }

    async fn find_by_slug(&self, slug: &str) -> Result<Option<Organization>> {
        one(self.db.row(query(BY_SLUG).bind(slug)).await?, read)
    }

    async fn update(&self, organization: &Organization) -> Result<()> {
        let update = query(UPDATE)
            .bind(organization.name.as_str())
            .bind(organization.slug.as_str())
            .bind(organization.time_zone.name())
            .bind(json(&organization.business_hours)?)
            .bind(organization.plan.as_str())
            .bind(json(&organization.scoring)?)
            .bind(json(&organization.retention)?)
            .bind(organization.storage_mode.as_str())
            .bind(json(&organization.feature_overrides)?)
            .at(organization.created_at)
            .at(organization.updated_at)
            .bind(organization.id.as_uuid())
            .bind(organization.version);
        let exists = query(EXISTS).bind(organization.id.as_uuid());
        self.db.write().await?.replace("organization", update, exists).await
    }

    async fn ids(&self, after: Option<OrganizationId>, limit: u32) -> Result<Vec<OrganizationId>> {
        let ids = match after {
            Some(after) => query(IDS_AFTER).bind(after.as_uuid()),
            None => query(IDS),
        };
        all(&self.db.rows(ids.bind(limit)).await?, |row| {
            Fields::new("organizations", row).id(OrganizationId::from_uuid)
        })
    }

    async fn feature_overrides(&self) -> Result<Vec<(OrganizationId, BTreeMap<String, bool>)>> {
        all(&self.db.rows(query(FEATURE_OVERRIDES)).await?, |row| {
            let mut f = Fields::new("organizations", row);
            Ok((f.id(OrganizationId::from_uuid)?, f.json()?))
        })
    }
}
