//! Conversations: beginning, reading, changing, and people who speak in them.

mod ending;
mod hand_off;
mod opening;
mod words;

use std::collections::BTreeSet;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::json;
use spotlight_derive::RedactedDebug;

use super::{
    Context, billing, consents,
    deps::{Deps, answered_id, id_answer},
    leads::seen,
    turn::{self, Words},
};
use crate::{
    domain::{
        AssistantId, ConversationId, LeadId, UserId,
        assistant::Language,
        audit::Actor,
        conversation::{Channel, Conversation, ConversationStatus, Speaker, Transcript},
        lead::Lead,
        report::EndedReason,
        user::{Role, Scope},
    },
    error::{Error, Result, Violations},
    ports::{
        ConversationFilter, ConversationSort, Listing, Order, Paging, ReadConsistency, Recognized, Sort, UnitOfWork,
    },
};

pub(crate) use self::{
    ending::{end_all, ended, lead_is_gone},
    hand_off::leave_all,
    opening::open,
    words::{Utterance, append, stored_content},
};
pub use super::turn::{TurnEvent, TurnInput, TurnStream};

/// How a conversation begins.
#[derive(RedactedDebug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewConversation {
    /// Who answers.
    pub assistant_id: AssistantId,
    /// Who talks to us; a visitor who is not known yet when absent.
    pub lead_id: Option<LeadId>,
    /// How.
    pub source: Channel,
    /// What is spoken; the assistant's language unless given.
    pub language: Option<Language>,
    /// The visitor's zone, when known.
    pub time_zone: Option<Tz>,
    /// May it be recorded?
    pub recording_consent: Option<bool>,
    /// The telephony provider's id of the call.
    pub external_call_id: Option<String>,
}

/// A change of a conversation: absent fields stay.
#[derive(RedactedDebug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConversationPatch {
    /// Another status.
    pub status: Option<ConversationStatus>,
    /// How it ended, at most 500 characters.
    pub outcome: Option<String>,
}

/// Conversations. A sales representative sees those with an assistant of theirs or a lead assigned to them; a visitor
/// their own; everyone else all of the organization's.
#[derive(Clone)]
pub struct ConversationService {
    deps: Deps,
}

impl ConversationService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// The conversation with this id.
    ///
    /// # Errors
    /// `NotFound`, also for another organization's, or one the actor may not see.
    pub async fn get(&self, ctx: &Context, id: ConversationId) -> Result<Conversation> {
        permit(ctx, id, Scope::ConversationsRead)?;
        let found = self.deps.read(ctx).conversations().get(ctx.organization, id).await?;
        let conversation = found.ok_or_else(|| Error::not_found("conversation"))?;
        self.check_visible(ctx, &conversation).await?;
        Ok(conversation)
    }

    async fn check_visible(&self, ctx: &Context, conversation: &Conversation) -> Result<()> {
        let Some(user) = ctx.visible_to() else { return Ok(()) };
        let repos = self.deps.read(ctx);
        let own_assistant = repos
            .assistants()
            .get(ctx.organization, conversation.assistant_id)
            .await?
            .is_some_and(|assistant| assistant.owner_id == user);
        if own_assistant {
            return Ok(());
        }
        let own_lead = repos
            .leads()
            .get(ctx.organization, conversation.lead_id)
            .await?
            .is_some_and(|lead| lead.owner_id == Some(user));
        if own_lead { Ok(()) } else { Err(Error::not_found("conversation")) }
    }

    /// Conversations that pass the filter.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn list(
        &self,
        ctx: &Context,
        mut filter: ConversationFilter,
        sort: Sort<ConversationSort>,
        paging: &Paging,
    ) -> Result<Listing<Conversation>> {
        ctx.require(Scope::ConversationsRead, Role::SalesRep)?;
        filter.visible_to = ctx.visible_to();
        self.deps.read(ctx).conversations().list(ctx.organization, &filter, sort, paging).await
    }

    /// Conversations that need attention now: unhappy, long, or waiting for an answer; latest activity first.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn needs_attention(&self, ctx: &Context, paging: &Paging) -> Result<Listing<Conversation>> {
        let filter = ConversationFilter { needs_attention_at: Some(self.deps.now()), ..ConversationFilter::default() };
        let sort = Sort { by: ConversationSort::LastActivityAt, order: Order::Desc };
        self.list(ctx, filter, sort, paging).await
    }

    /// Begins a conversation. Without a lead, one is made for a visitor nobody knows yet.
    ///
    /// # Errors
    /// `NotFound` for assistant or lead; `Conflict` when the assistant is switched off or the external call id is
    /// taken; `PlanLimit` when the month's conversations are used up; `Forbidden` for a recording, or a conversation by
    /// phone, sms or e-mail, to which a known lead has not consented.
    pub async fn start(&self, ctx: &Context, new: NewConversation) -> Result<Conversation> {
        ctx.require(Scope::ConversationsWrite, Role::SalesRep)?;
        if let Some(answer) = self.deps.replay(ctx, "conversation.create", &new).await? {
            return self.get(ctx, answered_id(&answer)?).await;
        }
        let unit = self.deps.storage.begin().await?;
        let conversation = open(&self.deps, &*unit, ctx, &new).await?;
        self.deps.remember(&*unit, ctx, "conversation.create", &new, id_answer(conversation.id)).await?;
        unit.commit().await?;
        self.deps.metrics.begun(conversation.source);
        Ok(conversation)
    }

    /// Changes a conversation. Ending it leaves its analysis to a job.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`, `Conflict` for a status that is not allowed, `Validation`.
    pub async fn update(
        &self,
        ctx: &Context,
        id: ConversationId,
        patch: ConversationPatch,
        expected_version: Option<i64>,
    ) -> Result<Conversation> {
        ctx.require(Scope::ConversationsWrite, Role::SalesRep)?;
        let mut broken = Violations::new();
        if let Some(outcome) = &patch.outcome {
            broken.length("outcome", "Outcome", outcome, 1, 500);
        }
        broken.into_result()?;
        self.get(ctx, id).await?;
        let unit = self.deps.storage.begin().await?;
        let found = unit.conversations().get(ctx.organization, id).await?;
        let mut conversation = found.ok_or_else(|| Error::not_found("conversation"))?;
        if expected_version.is_some_and(|version| version != conversation.version) {
            return Err(Error::stale("conversation"));
        }
        let before = conversation.status;
        let now = self.deps.now();
        if let Some(outcome) = patch.outcome {
            conversation.outcome = Some(outcome.trim().to_owned());
        }
        if let Some(status) = patch.status {
            conversation.move_to(status, now)?;
        }
        if conversation.status.is_final() && !before.is_final() {
            ended(&self.deps, &*unit, ctx, &conversation, EndedReason::TeamEnded).await?;
        }
        conversation.updated_at = now;
        unit.conversations().update(&conversation).await?;
        conversation.version += 1;
        let facts = json!({ "from": before, "to": conversation.status });
        self.deps.audit(&*unit, ctx, "conversation.update", ("conversation", id.to_string()), facts).await?;
        unit.commit().await?;
        Ok(conversation)
    }

    /// A conversation's utterances with a number above `after_seq`, ascending, at most `limit`.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn transcripts(
        &self,
        ctx: &Context,
        id: ConversationId,
        after_seq: i64,
        limit: u32,
    ) -> Result<Vec<Transcript>> {
        self.get(ctx, id).await?;
        self.deps.read(ctx).transcripts().list(ctx.organization, id, after_seq, limit).await
    }

    /// Of each of these leads that the actor may see the conversations that began last, at most `each`; those that began
    /// last come first, whosever they are.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn of_leads(&self, ctx: &Context, leads: &[Lead], each: u32) -> Result<Vec<Conversation>> {
        ctx.require(Scope::ConversationsRead, Role::SalesRep)?;
        let leads = seen(ctx, leads);
        self.deps.read(ctx).conversations().of_leads(ctx.organization, &leads, each).await
    }

    /// The first utterances of each of these conversations that the actor may see, at most `each`: by conversation, then
    /// ascending.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn first_said(&self, ctx: &Context, of: &[Conversation], each: u32) -> Result<Vec<Transcript>> {
        ctx.require(Scope::ConversationsRead, Role::SalesRep)?;
        let ids = self.visible_among(ctx, of).await?;
        self.deps.read(ctx).transcripts().first_of(ctx.organization, &ids, each).await
    }

    /// The ids of those that [`check_visible`](Self::check_visible) lets through, with one question each for all
    /// assistants and all leads.
    async fn visible_among(&self, ctx: &Context, of: &[Conversation]) -> Result<Vec<ConversationId>> {
        let Some(user) = ctx.visible_to() else { return Ok(of.iter().map(|one| one.id).collect()) };
        let (repos, organization) = (self.deps.read(ctx), ctx.organization);
        let assistants: Vec<_> = of.iter().map(|one| one.assistant_id).collect();
        let leads: Vec<_> = of.iter().map(|one| one.lead_id).collect();
        let assistants = repos.assistants().get_many(organization, &assistants).await?;
        let leads = repos.leads().get_many(organization, &leads).await?;
        let own: BTreeSet<_> = assistants.iter().filter(|one| one.owner_id == user).map(|one| one.id).collect();
        let assigned: BTreeSet<_> = leads.iter().filter(|one| one.owner_id == Some(user)).map(|one| one.id).collect();
        let sees = |one: &&Conversation| own.contains(&one.assistant_id) || assigned.contains(&one.lead_id);
        Ok(of.iter().filter(sees).map(|one| one.id).collect())
    }

    /// A person of the team says something in a conversation they have taken over.
    ///
    /// # Errors
    /// `NotFound`, `Validation`; `Conflict` when it has ended or the actor has not taken over.
    pub async fn say(&self, ctx: &Context, id: ConversationId, content: &str) -> Result<Transcript> {
        ctx.require(Scope::ConversationsWrite, Role::SalesRep)?;
        let user = person(ctx)?;
        let mut broken = Violations::new();
        broken.length("content", "Content", content, 1, turn::MAX_UTTERANCE);
        broken.into_result()?;
        let scope = format!("conversation.say:{id}");
        if let Some(answer) = self.deps.replay(ctx, &scope, &content).await? {
            let seq = answer["seq"].as_i64().unwrap_or_default();
            let found = self.transcripts(ctx, id, seq - 1, 1).await?.into_iter().next();
            return found.ok_or_else(|| Error::not_found("transcript"));
        }
        self.get(ctx, id).await?;
        let unit = self.deps.storage.begin().await?;
        let mut conversation = self.open_for(&*unit, ctx, id).await?;
        if conversation.taken_over_by != Some(user) {
            return Err(Error::conflict("take the conversation over before you speak in it"));
        }
        let now = self.deps.now();
        // Only a question waits for an answer.
        conversation.waiting_since = content.trim_end().ends_with('?').then_some(now);
        let organization = unit.organizations().get(ctx.organization).await?;
        let organization = organization.ok_or_else(|| Error::not_found("organization"))?;
        let utterance = Utterance::of(Speaker::HumanAgent, content.trim());
        let said = append(&self.deps, &*unit, ctx, &organization, &mut conversation, utterance, now).await?;
        let facts = json!({ "seq": said.seq });
        self.deps.audit(&*unit, ctx, "conversation.say", ("conversation", id.to_string()), facts.clone()).await?;
        self.deps.remember(&*unit, ctx, &scope, &content, facts).await?;
        unit.commit().await?;
        Ok(said)
    }

    /// One turn: the visitor speaks, the assistant answers as a stream of events.
    ///
    /// The visitor's words are stored before the first event; whatever was sent as a token and acknowledged by being
    /// read is stored when the stream is dropped. The answer's end is stored before [`TurnEvent::Done`] is given.
    ///
    /// # Errors
    /// `NotFound`, `Validation` (1 to 4000 characters), `Conflict` when it has ended or another turn of this
    /// conversation runs anywhere in the fleet.
    ///
    /// A visitor's own `confidence` and `duration_s` are passed over: what is metered is not theirs to say.
    ///
    /// # Idempotency
    /// With an idempotency key, a repeated turn that has finished gives the stored answer again and runs no model.
    ///
    /// # Cancel safety
    /// Dropping the stream is a barge-in: the assistant's utterance ends with the last token given. So is taking
    /// nothing from it for a minute.
    pub async fn turn(&self, ctx: &Context, id: ConversationId, input: TurnInput) -> Result<TurnStream> {
        permit(ctx, id, Scope::ConversationsWrite)?;
        permit(ctx, id, Scope::ConversationsRead)?;
        // Whoever sees every conversation is told by the turn itself that there is none.
        if ctx.visible_to().is_some() || input.validate().is_err() {
            self.get(ctx, id).await?;
        }
        turn::run(self.deps.clone(), ctx.clone(), id, input, Words::Given).await
    }

    /// One turn of which the visitor's part is sound: it is recognised first, then goes on as [`turn`](Self::turn).
    /// `input.text` is replaced by what was heard.
    ///
    /// # Errors
    /// As `turn`; `PlanLimit` when the month's voice is used up; `Conflict` without a recogniser; `Validation` for
    /// sound it cannot read or in which nothing is said.
    pub async fn turn_audio(
        &self,
        ctx: &Context,
        id: ConversationId,
        audio: bytes::Bytes,
        input: TurnInput,
    ) -> Result<TurnStream> {
        let heard = self.recognize(ctx, id, audio).await?;
        self.turn_heard(ctx, id, heard, input).await
    }

    /// Refuses where the conversation could not be held by voice: it is not the caller's, has ended, or nothing here
    /// understands sound.
    ///
    /// # Errors
    /// As [`recognize`](Self::recognize), but `Conflict` without a recogniser.
    pub async fn check_voice(&self, ctx: &Context, id: ConversationId) -> Result<Conversation> {
        permit(ctx, id, Scope::ConversationsWrite)?;
        let conversation = self.get(ctx, id).await?;
        if conversation.status.is_final() {
            return Err(Error::conflict("the conversation has ended; open a new one"));
        }
        if self.deps.recognizer.is_none() {
            return Err(Error::conflict("no speech recogniser is configured here; send text to its turns instead"));
        }
        billing::check_voice(&self.deps, ctx).await?;
        Ok(conversation)
    }

    /// What is said in a piece of sound. It is metered by the turn that is made of it, or by
    /// [`pass_over`](Self::pass_over).
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when the conversation has ended; `PlanLimit` when the month's voice is used up;
    /// `Misconfigured` without a recogniser; `Validation` for sound it cannot read; those of the recogniser.
    pub async fn recognize(&self, ctx: &Context, id: ConversationId, audio: bytes::Bytes) -> Result<Recognized> {
        permit(ctx, id, Scope::ConversationsWrite)?;
        let conversation = self.get(ctx, id).await?;
        let recognizer = self
            .deps
            .recognizer
            .as_ref()
            .ok_or_else(|| Error::conflict("this deployment recognises no speech; send text instead"))?;
        if conversation.status.is_final() {
            return Err(Error::conflict("the conversation has ended; open a new one"));
        }
        billing::check_voice(&self.deps, ctx).await?;
        recognizer.recognize(audio, conversation.language).await
    }

    /// Meters sound that was recognised and is no turn, as a word that only shows that somebody listens.
    ///
    /// # Errors
    /// `NotFound`; those of storage.
    pub async fn pass_over(&self, ctx: &Context, id: ConversationId, heard: &Recognized) -> Result<()> {
        self.get(ctx, id).await?;
        billing::record_lost_voice(&self.deps, ctx, id, heard.duration_s).await
    }

    /// One turn of words that were [recognised](Self::recognize); `input.text` is replaced by them.
    ///
    /// # Errors
    /// As [`turn`](Self::turn).
    pub async fn turn_heard(
        &self,
        ctx: &Context,
        id: ConversationId,
        heard: Recognized,
        mut input: TurnInput,
    ) -> Result<TurnStream> {
        permit(ctx, id, Scope::ConversationsWrite)?;
        self.get(ctx, id).await?;
        input.text = heard.text;
        input.confidence = Some(heard.confidence);
        input.duration_s = Some(heard.duration_s);
        match turn::run(self.deps.clone(), ctx.clone(), id, input, Words::Recognized).await {
            Err(error) => {
                // No utterance will be metered, and the recognition has cost what it has cost.
                billing::record_lost_voice(&self.deps, ctx, id, heard.duration_s).await?;
                Err(error)
            }
            begun => begun,
        }
    }

    /// Lets the assistant speak first, when nobody has said anything yet.
    ///
    /// # Errors
    /// As [`turn`](Self::turn); `Forbidden` by phone, sms or e-mail to a known lead who does not consent, or no longer.
    pub async fn greet(&self, ctx: &Context, id: ConversationId) -> Result<TurnStream> {
        permit(ctx, id, Scope::ConversationsWrite)?;
        let conversation = self.get(ctx, id).await?;
        consents::may_reach(self.deps.storage.read(ReadConsistency::Strong), &conversation).await?;
        turn::greet(self.deps.clone(), ctx.clone(), id).await
    }

    async fn open_for(&self, unit: &dyn UnitOfWork, ctx: &Context, id: ConversationId) -> Result<Conversation> {
        let found = unit.conversations().get(ctx.organization, id).await?;
        let conversation = found.ok_or_else(|| Error::not_found("conversation"))?;
        if conversation.status.is_final() || lead_is_gone(unit, &conversation).await? {
            return Err(Error::conflict("the conversation has ended"));
        }
        Ok(conversation)
    }
}

/// A visitor may enter their own conversation; the team needs a role.
fn permit(ctx: &Context, id: ConversationId, scope: Scope) -> Result<()> {
    match ctx.actor {
        Actor::Visitor(own) if own == id => ctx.check_deadline(),
        Actor::Visitor(_) => Err(Error::not_found("conversation")),
        _ => ctx.require(scope, Role::SalesRep),
    }
}

fn person(ctx: &Context) -> Result<UserId> {
    ctx.actor.user_id().ok_or_else(|| Error::forbidden("only a person of the team can do this"))
}
