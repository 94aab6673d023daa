//! Organizations: the first one of a deployment, their settings and their end.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::json;
use spotlight_derive::RedactedDebug;

use super::{
    Context,
    accounts::{blank_user, check_password, expel},
    deps::{Deps, repeated},
    passwords::Passwords,
};
use crate::{
    domain::{
        OrganizationId, UserId,
        audit::Actor,
        billing::{PlanId, SubscriptionStatus},
        contact::Email,
        organization::{Organization, Retention, StorageMode},
        schedule::{Host, WeeklyHours},
        scoring::ScoringRules,
        time::Timestamp,
        user::{LinkPurpose, Membership, Role, Scope, User},
    },
    error::{Error, Result, Violations},
    jobs::{leave, rescore::ScoreLeads},
    ports::{AssistantFilter, AssistantSort, MAX_PER_PAGE, Order, Paging, ReadConsistency, Sort, UnitOfWork},
};

/// A new organization and its first owner.
#[derive(RedactedDebug)]
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

    /// The deployment's first organization; none before the first start. Takes no context: a start asks before anybody
    /// can act.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn first(&self) -> Result<Option<OrganizationId>> {
        let repos = self.deps.storage.read(ReadConsistency::Strong);
        let mut after = None;
        loop {
            let ids = repos.organizations().ids(after, 100).await?;
            let Some(last) = ids.last() else { return Ok(None) };
            after = Some(*last);
            for id in ids {
                // One that was deleted has no members.
                if !repos.users().members(id).await?.is_empty() {
                    return Ok(Some(id));
                }
            }
        }
    }

    /// Makes an organization, its owner with a confirmed address, and the owner's calendar with the business's hours.
    /// For the platform itself, as at a first start; others [sign up](super::accounts::AccountService::sign_up).
    ///
    /// # Errors
    /// `Validation` with every broken rule; `Conflict` when slug or address is taken; `Forbidden` for all but the
    /// platform.
    ///
    /// # Idempotency
    /// The slug is taken once, so a repeated call is a `Conflict`.
    pub async fn create(&self, ctx: &Context, new: NewOrganization) -> Result<(Organization, User)> {
        ctx.require_platform()?;
        let now = self.deps.now();
        let mut broken = Violations::new();
        let organization = Organization {
            name: new.name.trim().to_owned(),
            slug: new.slug,
            time_zone: new.time_zone,
            business_hours: new.business_hours,
            ..blank_organization(OrganizationId::from_uuid(self.deps.ids.uuid()), now)
        };
        let user = User {
            name: new.owner_name.trim().to_owned(),
            confirmed_at: Some(now),
            ..blank_user(UserId::from_uuid(self.deps.ids.uuid()), new.owner_email, now)
        };
        broken.take("", organization.validate())?;
        broken.take("owner", user.validate())?;
        check_password(&mut broken, &new.owner_password);
        broken.into_result()?;
        let user = User { password_hash: Some(self.passwords.hash(new.owner_password).await?), ..user };
        let unit = self.deps.storage.begin().await?;
        unit.users().insert(&user).await?;
        settle(&*unit, &organization, &user).await?;
        let record = ("organization", organization.id.to_string());
        let by = ctx.by(ctx.actor, organization.id);
        self.deps.audit(&*unit, &by, "organization.create", record, json!({})).await?;
        unit.commit().await?;
        Ok((organization, user))
    }

    /// The actor's organization.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for those who do not belong to it.
    pub async fn get(&self, ctx: &Context) -> Result<Organization> {
        ctx.require_member()?;
        self.found(ctx).await
    }

    /// The actor's organization with its settings: for every member, and for tokens that may manage it.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for those who do not belong to it, and for tokens without the scope `admin`.
    pub async fn settings(&self, ctx: &Context) -> Result<Organization> {
        ctx.require(Scope::Admin, Role::SalesRep)?;
        self.found(ctx).await
    }

    async fn found(&self, ctx: &Context) -> Result<Organization> {
        let found = self.deps.read(ctx).organizations().get(ctx.organization).await?;
        found.ok_or_else(|| Error::not_found("organization"))
    }

    /// Replaces the organization's settings. `organization.version` is the version that was read.
    ///
    /// # Errors
    /// `Validation` with every broken rule, and for another plan: plans change by what is paid; `StaleVersion`;
    /// `Conflict` when the slug is taken; `Forbidden` below `admin`.
    pub async fn update(&self, ctx: &Context, mut organization: Organization) -> Result<Organization> {
        ctx.require(Scope::Admin, Role::Admin)?;
        if organization.id != ctx.organization {
            return Err(Error::not_found("organization"));
        }
        organization.name = organization.name.trim().to_owned();
        let unit = self.deps.storage.begin().await?;
        let stored = unit.organizations().get(ctx.organization).await?;
        let stored = stored.ok_or_else(|| Error::not_found("organization"))?;
        let mut broken = Violations::new();
        broken.take("", organization.validate())?;
        if organization.plan != stored.plan && ctx.actor != Actor::System {
            broken.add("plan", "read_only", "The plan changes with the subscription");
        }
        broken.into_result()?;
        organization.created_at = stored.created_at;
        organization.updated_at = self.deps.now();
        unit.organizations().update(&organization).await?;
        if stored.scoring != organization.scoring {
            leave(&*unit, &ScoreLeads::new(ctx.organization)).await?;
        }
        let record = ("organization", organization.id.to_string());
        let details = json!({ "fields": changed(&stored, &organization) });
        self.deps.audit(&*unit, ctx, "organization.update", record, details).await?;
        unit.commit().await?;
        if stored.feature_overrides != organization.feature_overrides {
            self.deps.watched.changed().await;
        }
        organization.version += 1;
        Ok(organization)
    }

    /// Deletes the organization: nobody belongs to it any more, its assistants, tokens, invitations and webhooks stop,
    /// its name and slug are free, and its leads and what was said are erased by the rounds of upkeep that follow. The
    /// audit log stays as long as the organization had it kept.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` while a subscription is still charged; `Forbidden` for all but owners and the platform.
    ///
    /// # Idempotency
    /// A deleted organization has no members, so nobody can ask for it again.
    pub async fn delete(&self, ctx: &Context) -> Result<()> {
        if ctx.actor != Actor::System {
            ctx.require_person()?;
        }
        ctx.require_rank(Role::Owner)?;
        repeated(|| self.try_delete(ctx)).await
    }

    async fn try_delete(&self, ctx: &Context) -> Result<()> {
        let (now, id) = (self.deps.now(), ctx.organization);
        let unit = self.deps.storage.begin().await?;
        let stored = unit.organizations().get(id).await?.ok_or_else(|| Error::not_found("organization"))?;
        let charged = unit.subscriptions().get(id).await?.is_some_and(|subscription| {
            subscription.external_id.is_some()
                && !matches!(subscription.status, SubscriptionStatus::Canceled | SubscriptionStatus::Incomplete)
        });
        if charged {
            return Err(Error::conflict("cancel the subscription first; it would be charged on"));
        }
        unit.organizations().update(&emptied(stored, now)).await?;
        for member in unit.users().members(id).await? {
            expel(&*unit, id, member.user_id, now).await?;
        }
        for link in unit.links().invitations(id, now).await? {
            unit.links().revoke(link.user_id, LinkPurpose::Invitation, Some(id)).await?;
        }
        stop_assistants(&*unit, id, now).await?;
        for endpoint in unit.webhook_endpoints().list(id).await? {
            unit.webhook_endpoints().delete(id, endpoint.id).await?;
        }
        for source in unit.webhook_sources().list(id).await? {
            unit.webhook_sources().delete(id, source.id).await?;
        }
        self.deps.audit(&*unit, ctx, "organization.delete", ("organization", id.to_string()), json!({})).await?;
        unit.commit().await
    }
}

/// What is left of an organization that was deleted: upkeep erases by its retention.
fn emptied(organization: Organization, now: Timestamp) -> Organization {
    let id = organization.id;
    Organization {
        name: "Deleted organization".to_owned(),
        slug: format!("deleted-{}", id.as_uuid().simple()),
        retention: Retention {
            transcripts_days: Some(0),
            recordings_days: Some(0),
            leads_days: Some(0),
            audit_days: organization.retention.audit_days,
        },
        version: organization.version,
        created_at: organization.created_at,
        ..blank_organization(id, now)
    }
}

async fn stop_assistants(unit: &dyn UnitOfWork, id: OrganizationId, now: Timestamp) -> Result<()> {
    let sort = Sort { by: AssistantSort::CreatedAt, order: Order::Asc };
    // Switching them off takes them out of the filter, so there is always a first page until there is none.
    let filter = AssistantFilter { active: Some(true), ..AssistantFilter::default() };
    loop {
        let page =
            unit.assistants().list(id, &filter, sort, &Paging::After { cursor: None, limit: MAX_PER_PAGE }).await?;
        if page.items.is_empty() {
            return Ok(());
        }
        for mut assistant in page.items {
            assistant.active = false;
            assistant.updated_at = now;
            unit.assistants().update(&assistant).await?;
        }
    }
}

/// The names of the settings that differ.
fn changed(old: &Organization, new: &Organization) -> Vec<&'static str> {
    let differs = [
        ("name", old.name != new.name),
        ("slug", old.slug != new.slug),
        ("time_zone", old.time_zone != new.time_zone),
        ("business_hours", old.business_hours != new.business_hours),
        ("plan", old.plan != new.plan),
        ("scoring", old.scoring != new.scoring),
        ("retention", old.retention != new.retention),
        ("storage_mode", old.storage_mode != new.storage_mode),
        ("feature_overrides", old.feature_overrides != new.feature_overrides),
    ];
    differs.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
}

/// An organization as it begins, without a name.
pub(crate) fn blank_organization(id: OrganizationId, now: Timestamp) -> Organization {
    Organization {
        id,
        name: String::new(),
        slug: String::new(),
        time_zone: chrono_tz::UTC,
        business_hours: WeeklyHours::default(),
        plan: PlanId::Free,
        scoring: ScoringRules::default(),
        retention: Retention::default(),
        storage_mode: StorageMode::Everything,
        feature_overrides: BTreeMap::new(),
        created_at: now,
        updated_at: now,
        version: 1,
    }
}

/// Stores a new organization with its owner, whose calendar has the business's hours. The user is stored already.
pub(crate) async fn settle(unit: &dyn UnitOfWork, organization: &Organization, owner: &User) -> Result<()> {
    let (organization_id, user_id, created_at) = (organization.id, owner.id, organization.created_at);
    unit.organizations().insert(organization).await?;
    unit.users().set_membership(&Membership { organization_id, user_id, role: Role::Owner, created_at }).await?;
    unit.hosts()
        .insert(&Host {
            organization_id,
            user_id,
            time_zone: organization.time_zone,
            hours: organization.business_hours.clone(),
            exceptions: Vec::new(),
            buffer_before_min: 0,
            buffer_after_min: 0,
            created_at,
            updated_at: created_at,
            version: 1,
        })
        .await
}
