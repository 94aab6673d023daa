//! Incoming webhooks: what other systems tell us, once their signature has been checked.
//!
//! A message of a source names its key and is signed as ours are: `X-Timestamp` in Unix seconds, and `X-Signature` with
//! `sha256=` and the HMAC-SHA256 of `{timestamp}.{body}` in hexadecimal. What it says is read only after that. Its event
//! id stands in the body, which the signature covers, so that a message cannot be sent again under another id.

mod conversation;
mod lead;
mod signature;
mod stripe;

use serde_json::json;
use spotlight_derive::RedactedDebug;

pub use self::{
    conversation::{ConversationEvent, ForeignUtterance},
    lead::{LeadEvent, ToldLead},
};
use super::{Context, deps::Deps, sources::ids_of};
use crate::{
    domain::{ConversationId, LeadId, WebhookSourceId, audit::Actor, user::Scope, webhook::SourceKind},
    error::{Error, ErrorKind, Result, Violations},
    ports::UnitOfWork,
};

/// A message as it arrived: nothing of it is believed yet.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// Names the source: what it was given as its key.
    pub key: Option<&'a str>,
    /// Unix seconds, when it was signed.
    pub timestamp: Option<&'a str>,
    /// `sha256=` and hexadecimal; several, separated by commas, where one is enough.
    pub signature: Option<&'a str>,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// What became of a message.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The event's id.
    pub event_id: String,
    /// An event of this id was accepted before, and this one did nothing.
    pub duplicate: bool,
    /// The lead it is about; none for a duplicate.
    pub lead_id: Option<LeadId>,
    /// The conversation it is about; none for a duplicate and for a lead's event.
    pub conversation_id: Option<ConversationId>,
}

/// What other systems may tell us.
#[derive(Clone)]
pub struct IncomingService {
    deps: Deps,
}

impl IncomingService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// Recognises the source of a message and gives the context in which it may act: that of its organization, for
    /// events of `kind` alone.
    ///
    /// # Errors
    /// `Unauthenticated` when the source is unknown or switched off, the signature is not by one of its secrets, or it was
    /// signed more than five minutes from now; `Forbidden` when the source may not tell of this.
    pub async fn recognise(&self, ctx: &Context, kind: SourceKind, message: Signed<'_>) -> Result<Context> {
        ctx.check_deadline()?;
        let unknown =
            || Error::new(ErrorKind::Unauthenticated, "the headers X-Webhook-Key and X-Signature do not name a source");
        let (organization, id) = message.key.and_then(ids_of).ok_or_else(unknown)?;
        let found = self.deps.read(ctx).webhook_sources().get(organization, id).await?;
        let source = found.filter(|source| source.enabled).ok_or_else(unknown)?;
        let now = self.deps.now();
        signature::check(source.secrets(now), message, now)?;
        if !source.accepts.contains(&kind) {
            return Err(Error::forbidden(format!("this source may not tell of {kind}")));
        }
        Ok(Context { role: None, scopes: Some(vec![scope_of(kind)]), ..ctx.by(Actor::Source(id), organization) })
    }

    /// Takes a lead: adds one, or adds to the one that has its e-mail or phone. What a lead holds is never overwritten:
    /// other values are kept beside it as proposals. An e-mail of one lead and a phone of another are a case for a person.
    ///
    /// # Errors
    /// `Forbidden` but for a source that was recognised for leads; `Validation` with every broken rule.
    ///
    /// # Idempotency
    /// Each event id of a source counts once; one that was refused can be sent again.
    pub async fn lead(&self, ctx: &Context, event: LeadEvent) -> Result<Receipt> {
        let source = source(ctx, SourceKind::Leads)?;
        lead::take(&self.deps, ctx, source, &event).await
    }

    /// Takes what was said in a conversation held elsewhere: opens it with its first event, appends, and ends it when the
    /// event says so.
    ///
    /// # Errors
    /// `Forbidden` but for a source that was recognised for conversations; `Validation` with every broken rule; `NotFound`
    /// for the assistant; `Conflict` when it has ended or the assistant is switched off; `PlanLimit` when the month's
    /// conversations are used up.
    ///
    /// # Idempotency
    /// Each event id of a source counts once; one that was refused can be sent again.
    pub async fn conversation(&self, ctx: &Context, event: ConversationEvent) -> Result<Receipt> {
        let source = source(ctx, SourceKind::Conversations)?;
        conversation::take(&self.deps, ctx, source, &event).await
    }

    /// Takes an event of Stripe, signed as `Stripe-Signature` says. One that can change a subscription leaves a job that
    /// asks the billing provider how that stands now: events come in any order.
    ///
    /// # Errors
    /// `NotFound` unless the deployment has a secret of Stripe's; `Unauthenticated` for a signature that is missing,
    /// wrong, or more than five minutes from now; `Malformed` for a body that is no event.
    ///
    /// # Idempotency
    /// Each event id counts once.
    pub async fn stripe(&self, ctx: &Context, signature: Option<&str>, body: &[u8]) -> Result<()> {
        ctx.check_deadline()?;
        stripe::take(&self.deps, signature, body).await
    }
}

const fn scope_of(kind: SourceKind) -> Scope {
    match kind {
        SourceKind::Leads => Scope::LeadsWrite,
        SourceKind::Conversations => Scope::ConversationsWrite,
    }
}

/// The source that acts, recognised for events of this kind.
fn source(ctx: &Context, kind: SourceKind) -> Result<WebhookSourceId> {
    ctx.check_deadline()?;
    match (ctx.actor, &ctx.scopes) {
        (Actor::Source(id), Some(scopes)) if scopes.contains(&scope_of(kind)) => Ok(id),
        _ => Err(Error::forbidden("only a source whose signature was checked can do this")),
    }
}

/// Notes an event in the unit of its effect. False when it was accepted before.
async fn is_first(deps: &Deps, unit: &dyn UnitOfWork, source: WebhookSourceId, event: &str) -> Result<bool> {
    unit.processed_events().accept(&format!("source:{source}"), event, deps.now()).await
}

fn duplicate(event: &str) -> Receipt {
    Receipt { event_id: event.to_owned(), duplicate: true, lead_id: None, conversation_id: None }
}

fn check_event_id(id: &str, broken: &mut Violations) {
    if !(1..=200).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_graphic()) {
        broken.add("id", "format", "Id must have 1 to 200 visible ASCII characters");
    }
}

/// The audit entry of an event.
async fn audit(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    record: (&str, String),
    utterances: Option<usize>,
) -> Result<()> {
    let action = format!("{}.told", record.0);
    let details = utterances.map_or_else(|| json!({}), |count| json!({ "utterances": count }));
    deps.audit(unit, ctx, &action, record, details).await
}
