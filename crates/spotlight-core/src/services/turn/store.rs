//! What is stored of a turn: what was heard, and what follows from it.

use super::{
    answer::{Answering, Progress, Tries},
    events::Outlet,
    follow_up,
};
use crate::{
    domain::{
        UsageId,
        billing::{Meter, Usage},
        conversation::{Conversation, ConversationStatus, DialogueState, Speaker, Transcript},
        organization::Organization,
        report::EndedReason,
        time::Timestamp,
    },
    error::{Error, Result},
    ports::Scene,
    services::conversations::{Utterance, append, ended, stored_content},
};

impl Answering {
    /// Stores what was heard, and what follows from it, in one unit.
    pub(super) async fn store(
        &mut self,
        outlet: &Outlet,
        organization: &Organization,
        progress: Progress,
    ) -> Result<(Option<Transcript>, ConversationStatus)> {
        let complete = outlet.taken().await;
        let voiced = self.input.voice && !progress.voice_failed && self.deps.synthesizer.is_some();
        let heard = if complete { progress.text.as_str() } else { cut(&progress.text, outlet.heard()) };
        let interrupted = !complete && (heard.len() < progress.text.len() || progress.text.is_empty());
        if interrupted {
            tracing::debug!(conversation = %self.conversation.id, voiced, "the visitor cut the assistant off");
        }
        let heard = heard.to_owned();
        let mut tries = Tries::default();
        loop {
            match self.store_once(organization, &progress, &heard, interrupted).await {
                Err(error) if tries.again(&error) => {}
                stored => return stored,
            }
        }
    }

    async fn store_once(
        &self,
        organization: &Organization,
        progress: &Progress,
        heard: &str,
        interrupted: bool,
    ) -> Result<(Option<Transcript>, ConversationStatus)> {
        let now = self.deps.now();
        let unit = self.deps.storage.begin().await?;
        let scene = unit.conversations().scene(self.ctx.organization, self.conversation.id).await?;
        let Scene { mut conversation, lead_is_gone, .. } = scene.ok_or_else(|| Error::not_found("conversation"))?;
        let mut said = None;
        // A conversation that the team ended meanwhile takes no more words, and an erased lead's none at all.
        if !conversation.status.is_final() && !lead_is_gone {
            conversation.state = self.kept_state(organization, &conversation, progress);
            // A discarded answer ends nothing: the visitor has more to say. Nor does an assistant that a person has
            // taken over from.
            let human = conversation.taken_over_by.is_some();
            let ending = progress.effects.ending.filter(|_| !interrupted && !human);
            if let Some(reason) = ending {
                conversation.move_to(ConversationStatus::Completed, now)?;
                conversation.outcome.get_or_insert_with(|| outcome(reason).to_owned());
            }
            if heard.trim().is_empty() {
                conversation.updated_at = now;
                unit.conversations().update(&conversation).await?;
                conversation.version += 1;
            } else {
                let asks = ending.is_none() && !human && heard.trim_end().ends_with('?');
                conversation.waiting_since = asks.then_some(now);
                let utterance = Utterance {
                    tools: progress.tools.clone(),
                    model: progress.model.clone(),
                    response_ms: progress.response_ms,
                    interrupted,
                    names: self.names(organization),
                    ..Utterance::of(Speaker::Assistant, heard)
                };
                let (unit, ctx) = (&*unit, &self.ctx);
                said = Some(append(&self.deps, unit, ctx, organization, &mut conversation, utterance, now).await?);
            }
            match ending {
                Some(reason) => ended(&self.deps, &*unit, &self.ctx, &conversation, reason).await?,
                None => follow_up(&*unit, &conversation).await?,
            }
        }
        if progress.tokens > 0 {
            unit.usage().record(&self.usage(progress.tokens, conversation.last_seq, now)).await?;
        }
        self.lease.end(&*unit).await?;
        unit.commit().await?;
        Ok((said, conversation.status))
    }

    /// The state to store: the model's, with what the platform knows better as it stands stored now, since tools and
    /// the team write to it too. Of answers only what the organization wants kept.
    fn kept_state(
        &self,
        organization: &Organization,
        conversation: &Conversation,
        progress: &Progress,
    ) -> DialogueState {
        let mut state = merged_state(&conversation.state, progress.state.as_ref());
        let names = self.names(organization);
        for answer in state.questions.iter_mut().filter_map(|question| question.answer.as_mut()) {
            *answer = stored_content(organization, conversation, answer, &names);
        }
        state
    }

    /// Names in the visitor's words, which may not have been noted yet.
    pub(super) fn names(&self, organization: &Organization) -> Vec<String> {
        super::names_in(organization, &self.conversation, &self.input, self.deps.now())
    }

    fn usage(&self, quantity: i64, seq: i64, now: Timestamp) -> Usage {
        Usage {
            id: UsageId::from_uuid(self.deps.ids.uuid()),
            organization_id: self.ctx.organization,
            meter: Meter::ModelTokens,
            quantity,
            event_key: format!("turn:{}:{seq}", self.conversation.id),
            conversation_id: Some(self.conversation.id),
            occurred_at: now,
            reported_at: None,
        }
    }

    /// Frees the conversation for another turn after a failure. A lease that cannot be given back ends by itself.
    pub(super) async fn give_up(&self) {
        let freed = async {
            let unit = self.deps.storage.begin().await?;
            // What the visitor said counts, whether or not anybody answered.
            if self.said.is_some() {
                follow_up(&*unit, &self.conversation).await?;
            }
            self.lease.give_back(&*unit).await?;
            unit.commit().await
        };
        if let Err(error) = freed.await {
            tracing::warn!(error = error.chain(), "a turn's lease was left to expire");
        }
    }
}

/// The state a model reports, save what the platform itself knows better.
pub(super) fn merged_state(own: &DialogueState, reported: Option<&DialogueState>) -> DialogueState {
    let mut state = reported.unwrap_or(own).clone();
    state.given = own.given.clone();
    state.owns_lead = own.owns_lead;
    state.held.clone_from(&own.held);
    state.booked = own.booked;
    state
}

fn outcome(reason: EndedReason) -> &'static str {
    match reason {
        EndedReason::VisitorEnded => "the visitor said goodbye",
        EndedReason::Abuse => "ended after abuse",
        _ => "the assistant had nothing left to ask",
    }
}

/// The part of a text up to a byte that a listener took; tokens end between characters, so this cuts none.
fn cut(text: &str, heard: usize) -> &str {
    let mut end = heard.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
