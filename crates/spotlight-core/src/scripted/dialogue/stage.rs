//! A dialogue under test: a business, its calendar and its tools.

use std::sync::Arc;

use chrono::{Duration, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Act, Decision, Exchange, Heard, Moment, decide, speech};
use crate::{
    domain::{
        assistant::{
            Assistant, BookingSettings, HandOffRule, Knowledge, Language, ModelSettings, Question, Tone, ToolKind,
            Topic, VoiceSettings,
        },
        contact::{Email, Phone},
        conversation::{DialogueState, OfferedSlot},
        id::{AssistantId, KnowledgeId, OrganizationId, UserId},
        scoring::Criteria,
        time::Timestamp,
    },
    ports::chat::{Brief, KnowledgeMatch, ToolAnswer, ToolCall},
    scripted::{
        model::hearing,
        templates::Line,
        understand::understand,
        understanding::{Asked, Hearing, Understanding},
    },
    services::turn::knowledge::{Known, rank},
};

/// Monday, 9 in the morning in Berlin.
pub(crate) fn now() -> Timestamp {
    at("2026-11-23T08:00:00Z")
}

pub(crate) fn at(text: &str) -> Timestamp {
    chrono::DateTime::parse_from_rfc3339(text).expect("a moment").to_utc()
}

pub(crate) fn host() -> UserId {
    UserId::from_uuid(Uuid::from_u128(7))
}

pub(crate) fn question(key: &str, topic: Topic) -> Question {
    Question { key: key.to_owned(), topic, text: format!("What about the {key}?") }
}

pub(crate) fn assistant(language: Language, tone: Tone) -> Assistant {
    Assistant {
        id: AssistantId::from_uuid(Uuid::from_u128(1)),
        organization_id: OrganizationId::from_uuid(Uuid::from_u128(2)),
        owner_id: host(),
        name: "Luna".to_owned(),
        tone,
        role: "Answers questions and qualifies".to_owned(),
        script: "SECRET-SCRIPT: find out the name, the need, the budget and the e-mail, then book.".to_owned(),
        language,
        active: true,
        greeting: None,
        voice: VoiceSettings::default(),
        model: ModelSettings::default(),
        questions: vec![
            question("name", Topic::Name),
            question("need", Topic::Need),
            question("budget", Topic::Budget),
            question("email", Topic::Email),
        ],
        tools: ToolKind::ALL.to_vec(),
        hand_off: HandOffRule::default(),
        booking: BookingSettings::default(),
        allowed_origins: Vec::new(),
        voice_sample: None,
        report_schema: None,
        success_criteria: None,
        created_at: now(),
        updated_at: now(),
        version: 1,
    }
}

pub(crate) fn brief(language: Language, tone: Tone) -> Brief {
    Brief {
        assistant: Arc::new(assistant(language, tone)),
        organization_name: "Acme".to_owned(),
        language,
        time_zone: Tz::Europe__Berlin,
        region: Some("DE".to_owned()),
        now: now(),
        state: DialogueState::default(),
        criteria: Criteria::default(),
        knowledge: Vec::new(),
    }
}

/// The tools as the platform would run them.
pub(crate) struct Tools {
    pub(crate) free: Vec<Timestamp>,
    pub(crate) held: Option<Timestamp>,
    pub(crate) booked: Option<Timestamp>,
    pub(crate) captured: Vec<Value>,
    /// What the next `capture_lead` fails with.
    pub(crate) capture_error: Option<Value>,
    /// Somebody else takes every slot the moment it is wanted.
    pub(crate) contested: bool,
    pub(crate) people: bool,
    pub(crate) ended: Option<String>,
    pub(crate) calls: Vec<(String, Value)>,
}

impl Default for Tools {
    fn default() -> Self {
        let day = |day: u32| Utc.with_ymd_and_hms(2026, 11, day, 0, 0, 0).single().expect("a day");
        let free = (24..=27).flat_map(|d| [9, 10, 14].map(|hour| day(d) + Duration::hours(hour))).collect();
        Self {
            free,
            held: None,
            booked: None,
            captured: Vec::new(),
            capture_error: None,
            contested: false,
            people: true,
            ended: None,
            calls: Vec::new(),
        }
    }
}

impl Tools {
    pub(crate) fn run(&mut self, call: &ToolCall, zone: Tz) -> ToolAnswer {
        let arguments = &call.arguments;
        self.calls.push((call.name.clone(), arguments.clone()));
        let (ok, content) = match call.name.as_str() {
            "capture_lead" => {
                if let Some(error) = self.capture_error.take() {
                    (false, error)
                } else {
                    self.captured.push(arguments.clone());
                    (true, json!({ "noted": [] }))
                }
            }
            "book_appointment" => self.calendar(arguments, zone),
            "hand_off" => (self.people, json!({})),
            "end_conversation" => {
                self.ended = arguments["reason"].as_str().map(str::to_owned);
                (true, json!({}))
            }
            other => panic!("unknown tool {other}"),
        };
        ToolAnswer { call_id: call.id.clone(), name: call.name.clone(), ok, content }
    }

    fn calendar(&mut self, arguments: &Value, zone: Tz) -> (bool, Value) {
        let slots = |times: Vec<Timestamp>| {
            let times = times.into_iter().take(3).map(|at| json!({ "starts_at": at.to_rfc3339(), "host_id": host() }));
            json!({ "slots": times.collect::<Vec<_>>() })
        };
        let starts_at = arguments["starts_at"].as_str().map(at);
        match arguments["action"].as_str().expect("an action") {
            "find" => {
                let fits = |free: &Timestamp| {
                    let local = free.with_timezone(&zone);
                    arguments["date"].as_str().is_none_or(|date| local.format("%Y-%m-%d").to_string() == date)
                        && arguments["from"]
                            .as_str()
                            .is_none_or(|from| local.format("%H:%M").to_string().as_str() >= from)
                        && arguments["to"].as_str().is_none_or(|to| local.format("%H:%M").to_string().as_str() < to)
                };
                let mut found: Vec<_> = self.free.iter().copied().filter(fits).collect();
                if let Some(wished) = arguments["at"].as_str().map(at) {
                    found.sort_by_key(|free| (*free - wished).abs());
                }
                (true, slots(found))
            }
            "hold" => match starts_at {
                Some(at) if self.free.contains(&at) && !self.contested => {
                    self.held = Some(at);
                    (true, json!({ "held_until": "2026-11-23T08:05:00Z" }))
                }
                gone => {
                    self.free.retain(|free| Some(*free) != gone);
                    let mut content = slots(self.free.clone());
                    content["error"] = json!("taken");
                    (false, content)
                }
            },
            "book" => {
                assert_eq!(starts_at, self.held, "only a held slot is booked");
                assert!(self.booked.is_none(), "one appointment at a time");
                self.booked = self.held.take();
                (true, json!({ "appointment_id": Uuid::from_u128(9), "starts_at": starts_at }))
            }
            "release" => {
                self.held = None;
                (true, json!({}))
            }
            "reschedule" => {
                assert_eq!(starts_at, self.held, "only a held slot is moved to");
                assert!(self.booked.is_some(), "only an appointment is moved");
                self.booked = self.held.take();
                (true, json!({ "appointment_id": Uuid::from_u128(9), "starts_at": starts_at }))
            }
            "cancel" => {
                self.held = None;
                (self.booked.take().is_some(), json!({}))
            }
            other => panic!("unknown action {other}"),
        }
    }
}

/// A dialogue that is played turn by turn.
pub(crate) struct Stage {
    pub(crate) brief: Brief,
    pub(crate) offered: Vec<ToolKind>,
    pub(crate) tools: Tools,
    pub(crate) turns: usize,
    entries: Vec<Knowledge>,
}

/// What a turn said.
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) acts: Vec<Act>,
}

impl Said {
    /// True when the line was said.
    pub(crate) fn has(&self, line: Line) -> bool {
        self.acts.iter().any(|act| matches!(act, Act::Say(said, _) if *said == line))
    }

    /// The business's question that was asked.
    pub(crate) fn asked(&self) -> Option<&str> {
        self.acts.iter().find_map(|act| match act {
            Act::Ask(text) => Some(text.as_str()),
            _ => None,
        })
    }
}

impl Stage {
    pub(crate) fn new(language: Language, tone: Tone) -> Self {
        Self {
            brief: brief(language, tone),
            offered: ToolKind::ALL.to_vec(),
            tools: Tools::default(),
            turns: 0,
            entries: Vec::new(),
        }
    }

    pub(crate) fn english() -> Self {
        Self::new(Language::En, Tone::Professional)
    }

    /// A dialogue whose greeting is behind it.
    pub(crate) fn greeted(mut self) -> Self {
        self.open();
        self
    }

    pub(crate) fn assistant(&mut self) -> &mut Assistant {
        Arc::get_mut(&mut self.brief.assistant).expect("not shared")
    }

    pub(crate) fn state(&self) -> &DialogueState {
        &self.brief.state
    }

    pub(crate) fn knows(&mut self, answer: &str, coverage: f64) {
        self.brief.knowledge =
            vec![KnowledgeMatch { question: None, answer: answer.to_owned(), score: 1.0, coverage, best_for: vec![0] }];
    }

    /// Adds what the business knows: questions and answers.
    pub(crate) fn business(mut self, entries: &[(&str, &str)]) -> Self {
        let assistant = &self.brief.assistant;
        let entry = |(question, answer): &(&str, &str)| Knowledge {
            id: KnowledgeId::from_uuid(Uuid::from_u128(3)),
            organization_id: assistant.organization_id,
            assistant_id: assistant.id,
            question: Some((*question).to_owned()),
            answer: (*answer).to_owned(),
            created_at: now(),
            updated_at: now(),
        };
        self.entries = entries.iter().map(entry).collect();
        self
    }

    /// The visitor says something, which is understood and looked up as on the platform.
    pub(crate) fn says(&mut self, text: &str) -> Said {
        let open = Hearing { asked: Asked::Open, ..hearing(&self.brief) };
        self.brief.knowledge = rank(&Known::new(self.entries.clone()), text, &open);
        let understanding = understand(text, &hearing(&self.brief));
        self.hear(text, understanding)
    }

    pub(crate) fn open(&mut self) -> Said {
        self.play(Moment::Opening)
    }

    pub(crate) fn hear(&mut self, text: &str, understanding: Understanding) -> Said {
        let first = !self.brief.state.greeted;
        let said = self.play(Moment::Words { heard: Heard { text, understanding: &understanding }, first });
        self.brief.knowledge.clear();
        said
    }

    pub(crate) fn play(&mut self, moment: Moment<'_>) -> Said {
        self.turns += 1;
        let mut done: Vec<(ToolCall, ToolAnswer)> = Vec::new();
        let began = self.brief.state.clone();
        for _ in 0..8 {
            let exchanges: Vec<_> = done.iter().map(|(call, answer)| Exchange { call, answer: Some(answer) }).collect();
            let Decision { state, acts } = decide(&self.brief, &self.offered, moment, &exchanges);
            let text = speech(&acts, &self.brief, self.turns);
            for (number, act) in acts.iter().enumerate() {
                let Act::Use(tool, arguments) = act else { continue };
                assert!(self.offered.contains(tool), "{tool} was not offered");
                let id = format!("{}-{}", done.len(), number);
                let call = ToolCall { id, name: tool.as_str().to_owned(), arguments: arguments.clone() };
                let answer = self.tools.run(&call, self.brief.time_zone);
                done.push((call, answer));
            }
            if text.is_empty() {
                self.brief.state = state;
                self.platform_writes(&began);
                continue;
            }
            assert_eq!(state.turn_began, None);
            self.brief.state = state;
            self.platform_writes(&began);
            return Said { text, acts };
        }
        panic!("the turn does not end");
    }

    /// What the platform knows better than the model, as it does after every tool: what was given, held and booked.
    fn platform_writes(&mut self, began: &DialogueState) {
        let state = &mut self.brief.state;
        state.given = began.given.clone();
        for captured in &self.tools.captured {
            let told = |field: &str| captured[field].as_str().map(str::to_owned);
            state.given.name = told("name").or(state.given.name.take());
            state.given.company = told("company").or(state.given.company.take());
            let email = told("email").and_then(|text| Email::parse(&text).ok());
            state.given.email = email.or(state.given.email.take());
            let phone = told("phone").and_then(|text| Phone::parse(&text, None).ok());
            state.given.phone = phone.or(state.given.phone.take());
        }
        state.held = self.tools.held.map(|starts_at| OfferedSlot { starts_at, host_id: host() });
        state.booked = self.tools.booked.is_some();
    }
}
