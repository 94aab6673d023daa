//! Conversations, what was said in them, and hand-off to a person.

use chrono::Duration;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use spotlight_derive::RedactedDebug;

use super::{
    assistant::{Language, Topic},
    contact::{Email, Phone},
    id::{AssistantId, ConversationId, HandOffId, LeadId, OrganizationId, TranscriptId, UserId},
    macros::words,
    money::Money,
    scoring::{Criteria, Reason},
    time::Timestamp,
};
use crate::error::{Error, Result};

words! {
    /// How the visitor talks to us.
    Channel, "source" {
        /// A call.
        Phone = "phone",
        /// A form or page of the website.
        Web = "web",
        /// The chat widget.
        Chat = "chat",
        /// Text messages.
        Sms = "sms",
        /// E-mail.
        Email = "email",
    }
}

words! {
    /// Where a conversation stands.
    ConversationStatus, "status" {
        /// Going on.
        Active = "active",
        /// Suspended.
        Paused = "paused",
        /// Ended by one of the two. Final.
        Completed = "completed",
        /// Ended by silence. Final.
        Abandoned = "abandoned",
    }
}

impl ConversationStatus {
    /// The statuses a conversation may move to from here.
    pub const fn allowed(self) -> &'static [Self] {
        match self {
            Self::Active => &[Self::Paused, Self::Completed, Self::Abandoned],
            Self::Paused => &[Self::Active, Self::Completed, Self::Abandoned],
            Self::Completed | Self::Abandoned => &[],
        }
    }

    /// True once it has ended.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Abandoned)
    }
}

words! {
    /// How something was said.
    Sentiment, "sentiment" {
        /// Pleased.
        Positive = "positive",
        /// Neither.
        Neutral = "neutral",
        /// Displeased.
        Negative = "negative",
    }
}

impl Sentiment {
    /// The word for a value of -1 to 1: beyond ±0.05 it is not neutral, the convention of VADER.
    pub fn of(value: f64) -> Self {
        if value >= 0.05 {
            Self::Positive
        } else if value <= -0.05 {
            Self::Negative
        } else {
            Self::Neutral
        }
    }
}

/// Minutes of silence after which a conversation is abandoned.
pub const ABANDON_AFTER_MIN: i64 = 30;
/// Minutes after which a conversation is long enough to need attention.
pub const LONG_AFTER_MIN: i64 = 30;
/// Minutes an assistant's question may wait before the conversation needs attention.
pub const UNANSWERED_AFTER_MIN: i64 = 5;
/// Mean sentiment below which a conversation needs attention.
pub const UNHAPPY_BELOW: f64 = -0.3;

/// A visitor and an assistant.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct Conversation {
    /// Identity.
    pub id: ConversationId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Who is talking to us.
    pub lead_id: LeadId,
    /// Who answers.
    pub assistant_id: AssistantId,
    /// How.
    pub source: Channel,
    /// Where it stands.
    pub status: ConversationStatus,
    /// What is spoken.
    pub language: Language,
    /// The visitor's zone, when known.
    pub time_zone: Option<Tz>,
    /// 0 to 100, once analysed.
    pub score: Option<u8>,
    /// Why.
    pub score_reasons: Vec<Reason>,
    /// Budget, authority, need, timeline, as far as this conversation shows.
    pub criteria: Criteria,
    /// Mean over the visitor's utterances.
    pub sentiment: Option<Sentiment>,
    /// The mean itself, -1 to 1.
    pub sentiment_value: Option<f64>,
    /// What was talked about, in a few sentences.
    pub summary: Option<String>,
    /// Words that stand out, most telling first.
    pub keywords: Vec<String>,
    /// How it ended, as the assistant or a person put it.
    pub outcome: Option<String>,
    /// May it be recorded?
    pub recording_consent: Option<bool>,
    /// The recording; a key in the file store.
    pub audio_file: Option<String>,
    /// The telephony provider's id of the call.
    pub external_call_id: Option<String>,
    /// The person who has taken over; while set, the assistant is silent.
    pub taken_over_by: Option<UserId>,
    /// What the assistant knows about where it stands.
    pub state: DialogueState,
    /// Utterances so far; the next has this number plus one.
    pub last_seq: i64,
    /// When it began.
    pub started_at: Timestamp,
    /// When either last said something.
    pub last_activity_at: Timestamp,
    /// Since when the assistant waits for an answer.
    pub waiting_since: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts changes from 1.
    pub version: i64,
}

impl Conversation {
    /// Moves to another status; a final one sets the end. The same status again changes nothing.
    ///
    /// # Errors
    /// [`Conflict`](crate::error::ErrorKind::Conflict) for a move that is not allowed, naming those that are.
    pub fn move_to(&mut self, status: ConversationStatus, now: Timestamp) -> Result<()> {
        if status == self.status {
            return Ok(());
        }
        let allowed = self.status.allowed();
        if !allowed.contains(&status) {
            let names: Vec<_> = allowed.iter().map(|s| s.as_str()).collect();
            let names = if names.is_empty() { "nothing, it is final".to_owned() } else { names.join(", ") };
            return Err(Error::conflict(format!(
                "A {} conversation cannot become {status}; allowed: {names}",
                self.status
            )));
        }
        self.status = status;
        if status.is_final() {
            self.ended_at = Some(now.max(self.started_at));
            self.waiting_since = None;
        }
        Ok(())
    }

    /// Whole seconds from start to end; none while it goes on.
    pub fn duration_s(&self) -> Option<i64> {
        self.ended_at.map(|end| (end - self.started_at).num_seconds())
    }

    /// Unhappy, long, or waiting for an answer.
    ///
    /// Storage finds conversations by the same rule, to the microsecond.
    pub fn needs_attention(&self, now: Timestamp) -> bool {
        let open = !self.status.is_final();
        self.sentiment_value.is_some_and(|value| value < UNHAPPY_BELOW)
            || self.ended_at.unwrap_or(now) - self.started_at > Duration::minutes(LONG_AFTER_MIN)
            || (open && self.waiting_since.is_some_and(|at| now - at >= Duration::minutes(UNANSWERED_AFTER_MIN)))
    }

    /// True when silence has ended it.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        !self.status.is_final() && (now - self.last_activity_at).num_minutes() >= ABANDON_AFTER_MIN
    }
}

words! {
    /// What the assistant expects the visitor's next words to be about.
    Expecting, "expecting" {
        /// Nothing in particular.
        Nothing = "nothing",
        /// The answer to a qualification question.
        Answer = "answer",
        /// Which of the offered times suits.
        Slot = "slot",
        /// Yes or no to booking the held time.
        BookingConfirmation = "booking_confirmation",
        /// What is to be corrected, after that was asked.
        CorrectionConfirmation = "correction_confirmation",
        /// Yes or no to calling the appointment off.
        CancelConfirmation = "cancel_confirmation",
    }
}

/// What one question has brought so far.
#[derive(RedactedDebug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuestionState {
    /// The question's key.
    pub key: String,
    /// What it finds out.
    pub topic: Topic,
    /// How often it was asked; never above two.
    pub asked: u8,
    /// The visitor's words that answered it.
    pub answer: Option<String>,
    /// The visitor refused, or it was asked twice without an answer.
    pub closed: bool,
}

/// A time offered to the visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedSlot {
    /// When it starts.
    pub starts_at: Timestamp,
    /// Whose time.
    pub host_id: UserId,
}

/// What the visitor has said about themselves in this conversation.
///
/// The assistant speaks from these and never from the lead, which may hold more than this visitor should hear.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Given {
    /// Their name.
    pub name: Option<String>,
    /// Their e-mail.
    pub email: Option<Email>,
    /// Their phone.
    pub phone: Option<Phone>,
    /// Their company.
    pub company: Option<String>,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given")
            .field("name", &self.name.is_some())
            .field("email", &self.email.is_some())
            .field("phone", &self.phone.is_some())
            .field("company", &self.company.is_some())
            .finish()
    }
}

/// Where a dialogue stands. Stored with the conversation, so that it goes on after a restart or another day.
#[derive(RedactedDebug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DialogueState {
    /// The assistant has greeted.
    pub greeted: bool,
    /// What the visitor has said about themselves here.
    pub given: Given,
    /// The lead was made for this conversation, so what it holds came from this visitor.
    pub owns_lead: bool,
    /// What comes next.
    pub expecting: Option<Expecting>,
    /// The key of the question that waits for an answer.
    pub question: Option<String>,
    /// What each question has brought.
    pub questions: Vec<QuestionState>,
    /// Times offered last.
    pub offered: Vec<OfferedSlot>,
    /// How often times were offered.
    pub offers: u8,
    /// The slot that is held while the visitor decides.
    pub held: Option<OfferedSlot>,
    /// An appointment was booked in this conversation.
    pub booked: bool,
    /// The visitor does not want an appointment.
    pub booking_refused: bool,
    /// The budget as said.
    pub budget: Option<Money>,
    /// Questions in a row that found no answer.
    pub unanswered: u32,
    /// Abusive utterances so far.
    pub abuse: u8,
    /// Utterances in a row that brought nothing.
    pub stalled: u8,
    /// How often it was asked what is to be corrected; never above two.
    pub corrections: u8,
    /// Things refused in a row. Who refuses several is left in peace.
    pub refusals: u8,
    /// The visitor said goodbye or asked to stop.
    pub closing: bool,
    /// The state as the turn found it, between the requests of one turn only: never stored.
    #[serde(skip)]
    pub turn_began: Option<Box<DialogueState>>,
}

words! {
    /// Who speaks.
    Speaker, "speaker" {
        /// The visitor.
        User = "user",
        /// The assistant.
        Assistant = "assistant",
        /// A person of the team.
        HumanAgent = "human_agent",
        /// The platform.
        System = "system",
    }
}

/// A tool the assistant used, as kept with its utterance.
#[derive(RedactedDebug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolUse {
    /// The model's id of the call; the same id runs once.
    pub call_id: String,
    /// The tool's name.
    pub name: String,
    /// True when it did what was asked.
    pub ok: bool,
    /// What the model was told, without personal data.
    pub result: String,
}

/// One utterance. Appended, never changed, save by erasure, retention and analysis of its sentiment.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct Transcript {
    /// Identity.
    pub id: TranscriptId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Where it was said.
    pub conversation_id: ConversationId,
    /// Its place: 1, 2, 3 … without a gap.
    pub seq: i64,
    /// Who.
    pub speaker: Speaker,
    /// What; only what was delivered.
    pub content: String,
    /// How.
    pub sentiment: Option<Sentiment>,
    /// -1 to 1.
    pub sentiment_value: Option<f64>,
    /// How sure the scorer or recogniser was, 0 to 1.
    pub confidence: Option<f64>,
    /// Seconds from the start of the conversation.
    pub offset_s: f64,
    /// Seconds it took, when spoken.
    pub duration_s: Option<f64>,
    /// Words that stand out.
    pub keywords: Vec<String>,
    /// Tools used while saying it.
    pub tools: Vec<ToolUse>,
    /// What produced it: a model's name, `scripted`, or none for people.
    pub model: Option<String>,
    /// Milliseconds from the visitor's words to the first of this answer.
    pub response_ms: Option<u32>,
    /// The visitor cut it off; `content` ends at the last part delivered.
    pub interrupted: bool,
    /// When it was said.
    pub created_at: Timestamp,
}

words! {
    /// Where a hand-off stands.
    HandOffStatus, "status" {
        /// A person was asked for.
        Requested = "requested",
        /// A person has said yes.
        Accepted = "accepted",
        /// A person is talking.
        Human = "human",
        /// Nobody came in time.
        Expired = "expired",
        /// The assistant goes on.
        Assistant = "assistant",
    }
}

impl HandOffStatus {
    /// Whether somebody is waited for or there.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Accepted | Self::Human)
    }

    /// The statuses a hand-off may move to from here.
    pub const fn allowed(self) -> &'static [Self] {
        match self {
            Self::Requested => &[Self::Accepted, Self::Expired],
            Self::Accepted => &[Self::Human, Self::Expired],
            Self::Human | Self::Expired => &[Self::Assistant],
            Self::Assistant => &[],
        }
    }
}

/// A request for a person, and what came of it.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct HandOff {
    /// Identity.
    pub id: HandOffId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Where it stands.
    pub status: HandOffStatus,
    /// Why a person was asked for, without personal data.
    pub reason: String,
    /// Who accepted.
    pub accepted_by: Option<UserId>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it expires without an answer.
    pub expires_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts changes from 1.
    pub version: i64,
}

impl HandOff {
    /// Moves to another status.
    ///
    /// # Errors
    /// [`Conflict`](crate::error::ErrorKind::Conflict) for a move that is not allowed.
    pub fn move_to(&mut self, status: HandOffStatus) -> Result<()> {
        if !self.status.allowed().contains(&status) {
            return Err(Error::conflict(format!("A hand-off that is {} cannot become {status}", self.status)));
        }
        self.status = status;
        Ok(())
    }
}
