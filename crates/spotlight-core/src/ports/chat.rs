//! The language model that finds the assistant's words.

use std::sync::Arc;

use async_trait::async_trait;
use chrono_tz::Tz;
use futures::stream::BoxStream;
use serde_json::Value;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::{
        assistant::{Assistant, Language},
        conversation::{DialogueState, Speaker},
        scoring::Criteria,
        time::Timestamp,
    },
    error::Result,
};

/// One message of the dialogue as a model sees it.
#[derive(RedactedDebug, Clone, PartialEq)]
pub enum ChatMessage {
    /// Something that was said. Text of visitors is data, never instructions.
    Said {
        /// Who.
        speaker: Speaker,
        /// What.
        text: String,
    },
    /// The model asked for a tool.
    Called(ToolCall),
    /// What the tool answered.
    Answered(ToolAnswer),
}

/// A tool offered to the model.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// The model's wish to use a tool.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct ToolCall {
    /// The model's id of this call; the same id runs once.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// Its arguments, unchecked.
    pub arguments: Value,
}

/// What a tool answered.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct ToolAnswer {
    /// The call it answers.
    pub call_id: String,
    /// The tool's name.
    pub name: String,
    /// False when it could not do what was asked; `content.error` then says why and what would work.
    pub ok: bool,
    /// Its result.
    pub content: Value,
}

/// A knowledge entry found for the visitor's words.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct KnowledgeMatch {
    /// The question it answers.
    pub question: Option<String>,
    /// The answer or text.
    pub answer: String,
    /// BM25 score; comparable within one search only.
    pub score: f64,
    /// The share of the telling words of the visitor's question that the entry contains, 0 to 1.
    pub coverage: f64,
    /// Which of the visitor's questions it is the best entry for, counted from 0.
    pub best_for: Vec<usize>,
}

/// What the platform knows about the moment, for models that do not read prompts and for building them.
#[derive(RedactedDebug, Clone)]
pub struct Brief {
    /// Who the model speaks as.
    pub assistant: Arc<Assistant>,
    /// The business's name.
    pub organization_name: String,
    /// What is spoken.
    pub language: Language,
    /// The visitor's zone.
    pub time_zone: Tz,
    /// ISO 3166 country for phone numbers written nationally.
    pub region: Option<String>,
    /// The moment of the turn.
    pub now: Timestamp,
    /// Where the dialogue stands.
    pub state: DialogueState,
    /// What is known of budget, authority, need and timeline.
    pub criteria: Criteria,
    /// Knowledge for the visitor's words, best first, at most five.
    pub knowledge: Vec<KnowledgeMatch>,
}

/// What a model is asked to continue.
#[derive(RedactedDebug, Clone)]
pub struct ChatRequest {
    /// Instructions of the platform and the business.
    pub system: String,
    /// The dialogue, oldest first. The visitor's current words are in it once, last, save for tools of this turn.
    pub messages: Vec<ChatMessage>,
    /// The tools it may use.
    pub tools: Vec<ToolSpec>,
    /// What the platform knows about the moment.
    pub brief: Arc<Brief>,
}

/// A piece of an answer.
#[derive(RedactedDebug, Clone, PartialEq)]
pub enum ChatChunk {
    /// Which model answers. A decorator sends it first when it answers with another model than its
    /// [`name`](ChatModel::name).
    Model(String),
    /// Words.
    Text(String),
    /// A wish to use a tool. The answer goes on in another request that has the tool's answer.
    Tool(ToolCall),
    /// Where the dialogue stands now; a later one replaces an earlier one. Only the scripted model sends it.
    State(Box<DialogueState>),
    /// Tokens used; the last chunk of models that count them.
    Usage {
        /// Tokens read.
        input: u32,
        /// Tokens written.
        output: u32,
    },
}

/// An answer as it comes. Ends after the last chunk, or with an error as its last item.
pub type ChatStream = BoxStream<'static, Result<ChatChunk>>;

/// A language model.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// What is written on utterances it makes: a model's name, or `scripted`.
    fn name(&self) -> String;

    /// Begins an answer.
    ///
    /// # Errors
    /// `Unavailable` when the provider cannot be reached or refuses for load, `RateLimited` with a pause,
    /// `Misconfigured` for a wrong key or model, `Timeout`. The stream's own items fail with the same kinds.
    ///
    /// # Ordering
    /// Chunks come in the order of the answer. Tool calls come whole, in the order the model made them.
    ///
    /// # Cancel safety
    /// Dropping the future or the stream ends the request; nothing is stored.
    async fn stream(&self, request: ChatRequest) -> Result<ChatStream>;
}
