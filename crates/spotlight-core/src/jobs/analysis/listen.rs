//! What the visitor said, understood in the light of what was asked.

use crate::{
    domain::{
        assistant::{Assistant, Language, ToolKind},
        conversation::{Conversation, Speaker, Transcript},
        score::Said,
    },
    scripted::{
        understand::{asks_for, concerns, understand},
        understanding::{Asked, Hearing},
    },
};

/// What each of the visitor's utterances says.
pub(super) fn said(assistant: &Assistant, conversation: &Conversation, utterances: &[Transcript]) -> Vec<Said> {
    let mut asked = Asked::Open;
    let mut found = Vec::new();
    for utterance in utterances {
        match utterance.speaker {
            Speaker::User if !utterance.content.is_empty() => {
                let hearing = Hearing {
                    language: conversation.language,
                    asked,
                    now: utterance.created_at,
                    time_zone: conversation.time_zone.unwrap_or(chrono_tz::UTC),
                    region: None,
                };
                let intents = understand(&utterance.content, &hearing).intents;
                found.push(Said { asked, intents, concerns: concerns(&utterance.content, &hearing) });
            }
            Speaker::Assistant => asked = asked_by(assistant, conversation.language, utterance),
            // What a person of the team asks is not known to be one of the questions.
            Speaker::HumanAgent if !utterance.content.is_empty() => {
                asked = asks_for(&utterance.content, conversation.language);
            }
            _ => {}
        }
    }
    found
}

/// What an utterance of the assistant asks: the last of its own questions in it, a contact, or a time for an
/// appointment. An offer of times need not name what they are for, so the use of the calendar tells too.
fn asked_by(assistant: &Assistant, language: Language, utterance: &Transcript) -> Asked {
    let place = |text: &str| utterance.content.rfind(text);
    let own = assistant.questions.iter().filter_map(|question| Some((place(&question.text)?, question.topic)));
    if let Some((_, topic)) = own.max_by_key(|(place, _)| *place) {
        return Asked::Topic(topic);
    }
    match asks_for(&utterance.content, language) {
        Asked::Open if utterance.tools.iter().any(|used| used.name == ToolKind::BookAppointment.as_str()) => {
            Asked::Slot
        }
        asked => asked,
    }
}
