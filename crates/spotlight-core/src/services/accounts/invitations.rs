//! Inviting colleagues, by a link that is sent to them.

use std::collections::BTreeMap;

use chrono::Duration as Span;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::json;
use spotlight_derive::RedactedDebug;

use super::{
    AccountService,
    links::{INVITATION_DAYS, issue, open},
    members::lock,
    sign_up::blank_user,
};
use crate::{
    domain::{
        OrganizationId, UserId,
        audit::Actor,
        contact::Email,
        organization::Organization,
        time::Timestamp,
        user::{LinkPurpose, Membership, OneTimeLink, PasswordHash, Role, Scope, User},
    },
    error::{Error, ErrorKind, Result, Violations},
    ports::UnitOfWork,
    services::{
        Context,
        deps::{answered_id, hash as hash_of, hex, id_answer, repeated},
        live::access_of_changed,
    },
};

/// Whom to invite.
#[derive(RedactedDebug, Clone, Serialize)]
pub struct NewInvitation {
    /// The address, as typed.
    pub email: String,
    /// 2 to 100 characters; kept as it is for somebody who has an account.
    pub name: String,
    /// What they will be; not above the inviter.
    pub role: Role,
}

/// An invitation that nobody has accepted yet.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct Invitation {
    /// Who is invited.
    pub user_id: UserId,
    /// Where it is sent.
    pub email: Email,
    /// The name they were invited by, or their own.
    pub name: String,
    /// What they will be.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// How an invitation is accepted.
#[derive(RedactedDebug)]
pub struct AcceptInvitation {
    /// The secret of the link.
    pub token: SecretString,
    /// What they want to be called; as they were invited, unless given.
    pub name: Option<String>,
    /// 10 to 200 characters. Needed by who has no account with a confirmed address; not used for others.
    pub password: Option<SecretString>,
}

fn shown(link: &OneTimeLink, user: User) -> Result<Invitation> {
    let role = link.role.ok_or_else(|| Error::new(ErrorKind::Corrupt, "an invitation has no role"))?;
    Ok(Invitation {
        user_id: user.id,
        email: user.email,
        name: user.name,
        role,
        created_at: link.created_at,
        expires_at: link.expires_at,
    })
}

impl AccountService {
    /// Invites a colleague: a link goes to their address, works once and for 7 days. An open invitation of the same
    /// person is replaced.
    ///
    /// # Errors
    /// `Validation` with every broken rule; `Conflict` when they are a member; `PlanLimit` when every seat is taken or
    /// promised; `Forbidden` below `admin`, above the actor's own role, and before the actor's address is confirmed.
    ///
    /// # Idempotency
    /// A key gives the invitation it made, while that is open.
    pub async fn invite(&self, ctx: &Context, request: NewInvitation) -> Result<Invitation> {
        ctx.require(Scope::Admin, Role::Admin)?;
        ctx.require_rank(request.role)?;
        let mut broken = Violations::new();
        let email = broken.take("", Email::parse(&request.email))?;
        broken.length("name", "Name", &request.name, 2, 100);
        broken.into_result()?;
        let email = email.ok_or_else(|| Error::internal("an address without a broken rule is one"))?;
        repeated(|| self.try_invite(ctx, &request, &email)).await
    }

    async fn try_invite(&self, ctx: &Context, request: &NewInvitation, email: &Email) -> Result<Invitation> {
        if let Some(answer) = self.deps.replay(ctx, "invitation.create", request).await? {
            let user: UserId = answered_id(&answer)?;
            let open = self.invitations(ctx).await?;
            let found = open.into_iter().find(|invitation| invitation.user_id == user);
            return found.ok_or_else(|| Error::not_found("invitation"));
        }
        let now = self.deps.now();
        let unit = self.deps.storage.begin().await?;
        if let Some(id) = ctx.actor.user_id() {
            let inviter = unit.users().get(id).await?.ok_or_else(|| Error::not_found("user"))?;
            if inviter.confirmed_at.is_none() {
                return Err(Error::forbidden("confirm your own e-mail address before you invite others"));
            }
        }
        let user = self.invited(&*unit, request, email, now).await?;
        if unit.users().membership(ctx.organization, user.id).await?.is_some() {
            return Err(Error::conflict("this person is a member already"));
        }
        let organization = lock(&*unit, ctx.organization, now).await?;
        check_seats(&*unit, &organization, user.id, now).await?;
        unit.links().revoke(user.id, LinkPurpose::Invitation, Some(ctx.organization)).await?;
        let into = Some((ctx.organization, request.role));
        let lasts = Span::days(INVITATION_DAYS);
        let link = issue(&self.deps, &*unit, &user, LinkPurpose::Invitation, into, lasts).await?;
        let details = json!({ "role": request.role });
        self.deps.audit(&*unit, ctx, "invitation.create", ("user", user.id.to_string()), details).await?;
        self.deps.remember(&*unit, ctx, "invitation.create", request, id_answer(user.id)).await?;
        unit.commit().await?;
        shown(&link, user)
    }

    /// The user with this address: one who has an account, or a new one who cannot sign in yet.
    async fn invited(
        &self,
        unit: &dyn UnitOfWork,
        request: &NewInvitation,
        email: &Email,
        now: Timestamp,
    ) -> Result<User> {
        if let Some(user) = unit.users().find_by_email(email).await? {
            return Ok(user);
        }
        let id = UserId::from_uuid(self.deps.ids.uuid());
        let user = User { name: request.name.trim().to_owned(), ..blank_user(id, email.clone(), now) };
        // Somebody who adds the same address at this moment is met in the next try.
        let added = unit.users().insert(&user).await;
        added.map_err(|error| if error.is_conflict() { Error::stale("user") } else { error })?;
        Ok(user)
    }

    /// The organization's open invitations, newest first.
    ///
    /// # Errors
    /// `Forbidden` below `admin`.
    pub async fn invitations(&self, ctx: &Context) -> Result<Vec<Invitation>> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let repos = self.deps.read(ctx);
        let links = repos.links().invitations(ctx.organization, self.deps.now()).await?;
        let ids: Vec<_> = links.iter().map(|link| link.user_id).collect();
        let users = repos.users().get_many(&ids).await?;
        let users: BTreeMap<_, _> = users.into_iter().map(|user| (user.id, user)).collect();
        let open = links.iter().filter_map(|link| Some((link, users.get(&link.user_id)?.clone())));
        open.map(|(link, user)| shown(link, user)).collect()
    }

    /// Withdraws a person's open invitation.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` below `admin`.
    pub async fn withdraw_invitation(&self, ctx: &Context, user: UserId) -> Result<()> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let unit = self.deps.storage.begin().await?;
        if unit.links().revoke(user, LinkPurpose::Invitation, Some(ctx.organization)).await? == 0 {
            return Err(Error::not_found("invitation"));
        }
        self.deps.audit(&*unit, ctx, "invitation.withdraw", ("user", user.to_string()), json!({})).await?;
        unit.commit().await
    }

    /// Accepts an invitation by its link. `ctx` is [anonymous](Context::anonymous).
    ///
    /// Whoever has no account with a confirmed address chooses a password; sessions and a second factor that somebody
    /// else may have opened and enrolled with their address end. The address is confirmed by this.
    ///
    /// # Errors
    /// `Validation` with every broken rule, or for a link that was used, has expired or was withdrawn; `PlanLimit` when
    /// every seat is taken, and the link stays good then; `RateLimited`.
    ///
    /// # Idempotency
    /// A link works once, and a key that is a UUID gives what it was used for. Who is a member by then keeps their role.
    pub async fn accept_invitation(&self, ctx: &Context, request: AcceptInvitation) -> Result<(User, Membership)> {
        ctx.check_deadline()?;
        self.limit_address(ctx, "invitation").await?;
        let mut broken = Violations::new();
        if let Some(name) = &request.name {
            broken.length("name", "Name", name, 2, 100);
        }
        if let Some(password) = &request.password {
            super::check_password(&mut broken, password);
        }
        broken.into_result()?;
        let hash = match request.password.clone() {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        repeated(|| self.try_accept(ctx, &request, hash.as_ref())).await
    }

    async fn try_accept(
        &self,
        ctx: &Context,
        request: &AcceptInvitation,
        hash: Option<&PasswordHash>,
    ) -> Result<(User, Membership)> {
        let caller = ctx.by(Actor::Anonymous, Context::anonymous().organization);
        let secret = hash_of(request.token.expose_secret().as_bytes());
        let asked = json!({ "token": hex(&secret.0), "name": request.name });
        if let Some(answer) = self.deps.replay(&caller, "invitation.accept", &asked).await? {
            let (organization, user): (OrganizationId, UserId) =
                (answered_id(&answer)?, answered_id(&json!({ "id": answer["user_id"] }))?);
            let users = self.deps.read(ctx).users();
            let found = users.get(user).await?.zip(users.membership(organization, user).await?);
            return found.ok_or_else(|| Error::not_found("member"));
        }
        let now = self.deps.now();
        let unit = self.deps.storage.begin().await?;
        let (link, mut user) = open(&self.deps, &*unit, &request.token, LinkPurpose::Invitation).await?;
        let (organization, role) = invited_to(&link)?;
        if user.password_hash.is_none() || user.confirmed_at.is_none() {
            let needed = || Error::invalid("password", "required", "Choose a password of 10 to 200 characters");
            user.password_hash = Some(hash.cloned().ok_or_else(needed)?);
            user.confirmed_at = Some(now);
            user.failed_attempts = 0;
            user.locked_at = None;
            user.second_factor = None;
            unit.sessions().delete_all(user.id, None).await?;
            access_of_changed(&*unit, user.id).await?;
            if let Some(name) = &request.name {
                name.trim().clone_into(&mut user.name);
            }
            user.updated_at = now;
            unit.users().update(&user).await?;
            user.version += 1;
        }
        let settings = lock(&*unit, organization, now).await?;
        let joined = Membership { organization_id: organization, user_id: user.id, role, created_at: now };
        let membership = unit.users().membership(organization, user.id).await?.unwrap_or(joined);
        if membership == joined {
            check_seats(&*unit, &settings, user.id, now).await?;
            unit.users().set_membership(&joined).await?;
        }
        let by = ctx.by(Actor::User(user.id), organization);
        let details = json!({ "role": membership.role });
        self.deps.audit(&*unit, &by, "member.join", ("user", user.id.to_string()), details).await?;
        let answer = json!({ "id": organization, "user_id": user.id });
        self.deps.remember(&*unit, &caller, "invitation.accept", &asked, answer).await?;
        unit.commit().await?;
        Ok((user, membership))
    }
}

fn invited_to(link: &OneTimeLink) -> Result<(OrganizationId, Role)> {
    let into = link.organization_id.zip(link.role);
    into.ok_or_else(|| Error::new(ErrorKind::Corrupt, "an invitation lacks its organization or role"))
}

/// Refuses one more member than the plan has seats. Open invitations count, save the person's own.
async fn check_seats(unit: &dyn UnitOfWork, organization: &Organization, user: UserId, now: Timestamp) -> Result<()> {
    let Some(limit) = organization.plan.limits().seats else { return Ok(()) };
    let members = unit.users().members(organization.id).await?.len();
    let open = unit.links().invitations(organization.id, now).await?;
    let promised = open.iter().filter(|link| link.user_id != user).count();
    if members + promised >= limit as usize {
        return Err(Error::new(
            ErrorKind::PlanLimit,
            format!(
                "the plan {} has {limit} seats; remove a member, withdraw an invitation or change the plan",
                organization.plan
            ),
        ));
    }
    Ok(())
}
