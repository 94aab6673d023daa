//! Conversations, what is said in them, and the events of a turn.

use chrono_tz::Tz;
use spotlight_core::{
    domain::{
        AssistantId, LeadId,
        assistant::Language,
        conversation::{Channel, Conversation, ConversationStatus, Sentiment, Speaker, ToolUse, Transcript},
        scoring::{Criteria, Reason},
        time::Timestamp,
    },
    services::{
        conversations::{ConversationPatch, NewConversation},
        public::NewVisit,
        turn::TurnInput,
    },
};

use crate::{
    input::{Real, Text, input},
    output::{Attributes, Relation, Resource, described, output},
};

input! {
    /// A new conversation.
    NewConversationInput {
        /// Who answers.
        required assistant_id: AssistantId,
        /// Who talks to us; a visitor nobody knows yet when absent.
        nullable lead_id: LeadId,
        /// How; `chat` unless given.
        optional source: Channel,
        /// What is spoken; the assistant's language unless given.
        optional language: Language,
        /// The visitor's time zone.
        nullable time_zone: Tz,
        /// Whether it may be recorded.
        nullable recording_consent: bool,
        /// The telephony provider's id of the call; unique within the organization.
        nullable external_call_id: Text<1, 200>,
    }
}

impl From<NewConversationInput> for NewConversation {
    fn from(new: NewConversationInput) -> Self {
        Self {
            assistant_id: new.assistant_id.0,
            lead_id: new.lead_id.0.flatten(),
            source: new.source.unwrap_or(Channel::Chat),
            language: new.language,
            time_zone: new.time_zone.0.flatten(),
            recording_consent: new.recording_consent.0.flatten(),
            external_call_id: new.external_call_id.0.flatten().map(|text| text.0),
        }
    }
}

input! {
    /// A change of a conversation: what is left out stays.
    ConversationPatchInput {
        /// The new status; only some follow from the one it has.
        optional status: ConversationStatus,
        /// How it ended.
        optional outcome: Text<1, 500>,
    }
}

impl From<ConversationPatchInput> for ConversationPatch {
    fn from(patch: ConversationPatchInput) -> Self {
        Self { status: patch.status, outcome: patch.outcome.map(|text| text.0) }
    }
}

input! {
    /// How a visitor begins.
    VisitInput {
        /// What is spoken; the assistant's language unless given.
        optional language: Language,
        /// The visitor's time zone.
        nullable time_zone: Tz,
        /// Whether it may be recorded.
        nullable recording_consent: bool,
    }
}

impl From<VisitInput> for NewVisit {
    fn from(visit: VisitInput) -> Self {
        Self {
            language: visit.language,
            time_zone: visit.time_zone.0.flatten(),
            recording_consent: visit.recording_consent.0.flatten(),
        }
    }
}

input! {
    /// What the visitor says.
    TurnRequest {
        /// The words. Left out, the assistant speaks first; only before anything was said.
        optional text: Text<1, 4000>,
        /// ISO 3166 country for phone numbers written nationally.
        nullable region: Text<2, 2>,
        /// The visitor's time zone.
        nullable time_zone: Tz,
        /// Answer with sound too.
        optional voice: bool,
        /// How sure the recogniser was, when it was spoken.
        nullable confidence: Real<0, 100>,
        /// Seconds it took to say, when it was spoken.
        nullable duration_s: Real<0, 360_000>,
    }
}

impl TurnRequest {
    /// What the visitor says; none when the assistant is to speak first.
    pub(crate) fn into_input(self) -> Option<TurnInput> {
        Some(TurnInput {
            text: self.text?.0,
            region: self.region.0.flatten().map(|text| text.0),
            time_zone: self.time_zone.0.flatten(),
            voice: self.voice.unwrap_or_default(),
            confidence: self.confidence.0.flatten().map(|value| value.0),
            duration_s: self.duration_s.0.flatten().map(|value| value.0),
        })
    }
}

input! {
    /// What a person of the team says.
    SayInput {
        /// The words.
        required content: Text<1, 4000>,
    }
}

output! {
    /// A conversation.
    ConversationAttributes as "Conversation" {
        /// How the visitor talks to us.
        source: Channel,
        /// Where it stands.
        status: ConversationStatus,
        /// Where it may move from there.
        allowed_statuses: Vec<ConversationStatus>,
        /// What is spoken.
        language: Language,
        /// The visitor's time zone.
        time_zone: Option<Tz>,
        /// 0 to 100, once analysed.
        score: Option<u8>,
        /// Why.
        score_reasons: Vec<Reason>,
        /// Budget, authority, need and timeline, as far as it shows.
        criteria: Criteria,
        /// The visitor's mood.
        sentiment: Option<Sentiment>,
        /// The same as a number, -1 to 1.
        sentiment_value: Option<f64>,
        /// What was talked about.
        summary: Option<String>,
        /// Words that stand out, most telling first.
        keywords: Vec<String>,
        /// How it ended.
        outcome: Option<String>,
        /// Whether it may be recorded.
        recording_consent: Option<bool>,
        /// The telephony provider's id of the call.
        external_call_id: Option<String>,
        /// Utterances so far.
        utterances: i64,
        /// Unhappy, long, or waiting for an answer.
        needs_attention: bool,
        /// Seconds from start to end; null while it goes on.
        duration_s: Option<i64>,
        /// When it began.
        started_at: Timestamp,
        /// When either last said something.
        last_activity_at: Timestamp,
        /// When it ended.
        ended_at: Option<Timestamp>,
        /// When it last changed.
        updated_at: Timestamp,
    }
}

impl Attributes for ConversationAttributes {
    const KIND: &'static str = "conversation";
    const RELATIONS: &'static [Relation] = &[
        Relation::one("assistant", "assistant"),
        Relation::one("lead", "lead"),
        Relation::one("taken_over_by", "user"),
        Relation::many("transcripts", "transcript"),
    ];
}

/// A conversation as the team sees it at `now`.
pub(crate) fn conversation(conversation: Conversation, now: Timestamp) -> Resource<ConversationAttributes> {
    let (id, version) = (conversation.id, conversation.version);
    let (assistant, lead, person) = (conversation.assistant_id, conversation.lead_id, conversation.taken_over_by);
    let attributes = ConversationAttributes {
        source: conversation.source,
        status: conversation.status,
        allowed_statuses: conversation.status.allowed().to_vec(),
        language: conversation.language,
        time_zone: conversation.time_zone,
        score: conversation.score,
        needs_attention: conversation.needs_attention(now),
        duration_s: conversation.duration_s(),
        score_reasons: conversation.score_reasons,
        criteria: conversation.criteria,
        sentiment: conversation.sentiment,
        sentiment_value: conversation.sentiment_value,
        summary: conversation.summary,
        keywords: conversation.keywords,
        outcome: conversation.outcome,
        recording_consent: conversation.recording_consent,
        external_call_id: conversation.external_call_id,
        utterances: conversation.last_seq,
        started_at: conversation.started_at,
        last_activity_at: conversation.last_activity_at,
        ended_at: conversation.ended_at,
        updated_at: conversation.updated_at,
    };
    Resource::new(id, attributes)
        .at(version)
        .refers_to("assistant", Some(assistant))
        .refers_to("lead", Some(lead))
        .refers_to("taken_over_by", person)
}

output! {
    /// A conversation as its visitor sees it: nothing the team or the platform thinks of it.
    VisitAttributes as "Visit" {
        /// Where it stands.
        status: ConversationStatus,
        /// What is spoken.
        language: Language,
        /// Whether it may be recorded.
        recording_consent: Option<bool>,
        /// When it began.
        started_at: Timestamp,
    }
}

impl Attributes for VisitAttributes {
    const KIND: &'static str = "conversation";
    const RELATIONS: &'static [Relation] = &[Relation::one("assistant", "assistant")];
}

/// A conversation as its visitor sees it.
pub(crate) fn visit(conversation: &Conversation) -> Resource<VisitAttributes> {
    let attributes = VisitAttributes {
        status: conversation.status,
        language: conversation.language,
        recording_consent: conversation.recording_consent,
        started_at: conversation.started_at,
    };
    Resource::new(conversation.id, attributes).refers_to("assistant", Some(conversation.assistant_id))
}

described! {
    /// A tool the assistant used.
    ToolUse as "ToolUse" {
        /// The model's id of the call.
        call_id: String,
        /// The tool's name.
        name: String,
        /// True when it did what was asked.
        ok: bool,
        /// What came of it.
        result: String,
    }
}

output! {
    /// An utterance.
    TranscriptAttributes as "Transcript" {
        /// Its place in the conversation: 1, 2, 3 …
        seq: i64,
        /// Who spoke.
        speaker: Speaker,
        /// What was said, as far as it was delivered.
        content: String,
        /// How it was said.
        sentiment: Option<Sentiment>,
        /// The same as a number, -1 to 1.
        sentiment_value: Option<f64>,
        /// How sure scorer or recogniser was, 0 to 1.
        confidence: Option<f64>,
        /// Seconds from the start of the conversation.
        offset_s: f64,
        /// Seconds it took, when spoken.
        duration_s: Option<f64>,
        /// Words that stand out.
        keywords: Vec<String>,
        /// Tools used while saying it.
        tools: Vec<ToolUse>,
        /// What produced it: a model's name, `scripted`, or null for people.
        model: Option<String>,
        /// Milliseconds from the visitor's words to the first of this answer.
        response_ms: Option<u32>,
        /// The visitor cut it off.
        interrupted: bool,
        /// When it was said.
        created_at: Timestamp,
    }
}

impl Attributes for TranscriptAttributes {
    const KIND: &'static str = "transcript";
    const RELATIONS: &'static [Relation] = &[Relation::one("conversation", "conversation")];
}

/// An utterance as the team sees it, or, without what analysis found, as the visitor does.
pub(crate) fn transcript(said: Transcript, to_visitor: bool) -> Resource<TranscriptAttributes> {
    let team = !to_visitor;
    let attributes = TranscriptAttributes {
        seq: said.seq,
        speaker: said.speaker,
        content: said.content,
        sentiment: said.sentiment.filter(|_| team),
        sentiment_value: said.sentiment_value.filter(|_| team),
        confidence: said.confidence.filter(|_| team),
        offset_s: said.offset_s,
        duration_s: said.duration_s,
        keywords: if team { said.keywords } else { Vec::new() },
        tools: if team { said.tools } else { Vec::new() },
        model: said.model.filter(|_| team),
        response_ms: said.response_ms.filter(|_| team),
        interrupted: said.interrupted,
        created_at: said.created_at,
    };
    Resource::new(said.id, attributes).refers_to("conversation", Some(said.conversation_id))
}
