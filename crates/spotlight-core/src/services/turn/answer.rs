//! The assistant's side of a turn: model, tools, voice, and what is stored of it.

use std::{collections::BTreeSet, convert::Infallible, sync::Arc, time::Duration};

use futures::StreamExt;
use tokio::time::{Instant, timeout};

use super::{
    Business, TurnInput,
    events::{Outlet, TurnEvent},
    follow_up,
    lease::{RENEW_EVERY, TurnLease},
    prompt,
    sentences::Sentences,
    store::merged_state,
    tools::{self, Effects},
    voice::Voice,
};
use crate::{
    domain::{
        assistant::Assistant,
        conversation::{Conversation, ConversationStatus, DialogueState, ToolUse, Transcript},
        organization::Organization,
    },
    error::{Error, ErrorKind, Result, Retry},
    metrics::Counter,
    ports::{ChatChunk, ChatMessage, ReadConsistency, ToolAnswer, ToolCall, Words},
    services::{Context, conversations::lead_is_gone, deps::Deps},
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
    /// Taken by the scene.
    pub(super) business: Business,
}

/// What the assistant speaks with and about.
pub(super) struct Scene {
    pub(super) assistant: Arc<Assistant>,
    pub(super) organization: Organization,
    pub(super) history: Vec<Words>,
    pub(super) knowledge: Vec<crate::ports::KnowledgeMatch>,
}

/// What has come of the answer so far.
#[derive(Default)]
pub(super) struct Progress {
    pub(super) text: String,
    pub(super) state: Option<DialogueState>,
    pub(super) tools: Vec<ToolUse>,
    pub(super) model: Option<String>,
    pub(super) response_ms: Option<u32>,
    pub(super) tokens: i64,
    pub(super) effects: Effects,
    pub(super) voice_failed: bool,
}

impl Answering {
    pub(super) fn new(
        deps: Deps,
        ctx: Context,
        conversation: Conversation,
        said: Option<Transcript>,
        input: TurnInput,
        (lease, business): (TurnLease, Business),
    ) -> Self {
        Self { deps, ctx, conversation, said, input, lease, business }
    }

    /// Answers and stores, whether or not somebody listens to the end.
    pub(super) async fn run(mut self, outlet: Outlet) {
        let kept = keep_lease(self.deps.clone(), self.lease.clone());
        let result = tokio::select! {
            biased;
            result = self.answer(&outlet) => result,
            never = kept => match never {},
        };
        let outcome = match &result {
            Ok((Some(_), _)) => "answered",
            Ok((None, _)) => "silent",
            Err(_) => "failed",
        };
        self.deps.metrics.turns.with([outcome], Counter::inc);
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
        follow_up(&*unit, &self.conversation).await?;
        self.lease.give_back(&*unit).await?;
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
                        if progress.response_ms.is_none() {
                            progress.response_ms = Some(millis(begun));
                            self.deps.metrics.first_token.with([], |times| times.took(begun.elapsed()));
                        }
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

/// Renews the lease of a long answer as long as it is polled. A lost lease shows when the answer is stored.
async fn keep_lease(deps: Deps, lease: TurnLease) -> Infallible {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        if let Err(error) = lease.renew(&*deps.storage).await {
            tracing::warn!(error = error.chain(), "a turn's lease could not be renewed");
        }
    }
}

fn millis(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_millis()).unwrap_or(u32::MAX)
}
