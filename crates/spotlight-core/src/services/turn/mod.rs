//! One turn: the visitor speaks, the assistant answers.
//!
//! The turn runs in a task of its own, so that a caller who goes away cannot leave it half done: the task sees that
//! nobody listens, keeps what was heard, runs no further tool, and stores the rest. No unit of work is open while a
//! model, a voice or a listener is awaited.

mod answer;
mod barge_in;
mod events;
pub(crate) mod knowledge;
mod lease;
mod prompt;
mod sentences;
mod store;
mod tools;
mod voice;

use serde::{Deserialize, Serialize};
use serde_json::json;
use spotlight_derive::RedactedDebug;
use tracing::Instrument;

pub(crate) use self::prompt::ask;
use self::{answer::Answering, lease::TurnLease};
pub use self::{
    barge_in::cuts_off,
    events::{TurnEvent, TurnStream},
};
use super::{
    Context, billing,
    conversations::{Utterance, append},
    deps::Deps,
};
use crate::{
    domain::{
        ConversationId,
        assistant::Assistant,
        audit::Actor,
        conversation::{Conversation, Speaker, Transcript},
        organization::{Organization, StorageMode},
        time::Timestamp,
    },
    error::{Error, Result, Violations},
    jobs::{analysis::AnalyzeConversation, leave},
    ports::{Scene, UnitOfWork},
    scripted::{
        understand::understand,
        understanding::{Asked, Hearing},
    },
    trace::carried,
};

/// Most characters of one utterance.
pub(crate) const MAX_UTTERANCE: usize = 4000;
/// Utterances of the past that a model is shown.
const HISTORY: u32 = 40;

/// What the visitor said.
#[derive(RedactedDebug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TurnInput {
    /// The words, 1 to 4000 characters.
    pub text: String,
    /// ISO 3166 country for phone numbers written nationally.
    pub region: Option<String>,
    /// The visitor's zone, when it has changed or is known now.
    pub time_zone: Option<chrono_tz::Tz>,
    /// Answer with sound too.
    pub voice: bool,
    /// How sure the recogniser was, 0 to 1, when it was spoken.
    pub confidence: Option<f64>,
    /// Seconds it took to say.
    pub duration_s: Option<f64>,
}

impl TurnInput {
    /// The words alone.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Every rule that it breaks.
    pub(super) fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        broken.length("text", "Text", &self.text, 1, MAX_UTTERANCE);
        if let Some(region) = &self.region
            && !(region.len() == 2 && region.bytes().all(|b| b.is_ascii_alphabetic()))
        {
            broken.add("region", "format", "Region must be a two-letter country code");
        }
        if self.confidence.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
            broken.add("confidence", "range", "Confidence must be 0 to 1");
        }
        if self.duration_s.is_some_and(|value| !(0.0..=3600.0).contains(&value)) {
            broken.add("duration_s", "range", "Duration must be 0 to 3600 seconds");
        }
        broken.into_result()
    }

    /// The words as said, before anything is taken out for storage.
    fn words(&self) -> &str {
        self.text.trim()
    }
}

/// Where the words of a turn come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    /// The caller gave them.
    Given,
    /// They were recognised here.
    Recognized,
}

/// Stores what the visitor said and begins the answer.
pub(crate) async fn run(
    deps: Deps,
    ctx: Context,
    id: ConversationId,
    mut input: TurnInput,
    words: Words,
) -> Result<TurnStream> {
    input.validate()?;
    if words == Words::Given && matches!(ctx.actor, Actor::Visitor(_)) {
        (input.confidence, input.duration_s) = (None, None);
    }
    let scope = format!("turn:{id}");
    // Which utterance it is that was said before, with the same key.
    let mut earlier = None;
    let mut tries = answer::Tries::default();
    loop {
        let refused = match hear(&deps, &ctx, id, &input, &scope, earlier).await {
            Err(error) => error,
            Ok(Heard::Now { conversation, said, lease, business }) => {
                return Ok(begin(deps, ctx, conversation, Some(said), input, (lease, business)));
            }
            Ok(Heard::Before(seq)) => {
                let replayed = replay(&deps, &ctx, id, seq).await?;
                return replayed.ok_or_else(|| Error::not_found("transcript"));
            }
        };
        // A repeated turn is always refused at first: it cannot note its answer, if nothing else.
        if earlier.is_none() {
            let answer = deps.replay(&ctx, &scope, &input).await?;
            earlier = answer.and_then(|answer| answer["seq"].as_i64());
            if let Some(seq) = earlier {
                match replay(&deps, &ctx, id, seq).await? {
                    Some(replayed) => return Ok(replayed),
                    None => continue,
                }
            }
        }
        if !tries.again(&refused) {
            return Err(refused);
        }
    }
}

/// What became of the visitor's words.
#[expect(clippy::large_enum_variant, reason = "made once a turn and taken apart at once")]
enum Heard {
    /// They are stored, and the turn is this one's.
    Now { conversation: Conversation, said: Transcript, lease: TurnLease, business: Business },
    /// They were stored before under this number, and nothing is left to answer.
    Before(i64),
}

/// What the unit that began the turn read of the business, so that the answer need not read it again. Never from a
/// cache: whether the assistant is on, and what of the visitor's words may be stored, is as it stands at that moment.
#[derive(Default)]
pub(super) struct Business {
    pub(super) assistant: Option<Assistant>,
    pub(super) organization: Option<Organization>,
}

/// Takes the turn and stores the visitor's words, in one unit.
async fn hear(
    deps: &Deps,
    ctx: &Context,
    id: ConversationId,
    input: &TurnInput,
    scope: &str,
    earlier: Option<i64>,
) -> Result<Heard> {
    let unit = deps.storage.begin().await?;
    let Some(seq) = earlier else { return hear_first(deps, ctx, unit, id, input, scope).await };
    let lease = TurnLease::acquire(&*unit, id).await?;
    // Read under the lease: nothing below would notice that somebody has answered meanwhile.
    let scene = unit.conversations().scene(ctx.organization, id).await?;
    let Scene { conversation, lead_is_gone, .. } = scene.ok_or_else(|| Error::not_found("conversation"))?;
    if lead_is_gone {
        return Err(has_ended());
    }
    // The first of the two may have answered, or the team ended the conversation, just before the turn was free. Dropping
    // the unit gives the turn back.
    if conversation.last_seq > seq || conversation.status.is_final() {
        return Ok(Heard::Before(seq));
    }
    // The server stopped between the visitor's words and the answer: go on from there.
    let stored = unit.transcripts().list(ctx.organization, id, seq - 1, 1).await?;
    let said = stored.into_iter().next().ok_or_else(|| Error::not_found("transcript"))?;
    unit.commit().await?;
    Ok(Heard::Now { conversation, said, lease, business: Business::default() })
}

/// Takes the turn and stores words that were not said before, in one unit.
async fn hear_first(
    deps: &Deps,
    ctx: &Context,
    unit: Box<dyn UnitOfWork>,
    id: ConversationId,
    input: &TurnInput,
    scope: &str,
) -> Result<Heard> {
    // Whoever may not see the conversation is not told that somebody speaks in it. Should it be another one by the time
    // the turn is taken, it is met at another version.
    let scene = unit.conversations().scene(ctx.organization, id).await?;
    let scene = scene.ok_or_else(|| Error::not_found("conversation"))?;
    let lease = TurnLease::acquire(&*unit, id).await?;
    let Scene { mut conversation, lead_is_gone, assistant, organization } = scene;
    if lead_is_gone || conversation.status.is_final() {
        return Err(has_ended());
    }
    if input.time_zone.is_some() {
        conversation.time_zone = input.time_zone;
    }
    let assistant = check_answers(&conversation, assistant)?;
    conversation.waiting_since = None;
    let now = deps.now();
    let utterance = Utterance {
        confidence: input.confidence,
        duration_s: input.duration_s,
        names: names_in(&organization, &conversation, input, now),
        ..Utterance::of(Speaker::User, input.words())
    };
    let said = append(deps, &*unit, ctx, &organization, &mut conversation, utterance, now).await?;
    billing::record_voice(deps, &*unit, &said).await?;
    deps.remember(&*unit, ctx, scope, input, json!({ "seq": said.seq })).await?;
    unit.commit().await?;
    let business = Business { assistant, organization: Some(organization) };
    Ok(Heard::Now { conversation, said, lease, business })
}

/// Gives the assistant that answers. Refuses a turn of one that is switched off, unless a person of the team speaks in
/// its place.
fn check_answers(conversation: &Conversation, assistant: Assistant) -> Result<Option<Assistant>> {
    if conversation.taken_over_by.is_some() {
        return Ok(None);
    }
    let active = Some(assistant).filter(|assistant| assistant.active);
    active.map(Some).ok_or_else(|| Error::conflict("the assistant is switched off"))
}

fn has_ended() -> Error {
    Error::conflict("the conversation has ended; open a new one")
}

/// Names that the visitor's words bring, where the organization wants none stored: what is noted of them comes too late
/// for the words themselves.
fn names_in(
    organization: &Organization,
    conversation: &Conversation,
    input: &TurnInput,
    now: Timestamp,
) -> Vec<String> {
    if organization.storage_mode != StorageMode::EverythingExceptPii {
        return Vec::new();
    }
    let state = &conversation.state;
    let open = state.question.as_ref().and_then(|key| state.questions.iter().find(|question| question.key == *key));
    let hearing = Hearing {
        language: conversation.language,
        asked: open.map_or(Asked::Open, |question| Asked::Topic(question.topic)),
        now,
        time_zone: conversation.time_zone.unwrap_or(organization.time_zone),
        region: input.region.clone(),
    };
    let understood = understand(input.words(), &hearing);
    understood.name.into_iter().chain(understood.company).collect()
}

/// Lets the assistant speak first.
pub(crate) async fn greet(deps: Deps, ctx: Context, id: ConversationId) -> Result<TurnStream> {
    let unit = deps.storage.begin().await?;
    let lease = TurnLease::acquire(&*unit, id).await?;
    let scene = unit.conversations().scene(ctx.organization, id).await?;
    let Scene { conversation, lead_is_gone, assistant, organization } =
        scene.ok_or_else(|| Error::not_found("conversation"))?;
    if conversation.status.is_final() || conversation.last_seq > 0 || lead_is_gone {
        return Err(Error::conflict("the conversation has begun already"));
    }
    let business = Business { assistant: check_answers(&conversation, assistant)?, organization: Some(organization) };
    unit.commit().await?;
    Ok(begin(deps, ctx, conversation, None, TurnInput::default(), (lease, business)))
}

fn begin(
    deps: Deps,
    ctx: Context,
    conversation: Conversation,
    said: Option<Transcript>,
    input: TurnInput,
    begun: (TurnLease, Business),
) -> TurnStream {
    let (outlet, stream) = events::channel();
    let tasks = deps.tasks.clone();
    let answering = Answering::new(deps, ctx, conversation, said, input, begun);
    // What it leaves behind, and what it logs, belongs to the request that it answers.
    tasks.spawn(carried(answering.run(outlet)).in_current_span());
    stream
}

/// The events of a turn that has finished before; `None` while it has no answer yet.
async fn replay(deps: &Deps, ctx: &Context, id: ConversationId, seq: i64) -> Result<Option<TurnStream>> {
    let repos = deps.read(ctx);
    let stored = repos.transcripts().list(ctx.organization, id, seq - 1, 2).await?;
    let conversation = repos.conversations().get(ctx.organization, id).await?;
    let Some(conversation) = conversation else { return Ok(None) };
    let mut stored = stored.into_iter();
    let (said, answer) = (stored.next(), stored.next());
    let answer = answer.filter(|answer| answer.speaker == Speaker::Assistant);
    let goes_on = conversation.taken_over_by.is_none() && !conversation.status.is_final();
    if answer.is_none() && goes_on && conversation.last_seq <= seq {
        return Ok(None);
    }
    let mut events: Vec<Result<TurnEvent>> = said.into_iter().map(|said| Ok(TurnEvent::Transcript(said))).collect();
    if let Some(answer) = &answer {
        events.push(Ok(TurnEvent::Token(answer.content.clone())));
    }
    events.push(Ok(TurnEvent::Done { utterance: answer, status: conversation.status }));
    Ok(Some(Box::pin(futures::stream::iter(events))))
}

/// What a finished turn leaves to a job.
pub(crate) async fn follow_up(unit: &dyn UnitOfWork, conversation: &Conversation) -> Result<()> {
    leave(unit, &AnalyzeConversation::new(conversation, None)).await
}
