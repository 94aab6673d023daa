//! A person of the team in a conversation: asked for, coming, there, gone.

use chrono::Duration;
use serde_json::json;

use super::{ConversationService, person};
use crate::{
    domain::{
        ConversationId, UserId,
        conversation::{Conversation, ConversationStatus, HandOff, HandOffStatus},
        event::EventType,
        user::{Role, Scope},
    },
    error::{Error, Result},
    ports::{ConversationFilter, Paging, Sort, UnitOfWork},
    services::{Context, deps::Deps},
};

impl ConversationService {
    /// The actor will take the conversation over: colleagues need not come. The assistant goes on until
    /// [`take_over`](Self::take_over), and for good when that does not follow within the time the assistant gives a
    /// hand-off.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when the conversation has ended, nobody was asked for, or a colleague has accepted.
    ///
    /// # Idempotency
    /// Accepting again changes nothing: the time runs on.
    pub async fn accept_hand_off(&self, ctx: &Context, id: ConversationId) -> Result<HandOff> {
        ctx.require(Scope::ConversationsWrite, Role::SalesRep)?;
        let user = person(ctx)?;
        self.get(ctx, id).await?;
        let unit = self.deps.storage.begin().await?;
        let conversation = self.open_for(&*unit, ctx, id).await?;
        let latest = unit.hand_offs().latest(ctx.organization, id).await?;
        let Some(mut hand_off) = latest.filter(|latest| latest.status.is_open()) else {
            return Err(Error::conflict("nobody was asked for in this conversation"));
        };
        match hand_off.accepted_by {
            Some(other) if other == user => return Ok(hand_off),
            Some(_) => return Err(Error::conflict("a colleague has accepted this hand-off")),
            None => {}
        }
        let assistant = unit.assistants().get(ctx.organization, conversation.assistant_id).await?;
        let wait = assistant.map_or(0, |assistant| assistant.hand_off.wait_s);
        let now = self.deps.now();
        hand_off.move_to(HandOffStatus::Accepted)?;
        hand_off.accepted_by = Some(user);
        hand_off.updated_at = now;
        hand_off.expires_at = hand_off.expires_at.max(now + Duration::seconds(wait.into()));
        unit.hand_offs().update(&hand_off).await?;
        hand_off.version += 1;
        self.deps.audit(&*unit, ctx, "hand_off.accept", ("conversation", id.to_string()), json!({})).await?;
        let data = json!({ "conversation_id": id, "hand_off_id": hand_off.id, "accepted_by": user });
        for channel in ["notifications".to_owned(), format!("conversation:{id}")] {
            self.deps.publish(&*unit, ctx, channel, EventType::HandOffAccepted, Some(id), data.clone()).await?;
        }
        unit.commit().await?;
        Ok(hand_off)
    }

    /// The actor takes the conversation over: the assistant is silent from now on. A hand-off that waits
    /// is accepted, also one that a colleague had accepted and did not come to.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it has ended or somebody else has taken over; `StaleVersion` when it is not at
    /// `expected_version`.
    ///
    /// # Idempotency
    /// Taking over again changes nothing.
    pub async fn take_over(
        &self,
        ctx: &Context,
        id: ConversationId,
        expected_version: Option<i64>,
    ) -> Result<Conversation> {
        ctx.require(Scope::ConversationsWrite, Role::SalesRep)?;
        let user = person(ctx)?;
        self.get(ctx, id).await?;
        let unit = self.deps.storage.begin().await?;
        let mut conversation = self.open_for(&*unit, ctx, id).await?;
        at_version(&conversation, expected_version)?;
        match conversation.taken_over_by {
            Some(other) if other == user => return Ok(conversation),
            Some(_) => return Err(Error::conflict("a colleague has taken this conversation over")),
            None => {}
        }
        let now = self.deps.now();
        if let Some(mut hand_off) = unit.hand_offs().latest(ctx.organization, id).await?
            && matches!(hand_off.status, HandOffStatus::Requested | HandOffStatus::Accepted)
        {
            if hand_off.status == HandOffStatus::Requested {
                hand_off.move_to(HandOffStatus::Accepted)?;
            }
            hand_off.accepted_by = Some(user);
            hand_off.updated_at = now;
            hand_off.move_to(HandOffStatus::Human)?;
            unit.hand_offs().update(&hand_off).await?;
        }
        conversation.taken_over_by = Some(user);
        conversation.updated_at = now;
        unit.conversations().update(&conversation).await?;
        conversation.version += 1;
        note(&self.deps, &*unit, ctx, &conversation, EventType::ConversationTakenOver).await?;
        unit.commit().await?;
        Ok(conversation)
    }

    /// Gives the conversation back to the assistant.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it has ended or somebody else has taken over; `StaleVersion` when it is not at
    /// `expected_version`.
    ///
    /// # Idempotency
    /// Giving it back again changes nothing.
    pub async fn give_back(
        &self,
        ctx: &Context,
        id: ConversationId,
        expected_version: Option<i64>,
    ) -> Result<Conversation> {
        ctx.require(Scope::ConversationsWrite, Role::SalesRep)?;
        let user = person(ctx)?;
        self.get(ctx, id).await?;
        let unit = self.deps.storage.begin().await?;
        let mut conversation = self.open_for(&*unit, ctx, id).await?;
        at_version(&conversation, expected_version)?;
        match conversation.taken_over_by {
            None => return Ok(conversation),
            Some(other) if other != user && ctx.visible_to().is_some() => {
                return Err(Error::conflict("a colleague has taken this conversation over"));
            }
            Some(_) => {}
        }
        leave(&self.deps, &*unit, ctx, &mut conversation).await?;
        unit.commit().await?;
        Ok(conversation)
    }
}

fn at_version(conversation: &Conversation, expected: Option<i64>) -> Result<()> {
    if expected.is_some_and(|version| version != conversation.version) {
        return Err(Error::stale("conversation"));
    }
    Ok(())
}

/// The assistant goes on in a conversation that a person had taken over.
async fn leave(deps: &Deps, unit: &dyn UnitOfWork, ctx: &Context, conversation: &mut Conversation) -> Result<()> {
    let now = deps.now();
    if let Some(mut hand_off) = unit.hand_offs().latest(ctx.organization, conversation.id).await?
        && hand_off.status == HandOffStatus::Human
    {
        hand_off.updated_at = now;
        hand_off.move_to(HandOffStatus::Assistant)?;
        unit.hand_offs().update(&hand_off).await?;
    }
    conversation.taken_over_by = None;
    conversation.updated_at = now;
    unit.conversations().update(conversation).await?;
    conversation.version += 1;
    note(deps, unit, ctx, conversation, EventType::ConversationGivenBack).await
}

/// Gives back whatever a person of the team has taken over, in the unit that takes them out of it.
pub(crate) async fn leave_all(deps: &Deps, unit: &dyn UnitOfWork, ctx: &Context, user: UserId) -> Result<()> {
    let filter = ConversationFilter {
        statuses: vec![ConversationStatus::Active, ConversationStatus::Paused],
        taken_over_by: Some(user),
        ..ConversationFilter::default()
    };
    let page = Paging::After { cursor: None, limit: 100 };
    loop {
        // What was given back is no longer theirs, so each page is the first.
        let theirs = unit.conversations().list(ctx.organization, &filter, Sort::default(), &page).await?.items;
        if theirs.is_empty() {
            return Ok(());
        }
        for mut conversation in theirs {
            leave(deps, unit, ctx, &mut conversation).await?;
        }
    }
}

async fn note(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    conversation: &Conversation,
    what: EventType,
) -> Result<()> {
    let id = conversation.id;
    deps.audit(unit, ctx, what.as_str(), ("conversation", id.to_string()), json!({})).await?;
    let data = json!({ "conversation_id": id, "taken_over_by": conversation.taken_over_by });
    deps.publish(unit, ctx, format!("conversation:{id}"), what, Some(id), data).await
}

/// A conversation that has ended needs nobody any more.
pub(super) async fn close(deps: &Deps, unit: &dyn UnitOfWork, conversation: &Conversation) -> Result<()> {
    let latest = unit.hand_offs().latest(conversation.organization_id, conversation.id).await?;
    let Some(mut hand_off) = latest else { return Ok(()) };
    match hand_off.status {
        HandOffStatus::Requested | HandOffStatus::Accepted => hand_off.move_to(HandOffStatus::Expired)?,
        HandOffStatus::Human => hand_off.move_to(HandOffStatus::Assistant)?,
        HandOffStatus::Expired | HandOffStatus::Assistant => return Ok(()),
    }
    hand_off.updated_at = deps.now();
    unit.hand_offs().update(&hand_off).await
}
