//! `capture_lead`: notes what the visitor said about themselves, on their own lead.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answering, Scene, enter, keep, remember};
use crate::{
    domain::{
        assistant::Topic,
        contact::{Email, Phone},
        conversation::{Conversation, QuestionState},
        money::{Currency, Money},
        scoring::{Criterion, Met},
    },
    error::{Result, Violations},
    ports::ToolCall,
    services::{
        capture::{Told, capture},
        conversations::stored_content,
    },
};

/// Most answers of one call.
const MOST: usize = 20;
/// Longest answer and longest quote, in characters.
const LONGEST: usize = 300;

pub(super) const DESCRIPTION: &str = "Notes contact details and answers that the visitor has just given. Send only what \
     they said themselves. The result names what was noted.";

pub(super) fn parameters() -> Value {
    let topics: Vec<_> = Topic::ALL.iter().map(|topic| topic.as_str()).collect();
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "maxLength": 100 },
            "email": { "type": "string", "maxLength": 254 },
            "phone": { "type": "string", "maxLength": 40 },
            "company": { "type": "string", "maxLength": 100 },
            "answers": { "type": "array", "maxItems": MOST, "items": {
                "type": "object",
                "properties": {
                    "key": { "type": "string" },
                    "topic": { "type": "string", "enum": topics },
                    "value": { "type": "string", "maxLength": LONGEST },
                    "met": { "type": "string", "enum": ["no", "partial", "yes"] },
                    "amount_minor": { "type": "integer", "minimum": 0 },
                    "currency": { "type": "string", "minLength": 3, "maxLength": 3 }
                },
                "required": ["key", "topic", "value"],
                "additionalProperties": false
            } }
        },
        "additionalProperties": false
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    company: Option<String>,
    #[serde(default)]
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    key: String,
    topic: Topic,
    value: String,
    met: Option<Met>,
    amount_minor: Option<i64>,
    currency: Option<Currency>,
}

pub(super) async fn run(turn: &mut Answering, scene: &Scene, call: &ToolCall) -> Result<Value> {
    let arguments: Arguments = super::arguments(call)?;
    let told = told(&arguments, turn.input.region.as_deref())?;
    let answers = answers(arguments.answers, scene)?;
    let organization = &scene.organization;
    let now = turn.deps.now();
    let unit = turn.deps.storage.begin().await?;
    let mut conversation = enter(turn, &*unit).await?;
    let noted = capture(&turn.deps, &*unit, &turn.ctx, organization, &mut conversation, told).await?;
    let mut noted: Vec<String> = noted.into_iter().map(str::to_owned).collect();
    let names = turn.names(organization);
    let words = turn.said.as_ref().map_or("", |_| turn.input.words());
    let quote = stored_content(organization, &conversation, words, &names);
    let quote: String = quote.chars().take(LONGEST).collect();
    for answer in answers {
        noted.push(answer.key.clone());
        let value = stored_content(organization, &conversation, &answer.value, &names);
        note(&mut conversation, Answer { value, ..answer }, &quote);
    }
    keep(turn, &*unit, &mut conversation).await?;
    let answer = json!({ "noted": noted });
    remember(turn, &*unit, call, &answer, now).await?;
    unit.commit().await?;
    turn.conversation = conversation;
    Ok(answer)
}

/// The answers that may be noted. Those to questions the business does not ask would be a way to write into the record:
/// of them only budget, authority, need and timeline count, each under its own name.
fn answers(given: Vec<Answer>, scene: &Scene) -> Result<Vec<Answer>> {
    let mut broken = Violations::new();
    if given.len() > MOST {
        broken.add("answers", "length", format!("At most {MOST} answers are noted at once"));
    }
    let mut kept = Vec::new();
    for (index, mut answer) in given.into_iter().take(MOST).enumerate() {
        let asked = scene.assistant.questions.iter().find(|question| question.key == answer.key);
        let value = answer.value.trim().to_owned();
        answer.value = value;
        if answer.value.chars().count() > LONGEST {
            broken.add(
                format!("answers.{index}.value"),
                "length",
                format!("Value must have 1 to {LONGEST} characters"),
            );
        }
        if answer.amount_minor.is_some_and(|minor| minor < 0) {
            broken.add(format!("answers.{index}.amount_minor"), "range", "Amount must not be below 0");
        }
        match asked {
            Some(question) => answer.topic = question.topic,
            None if matches!(answer.topic, Topic::Budget | Topic::Authority | Topic::Need | Topic::Timeline) => {
                answer.topic.as_str().clone_into(&mut answer.key);
            }
            None => continue,
        }
        if !answer.value.is_empty() {
            kept.push(answer);
        }
    }
    broken.into_result()?;
    Ok(kept)
}

fn told(arguments: &Arguments, region: Option<&str>) -> Result<Told> {
    let mut broken = Violations::new();
    let name = arguments.name.as_ref().map(|name| name.trim().to_owned());
    if let Some(name) = &name {
        broken.length("name", "Name", name, 2, 100);
    }
    let company = arguments.company.as_ref().map(|company| company.trim().to_owned());
    if let Some(company) = &company {
        broken.length("company", "Company", company, 1, 100);
    }
    let email = match &arguments.email {
        Some(email) => broken.take("", Email::parse(email))?,
        None => None,
    };
    let phone = match &arguments.phone {
        Some(phone) => broken.take("", Phone::parse(phone, region))?,
        None => None,
    };
    broken.into_result()?;
    Ok(Told { name, email, phone, company })
}

/// Writes an answer into the conversation's state and criteria.
fn note(conversation: &mut Conversation, answer: Answer, quote: &str) {
    let met = answer.met.unwrap_or(Met::Yes);
    let criteria = &mut conversation.criteria;
    let criterion = match answer.topic {
        Topic::Budget => Some(&mut criteria.budget),
        Topic::Authority => Some(&mut criteria.authority),
        Topic::Need => Some(&mut criteria.need),
        Topic::Timeline => Some(&mut criteria.timeline),
        _ => None,
    };
    if let Some(criterion) = criterion {
        *criterion = Criterion { met, quote: (!quote.is_empty()).then(|| quote.to_owned()) };
    }
    if let (Topic::Budget, Some(minor), Some(currency)) = (answer.topic, answer.amount_minor, answer.currency) {
        conversation.state.budget = Some(Money { minor, currency });
    }
    let value = answer.value;
    let questions = &mut conversation.state.questions;
    match questions.iter_mut().find(|question| question.key == answer.key) {
        Some(question) => question.answer = Some(value),
        None => questions.push(QuestionState {
            key: answer.key,
            topic: answer.topic,
            asked: 0,
            answer: Some(value),
            closed: false,
        }),
    }
}
