//! The assistant a business describes.

use serde::{Deserialize, Serialize};
use spotlight_derive::RedactedDebug;

use super::{
    id::{AssistantId, KnowledgeId, OrganizationId, UserId},
    macros::words,
    time::Timestamp,
};
use crate::error::{Result, Violations};

words! {
    /// How the assistant speaks.
    Tone, "tone" {
        /// Clear and businesslike; the default.
        Professional = "professional",
        /// Warm.
        Friendly = "friendly",
        /// Relaxed.
        Casual = "casual",
        /// Sure of itself.
        Authoritative = "authoritative",
        /// Understanding.
        Empathetic = "empathetic",
    }
}

words! {
    /// A language the assistant speaks.
    Language, "language" {
        /// English; the default.
        En = "en",
        /// Spanish.
        Es = "es",
        /// French.
        Fr = "fr",
        /// German.
        De = "de",
        /// Italian.
        It = "it",
        /// Portuguese.
        Pt = "pt",
    }
}

words! {
    /// What the assistant may do beyond speaking.
    ToolKind, "tool" {
        /// Note contact details on the visitor's own lead.
        CaptureLead = "capture_lead",
        /// Offer times, hold one and book it.
        BookAppointment = "book_appointment",
        /// Ask for a person.
        HandOff = "hand_off",
        /// End the conversation.
        EndConversation = "end_conversation",
    }
}

words! {
    /// What a qualification question finds out. The first four are BANT.
    Topic, "topic" {
        /// Is there money for it?
        Budget = "budget",
        /// Does the visitor decide?
        Authority = "authority",
        /// Is there a problem to solve?
        Need = "need",
        /// By when?
        Timeline = "timeline",
        /// The visitor's name.
        Name = "name",
        /// An e-mail address.
        Email = "email",
        /// A phone number.
        Phone = "phone",
        /// The visitor's company.
        Company = "company",
        /// Anything else the business wants to know.
        Other = "other",
    }
}

words! {
    /// How the host of an appointment is chosen.
    HostChoice, "host_choice" {
        /// Each in turn: the host whose last booking is oldest.
        RoundRobin = "round_robin",
        /// The host with the fewest open appointments ahead.
        LeastBusy = "least_busy",
        /// The lead's owner, if one of the hosts; otherwise in turn.
        LeadOwner = "lead_owner",
    }
}

/// A question the assistant asks to qualify a lead.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Stable name within the assistant, 1 to 40 characters.
    pub key: String,
    /// What it finds out.
    pub topic: Topic,
    /// The words to ask it in, 5 to 300 characters.
    pub text: String,
}

/// How the assistant sounds.
#[derive(RedactedDebug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VoiceSettings {
    /// The provider's name of the voice; none means text only.
    pub voice_id: Option<String>,
    /// 0.7 to 1.2, 1 being natural.
    pub speed: f64,
    /// 0 to 1.
    pub stability: f64,
    /// 0 to 1.
    pub similarity: f64,
}

impl Default for VoiceSettings {
    fn default() -> Self {
        Self { voice_id: None, speed: 1.0, stability: 0.5, similarity: 0.75 }
    }
}

/// How the language model is called.
#[derive(RedactedDebug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelSettings {
    /// The provider's name of the model; none means the deployment's default.
    pub model: Option<String>,
    /// 0 to 2.
    pub temperature: f64,
    /// Longest answer, 16 to 4096 tokens.
    pub max_tokens: u32,
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self { model: None, temperature: 0.7, max_tokens: 500 }
    }
}

/// When the assistant asks for a person by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HandOffRule {
    /// The visitor asks for a person.
    pub on_request: bool,
    /// After this many questions in a row that it could not answer; 0 means never.
    pub after_unanswered: u32,
    /// Seconds a request waits for a person before the assistant goes on alone, 10 to 3600.
    pub wait_s: u32,
}

impl Default for HandOffRule {
    fn default() -> Self {
        Self { on_request: true, after_unanswered: 3, wait_s: 120 }
    }
}

/// How the assistant books appointments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BookingSettings {
    /// Who can be booked.
    pub hosts: Vec<UserId>,
    /// How one of them is chosen.
    pub choice: HostChoice,
    /// Length of an appointment, 5 to 480 minutes.
    pub duration_min: u32,
    /// Slots start on multiples of this many minutes of the hour: 5, 10, 15, 20, 30 or 60.
    pub step_min: u32,
    /// Soonest booking, in minutes from now.
    pub notice_min: u32,
    /// Latest booking, in days from now, 1 to 365.
    pub horizon_days: u32,
}

impl Default for BookingSettings {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            choice: HostChoice::RoundRobin,
            duration_min: 30,
            step_min: 30,
            notice_min: 120,
            horizon_days: 30,
        }
    }
}

/// What a business describes and visitors talk to.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct Assistant {
    /// Identity.
    pub id: AssistantId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The user who made it: a sales representative sees their own.
    pub owner_id: UserId,
    /// 2 to 100 characters.
    pub name: String,
    /// How it speaks.
    pub tone: Tone,
    /// What it is for, 10 to 500 characters.
    pub role: String,
    /// What it should say and find out, 50 to 2000 characters.
    pub script: String,
    /// What it speaks.
    pub language: Language,
    /// Answers visitors only while true.
    pub active: bool,
    /// First words; made from the script's tone when absent. At most 500 characters.
    pub greeting: Option<String>,
    /// How it sounds.
    pub voice: VoiceSettings,
    /// How its model is called.
    pub model: ModelSettings,
    /// What it finds out, in this order; at most 20.
    pub questions: Vec<Question>,
    /// What it may do.
    pub tools: Vec<ToolKind>,
    /// When it asks for a person.
    pub hand_off: HandOffRule,
    /// How it books.
    pub booking: BookingSettings,
    /// Web origins that may embed the widget, as `https://host[:port]`; empty means none but the console.
    pub allowed_origins: Vec<String>,
    /// A recording from which a voice is made; a key in the file store.
    pub voice_sample: Option<String>,
    /// JSON Schema of what a call report extracts.
    pub report_schema: Option<serde_json::Value>,
    /// What counts as a successful conversation, in words; at most 500 characters.
    pub success_criteria: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts changes from 1.
    pub version: i64,
}

impl Assistant {
    /// Whether appointments of this assistant can be with this user: a host it names, or its owner when it names none.
    pub fn can_host(&self, user: UserId) -> bool {
        let hosts = &self.booking.hosts;
        if hosts.is_empty() { self.owner_id == user } else { hosts.contains(&user) }
    }

    /// Checks every rule of the entity.
    ///
    /// # Errors
    /// [`Validation`](crate::error::ErrorKind::Validation) with every broken rule.
    pub fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        broken.length("name", "Name", &self.name, 2, 100);
        broken.length("role", "Role", &self.role, 10, 500);
        broken.length("script", "Script", &self.script, 50, 2000);
        if let Some(greeting) = &self.greeting {
            broken.length("greeting", "Greeting", greeting, 1, 500);
        }
        if let Some(criteria) = &self.success_criteria {
            broken.length("success_criteria", "Success criteria", criteria, 1, 500);
        }
        let unit = 0.0..=1.0;
        if !(0.7..=1.2).contains(&self.voice.speed) {
            broken.add("voice.speed", "range", "Speed must be 0.7 to 1.2");
        }
        if !unit.contains(&self.voice.stability) {
            broken.add("voice.stability", "range", "Stability must be 0 to 1");
        }
        if !unit.contains(&self.voice.similarity) {
            broken.add("voice.similarity", "range", "Similarity must be 0 to 1");
        }
        if !(0.0..=2.0).contains(&self.model.temperature) {
            broken.add("model.temperature", "range", "Temperature must be 0 to 2");
        }
        if !(16..=4096).contains(&self.model.max_tokens) {
            broken.add("model.max_tokens", "range", "Max tokens must be 16 to 4096");
        }
        if !(10..=3600).contains(&self.hand_off.wait_s) {
            broken.add("hand_off.wait_s", "range", "Wait must be 10 to 3600 seconds");
        }
        self.validate_booking(&mut broken);
        self.validate_questions(&mut broken);
        for (index, origin) in self.allowed_origins.iter().enumerate() {
            if !is_origin(origin) {
                broken.add(
                    format!("allowed_origins.{index}"),
                    "format",
                    "Origin must be http(s)://host[:port] without a path",
                );
            }
        }
        broken.into_result()
    }

    fn validate_booking(&self, broken: &mut Violations) {
        let booking = &self.booking;
        if !(5..=480).contains(&booking.duration_min) {
            broken.add("booking.duration_min", "range", "Duration must be 5 to 480 minutes");
        }
        if ![5, 10, 15, 20, 30, 60].contains(&booking.step_min) {
            broken.add("booking.step_min", "range", "Step must be 5, 10, 15, 20, 30 or 60 minutes");
        }
        if !(1..=365).contains(&booking.horizon_days) {
            broken.add("booking.horizon_days", "range", "Horizon must be 1 to 365 days");
        }
        if booking.notice_min > 365 * 24 * 60 {
            broken.add("booking.notice_min", "range", "Notice must be at most a year");
        }
    }

    fn validate_questions(&self, broken: &mut Violations) {
        if self.questions.len() > 20 {
            broken.add("questions", "length", "An assistant has at most 20 questions");
        }
        let mut keys = std::collections::BTreeSet::new();
        for (index, question) in self.questions.iter().enumerate() {
            broken.length(&format!("questions.{index}.key"), "Key", &question.key, 1, 40);
            broken.length(&format!("questions.{index}.text"), "Text", &question.text, 5, 300);
            if !keys.insert(&question.key) {
                broken.add(format!("questions.{index}.key"), "taken", "Each question needs a key of its own");
            }
        }
    }
}

/// True for `http(s)://host[:port]` with nothing after it.
pub fn is_origin(text: &str) -> bool {
    text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).is_some_and(|host| {
        !host.is_empty()
            && host.len() <= 255
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
    })
}

/// Something the assistant knows.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Knowledge {
    /// Identity.
    pub id: KnowledgeId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose knowledge.
    pub assistant_id: AssistantId,
    /// The question it answers, at most 300 characters; none for a plain text.
    pub question: Option<String>,
    /// The answer or text, 1 to 5000 characters.
    pub answer: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Knowledge {
    /// Checks every rule of the entity.
    ///
    /// # Errors
    /// [`Validation`](crate::error::ErrorKind::Validation) with every broken rule.
    pub fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        if let Some(question) = &self.question {
            broken.length("question", "Question", question, 1, 300);
        }
        broken.length("answer", "Answer", &self.answer, 1, 5000);
        broken.into_result()
    }
}
