//! The summary and the report of a conversation.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    domain::{
        CallReportId,
        assistant::Assistant,
        conversation::{Conversation, Speaker, Transcript},
        organization::{Organization, StorageMode},
        redact::redact,
        report::{CallReport, EndedReason, TurnLatency},
        score::Signals,
        scoring::{Criterion, Met},
    },
    services::deps::Deps,
};

/// A few plain sentences of what happened, without personal data.
pub(super) fn summary(conversation: &Conversation, signals: &Signals, utterances: &[Transcript]) -> String {
    let count = utterances.iter().filter(|said| said.speaker == Speaker::User).count();
    let mut text = format!("The visitor spoke {count} times.");
    let mut add = |sentence: String| {
        text.push(' ');
        text.push_str(&sentence);
    };
    if !signals.answered.is_empty() {
        let keys: Vec<_> = signals.answered.iter().map(String::as_str).collect();
        add(format!("Answered: {}.", keys.join(", ")));
    }
    let criteria = &conversation.criteria;
    let met: Vec<_> = [
        ("budget", &criteria.budget),
        ("authority", &criteria.authority),
        ("need", &criteria.need),
        ("timeline", &criteria.timeline),
    ]
    .into_iter()
    .filter(|(_, criterion)| criterion.met != Met::Unknown)
    .map(|(name, criterion)| format!("{name} {}", criterion.met))
    .collect();
    if !met.is_empty() {
        add(format!("Criteria: {}.", met.join(", ")));
    }
    let asked: Vec<_> = signals.buying.iter().map(|signal| signal.as_str()).collect();
    if !asked.is_empty() {
        add(format!("Buying signals: {}.", asked.join(", ")));
    }
    let objections: Vec<_> = signals.objections.iter().map(|objection| objection.as_str()).collect();
    if !objections.is_empty() {
        add(format!("Objections: {}.", objections.join(", ")));
    }
    if signals.refusal {
        add("Not interested.".to_owned());
    }
    if signals.contact_given {
        add("Contact details were given.".to_owned());
    }
    if signals.appointment_booked {
        add("An appointment was booked.".to_owned());
    }
    if !conversation.keywords.is_empty() {
        add(format!("Topics: {}.", conversation.keywords.join(", ")));
    }
    text
}

/// The report of a conversation that has ended.
///
/// Costs stay empty: usage is metered without a provider or a price. Success stays open: the criteria are words, and
/// there is no judge of them.
pub(super) fn report(
    deps: &Deps,
    settings: &Organization,
    assistant: &Assistant,
    conversation: &Conversation,
    utterances: &[Transcript],
    reason: EndedReason,
) -> CallReport {
    CallReport {
        id: CallReportId::from_uuid(deps.ids.uuid()),
        organization_id: conversation.organization_id,
        conversation_id: conversation.id,
        ended_reason: reason,
        summary: conversation.summary.clone().unwrap_or_default(),
        latencies: latencies(utterances),
        costs: BTreeMap::new(),
        data: data(settings, assistant, conversation),
        success: None,
        created_at: conversation.ended_at.unwrap_or(conversation.updated_at),
    }
}

/// The latencies of every answer, as far as they were measured. An utterance is stored when it is complete, so the time
/// since the words it answers is the time of the whole answer.
fn latencies(utterances: &[Transcript]) -> Vec<TurnLatency> {
    let pairs = std::iter::once(None).chain(utterances.iter().map(Some)).zip(utterances);
    let answers = pairs.filter_map(|(before, said)| Some((before, said, said.response_ms?)));
    answers
        .map(|(before, said, first)| {
            let asked = before.filter(|before| before.speaker == Speaker::User);
            let total =
                asked.and_then(|asked| u32::try_from((said.created_at - asked.created_at).num_milliseconds()).ok());
            TurnLatency {
                seq: said.seq,
                recognition_ms: None,
                first_token_ms: Some(first),
                first_audio_ms: None,
                // The first token is measured by a steadier clock than the wall's.
                total_ms: total.map(|total| total.max(first)),
            }
        })
        .collect()
}

/// The facts of the conversation under the names that the assistant's JSON Schema gives its properties, each of the
/// type it asks for. A property that names no fact, or a fact that does not fit, is left out; none without any.
fn data(settings: &Organization, assistant: &Assistant, conversation: &Conversation) -> Option<Value> {
    let properties = assistant.report_schema.as_ref()?.get("properties")?.as_object()?;
    let found = properties.iter().filter_map(|(name, rule)| {
        let value = facts(settings, conversation, name).into_iter().find_map(|fact| fitted(fact, rule))?;
        Some((name.clone(), value))
    });
    let found: Map<String, Value> = found.collect();
    (!found.is_empty()).then_some(Value::Object(found))
}

/// What a name can stand for, the most telling first.
fn facts(settings: &Organization, conversation: &Conversation, name: &str) -> Vec<Value> {
    let (state, criteria) = (&conversation.state, &conversation.criteria);
    let given = &state.given;
    let mut facts = Vec::new();
    let answer = state.questions.iter().find(|question| question.key == name).and_then(|q| q.answer.as_deref());
    match settings.storage_mode {
        StorageMode::Everything => {
            facts.extend(answer.map(Value::from));
            let contact = match name {
                "name" => given.name.clone(),
                "email" => given.email.as_ref().map(ToString::to_string),
                "phone" => given.phone.as_ref().map(ToString::to_string),
                "company" => given.company.clone(),
                _ => None,
            };
            facts.extend(contact.map(Value::from));
        }
        StorageMode::EverythingExceptPii => {
            let names: Vec<_> = given.name.iter().chain(&given.company).map(String::as_str).collect();
            facts.extend(answer.map(|answer| Value::from(redact(answer, &names).into_owned())));
        }
        StorageMode::BasicAttributesOnly => {}
    }
    let met = |criterion: &Criterion| match criterion.met {
        Met::Unknown => Vec::new(),
        Met::Yes => vec![json!(true), json!(Met::Yes)],
        Met::No => vec![json!(false), json!(Met::No)],
        Met::Partial => vec![json!(Met::Partial)],
    };
    match name {
        "budget" => facts.extend(met(&criteria.budget)),
        "authority" => facts.extend(met(&criteria.authority)),
        "need" => facts.extend(met(&criteria.need)),
        "timeline" => facts.extend(met(&criteria.timeline)),
        "appointment_booked" => facts.push(json!(state.booked)),
        "language" => facts.push(json!(conversation.language)),
        "score" => facts.extend(conversation.score.map(Value::from)),
        "sentiment" => facts.extend(conversation.sentiment.map(|sentiment| json!(sentiment))),
        _ => {}
    }
    facts
}

/// A fact as a property's rule wants it: of one of its types, and one of its choices. None when it is neither.
fn fitted(fact: Value, rule: &Value) -> Option<Value> {
    let kinds: Vec<&str> = match rule.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let number = |fact: &Value| {
        let said = fact.as_str().and_then(|text| serde_json::from_str(text.trim()).ok());
        said.unwrap_or_else(|| fact.clone())
    };
    let as_kind = |kind: &str| match kind {
        "string" => fact.is_string().then(|| fact.clone()),
        "boolean" => fact.is_boolean().then(|| fact.clone()),
        "integer" => Some(number(&fact)).filter(|number| number.is_i64() || number.is_u64()),
        "number" => Some(number(&fact)).filter(Value::is_number),
        _ => None,
    };
    let value = if kinds.is_empty() { Some(fact.clone()) } else { kinds.into_iter().find_map(as_kind) }?;
    let choices = rule.get("enum").and_then(Value::as_array);
    choices.is_none_or(|choices| choices.contains(&value)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_takes_the_type_that_is_asked_for() {
        let cases = [
            (json!("20"), json!({ "type": "integer" }), Some(json!(20))),
            (json!("about 20"), json!({ "type": "integer" }), None),
            (json!("20.5"), json!({ "type": "number" }), Some(json!(20.5))),
            (json!("20.5"), json!({ "type": "integer" }), None),
            (json!("20"), json!({ "type": "string" }), Some(json!("20"))),
            (json!(true), json!({ "type": "string" }), None),
            (json!(true), json!({ "type": ["string", "boolean"] }), Some(json!(true))),
            (json!("yes"), json!({ "enum": ["yes", "no"] }), Some(json!("yes"))),
            (json!("perhaps"), json!({ "enum": ["yes", "no"] }), None),
            (json!("x"), json!({ "type": "array" }), None),
            (json!("x"), json!(true), Some(json!("x"))),
        ];
        for (fact, rule, wanted) in cases {
            assert_eq!(fitted(fact.clone(), &rule), wanted, "{fact} by {rule}");
        }
    }
}
