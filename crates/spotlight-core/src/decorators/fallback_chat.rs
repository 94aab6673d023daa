//! Several chat models as one: the next answers where one does not come up with anything in time.

use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use tokio::time::timeout;

use super::circuit::{Circuit, Permit};
use crate::{
    domain::assistant::ToolKind,
    error::{Error, ErrorKind, Result, Retry},
    metrics::Metrics,
    ports::{
        chat::{ChatChunk, ChatMessage, ChatModel, ChatRequest, ChatStream},
        clock::Clock,
    },
};

/// How long a model has, and when it is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FallbackSettings {
    /// Until the answer has begun, without words yet.
    pub connect: Duration,
    /// From then until the first words or tool.
    pub first_chunk: Duration,
    /// From one chunk to the next after that.
    pub idle: Duration,
    /// Failures in a row after which a model is left alone; 0 counts as 1.
    pub failures_to_open: u32,
    /// How long it is left alone before one request tries it again.
    pub cool_down: Duration,
}

impl Default for FallbackSettings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            first_chunk: Duration::from_secs(5),
            idle: Duration::from_secs(10),
            failures_to_open: 3,
            cool_down: Duration::from_secs(30),
        }
    }
}

/// Tries models in order until one gives a useful chunk: words or a tool. From then on the answer is that model's, and
/// its failure ends the stream with an error, since the visitor may have heard the beginning.
///
/// Each model has a circuit. Any failure counts, a timeout and an empty answer too; an answer that ends well resets the count; an answer
/// that the caller gives up counts for nothing.
pub struct FallbackChatModel {
    models: Vec<Guarded>,
    settings: FallbackSettings,
}

struct Guarded {
    model: Arc<dyn ChatModel>,
    circuit: Arc<Circuit>,
}

impl fmt::Debug for FallbackChatModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.models.iter().map(|guarded| guarded.model.name()).collect();
        f.debug_struct("FallbackChatModel").field("models", &names).field("settings", &self.settings).finish()
    }
}

/// An answer under way.
struct Answer {
    ready: VecDeque<ChatChunk>,
    rest: ChatStream,
    permit: Permit,
    idle: Duration,
    over: bool,
}

/// A model's answer up to its first useful chunk.
struct Beginning {
    chunks: VecDeque<ChatChunk>,
    rest: ChatStream,
    /// The answer is already over, without anything useful.
    empty: bool,
}

impl FallbackChatModel {
    /// Models in the order in which they are tried, the best first and the surest last.
    pub fn new(models: Vec<Arc<dyn ChatModel>>, settings: FallbackSettings, clock: Arc<dyn Clock>) -> Self {
        let guard = |model| {
            let circuit = Circuit::new(Arc::clone(&clock), settings.failures_to_open, settings.cool_down);
            Guarded { model, circuit: Arc::new(circuit) }
        };
        Self { models: models.into_iter().map(guard).collect(), settings }
    }

    /// The same, with the circuit of each model shown in metrics as `chat:` and its name.
    #[must_use]
    pub fn watched_by(self, metrics: &Metrics) -> Self {
        for guarded in &self.models {
            guarded.circuit.watched_by(metrics, format!("chat:{}", guarded.model.name()));
        }
        self
    }

    /// Waits for a model's first useful chunk.
    async fn begin(&self, model: &dyn ChatModel, request: ChatRequest) -> Result<Beginning> {
        let late = |what: &str| Error::new(ErrorKind::Timeout, format!("the model {what} in time"));
        let connecting = timeout(self.settings.connect, model.stream(request));
        let mut rest = connecting.await.map_err(|_| late("did not begin to answer"))??;
        let mut chunks = VecDeque::new();
        let first = async {
            while let Some(chunk) = rest.next().await {
                let chunk = chunk?;
                let useful = match &chunk {
                    ChatChunk::Text(text) => !text.trim().is_empty(),
                    ChatChunk::Tool(_) => true,
                    ChatChunk::Model(_) | ChatChunk::State(_) | ChatChunk::Usage { .. } => false,
                };
                chunks.push_back(chunk);
                if useful {
                    return Ok(false);
                }
            }
            Ok::<_, Error>(true)
        };
        let empty = timeout(self.settings.first_chunk, first).await.map_err(|_| late("said nothing"))??;
        Ok(Beginning { chunks, rest, empty })
    }
}

#[async_trait]
impl ChatModel for FallbackChatModel {
    fn name(&self) -> String {
        self.models.first().map_or_else(|| "none".to_owned(), |first| first.model.name())
    }

    async fn stream(&self, request: ChatRequest) -> Result<ChatStream> {
        let mut failure = None;
        let mut soonest: Option<Duration> = None;
        // After the conversation was ended nothing may be left to say; else silence is a failure.
        let may_be_silent = matches!(
            request.messages.last(),
            Some(ChatMessage::Answered(answer)) if answer.name == ToolKind::EndConversation.as_str()
        );
        for guarded in &self.models {
            let mut permit = match guarded.circuit.enter() {
                Ok(permit) => permit,
                Err(open_for) => {
                    soonest = Some(soonest.map_or(open_for, |other| other.min(open_for)));
                    continue;
                }
            };
            let name = guarded.model.name();
            match self.begin(guarded.model.as_ref(), request.clone()).await {
                Ok(Beginning { empty: true, .. }) if !may_be_silent => {
                    permit.failed();
                    failure = Some(Error::new(ErrorKind::Unavailable, "the model answered nothing"));
                }
                Ok(Beginning { mut chunks, rest, empty }) => {
                    let told = chunks.iter().any(|chunk| matches!(chunk, ChatChunk::Model(_)));
                    if !told && name != self.name() {
                        chunks.push_front(ChatChunk::Model(name));
                    }
                    return Ok(go_on(Answer { ready: chunks, rest, permit, idle: self.settings.idle, over: empty }));
                }
                Err(error) => {
                    tracing::warn!(model = %name, kind = ?error.kind(), "chat model failed before its first words");
                    permit.failed();
                    failure = Some(error);
                }
            }
        }
        let error = Error::new(ErrorKind::Unavailable, "no chat model answers");
        let error = match (&failure, soonest) {
            (None, Some(after)) => error.with_retry(Retry::After(after)),
            _ => error,
        };
        Err(match failure {
            Some(cause) => error.with_source(cause),
            None => error,
        })
    }
}

/// The rest of an answer: what is ready at once, and what comes without too long a pause.
fn go_on(answer: Answer) -> ChatStream {
    stream::unfold(Some(answer), |answer| async move {
        let mut answer = answer?;
        if let Some(chunk) = answer.ready.pop_front() {
            return Some((Ok(chunk), Some(answer)));
        }
        if answer.over {
            answer.permit.succeeded();
            return None;
        }
        match timeout(answer.idle, answer.rest.next()).await {
            Ok(Some(Ok(chunk))) => Some((Ok(chunk), Some(answer))),
            Ok(Some(Err(error))) => {
                answer.permit.failed();
                Some((Err(error), None))
            }
            Ok(None) => {
                answer.permit.succeeded();
                None
            }
            Err(_) => {
                answer.permit.failed();
                let error = Error::new(ErrorKind::Timeout, "the model stopped in the middle of its answer");
                Some((Err(error), None))
            }
        }
    })
    .boxed()
}

#[cfg(test)]
mod tests;
