//! `capture_lead`: notes what the visitor said about themselves, on their own lead.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answering, Scene, remember};
use crate::{
    domain::{
        assistant::Topic,
        contact::{Email, Phone},
        conversation::{Conversation, QuestionState},
        money::{Currency, Money},
        scoring::{Criterion, Met},
    },
    error::{Error, Result, Violations},
    ports::ToolCall,
    services::capture::{Told, capture},
};

pub(super) const DESCRIPTION: &str = "Notes contact details and answers that the visitor has just given. Send only what \
     they said themselves. The result names what was saved and what a person will review.";

pub(super) fn parameters() -> Value {
    let topics: Vec<_> = Topic::ALL.iter().map(|topic| topic.as_str()).collect();
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "maxLength": 100 },
            "email": { "type": "string", "maxLength": 254 },
            "phone": { "type": "string", "maxLength": 40 },
            "company": { "type": "string", "maxLength": 100 },
            "answers": { "type": "array", "maxItems": 20, "items": {
                "type": "object",
                "properties": {
                    "key": { "type": "string" },
                    "topic": { "type": "string", "enum": topics },
                    "value": { "type": "string", "maxLength": 300 },
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
    let arguments: Arguments = serde_json::from_value(call.arguments.clone()).map_err(|error| {
        Error::invalid("arguments", "format", format!("the arguments do not fit the schema: {error}"))
    })?;
    let told = told(&arguments, turn.input.region.as_deref())?;
    let quote: String = turn.said.as_ref().map(|said| said.content.chars().take(300).collect()).unwrap_or_default();
    let now = turn.deps.now();
    let unit = turn.deps.storage.begin().await?;
    turn.lease.check(&*unit).await?;
    let found = unit.conversations().get(turn.ctx.organization, turn.conversation.id).await?;
    let mut conversation = found.ok_or_else(|| Error::not_found("conversation"))?;
    let kept = capture(&turn.deps, &*unit, &turn.ctx, &mut conversation, told).await?;
    let mut saved = kept.saved;
    for answer in arguments.answers {
        // Answers to questions the business does not ask would be a way to write into the record.
        let asked = scene.assistant.questions.iter().find(|question| question.key == answer.key);
        if asked.is_some() || answer.topic != Topic::Other {
            saved.push(answer.key.clone());
            note(&mut conversation, answer, &quote);
        }
    }
    conversation.updated_at = now;
    unit.conversations().update(&conversation).await?;
    conversation.version += 1;
    let answer = json!({ "saved": saved, "kept_for_review": kept.for_review });
    remember(turn, &*unit, call, &answer, now).await?;
    unit.commit().await?;
    turn.conversation = conversation;
    Ok(answer)
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
    if let (Topic::Budget, Some(minor), Some(currency)) = (answer.topic, answer.amount_minor, answer.currency)
        && minor >= 0
    {
        conversation.state.budget = Some(Money { minor, currency });
    }
    let value: String = answer.value.chars().take(300).collect();
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
