//! The assistant's side of a turn: model, tools, voice, and what is stored of it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::StreamExt;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};

use super::{
    TurnInput,
    events::{Outlet, TurnEvent},
    follow_up,
    lease::{RENEW_EVERY, TurnLease},
    prompt,
    sentences::Sentences,
    tools::{self, Effects},
    voice::Voice,
};
use crate::{
    domain::{
        UsageId,
        assistant::Assistant,
        billing::{Meter, Usage},
        conversation::{Conversation, ConversationStatus, DialogueState, Speaker, ToolUse, Transcript},
        organization::Organization,
        report::EndedReason,
    },
    error::{Error, ErrorKind, Result, Retry},
    ports::{ChatChunk, ChatMessage, ReadConsistency, ToolAnswer, ToolCall},
    services::{
        Context,
        conversations::{Utterance, append, ended, lead_is_gone, stored_content},
        deps::Deps,
    },
};

/// Times a model may ask for tools in one turn.
const ROUNDS: usize = 6;
/// Times a unit that met a newer version is repeated.
const TRIES: u32 = 5;
/// Longest silence of a model, before its answer begins and within it. A decorator that falls back between models is
/// quicker; this one keeps a bare model that hangs from keeping the conversation.
const SILENCE: Duration = Duration::from_secs(30);

/// A turn whose visitor has spoken.
pub(super) struct Answering {
    pub(super) deps: Deps,
    pub(super) ctx: Context,
    pub(super) conversation: Conversation,
    pub(super) said: Option<Transcript>,
    pub(super) input: TurnInput,
    pub(super) lease: TurnLease,
}

/// What the assistant speaks with and about.
pub(super) struct Scene {
    pub(super) assistant: Arc<Assistant>,
    pub(super) organization: Organization,
    pub(super) history: Vec<Transcript>,
    pub(super) knowledge: Vec<crate::ports::KnowledgeMatch>,
}

/// What has come of the answer so far.
#[derive(Default)]
struct Progress {
    text: String,
    state: Option<DialogueState>,
    tools: Vec<ToolUse>,
    model: Option<String>,
    response_ms: Option<u32>,
    tokens: i64,
    effects: Effects,
    voice_failed: bool,
}

impl Answering {
    pub(super) fn new(
        deps: Deps,
        ctx: Context,
        conversation: Conversation,
        said: Option<Transcript>,
        input: TurnInput,
        lease: TurnLease,
    ) -> Self {
        Self { deps, ctx, conversation, said, input, lease }
    }

    /// Answers and stores, whether or not somebody listens to the end.
    pub(super) async fn run(mut self, outlet: Outlet) {
        let (stop, stopped) = oneshot::channel();
        let keeper = tokio::spawn(keep_lease(self.deps.clone(), self.lease.clone(), stopped));
        let result = self.answer(&outlet).await;
        // The keeper must be gone before the lease is given back, or it would renew what is no longer held.
        drop(stop);
        let _ = keeper.await;
        match result {
            Ok((utterance, status)) => {
                outlet.send(TurnEvent::Done { utterance, status }, 0).await;
            }
            Err(error) => {
                tracing::error!(conversation = %self.conversation.id, error = error.chain(), "a turn failed");
                self.give_up().await;
                outlet.fail(error).await;
            }
        }
    }

    async fn answer(&mut self, outlet: &Outlet) -> Result<(Option<Transcript>, ConversationStatus)> {
        if let Some(said) = &self.said {
            outlet.send(TurnEvent::Transcript(said.clone()), 0).await;
        }
        if self.conversation.taken_over_by.is_some() {
            return self.stay_silent().await;
        }
        let begun = Instant::now();
        let scene = prompt::scene(self).await?;
        let mut progress = Progress::default();
        let spoken = self.speak(outlet, &scene, &mut progress, begun).await;
        if let Err(error) = spoken {
            tracing::warn!(conversation = %self.conversation.id, error = error.chain(), "the model failed");
            if progress.text.is_empty() && progress.tools.is_empty() {
                return Err(error);
            }
            progress.text.push('…');
        }
        self.store(outlet, &scene.organization, progress).await
    }

    /// A person has taken over: the visitor's words are stored and analysed, and nobody answers here.
    async fn stay_silent(&mut self) -> Result<(Option<Transcript>, ConversationStatus)> {
        let unit = self.deps.storage.begin().await?;
        unit.enqueue(follow_up(&self.conversation)).await?;
        self.lease.release(&*unit).await?;
        unit.commit().await?;
        Ok((None, self.conversation.status))
    }

    async fn speak(&mut self, outlet: &Outlet, scene: &Scene, progress: &mut Progress, begun: Instant) -> Result<()> {
        let mut messages = prompt::messages(scene);
        let voice = self.voice(scene, outlet);
        let mut sentences = Sentences::default();
        let mut spoken = 0;
        let mut used = BTreeSet::new();
        let mut outcome = Ok(());
        'rounds: for round in 0..ROUNDS {
            if round > 0 {
                match self.may_go_on().await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        outcome = Err(error);
                        break;
                    }
                }
            }
            let state = merged_state(&self.conversation.state, progress.state.as_ref());
            let request = prompt::request(self, scene, state, messages.clone());
            let calls = match self
                .listen(outlet, request, progress, begun, voice.as_ref(), &mut sentences, &mut spoken)
                .await
            {
                Ok(calls) => calls,
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            };
            if calls.is_empty() || outlet.is_closed() || !outlet.taken().await {
                break;
            }
            for call in calls {
                let answer = match self.use_tool(scene, &call, &mut used, progress).await {
                    Ok(answer) => answer,
                    Err(error) => {
                        outcome = Err(error);
                        break 'rounds;
                    }
                };
                outlet.send(TurnEvent::Tool { name: answer.name.clone(), ok: answer.ok }, 0).await;
                messages.push(ChatMessage::Called(call));
                messages.push(ChatMessage::Answered(answer));
            }
        }
        if let Some(voice) = voice {
            if let Some(rest) = sentences.finish() {
                voice.say(rest, progress.text.len()).await;
            }
            progress.voice_failed = !voice.finish().await;
        }
        outcome
    }

    fn voice(&self, scene: &Scene, outlet: &Outlet) -> Option<Voice> {
        let synthesizer = self.deps.synthesizer.as_ref().filter(|_| self.input.voice)?;
        scene.assistant.voice.voice_id.as_ref()?;
        Some(Voice::start(
            Arc::clone(synthesizer),
            scene.assistant.voice.clone(),
            self.conversation.language,
            outlet.clone(),
        ))
    }

    /// Takes one answer of the model, and gives the tools it asks for.
    #[expect(clippy::too_many_arguments, reason = "the parts of one turn; a struct of them would only be taken apart")]
    async fn listen(
        &self,
        outlet: &Outlet,
        request: crate::ports::ChatRequest,
        progress: &mut Progress,
        begun: Instant,
        voice: Option<&Voice>,
        sentences: &mut Sentences,
        spoken: &mut usize,
    ) -> Result<Vec<ToolCall>> {
        let mut stream = tokio::select! {
            () = outlet.closed() => return Ok(Vec::new()),
            stream = timeout(SILENCE, self.deps.chat.stream(request)) => stream.map_err(|_| silent())??,
        };
        progress.model.get_or_insert_with(|| self.deps.chat.name());
        let mut calls = Vec::new();
        loop {
            let chunk = tokio::select! {
                () = outlet.closed() => return Ok(Vec::new()),
                chunk = timeout(SILENCE, stream.next()) => chunk.map_err(|_| silent())?,
            };
            match chunk {
                None => return Ok(calls),
                Some(chunk) => match chunk? {
                    ChatChunk::Text(text) if text.is_empty() => {}
                    ChatChunk::Text(text) => {
                        progress.response_ms.get_or_insert_with(|| millis(begun));
                        progress.text.push_str(&text);
                        let heard = if voice.is_some() { 0 } else { progress.text.len() };
                        let ready = if voice.is_some() { sentences.push(&text) } else { Vec::new() };
                        if !outlet.send(TurnEvent::Token(text), heard).await {
                            return Ok(Vec::new());
                        }
                        for sentence in ready {
                            *spoken += sentence.len();
                            if let Some(voice) = voice {
                                voice.say(sentence, *spoken).await;
                            }
                        }
                    }
                    ChatChunk::Tool(call) => calls.push(call),
                    ChatChunk::State(state) => progress.state = Some(*state),
                    ChatChunk::Model(name) => progress.model = Some(name),
                    ChatChunk::Usage { input, output } => progress.tokens += i64::from(input) + i64::from(output),
                },
            }
        }
    }

    async fn use_tool(
        &mut self,
        scene: &Scene,
        call: &ToolCall,
        used: &mut BTreeSet<String>,
        progress: &mut Progress,
    ) -> Result<ToolAnswer> {
        let (answer, effects) = if used.insert(call.id.clone()) {
            tools::run(self, scene, call).await?
        } else {
            (tools::refused(call, "this call id was used already; use a new one"), Effects::default())
        };
        progress.effects.absorb(effects);
        progress.tools.push(ToolUse {
            call_id: call.id.clone(),
            name: call.name.clone(),
            ok: answer.ok,
            result: tools::outline(&answer),
        });
        Ok(answer)
    }

    /// False once a person has taken over, the conversation was ended, or its lead is gone: the model is asked no more.
    async fn may_go_on(&self) -> Result<bool> {
        let repos = self.deps.storage.read(ReadConsistency::Strong);
        let found = repos.conversations().get(self.ctx.organization, self.conversation.id).await?;
        let Some(conversation) = found else { return Ok(false) };
        let open = conversation.taken_over_by.is_none() && !conversation.status.is_final();
        Ok(open && !lead_is_gone(repos, &conversation).await?)
    }

    /// Takes over what is stored of the conversation.
    pub(super) async fn refresh(&mut self) -> Result<()> {
        let repos = self.deps.storage.read(ReadConsistency::Strong);
        let found = repos.conversations().get(self.ctx.organization, self.conversation.id).await?;
        self.conversation = found.ok_or_else(|| Error::not_found("conversation"))?;
        Ok(())
    }

    /// Stores what was heard, and what follows from it, in one unit.
    async fn store(
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
        self.lease.check(&*unit).await?;
        let found = unit.conversations().get(self.ctx.organization, self.conversation.id).await?;
        let mut conversation = found.ok_or_else(|| Error::not_found("conversation"))?;
        let mut said = None;
        // A conversation that the team ended meanwhile takes no more words, and an erased lead's none at all.
        if !conversation.status.is_final() && !lead_is_gone(&*unit, &conversation).await? {
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
                None => unit.enqueue(follow_up(&conversation)).await.map(drop)?,
            }
        }
        if progress.tokens > 0 {
            unit.usage().record(&self.usage(progress.tokens, conversation.last_seq, now)).await?;
        }
        self.lease.release(&*unit).await?;
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

    fn usage(&self, quantity: i64, seq: i64, now: crate::domain::time::Timestamp) -> Usage {
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
    async fn give_up(&self) {
        let freed = async {
            let unit = self.deps.storage.begin().await?;
            // What the visitor said counts, whether or not anybody answered.
            if self.said.is_some() {
                unit.enqueue(follow_up(&self.conversation)).await?;
            }
            self.lease.release(&*unit).await?;
            unit.commit().await
        };
        if let Err(error) = freed.await {
            tracing::warn!(error = error.chain(), "a turn's lease was left to expire");
        }
    }
}

/// The state a model reports, save what the platform itself knows better.
fn merged_state(own: &DialogueState, reported: Option<&DialogueState>) -> DialogueState {
    let mut state = reported.unwrap_or(own).clone();
    state.given = own.given.clone();
    state.owns_lead = own.owns_lead;
    state.held.clone_from(&own.held);
    state.booked = own.booked;
    state
}

fn silent() -> Error {
    Error::new(ErrorKind::Timeout, "the model said nothing for too long")
}

/// Counts how often a unit that met a newer version of a record was repeated: analysis writes to conversations too.
#[derive(Default)]
pub(super) struct Tries(u32);

impl Tries {
    /// Whether to repeat after this error.
    pub(super) fn again(&mut self, error: &Error) -> bool {
        self.0 += 1;
        self.0 <= TRIES && (error.kind() == ErrorKind::StaleVersion || error.retry() == Retry::Now)
    }
}

/// Renews the lease of a long answer until the answer is done. A lost lease shows when the answer is stored.
async fn keep_lease(deps: Deps, lease: TurnLease, mut stopped: oneshot::Receiver<()>) {
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            () = tokio::time::sleep(RENEW_EVERY) => {}
        }
        if let Err(error) = lease.renew(&*deps.storage).await {
            tracing::warn!(error = error.chain(), "a turn's lease could not be renewed");
        }
    }
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

fn millis(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_millis()).unwrap_or(u32::MAX)
}
