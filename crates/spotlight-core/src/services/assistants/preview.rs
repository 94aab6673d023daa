//! Trying an assistant out: what it would say, and how it sounds. Nothing of it is stored but what it cost.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use chrono_tz::Tz;
use futures::StreamExt;
use spotlight_derive::RedactedDebug;
use tokio::time::{Instant, timeout};

use super::AssistantService;
use crate::{
    domain::{
        AssistantId, UsageId,
        assistant::{Assistant, Language},
        billing::{Meter, Usage},
        conversation::{DialogueState, Speaker},
        organization::Organization,
        scoring::Criteria,
        user::{Role, Scope},
    },
    error::{Error, ErrorKind, Result, Violations},
    ports::{Brief, ChatChunk, ChatMessage},
    scripted::understanding::{Asked, Hearing},
    services::{Context, billing, kept::known, turn},
};

/// Longest wait for an answer or a sound as a whole.
const PATIENCE: Duration = Duration::from_secs(25);
/// Most characters of a sample.
pub const MAX_SAMPLE: usize = 300;
/// Most bytes of a sample's sound.
const MAX_SOUND: usize = 4 * 1024 * 1024;

/// What a visitor could say.
#[derive(RedactedDebug, Clone, Default)]
pub struct PreviewInput {
    /// The words, 1 to 4000 characters; without them the assistant speaks first.
    pub text: Option<String>,
    /// What is spoken; the assistant's language unless given.
    pub language: Option<Language>,
    /// The visitor's zone; the organization's unless given.
    pub time_zone: Option<Tz>,
}

/// What an assistant would say.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The words.
    pub text: String,
    /// Tools it would use; none was run.
    pub tools: Vec<String>,
    /// What said it: a model's name, or `scripted`.
    pub model: String,
    /// Milliseconds to its first word; none when it said nothing.
    pub response_ms: Option<u32>,
}

impl AssistantService {
    /// What the assistant would say to a visitor's first words. No conversation, lead or utterance is stored, and no tool
    /// runs; an assistant that is switched off can be tried too. The tokens of the model are metered.
    ///
    /// # Errors
    /// `NotFound`, `Validation`; those of the model.
    pub async fn preview(&self, ctx: &Context, id: AssistantId, input: PreviewInput) -> Result<Preview> {
        ctx.require(Scope::AssistantsWrite, Role::SalesRep)?;
        let mut broken = Violations::new();
        if let Some(text) = &input.text {
            broken.length("text", "Text", text, 1, turn::MAX_UTTERANCE);
        }
        broken.into_result()?;
        let assistant = self.own(ctx, id).await?;
        let organization = self.deps.read(ctx).organizations().get(ctx.organization).await?;
        let organization = organization.ok_or_else(|| Error::not_found("organization"))?;
        let (brief, said) = self.brief(ctx, assistant, &organization, input).await?;
        let request = turn::ask(brief, said);
        let (preview, tokens) = timeout(PATIENCE, self.listen(request)).await.map_err(|_| late())??;
        if tokens > 0 {
            self.meter(ctx, tokens).await?;
        }
        Ok(preview)
    }

    /// The assistant with this id, to be used and not only looked at.
    async fn own(&self, ctx: &Context, id: AssistantId) -> Result<Assistant> {
        super::visible(ctx, self.deps.read(ctx).assistants().get(ctx.organization, id).await?)
    }

    async fn brief(
        &self,
        ctx: &Context,
        assistant: Assistant,
        organization: &Organization,
        input: PreviewInput,
    ) -> Result<(Brief, Vec<ChatMessage>)> {
        let language = input.language.unwrap_or(assistant.language);
        let time_zone = input.time_zone.unwrap_or(organization.time_zone);
        let text = input.text.map(|text| text.trim().to_owned());
        let knowledge = match &text {
            None => Vec::new(),
            Some(words) => {
                let known = known(&self.deps, ctx.organization, assistant.id).await?;
                let now = self.deps.now();
                let hearing = Hearing { language, asked: Asked::Open, now, time_zone, region: None };
                turn::knowledge::rank(&known, words, &hearing)
            }
        };
        let brief = Brief {
            assistant: Arc::new(assistant),
            organization_name: organization.name.clone(),
            language,
            time_zone,
            region: None,
            now: self.deps.now(),
            state: DialogueState::default(),
            criteria: Criteria::default(),
            knowledge,
        };
        let said = text.map(|text| ChatMessage::Said { speaker: Speaker::User, text });
        Ok((brief, said.into_iter().collect()))
    }

    async fn listen(&self, request: crate::ports::ChatRequest) -> Result<(Preview, i64)> {
        let begun = Instant::now();
        let mut stream = self.deps.chat.stream(request).await?;
        let model = self.deps.chat.name();
        let (mut preview, mut tokens) =
            (Preview { text: String::new(), tools: Vec::new(), model, response_ms: None }, 0);
        while let Some(chunk) = stream.next().await {
            match chunk? {
                ChatChunk::Text(text) if text.is_empty() => {}
                ChatChunk::Text(text) => {
                    let ms = || u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
                    preview.response_ms.get_or_insert_with(ms);
                    preview.text.push_str(&text);
                }
                ChatChunk::Tool(call) => preview.tools.push(call.name),
                ChatChunk::Model(name) => preview.model = name,
                ChatChunk::Usage { input, output } => tokens += i64::from(input) + i64::from(output),
                ChatChunk::State(_) => {}
            }
        }
        preview.text.truncate(preview.text.trim_end().len());
        Ok((preview, tokens))
    }

    async fn meter(&self, ctx: &Context, tokens: i64) -> Result<()> {
        let unit = self.deps.storage.begin().await?;
        unit.usage()
            .record(&Usage {
                id: UsageId::from_uuid(self.deps.ids.uuid()),
                organization_id: ctx.organization,
                meter: Meter::ModelTokens,
                quantity: tokens,
                event_key: format!("preview:{}", self.deps.ids.uuid()),
                conversation_id: None,
                occurred_at: self.deps.now(),
                reported_at: None,
            })
            .await?;
        unit.commit().await
    }

    /// A short text in the assistant's voice: `text`, or else its greeting. The sound is in the voice's own format.
    ///
    /// # Errors
    /// `NotFound`; `Validation` for a text that is empty or has more than [`MAX_SAMPLE`] characters; `Conflict` where the
    /// deployment has no voice or the assistant none of its own; `PlanLimit` when the month's voice is used up; those of
    /// the voice.
    pub async fn voice_sample(&self, ctx: &Context, id: AssistantId, text: Option<String>) -> Result<Bytes> {
        ctx.require(Scope::AssistantsWrite, Role::SalesRep)?;
        let mut broken = Violations::new();
        if let Some(text) = &text {
            broken.length("text", "Text", text, 1, MAX_SAMPLE);
        }
        broken.into_result()?;
        let assistant = self.own(ctx, id).await?;
        let synthesizer = self
            .deps
            .synthesizer
            .as_ref()
            .ok_or_else(|| Error::conflict("this deployment has no voice; assistants answer with text"))?;
        if assistant.voice.voice_id.is_none() {
            return Err(Error::conflict("the assistant has no voice; choose one in its voice settings"));
        }
        billing::check_voice(&self.deps, ctx).await?;
        let said = text.or(assistant.greeting.clone()).unwrap_or_else(|| assistant.name.clone());
        let said: String = said.trim().chars().take(MAX_SAMPLE).collect();
        let spoken = async {
            let mut sound = synthesizer.speak(&said, assistant.language, &assistant.voice).await?;
            let mut gathered = BytesMut::new();
            while let Some(part) = sound.next().await {
                gathered.extend_from_slice(&part?);
                if gathered.len() > MAX_SOUND {
                    return Err(Error::new(ErrorKind::Unavailable, "the voice speaks without end"));
                }
            }
            Ok(gathered.freeze())
        };
        timeout(PATIENCE, spoken).await.map_err(|_| late())?
    }
}

fn late() -> Error {
    Error::new(ErrorKind::Timeout, "the answer took too long")
}
