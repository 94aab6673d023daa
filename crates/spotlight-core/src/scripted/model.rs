//! The scripted assistant as a chat model.

use async_trait::async_trait;
use futures::{StreamExt, stream};

use super::{
    dialogue::{self, Act, Decision, Exchange, Heard, Moment},
    templates::Line,
    understand::understand,
    understanding::{Asked, Hearing, Understanding},
};
use crate::{
    domain::{
        assistant::ToolKind,
        conversation::{Expecting, Speaker},
    },
    error::Result,
    ports::chat::{Brief, ChatChunk, ChatMessage, ChatModel, ChatRequest, ChatStream, ToolCall},
};

/// Longest part of an utterance that is looked at, in bytes.
const HEARD_MAX: usize = 8_000;

/// The assistant without a language model.
///
/// It greets, asks the assistant's questions one at a time, understands answers in free words, answers from the
/// knowledge found for the turn, and offers, holds and books appointments. It never fails, keeps nothing between
/// requests and answers the same request with the same words.
///
/// A request that needs tools ends with them; before them comes the state, which keeps how the turn found it: the
/// platform hands it back with the answers, having noted in it what its tools have done. The request that says
/// the words first sends the state that the turn leaves behind, so that an utterance cut off halfway loses nothing
/// that was heard.
///
/// Booking expects of the tool `book_appointment` that `cancel` leaves a held slot alone: an appointment is moved by
/// holding the new time, cancelling the old one and booking.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScriptedChatModel;

impl ScriptedChatModel {
    /// What is written on its utterances.
    pub const NAME: &'static str = "scripted";

    /// The model.
    pub const fn new() -> Self {
        Self
    }
}

#[async_trait]
impl ChatModel for ScriptedChatModel {
    fn name(&self) -> String {
        Self::NAME.to_owned()
    }

    async fn stream(&self, request: ChatRequest) -> Result<ChatStream> {
        Ok(stream::iter(answer(&request, understand)).map(Ok).boxed())
    }
}

/// The chunks that answer a request.
fn answer(request: &ChatRequest, understand: fn(&str, &Hearing) -> Understanding) -> Vec<ChatChunk> {
    let reading = Reading::of(&request.messages);
    let brief = request.brief.as_ref();
    if reading.is_ended() {
        return Vec::new();
    }
    let tools: Vec<ToolKind> = request.tools.iter().filter_map(|tool| tool.name.parse().ok()).collect();
    let decision = decide(&reading, brief, &tools, understand);
    chunks(decision, brief, &reading)
}

/// A dialogue as far as a turn needs it.
struct Reading<'a> {
    /// The visitor's words of this turn.
    words: Option<&'a str>,
    /// The assistant has spoken before this turn.
    spoken: bool,
    /// The assistant has spoken in this turn.
    spoken_now: bool,
    /// Utterances up to this turn's.
    said: usize,
    /// Tells this dialogue up to here from every other, also where the platform shows only its end.
    mark: u64,
    /// Tools of this turn.
    exchanges: Vec<Exchange<'a>>,
}

impl<'a> Reading<'a> {
    fn of(messages: &'a [ChatMessage]) -> Self {
        let by = |message: &ChatMessage, wanted: Speaker| matches!(message, ChatMessage::Said { speaker, .. } if *speaker == wanted);
        let is_said = |message: &ChatMessage| matches!(message, ChatMessage::Said { .. });
        let last_user = messages.iter().rposition(|message| by(message, Speaker::User));
        // The turn is the visitor's unless somebody has answered since, with nothing left to do.
        let open = messages.last().is_some_and(|last| !is_said(last) || by(last, Speaker::User));
        let user = last_user.filter(|_| open);
        let start = user.map_or_else(|| messages.iter().rposition(is_said).map_or(0, |at| at + 1), |at| at + 1);
        let (before, now) = messages.split_at(start);
        let exchanges = now.iter().filter_map(|message| match message {
            ChatMessage::Called(call) => {
                let answer = now.iter().find_map(|message| match message {
                    ChatMessage::Answered(answer) if answer.call_id == call.id => Some(answer),
                    _ => None,
                });
                Some(Exchange { call, answer })
            }
            _ => None,
        });
        Self {
            words: user.and_then(|at| match &messages[at] {
                ChatMessage::Said { text, .. } => Some(head(text, HEARD_MAX)),
                _ => None,
            }),
            spoken: before.iter().any(|message| by(message, Speaker::Assistant)),
            spoken_now: now.iter().any(|message| by(message, Speaker::Assistant)),
            said: before.iter().filter(|message| is_said(message)).count(),
            mark: mark(before),
            exchanges: exchanges.collect(),
        }
    }

    /// True when the goodbye of this turn has been said and nothing is left to say.
    fn is_ended(&self) -> bool {
        self.end_call().is_some_and(|call| self.spoken_now || call.id.starts_with(ScriptedChatModel::NAME))
    }

    fn end_call(&self) -> Option<&ToolCall> {
        let end = ToolKind::EndConversation.as_str();
        self.exchanges.iter().map(|exchange| exchange.call).find(|call| call.name == end)
    }
}

fn decide(
    reading: &Reading<'_>,
    brief: &Brief,
    tools: &[ToolKind],
    understand: fn(&str, &Hearing) -> Understanding,
) -> Decision {
    if reading.end_call().is_some() {
        // Another model has ended the conversation and failed before its goodbye.
        let mut state = brief.state.clone();
        state.closing = true;
        return Decision { state, acts: vec![Act::Say(Line::Farewell, Vec::new())] };
    }
    let understanding = reading.words.map(|words| understand(words, &hearing(brief)));
    let moment = match (reading.words, &understanding) {
        (Some(text), Some(understanding)) => {
            Moment::Words { heard: Heard { text, understanding }, first: !reading.spoken }
        }
        _ if brief.state.greeted || reading.spoken => Moment::Resuming,
        _ => Moment::Opening,
    };
    dialogue::decide(brief, tools, moment, &reading.exchanges)
}

/// What understanding depends on besides the words.
pub(super) fn hearing(brief: &Brief) -> Hearing {
    let state = &brief.state;
    let topic = || {
        let key = state.question.as_deref()?;
        state.questions.iter().find(|question| question.key == key).map(|question| question.topic)
    };
    let asked = match state.expecting {
        Some(Expecting::Answer) => topic().map_or(Asked::Open, Asked::Topic),
        Some(Expecting::Slot) => Asked::Slot,
        Some(Expecting::BookingConfirmation | Expecting::CancelConfirmation) => Asked::Confirm,
        Some(Expecting::CorrectionConfirmation | Expecting::Nothing) | None => Asked::Open,
    };
    Hearing {
        language: brief.language,
        asked,
        now: brief.now,
        time_zone: brief.time_zone,
        region: brief.region.clone(),
    }
}

/// A decision as a stream's chunks: the state, the words one by one, the tools.
fn chunks(decision: Decision, brief: &Brief, reading: &Reading<'_>) -> Vec<ChatChunk> {
    let text = dialogue::speech(&decision.acts, brief, reading.said.div_ceil(2));
    let mut chunks = vec![ChatChunk::State(Box::new(decision.state))];
    chunks.extend(text.split_inclusive(' ').map(|word| ChatChunk::Text(word.to_owned())));
    let tools = decision.acts.into_iter().filter_map(|act| match act {
        Act::Use(tool, arguments) => Some((tool, arguments)),
        Act::Say(..) | Act::Tell(_) | Act::Ask(_) => None,
    });
    for (number, (tool, arguments)) in tools.enumerate() {
        let number = reading.exchanges.len() + number;
        let id = format!("{}-{}-{:016x}-{number}", ScriptedChatModel::NAME, reading.said, reading.mark);
        chunks.push(ChatChunk::Tool(ToolCall { id, name: tool.as_str().to_owned(), arguments }));
    }
    chunks
}

/// The beginning of a text, cut between characters.
fn head(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// A hash of what was said (FNV-1a).
fn mark(messages: &[ChatMessage]) -> u64 {
    let said = messages.iter().filter_map(|message| match message {
        ChatMessage::Said { text, .. } => Some(text.as_bytes()),
        _ => None,
    });
    said.flat_map(|text| text.iter().copied().chain([0xff]))
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests;
