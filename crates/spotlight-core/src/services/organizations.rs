//! Organizations: the first one of a deployment, and their settings.

use secrecy::SecretString;
use serde_json::json;

use super::{Context, accounts::AccountService, deps::Deps, passwords::Passwords};
use crate::{
    domain::{
        OrganizationId, UserId,
        billing::PlanId,
        contact::Email,
        organization::{Organization, Retention, StorageMode},
        schedule::{Host, WeeklyHours},
        scoring::ScoringRules,
        user::{Membership, Role, Scope, User},
    },
    error::{Error, Result},
    jobs::rescore::score_leads,
    ports::ReadConsistency,
};

/// A new organization and its first owner.
#[derive(Debug)]
pub struct NewOrganization {
    /// 2 to 100 characters.
    pub name: String,
    /// Unique over the deployment.
    pub slug: String,
    /// Where it works.
    pub time_zone: chrono_tz::Tz,
    /// When it is open.
    pub business_hours: WeeklyHours,
    /// The owner's address.
    pub owner_email: Email,
    /// The owner's name.
    pub owner_name: String,
    /// The owner's password.
    pub owner_password: SecretString,
}

/// Organizations.
#[derive(Clone)]
pub struct OrganizationService {
    deps: Deps,
    passwords: Passwords,
}

impl OrganizationService {
    pub(crate) fn new(deps: Deps, passwords: Passwords) -> Self {
        Self { deps, passwords }
    }

    /// The deployment's first organization; none before the first start.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn first(&self) -> Result<Option<OrganizationId>> {
        Ok(self.deps.storage.read(ReadConsistency::Strong).organizations().ids(None, 1).await?.first().copied())
    }

    /// Makes an organization, its owner with a confirmed address, and the owner's calendar with the business's hours.
    ///
    /// # Errors
    /// `Validation` with every broken rule; `Conflict` when slug or address is taken.
    pub async fn create(&self, new: NewOrganization) -> Result<(Organization, User)> {
        let now = self.deps.now();
        let organization = Organization {
            id: OrganizationId::from_uuid(self.deps.ids.uuid()),
            name: new.name,
            slug: new.slug,
            time_zone: new.time_zone,
            business_hours: new.business_hours,
            plan: PlanId::Free,
            scoring: ScoringRules::default(),
            retention: Retention::default(),
            storage_mode: StorageMode::Everything,
            feature_overrides: std::collections::BTreeMap::new(),
            created_at: now,
            updated_at: now,
            version: 1,
        };
        organization.validate()?;
        let accounts = AccountService::new(self.deps.clone(), self.passwords.clone());
        let password_hash = accounts.hash_password(new.owner_password).await?;
        let user = User {
            id: UserId::from_uuid(self.deps.ids.uuid()),
            email: new.owner_email,
            name: new.owner_name,
            password_hash: Some(password_hash),
            confirmed_at: Some(now),
            failed_attempts: 0,
            locked_at: None,
            last_sign_in_at: None,
            sign_in_count: 0,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        user.validate()?;
        let ctx = Context::system(organization.id);
        let unit = self.deps.storage.begin().await?;
        unit.organizations().insert(&organization).await?;
        unit.users().insert(&user).await?;
        let membership =
            Membership { organization_id: organization.id, user_id: user.id, role: Role::Owner, created_at: now };
        unit.users().set_membership(&membership).await?;
        unit.hosts()
            .insert(&Host {
                organization_id: organization.id,
                user_id: user.id,
                time_zone: organization.time_zone,
                hours: organization.business_hours.clone(),
                exceptions: Vec::new(),
                buffer_before_min: 0,
                buffer_after_min: 0,
                created_at: now,
                updated_at: now,
                version: 1,
            })
            .await?;
        let record = ("organization", organization.id.to_string());
        self.deps.audit(&*unit, &ctx, "organization.create", record, json!({})).await?;
        unit.commit().await?;
        Ok((organization, user))
    }

    /// The actor's organization.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, ctx: &Context) -> Result<Organization> {
        let found = self.deps.read(ctx).organizations().get(ctx.organization).await?;
        found.ok_or_else(|| Error::not_found("organization"))
    }

    /// Replaces the organization's settings. `organization.version` is the version that was read.
    ///
    /// # Errors
    /// `Validation`, `StaleVersion`, `Conflict` when the slug is taken, `Forbidden` below `admin`.
    pub async fn update(&self, ctx: &Context, mut organization: Organization) -> Result<Organization> {
        ctx.require(Scope::Admin, Role::Admin)?;
        if organization.id != ctx.organization {
            return Err(Error::not_found("organization"));
        }
        organization.validate()?;
        organization.updated_at = self.deps.now();
        let unit = self.deps.storage.begin().await?;
        let before = unit.organizations().get(ctx.organization).await?;
        unit.organizations().update(&organization).await?;
        if before.is_some_and(|before| before.scoring != organization.scoring) {
            unit.enqueue(score_leads(ctx.organization)).await?;
        }
        let record = ("organization", organization.id.to_string());
        self.deps.audit(&*unit, ctx, "organization.update", record, json!({})).await?;
        unit.commit().await?;
        organization.version += 1;
        Ok(organization)
    }
}
