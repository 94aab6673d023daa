//! What the scripted assistant does with an utterance: a pure function of the moment.
//!
//! A turn that needs tools takes several requests. Each of them decides the whole turn anew from its beginning, with
//! the tools' answers so far, and stops at the first tool that has not answered. Until the last one the state stays as
//! it was, so a turn that is cut off halfway is simply decided again.

mod booking;
mod calendar;
mod cancel;
#[cfg(test)]
mod conversations;
mod cues;
mod facts;
mod knowledge;
mod offer;
mod peace;
#[cfg(test)]
mod properties;
mod questions;
mod reply;
#[cfg(test)]
pub(crate) mod stage;
#[cfg(test)]
mod tests;
mod turn;
mod words;

use serde_json::Value;
use spotlight_derive::RedactedDebug;

pub(crate) use self::turn::{Exchange, Moment};
use super::{
    templates::{self, Line},
    understanding::Understanding,
};
use crate::{
    domain::{assistant::ToolKind, conversation::DialogueState},
    ports::chat::Brief,
};

/// The visitor's words and what they say.
#[derive(RedactedDebug, Clone, Copy)]
pub(crate) struct Heard<'a> {
    /// The words.
    pub text: &'a str,
    /// What they say.
    pub understanding: &'a Understanding,
}

/// One thing the assistant does.
#[derive(RedactedDebug, Clone, PartialEq)]
pub(crate) enum Act {
    /// Says a line with its places filled.
    Say(Line, Vec<(&'static str, String)>),
    /// Says what the business knows.
    Tell(String),
    /// Asks a question in the business's words.
    Ask(String),
    /// Uses a tool.
    Use(ToolKind, Value),
}

/// What one request brings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decision {
    /// Where the dialogue stands afterwards.
    pub state: DialogueState,
    /// What is done, in order. Tools come last: before them there is speech only where the turn ends with them.
    pub acts: Vec<Act>,
}

/// Decides one request.
pub(crate) fn decide(brief: &Brief, tools: &[ToolKind], moment: Moment<'_>, exchanges: &[Exchange<'_>]) -> Decision {
    let mut turn = turn::Turn::new(brief, tools, exchanges);
    let flow = match moment {
        Moment::Opening => {
            turn.open();
            Ok(())
        }
        Moment::Resuming => {
            turn.resume();
            Ok(())
        }
        Moment::Words { heard, first } => turn.reply(heard, first),
    };
    turn.finish(flow)
}

/// The words of what is done. `turn` varies them.
pub(crate) fn speech(acts: &[Act], brief: &Brief, turn: usize) -> String {
    let (language, tone) = (brief.language, brief.assistant.tone);
    let parts = acts.iter().filter_map(|act| match act {
        Act::Say(line, values) => Some(templates::render(language, tone, *line, turn, values)),
        Act::Tell(text) | Act::Ask(text) => Some(text.clone()),
        Act::Use(..) => None,
    });
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
