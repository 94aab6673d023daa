//! Who calls a service, for whom, and under which conditions.

use spotlight_derive::RedactedDebug;
use tokio::time::Instant;
use uuid::Uuid;

use super::mutation;
use crate::{
    domain::{
        ConversationId, OrganizationId, UserId,
        audit::Actor,
        user::{Role, Scope},
    },
    error::{Error, ErrorKind, Result},
    ports::ReadConsistency,
    trace::Trace,
};

/// Stands where no organization is known, and is none.
const NOWHERE: OrganizationId = OrganizationId::from_uuid(Uuid::nil());

/// What every service method is told about its caller.
///
/// Handlers, jobs, the command line and tests all make one; authorization, audit and idempotency read it.
#[derive(RedactedDebug, Clone)]
pub struct Context {
    /// Who acts.
    pub actor: Actor,
    /// For which organization.
    pub organization: OrganizationId,
    /// The actor's role there, when it is a user or a token.
    pub role: Option<Role>,
    /// What a token may do; none for those that are not tokens.
    pub scopes: Option<Vec<Scope>>,
    /// The request it is part of, for the audit log and logs.
    pub request_id: Option<String>,
    /// Where it came from.
    pub source_address: Option<String>,
    /// Makes a repeated creation harmless; at most 255 characters.
    pub idempotency_key: Option<String>,
    /// When the caller no longer waits.
    pub deadline: Option<Instant>,
    /// Whether reads may lag.
    pub consistency: ReadConsistency,
}

impl Context {
    /// A context of an actor, with nothing else said; it is part of the request that asks, where one does.
    pub fn new(actor: Actor, organization: OrganizationId, role: Option<Role>) -> Self {
        Self {
            actor,
            organization,
            role,
            scopes: None,
            request_id: Trace::current().and_then(|trace| trace.request_id().map(str::to_owned)),
            source_address: None,
            idempotency_key: None,
            deadline: None,
            consistency: ReadConsistency::Strong,
        }
    }

    /// The platform itself: jobs, the command line, a first start. May do everything.
    pub fn system(organization: OrganizationId) -> Self {
        Self::new(Actor::System, organization, None)
    }

    /// The platform itself where no organization is meant, as when one is made.
    pub fn deployment() -> Self {
        Self::system(NOWHERE)
    }

    /// Nobody known: somebody who signs up or in, or holds a link. The organization is found by what they show.
    pub fn anonymous() -> Self {
        Self::new(Actor::Anonymous, NOWHERE, None)
    }

    /// A person of the team.
    pub fn user(user: UserId, organization: OrganizationId, role: Role) -> Self {
        Self::new(Actor::User(user), organization, Some(role))
    }

    /// A visitor in their conversation.
    pub fn visitor(conversation: ConversationId, organization: OrganizationId) -> Self {
        Self::new(Actor::Visitor(conversation), organization, None)
    }

    /// Refuses unless the actor has at least this role and, being a token, this scope.
    ///
    /// # Errors
    /// `Unauthenticated` for nobody, `Forbidden` for the rest, `Timeout` after the deadline.
    #[track_caller]
    pub fn require(&self, scope: Scope, role: Role) -> Result<()> {
        self.check_deadline()?;
        if mutation::off() {
            return Ok(());
        }
        match self.actor {
            Actor::System => Ok(()),
            Actor::Anonymous => Err(Error::new(ErrorKind::Unauthenticated, "sign in, or send an API token")),
            Actor::Visitor(_) => Err(Error::forbidden("a conversation token opens its own conversation only")),
            Actor::Source(_) => Err(Error::forbidden("a source of webhooks tells of events, and does nothing else")),
            Actor::User(_) | Actor::Token(..) => {
                if self.role.is_none_or(|own| own < role) {
                    return Err(Error::forbidden(format!("this needs the role {role} or above")));
                }
                match &self.scopes {
                    Some(scopes) if !scopes.contains(&scope) => {
                        Err(Error::forbidden(format!("this token lacks the scope {scope}")))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// Refuses unless the actor belongs to the organization, in whatever role and, being a token, with whatever scope.
    ///
    /// # Errors
    /// As [`require`](Self::require).
    #[track_caller]
    pub fn require_member(&self) -> Result<()> {
        let scope = self.scopes.as_ref().and_then(|scopes| scopes.first().copied());
        self.require(scope.unwrap_or(Scope::Admin), Role::SalesRep)
    }

    /// The person who acts; refuses programs, visitors and the platform. For what concerns a person's own account.
    ///
    /// # Errors
    /// `Unauthenticated` for nobody, `Forbidden` for the rest, `Timeout` after the deadline.
    #[track_caller]
    pub fn require_person(&self) -> Result<UserId> {
        self.check_deadline()?;
        if mutation::off() {
            return Ok(self.actor.user_id().unwrap_or(UserId::from_uuid(Uuid::nil())));
        }
        match self.actor {
            Actor::User(id) => Ok(id),
            Actor::Anonymous => Err(Error::new(ErrorKind::Unauthenticated, "sign in")),
            _ => Err(Error::forbidden("only a person who has signed in can do this")),
        }
    }

    /// Refuses to touch or give a role above the actor's own.
    ///
    /// # Errors
    /// `Forbidden`.
    #[track_caller]
    pub(crate) fn require_rank(&self, role: Role) -> Result<()> {
        if mutation::off() {
            return Ok(());
        }
        if self.actor == Actor::System || self.role.is_some_and(|own| role <= own) {
            return Ok(());
        }
        Err(Error::forbidden(format!("the role {role} is above your own")))
    }

    /// Refuses all but the platform itself.
    ///
    /// # Errors
    /// `Forbidden`; `Timeout` after the deadline.
    #[track_caller]
    pub fn require_platform(&self) -> Result<()> {
        self.check_deadline()?;
        if mutation::off() {
            return Ok(());
        }
        match self.actor {
            Actor::System => Ok(()),
            _ => Err(Error::forbidden("only the platform itself can do this")),
        }
    }

    /// The same call, made by somebody who has been recognised since.
    pub(crate) fn by(&self, actor: Actor, organization: OrganizationId) -> Self {
        Self { actor, organization, ..self.clone() }
    }

    /// The user whose own records alone may be seen; none when all may.
    #[track_caller]
    pub fn visible_to(&self) -> Option<UserId> {
        match self.role {
            _ if mutation::off() => None,
            Some(Role::SalesRep) => self.actor.user_id(),
            _ => None,
        }
    }

    /// Refuses once the caller no longer waits.
    ///
    /// # Errors
    /// `Timeout`.
    pub fn check_deadline(&self) -> Result<()> {
        if self.deadline.is_some_and(|at| Instant::now() >= at) {
            return Err(Error::new(ErrorKind::Timeout, "the caller's deadline has passed"));
        }
        Ok(())
    }
}
