//! Tenants.

use std::collections::BTreeMap;

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{OrganizationId, organization::Organization},
    ports::OrganizationRepository,
};
use sqlx::{postgres::PgRow, types::Json};

use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::statements,
    tx::Query,
    write,
};

macro_rules! columns {
    () => {
        "id, name, slug, time_zone, business_hours, plan, scoring, retention, storage_mode, feature_overrides, \
         created_at, updated_at, version"
    };
}
pub(super) use columns;

macro_rules! update {
    () => {
        "UPDATE organizations SET name = $3, slug = $4, time_zone = $5, business_hours = $6, plan = $7, scoring = $8, \
         retention = $9, storage_mode = $10, feature_overrides = $11, created_at = $12, updated_at = $13, \
         version = version + 1 WHERE id = $1 AND version = $2"
    };
}

statements! {
    INSERT = [
        "INSERT INTO organizations (id, version, name, slug, time_zone, business_hours, plan, scoring, retention, \
         storage_mode, feature_overrides, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING"
    ];
    GET = ["SELECT ", columns!(), " FROM organizations WHERE id = $1"];
    FIND_BY_SLUG = ["SELECT ", columns!(), " FROM organizations WHERE slug = $1"];
    VERSION = ["SELECT version FROM organizations WHERE id = $1"];
    UPDATE = [update!()];
    UPDATE_SAME_SLUG = [update!(), " AND slug = $4"];
    IDS = ["SELECT id FROM organizations WHERE id > $1 ORDER BY id LIMIT $2"];
    FEATURE_OVERRIDES = [
        "SELECT id, feature_overrides FROM organizations WHERE feature_overrides <> '{}'::jsonb ORDER BY id"
    ];
    FIRST_IDS = ["SELECT id FROM organizations ORDER BY id LIMIT $1"];
}

/// How many columns an organization has.
pub(super) const WIDTH: usize = 13;

fn read(row: &PgRow) -> Result<Organization> {
    take(Row::new("organizations", row))
}

/// The one in the next columns of a row.
pub(super) fn take(mut row: Row<'_>) -> Result<Organization> {
    Ok(Organization {
        id: row.id(OrganizationId::from_uuid)?,
        name: row.take()?,
        slug: row.take()?,
        time_zone: row.word()?,
        business_hours: row.json()?,
        plan: row.word()?,
        scoring: row.json()?,
        retention: row.json()?,
        storage_mode: row.word()?,
        feature_overrides: row.json()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.take()?,
    })
}

/// The arguments shared by insert and update.
fn bind<'q>(sql: &'static str, organization: &'q Organization) -> Query<'q> {
    query(sql)
        .bind(organization.id.as_uuid())
        .bind(organization.version)
        .bind(organization.name.as_str())
        .bind(organization.slug.as_str())
        .bind(organization.time_zone.name())
        .bind(Json(&organization.business_hours))
        .bind(organization.plan.as_str())
        .bind(Json(&organization.scoring))
        .bind(Json(&organization.retention))
        .bind(organization.storage_mode.as_str())
        .bind(Json(&organization.feature_overrides))
        .bind(organization.created_at)
        .bind(organization.updated_at)
}

/// Keeps organizations.
pub(super) struct PgOrganizationRepository {
    db: PgDb,
}

impl PgOrganizationRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl OrganizationRepository for PgOrganizationRepository {
    async fn insert(&self, organization: &Organization) -> Result<()> {
        match self.db.write().await?.execute(bind(INSERT, organization)).await? {
            0 => Err(Error::conflict("the organization's id or slug is taken")),
            _ => Ok(()),
        }
    }

    async fn get(&self, id: OrganizationId) -> Result<Option<Organization>> {
        row::one(self.db.fetch_optional(query(GET).bind(id.as_uuid())).await?.as_ref(), read)
    }

    async fn find_by_slug(&self, slug: &str) -> Result<Option<Organization>> {
        row::one(self.db.fetch_optional(query(FIND_BY_SLUG).bind(slug)).await?.as_ref(), read)
    }

    async fn update(&self, organization: &Organization) -> Result<()> {
        let mut tx = self.db.write().await?;
        let version = query(VERSION).bind(organization.id.as_uuid());
        let updates = (bind(UPDATE_SAME_SLUG, organization), bind(UPDATE, organization));
        let words = ("organization", "the slug is taken");
        write::update_unique(&mut tx, organization.version, updates, version, None, words).await
    }

    async fn ids(&self, after: Option<OrganizationId>, limit: u32) -> Result<Vec<OrganizationId>> {
        let query = match after {
            Some(after) => query(IDS).bind(after.as_uuid()),
            None => query(FIRST_IDS),
        };
        let rows = self.db.fetch_all(query.bind(i64::from(limit))).await?;
        row::all(&rows, |row| Row::new("organizations", row).id(OrganizationId::from_uuid))
    }

    async fn feature_overrides(&self) -> Result<Vec<(OrganizationId, BTreeMap<String, bool>)>> {
        row::all(&self.db.fetch_all(query(FEATURE_OVERRIDES)).await?, |row| {
            let mut row = Row::new("organizations", row);
            Ok((row.id(OrganizationId::from_uuid)?, row.json()?))
        })
    }
}
