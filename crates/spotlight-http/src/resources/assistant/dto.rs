//! Assistants and what they know.

use serde_json::Value;
use spotlight_core::{
    domain::{
        UserId,
        assistant::{
            Assistant, BookingSettings, HandOffRule, HostChoice, Knowledge, Language, ModelSettings, Question, Tone,
            ToolKind, Topic, VoiceSettings, is_origin,
        },
        time::Timestamp,
    },
    error::Violations,
    ports::AssistantFigures,
    services::assistants::{AssistantInput, KnowledgeInput, KnowledgePatch},
};
use spotlight_derive::RedactedDebug;

use utoipa::openapi::schema::Type;

use crate::{
    input::{Field, Free, Int, List, Nullable, Real, Text, input},
    output::{Attributes, Relation, Resource, described, output},
    schema::{Book, Described, Node, plain},
};

input! {
    /// How an assistant sounds. What is left out stays as it is.
    VoiceInput {
        /// The provider's name of the voice; null means text only.
        nullable voice_id: Text<1, 100>,
        /// How fast, 1 being natural.
        optional speed: Real<70, 120>,
        /// How even.
        optional stability: Real<0, 100>,
        /// How close to the sample.
        optional similarity: Real<0, 100>,
    }
}

input! {
    /// How an assistant's language model is called. What is left out stays as it is.
    ModelInput {
        /// The provider's name of the model; null means the deployment's default.
        nullable model: Text<1, 100>,
        /// How varied its answers are.
        optional temperature: Real<0, 200>,
        /// Longest answer in tokens.
        optional max_tokens: Int<16, 4096>,
    }
}

input! {
    /// A question that qualifies a lead.
    QuestionInput {
        /// A stable name, unique within the assistant.
        required key: Text<1, 40>,
        /// What it finds out.
        required topic: Topic,
        /// The words to ask it in.
        required text: Text<5, 300>,
    }
}

input! {
    /// When an assistant asks for a person. What is left out stays as it is.
    HandOffInput {
        /// When the visitor asks for one.
        optional on_request: bool,
        /// After this many questions in a row that it could not answer; 0 means never.
        optional after_unanswered: Int<0, 1000>,
        /// Seconds a request waits for a person.
        optional wait_s: Int<10, 3600>,
    }
}

input! {
    /// How an assistant books appointments. What is left out stays as it is.
    BookingInput {
        /// Members with a calendar who can be booked.
        optional hosts: List<UserId, 100>,
        /// How one of them is chosen.
        optional choice: HostChoice,
        /// Minutes an appointment lasts.
        optional duration_min: Int<5, 480>,
        /// Slots start on multiples of this many minutes: 5, 10, 15, 20, 30 or 60.
        optional step_min: Step,
        /// Soonest booking, in minutes from now.
        optional notice_min: Int<0, 525_600>,
        /// Latest booking, in days from now.
        optional horizon_days: Int<1, 365>,
    }
}

/// Minutes between the starts of slots.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step(u32);

/// What divides an hour evenly.
const STEPS: [u32; 6] = [5, 10, 15, 20, 30, 60];

impl Described for Step {
    fn describe(_: &mut Book) -> Node {
        plain(Type::Integer).enum_values(Some(STEPS)).into()
    }
}

impl Field for Step {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let step = value.as_u64().and_then(|step| STEPS.into_iter().find(|known| u64::from(*known) == step));
        if step.is_none() {
            let code = if value.is_number() { "range" } else { "type" };
            broken.add(at, code, "Step must be 5, 10, 15, 20, 30 or 60 minutes");
        }
        step.map(Self)
    }
}

/// A web origin.
#[derive(RedactedDebug)]
pub(crate) struct Origin(String);

impl Described for Origin {
    fn describe(book: &mut Book) -> Node {
        Text::<1, 300>::describe(book)
    }
}

impl Field for Origin {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let text = Text::<1, 300>::read(value, at, broken)?.0;
        if is_origin(&text) {
            return Some(Self(text));
        }
        broken.add(at, "format", "Origin must be http(s)://host[:port] without a path");
        None
    }
}

/// Questions, each with a key of its own.
#[derive(Debug)]
pub(crate) struct Questions(List<QuestionInput, 20>);

impl Described for Questions {
    fn describe(book: &mut Book) -> Node {
        List::<QuestionInput, 20>::describe(book)
    }
}

impl Field for Questions {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let keys: Vec<_> =
            value.as_array().into_iter().flatten().map(|one| one["key"].as_str().map(str::to_owned)).collect();
        let read = List::read(value, at, broken);
        let mut unique = true;
        for (place, key) in keys.iter().enumerate() {
            if key.is_some() && keys[..place].contains(key) {
                unique = false;
                broken.add(format!("{at}/{place}/key"), "taken", "Each question needs a key of its own");
            }
        }
        read.filter(|_| unique).map(Self)
    }
}

input! {
    /// A new assistant.
    NewAssistantInput,
    /// A change of an assistant: what is left out stays, null empties.
    AssistantPatchInput {
        /// Its name.
        required name: Text<2, 100>,
        /// How it speaks; `professional` unless given.
        optional tone: Tone,
        /// What it is for.
        required role: Text<10, 500>,
        /// What it should say and find out.
        required script: Text<50, 2000>,
        /// What it speaks; `en` unless given.
        optional language: Language,
        /// Whether it answers visitors; true unless given.
        optional active: bool,
        /// Its first words; made from script and tone when absent.
        nullable greeting: Text<1, 500>,
        /// How it sounds.
        optional voice: VoiceInput,
        /// How its model is called.
        optional model: ModelInput,
        /// What it finds out, in this order.
        optional questions: Questions,
        /// What it may do; everything unless given.
        optional tools: List<ToolKind, 10>,
        /// When it asks for a person.
        optional hand_off: HandOffInput,
        /// How it books.
        optional booking: BookingInput,
        /// Web origins that may embed the widget, as `https://example.com`.
        optional allowed_origins: List<Origin, 100>,
        /// JSON Schema of what a call report extracts.
        nullable report_schema: Free,
        /// What counts as a successful conversation.
        nullable success_criteria: Text<1, 500>,
    }
}

/// Replaces `target` where a value is given.
fn set<T>(target: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *target = value;
    }
}

fn set_text<const MIN: usize, const MAX: usize>(target: &mut Option<String>, given: Nullable<Text<MIN, MAX>>) {
    set(target, given.0.map(|text| text.map(|text| text.0)));
}

impl VoiceInput {
    fn apply(self, voice: &mut VoiceSettings) {
        set_text(&mut voice.voice_id, self.voice_id);
        set(&mut voice.speed, self.speed.map(|value| value.0));
        set(&mut voice.stability, self.stability.map(|value| value.0));
        set(&mut voice.similarity, self.similarity.map(|value| value.0));
    }
}

impl ModelInput {
    fn apply(self, model: &mut ModelSettings) {
        set_text(&mut model.model, self.model);
        set(&mut model.temperature, self.temperature.map(|value| value.0));
        set(&mut model.max_tokens, self.max_tokens.map(|value| value.0));
    }
}

impl HandOffInput {
    fn apply(self, rule: &mut HandOffRule) {
        set(&mut rule.on_request, self.on_request);
        set(&mut rule.after_unanswered, self.after_unanswered.map(|value| value.0));
        set(&mut rule.wait_s, self.wait_s.map(|value| value.0));
    }
}

impl BookingInput {
    fn apply(self, booking: &mut BookingSettings) {
        set(&mut booking.hosts, self.hosts.map(|hosts| hosts.0));
        set(&mut booking.choice, self.choice);
        set(&mut booking.duration_min, self.duration_min.map(|value| value.0));
        set(&mut booking.step_min, self.step_min.map(|value| value.0));
        set(&mut booking.notice_min, self.notice_min.map(|value| value.0));
        set(&mut booking.horizon_days, self.horizon_days.map(|value| value.0));
    }
}

impl From<QuestionInput> for Question {
    fn from(question: QuestionInput) -> Self {
        Self { key: question.key.0.0, topic: question.topic.0, text: question.text.0.0 }
    }
}

impl AssistantPatchInput {
    /// Changes what is given.
    pub(crate) fn apply(self, input: &mut AssistantInput) {
        set(&mut input.name, self.name.map(|text| text.0));
        set(&mut input.tone, self.tone);
        set(&mut input.role, self.role.map(|text| text.0));
        set(&mut input.script, self.script.map(|text| text.0));
        set(&mut input.language, self.language);
        set(&mut input.active, self.active);
        set_text(&mut input.greeting, self.greeting);
        if let Some(voice) = self.voice {
            voice.apply(&mut input.voice);
        }
        if let Some(model) = self.model {
            model.apply(&mut input.model);
        }
        set(&mut input.questions, self.questions.map(|list| list.0.0.into_iter().map(Question::from).collect()));
        set(&mut input.tools, self.tools.map(|tools| tools.0));
        if let Some(hand_off) = self.hand_off {
            hand_off.apply(&mut input.hand_off);
        }
        if let Some(booking) = self.booking {
            booking.apply(&mut input.booking);
        }
        set(
            &mut input.allowed_origins,
            self.allowed_origins.map(|list| list.0.into_iter().map(|text| text.0).collect()),
        );
        set(&mut input.report_schema, self.report_schema.0.map(|schema| schema.map(|schema| Value::Object(schema.0))));
        set_text(&mut input.success_criteria, self.success_criteria);
    }
}

impl From<NewAssistantInput> for AssistantInput {
    fn from(new: NewAssistantInput) -> Self {
        let mut input = Self::default();
        AssistantPatchInput {
            name: Some(new.name.0),
            tone: new.tone,
            role: Some(new.role.0),
            script: Some(new.script.0),
            language: new.language,
            active: new.active,
            greeting: new.greeting,
            voice: new.voice,
            model: new.model,
            questions: new.questions,
            tools: new.tools,
            hand_off: new.hand_off,
            booking: new.booking,
            allowed_origins: new.allowed_origins,
            report_schema: new.report_schema,
            success_criteria: new.success_criteria,
        }
        .apply(&mut input);
        input
    }
}

described! {
    /// How an assistant sounds.
    VoiceSettings as "VoiceSettings" {
        /// The provider's name of the voice; null means text only.
        voice_id: Option<String>,
        /// How fast, 1 being natural.
        speed: f64,
        /// How even.
        stability: f64,
        /// How close to the sample.
        similarity: f64,
    }
}

described! {
    /// How an assistant's language model is called.
    ModelSettings as "ModelSettings" {
        /// The provider's name of the model; null means the deployment's default.
        model: Option<String>,
        /// How varied its answers are.
        temperature: f64,
        /// Longest answer in tokens.
        max_tokens: u32,
    }
}

described! {
    /// A question that qualifies a lead.
    Question as "Question" {
        /// A stable name.
        key: String,
        /// What it finds out.
        topic: Topic,
        /// The words it is asked in.
        text: String,
    }
}

described! {
    /// When an assistant asks for a person.
    HandOffRule as "HandOffRule" {
        /// When the visitor asks for one.
        on_request: bool,
        /// After this many questions in a row that it could not answer; 0 means never.
        after_unanswered: u32,
        /// Seconds a request waits for a person.
        wait_s: u32,
    }
}

described! {
    /// How an assistant books appointments.
    BookingSettings as "BookingSettings" {
        /// Who can be booked.
        hosts: Vec<UserId>,
        /// How one of them is chosen.
        choice: HostChoice,
        /// Minutes an appointment lasts.
        duration_min: u32,
        /// Slots start on multiples of this many minutes.
        step_min: u32,
        /// Soonest booking, in minutes from now.
        notice_min: u32,
        /// Latest booking, in days from now.
        horizon_days: u32,
    }
}

output! {
    /// An assistant.
    AssistantAttributes as "Assistant" {
        /// Its name.
        name: String,
        /// How it speaks.
        tone: Tone,
        /// What it is for.
        role: String,
        /// What it should say and find out.
        script: String,
        /// What it speaks.
        language: Language,
        /// Whether it answers visitors.
        active: bool,
        /// Its first words; null means made from script and tone.
        greeting: Option<String>,
        /// How it sounds.
        voice: VoiceSettings,
        /// How its model is called.
        model: ModelSettings,
        /// What it finds out, in this order.
        questions: Vec<Question>,
        /// What it may do.
        tools: Vec<ToolKind>,
        /// When it asks for a person.
        hand_off: HandOffRule,
        /// How it books.
        booking: BookingSettings,
        /// Web origins that may embed the widget.
        allowed_origins: Vec<String>,
        /// JSON Schema of what a call report extracts.
        report_schema: Option<Value>,
        /// What counts as a successful conversation.
        success_criteria: Option<String>,
        /// When it was made.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
    }
}

impl Attributes for AssistantAttributes {
    const KIND: &'static str = "assistant";
    const RELATIONS: &'static [Relation] = &[Relation::one("owner", "user")];
}

/// An assistant as it is shown.
pub(crate) fn assistant(assistant: Assistant) -> Resource<AssistantAttributes> {
    let attributes = AssistantAttributes {
        name: assistant.name,
        tone: assistant.tone,
        role: assistant.role,
        script: assistant.script,
        language: assistant.language,
        active: assistant.active,
        greeting: assistant.greeting,
        voice: assistant.voice,
        model: assistant.model,
        questions: assistant.questions,
        tools: assistant.tools,
        hand_off: assistant.hand_off,
        booking: assistant.booking,
        allowed_origins: assistant.allowed_origins,
        report_schema: assistant.report_schema,
        success_criteria: assistant.success_criteria,
        created_at: assistant.created_at,
        updated_at: assistant.updated_at,
    };
    Resource::new(assistant.id, attributes).at(assistant.version).refers_to("owner", Some(assistant.owner_id))
}

output! {
    /// Figures of an assistant, over all time.
    FiguresAttributes as "AssistantFigures" {
        /// Mean score of the leads that talked to it; null before the first.
        average_lead_score: Option<f64>,
        /// Conversations.
        conversations: u64,
        /// Conversations that go on.
        active_conversations: u64,
        /// Completed among the ended, 0 to 1; null before the first end.
        completion_rate: Option<f64>,
    }
}

impl Attributes for FiguresAttributes {
    const KIND: &'static str = "assistant_analytics";
}

/// Figures as they are shown.
pub(crate) fn figures(id: impl ToString, figures: AssistantFigures) -> Resource<FiguresAttributes> {
    let attributes = FiguresAttributes {
        average_lead_score: figures.average_lead_score,
        conversations: figures.conversations,
        active_conversations: figures.active_conversations,
        completion_rate: figures.completion_rate,
    };
    Resource::new(id, attributes)
}

input! {
    /// A new knowledge entry.
    NewKnowledgeInput,
    /// A change of a knowledge entry: what is left out stays, null empties.
    KnowledgePatchInput {
        /// The question it answers; without one it is a plain text.
        nullable question: Text<1, 300>,
        /// The answer or text.
        required answer: Text<1, 5000>,
    }
}

impl From<NewKnowledgeInput> for KnowledgeInput {
    fn from(new: NewKnowledgeInput) -> Self {
        Self { question: new.question.0.flatten().map(|text| text.0), answer: new.answer.0.0 }
    }
}

impl From<KnowledgePatchInput> for KnowledgePatch {
    fn from(patch: KnowledgePatchInput) -> Self {
        Self { question: patch.question.0.map(|text| text.map(|text| text.0)), answer: patch.answer.map(|text| text.0) }
    }
}

output! {
    /// Something an assistant knows.
    KnowledgeAttributes as "Knowledge" {
        /// The question it answers; null for a plain text.
        question: Option<String>,
        /// The answer or text.
        answer: String,
        /// When it was made.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
    }
}

impl Attributes for KnowledgeAttributes {
    const KIND: &'static str = "knowledge";
    const RELATIONS: &'static [Relation] = &[Relation::one("assistant", "assistant")];
}

/// A knowledge entry as it is shown. The instant of its last change is its version.
pub(crate) fn knowledge(entry: Knowledge) -> Resource<KnowledgeAttributes> {
    let attributes = KnowledgeAttributes {
        question: entry.question,
        answer: entry.answer,
        created_at: entry.created_at,
        updated_at: entry.updated_at,
    };
    let version = entry.updated_at.timestamp_micros();
    Resource::new(entry.id, attributes).at(version).refers_to("assistant", Some(entry.assistant_id))
}
