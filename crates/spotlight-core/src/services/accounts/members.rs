//! The team: who belongs to an organization, and as what.

use std::collections::BTreeMap;

use serde_json::json;
use spotlight_derive::RedactedDebug;

use super::AccountService;
use crate::{
    domain::{
        OrganizationId, UserId,
        audit::Actor,
        contact::Email,
        organization::Organization,
        time::Timestamp,
        user::{Membership, Role, Scope, User},
    },
    error::{Error, Result},
    ports::{AssistantFilter, AssistantSort, Cursor, MAX_PER_PAGE, Order, Paging, Sort, UnitOfWork},
    services::{Context, conversations, deps::repeated, live::access_changed, mutation},
};

/// A member as the team sees them.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct Member {
    /// The user.
    pub user_id: UserId,
    /// The address.
    pub email: Email,
    /// The name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When the address was confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// Last good sign-in.
    pub last_sign_in_at: Option<Timestamp>,
    /// When they joined.
    pub joined_at: Timestamp,
}

fn shown(user: User, membership: Membership) -> Member {
    Member {
        user_id: user.id,
        email: user.email,
        name: user.name,
        role: membership.role,
        confirmed_at: user.confirmed_at,
        last_sign_in_at: user.last_sign_in_at,
        joined_at: membership.created_at,
    }
}

impl AccountService {
    /// The organization's members, oldest first.
    ///
    /// # Errors
    /// `Forbidden` for those who do not belong to it, and for tokens without the scope `admin`.
    pub async fn members(&self, ctx: &Context) -> Result<Vec<Member>> {
        ctx.require(Scope::Admin, Role::SalesRep)?;
        let users = self.deps.read(ctx).users();
        let memberships = users.members(ctx.organization).await?;
        let ids: Vec<_> = memberships.iter().map(|membership| membership.user_id).collect();
        let mut found: BTreeMap<_, _> = users.get_many(&ids).await?.into_iter().map(|user| (user.id, user)).collect();
        let members = memberships.into_iter();
        Ok(members.filter_map(|member| Some(shown(found.remove(&member.user_id)?, member))).collect())
    }

    /// One of the organization's members.
    ///
    /// # Errors
    /// `NotFound`; otherwise as [`members`](Self::members).
    pub async fn member(&self, ctx: &Context, user: UserId) -> Result<Member> {
        ctx.require(Scope::Admin, Role::SalesRep)?;
        let users = self.deps.read(ctx).users();
        let membership = users.membership(ctx.organization, user).await?;
        let found = users.get(user).await?.zip(membership);
        found.map(|(user, membership)| shown(user, membership)).ok_or_else(|| Error::not_found("member"))
    }

    /// Changes a member's role.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for the last owner; `Forbidden` below `admin`, and where the member's role, the old or the
    /// new one, is above the actor's own.
    ///
    /// # Idempotency
    /// The role they have already is set again.
    pub async fn change_role(&self, ctx: &Context, user: UserId, role: Role) -> Result<Member> {
        ctx.require(Scope::Admin, Role::Admin)?;
        repeated(|| self.try_change_role(ctx, user, role)).await
    }

    async fn try_change_role(&self, ctx: &Context, user: UserId, role: Role) -> Result<Member> {
        let now = self.deps.now();
        let unit = self.deps.storage.begin().await?;
        lock(&*unit, ctx.organization, now).await?;
        let member = self.present(&*unit, ctx, user).await?;
        ctx.require_rank(role.max(member.role))?;
        if member.role == Role::Owner && role != Role::Owner && !mutation::off() {
            keep_an_owner(&*unit, ctx.organization, user).await?;
        }
        let changed = Membership { role, ..member };
        unit.users().set_membership(&changed).await?;
        access_changed(&*unit, ctx.organization, &[user]).await?;
        let found = unit.users().get(user).await?.ok_or_else(|| Error::not_found("member"))?;
        let details = json!({ "from": member.role, "to": role });
        self.deps.audit(&*unit, ctx, "member.change_role", ("user", user.to_string()), details).await?;
        unit.commit().await?;
        Ok(shown(found, changed))
    }

    /// Takes a member out of the organization, or lets the actor leave it: their sessions there end, their API tokens
    /// are revoked, no assistant books them any more, and conversations they had taken over go back to the assistant.
    /// What they own and what was booked with them stays.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for the last owner; `Forbidden` for others than oneself below `admin` and for those above
    /// the actor's own role.
    pub async fn remove_member(&self, ctx: &Context, user: UserId) -> Result<()> {
        ctx.check_deadline()?;
        repeated(|| self.try_remove(ctx, user)).await
    }

    async fn try_remove(&self, ctx: &Context, user: UserId) -> Result<()> {
        let now = self.deps.now();
        let unit = self.deps.storage.begin().await?;
        lock(&*unit, ctx.organization, now).await?;
        let found = unit.users().membership(ctx.organization, user).await?;
        if ctx.actor != Actor::User(user) {
            // Whoever may not remove members is not told who is one.
            let rank = found.as_ref().map_or(Role::Admin, |member| member.role.max(Role::Admin));
            ctx.require(Scope::Admin, rank)?;
        }
        let member = found.ok_or_else(|| Error::not_found("member"))?;
        if member.role == Role::Owner && !mutation::off() {
            keep_an_owner(&*unit, ctx.organization, user).await?;
        }
        expel(&*unit, ctx.organization, user, now).await?;
        unbook(&*unit, ctx.organization, user, now).await?;
        conversations::leave_all(&self.deps, &*unit, ctx, user).await?;
        self.deps.audit(&*unit, ctx, "member.remove", ("user", user.to_string()), json!({})).await?;
        unit.commit().await
    }

    async fn present(&self, unit: &dyn UnitOfWork, ctx: &Context, user: UserId) -> Result<Membership> {
        let found = unit.users().membership(ctx.organization, user).await?;
        found.ok_or_else(|| Error::not_found("member"))
    }
}

/// Lets changes of one team happen one after another: each meets the version that the one before left.
///
/// # Errors
/// `NotFound`; `StaleVersion` when another change committed since; do the work again then.
pub(super) async fn lock(unit: &dyn UnitOfWork, id: OrganizationId, now: Timestamp) -> Result<Organization> {
    let found = unit.organizations().get(id).await?;
    let mut organization = found.ok_or_else(|| Error::not_found("organization"))?;
    organization.updated_at = now;
    unit.organizations().update(&organization).await?;
    organization.version += 1;
    Ok(organization)
}

async fn keep_an_owner(unit: &dyn UnitOfWork, organization: OrganizationId, leaving: UserId) -> Result<()> {
    let members = unit.users().members(organization).await?;
    if members.iter().any(|member| member.role == Role::Owner && member.user_id != leaving) {
        return Ok(());
    }
    Err(Error::conflict("an organization keeps an owner; make somebody else owner first, or delete the organization"))
}

/// Ends a user's membership and everything that acts on it.
pub(crate) async fn expel(
    unit: &dyn UnitOfWork,
    organization: OrganizationId,
    user: UserId,
    now: Timestamp,
) -> Result<()> {
    unit.users().remove_membership(organization, user).await?;
    for session in unit.sessions().list(user, now).await? {
        if session.organization_id == organization {
            unit.sessions().delete(user, session.id).await?;
        }
    }
    for token in unit.api_tokens().list(organization).await? {
        if token.user_id == user && token.revoked_at.is_none() {
            unit.api_tokens().revoke(organization, token.id, now).await?;
        }
    }
    access_changed(unit, organization, &[user]).await
}

/// Takes a host out of every assistant that names them.
async fn unbook(unit: &dyn UnitOfWork, organization: OrganizationId, user: UserId, now: Timestamp) -> Result<()> {
    let sort = Sort { by: AssistantSort::CreatedAt, order: Order::Asc };
    let mut cursor: Option<Cursor> = None;
    loop {
        let paging = Paging::After { cursor, limit: MAX_PER_PAGE };
        let page = unit.assistants().list(organization, &AssistantFilter::default(), sort, &paging).await?;
        for mut assistant in page.items {
            if assistant.booking.hosts.contains(&user) {
                assistant.booking.hosts.retain(|host| *host != user);
                assistant.updated_at = now;
                unit.assistants().update(&assistant).await?;
            }
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}
