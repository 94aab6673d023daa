//! Consent to being recorded and to being contacted by an AI.

use serde::{Deserialize, Serialize};
use serde_json::json;
use spotlight_derive::RedactedDebug;

use super::{
    Context,
    conversations::ended,
    deps::{Deps, answered_id, id_answer},
    leads::{open_conversations, visible},
};
use crate::{
    domain::{
        ConsentId, ConversationId, LeadId,
        consent::{Consent, ConsentKind, ConsentState, stands},
        conversation::{Channel, Conversation, ConversationStatus},
        event::EventType,
        lead::Lead,
        report::EndedReason,
        user::{Role, Scope},
    },
    error::{Error, Result, Violations},
    ports::{Repositories, UnitOfWork},
};

/// A change of consent.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewConsent {
    /// To what.
    pub kind: ConsentKind,
    /// On which channel.
    pub channel: Channel,
    /// Where it stands now.
    pub state: ConsentState,
    /// How it was expressed, as `widget checkbox`: 1 to 200 characters.
    pub how: String,
    /// In which of the lead's conversations.
    pub conversation_id: Option<ConversationId>,
}

/// Consent of leads. A refusal counts on every channel at once, until consent is given anew on one.
#[derive(Clone)]
pub struct ConsentService {
    deps: Deps,
}

impl ConsentService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// A lead's changes of consent, oldest first.
    ///
    /// # Errors
    /// `NotFound`, also for a lead the actor may not see.
    pub async fn list(&self, ctx: &Context, lead: LeadId) -> Result<Vec<Consent>> {
        ctx.require(Scope::LeadsRead, Role::SalesRep)?;
        let repos = self.deps.read(ctx);
        let lead = visible(ctx, repos.leads().get(ctx.organization, lead).await?)?;
        repos.consents().list(ctx.organization, lead.id).await
    }

    /// Notes that consent was asked for, given or refused. A refusal is honoured in the same unit: open conversations
    /// are recorded no longer, and those on phone, sms or e-mail in which nobody has spoken yet end.
    ///
    /// # Errors
    /// `NotFound`, `Validation` with every broken rule; `StaleVersion` when an open conversation changed meanwhile:
    /// nothing was written, repeat it.
    pub async fn record(&self, ctx: &Context, lead: LeadId, new: NewConsent) -> Result<Consent> {
        ctx.require(Scope::LeadsWrite, Role::SalesRep)?;
        let scope = format!("consent.record:{lead}");
        if let Some(answer) = self.deps.replay(ctx, &scope, &new).await? {
            let id: ConsentId = answered_id(&answer)?;
            let earlier = self.list(ctx, lead).await?.into_iter().find(|change| change.id == id);
            return earlier.ok_or_else(|| Error::not_found("consent"));
        }
        let unit = self.deps.storage.begin().await?;
        let found = visible(ctx, unit.leads().get(ctx.organization, lead).await?)?;
        check(&*unit, &found, &new).await?;
        let change = append_and_honour(&self.deps, &*unit, ctx, found.id, &new).await?;
        self.deps.remember(&*unit, ctx, &scope, &new, id_answer(change.id)).await?;
        unit.commit().await?;
        Ok(change)
    }

    /// The lead wants neither recordings nor to hear from an AI again, on any channel. `channel` is where they said so.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    ///
    /// # Idempotency
    /// Opting out again adds changes that say the same; with an idempotency key, the same request adds nothing.
    pub async fn opt_out(&self, ctx: &Context, lead: LeadId, channel: Channel, how: &str) -> Result<()> {
        ctx.require(Scope::LeadsWrite, Role::SalesRep)?;
        let mut broken = Violations::new();
        broken.length("how", "How", how, 1, 200);
        broken.into_result()?;
        let (scope, request) = (format!("consent.opt_out:{lead}"), (channel, how));
        if self.deps.replay(ctx, &scope, &request).await?.is_some() {
            return Ok(());
        }
        let unit = self.deps.storage.begin().await?;
        let found = visible(ctx, unit.leads().get(ctx.organization, lead).await?)?;
        refuse_all(&self.deps, &*unit, ctx, found.id, channel, how).await?;
        self.deps.remember(&*unit, ctx, &scope, &request, json!({})).await?;
        unit.commit().await
    }

    /// Refuses unless consent of this kind stands on this channel. Whoever begins a recording or contacts a lead on
    /// their own account asks here first, each time.
    ///
    /// # Errors
    /// `Forbidden` without consent; `NotFound`.
    pub async fn check(&self, ctx: &Context, lead: LeadId, kind: ConsentKind, channel: Channel) -> Result<()> {
        demand(&self.list(ctx, lead).await?, kind, channel)
    }
}

/// Refuses everything for a lead, and honours that, in a unit.
pub(crate) async fn refuse_all(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    lead: LeadId,
    channel: Channel,
    how: &str,
) -> Result<()> {
    for kind in ConsentKind::ALL.iter().copied() {
        let state = ConsentState::Refused;
        let new = NewConsent { kind, channel, state, how: how.to_owned(), conversation_id: None };
        append_and_honour(deps, unit, ctx, lead, &new).await?;
    }
    Ok(())
}

/// True when a lead's last word to everything was a refusal.
pub(crate) async fn has_opted_out(unit: &dyn UnitOfWork, ctx: &Context, lead: LeadId) -> Result<bool> {
    let changes = unit.consents().list(ctx.organization, lead).await?;
    let last = |kind: ConsentKind| changes.iter().rfind(|change| change.kind == kind);
    Ok(ConsentKind::ALL.iter().all(|kind| last(*kind).is_some_and(|last| last.state == ConsentState::Refused)))
}

async fn append_and_honour(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    lead: LeadId,
    new: &NewConsent,
) -> Result<Consent> {
    let change = append(deps, unit, ctx, lead, new).await?;
    if change.state == ConsentState::Refused {
        honour(deps, unit, ctx, &change).await?;
    }
    Ok(change)
}

async fn check(unit: &dyn UnitOfWork, lead: &Lead, new: &NewConsent) -> Result<()> {
    let mut broken = Violations::new();
    broken.length("how", "How", &new.how, 1, 200);
    if let Some(id) = new.conversation_id {
        let found = unit.conversations().get(lead.organization_id, id).await?;
        if found.is_none_or(|conversation| conversation.lead_id != lead.id) {
            broken.add("conversation_id", "unknown", "The conversation must be one of this lead's");
        }
    }
    broken.into_result()
}

async fn append(deps: &Deps, unit: &dyn UnitOfWork, ctx: &Context, lead: LeadId, new: &NewConsent) -> Result<Consent> {
    let change = Consent {
        id: ConsentId::from_uuid(deps.ids.uuid()),
        organization_id: ctx.organization,
        lead_id: lead,
        kind: new.kind,
        channel: new.channel,
        state: new.state,
        how: new.how.trim().to_owned(),
        conversation_id: new.conversation_id,
        created_at: deps.now(),
    };
    unit.consents().append(&change).await?;
    let facts = json!({ "kind": change.kind, "channel": change.channel, "state": change.state });
    deps.audit(unit, ctx, "consent.record", ("lead", lead.to_string()), facts.clone()).await?;
    let mut data = facts;
    data["lead_id"] = json!(lead);
    deps.publish(unit, ctx, "leads", EventType::ConsentChanged, None, data).await?;
    Ok(change)
}

/// Ends at once what a refusal forbids.
pub(crate) async fn honour(deps: &Deps, unit: &dyn UnitOfWork, ctx: &Context, refused: &Consent) -> Result<()> {
    for mut conversation in open_conversations(unit, ctx.organization, refused.lead_id).await? {
        match refused.kind {
            ConsentKind::Recording if conversation.recording_consent == Some(true) => {
                conversation.recording_consent = Some(false);
            }
            // The assistant speaks first in these, unless somebody has spoken already.
            ConsentKind::AiContact if is_remote(conversation.source) && conversation.last_seq == 0 => {
                conversation.move_to(ConversationStatus::Abandoned, deps.now())?;
                ended(deps, unit, ctx, &conversation, EndedReason::VisitorEnded).await?;
            }
            _ => continue,
        }
        conversation.updated_at = deps.now();
        unit.conversations().update(&conversation).await?;
    }
    Ok(())
}

/// Channels on which we reach a lead who is not looking at our page.
const fn is_remote(channel: Channel) -> bool {
    matches!(channel, Channel::Phone | Channel::Sms | Channel::Email)
}

fn demand(changes: &[Consent], kind: ConsentKind, channel: Channel) -> Result<()> {
    if stands(changes, kind, channel) {
        return Ok(());
    }
    let what = match kind {
        ConsentKind::Recording => "being recorded",
        ConsentKind::AiContact => "being contacted by an AI",
    };
    Err(Error::forbidden(format!("this lead has not consented to {what} by {channel}")))
}

/// Refuses a conversation that begins without the consent it needs; called in the unit that begins it.
///
/// A conversation that we begin with a lead we know, by phone, sms or e-mail, needs consent to AI contact, and its
/// recording consent to that. A visitor nobody knows yet answers for themselves: what they say about recording is noted
/// as theirs. An incoming call or message therefore begins without a lead, and joins its lead when the visitor tells who
/// they are. That proves nothing: only what they refused counts for that lead then, and what they allowed is an answer of
/// this conversation alone (`recording_consent`).
///
/// # Errors
/// `Forbidden`.
pub(crate) async fn begin(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    conversation: &Conversation,
) -> Result<()> {
    let (lead, channel) = (conversation.lead_id, conversation.source);
    if conversation.state.owns_lead {
        let Some(answer) = conversation.recording_consent else { return Ok(()) };
        let new = NewConsent {
            kind: ConsentKind::Recording,
            channel,
            state: if answer { ConsentState::Given } else { ConsentState::Refused },
            how: "when the conversation began".to_owned(),
            conversation_id: Some(conversation.id),
        };
        return append(deps, unit, ctx, lead, &new).await.map(drop);
    }
    if conversation.recording_consent == Some(true) {
        demand(&unit.consents().list(ctx.organization, lead).await?, ConsentKind::Recording, channel)?;
    }
    may_reach(unit, conversation).await
}

/// Refuses to speak first to a lead we know, by phone, sms or e-mail, without consent. Asked again in the moment in
/// which the assistant would speak: an opt-out counts at once, also for a conversation that was begun meanwhile.
///
/// # Errors
/// `Forbidden`.
pub(crate) async fn may_reach(repos: &dyn Repositories, conversation: &Conversation) -> Result<()> {
    if conversation.state.owns_lead || !is_remote(conversation.source) {
        return Ok(());
    }
    let changes = repos.consents().list(conversation.organization_id, conversation.lead_id).await?;
    demand(&changes, ConsentKind::AiContact, conversation.source)
}
