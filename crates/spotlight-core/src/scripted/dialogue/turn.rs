//! One turn under way: the state it will leave, what is said so far, and the tools it waits for.

use serde_json::{Value, json};

use super::{Act, Decision, Heard};
use crate::{
    domain::{
        assistant::ToolKind,
        conversation::{DialogueState, Expecting},
    },
    ports::chat::{Brief, ToolAnswer, ToolCall},
    scripted::templates::Line,
};

/// What a request is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moment<'a> {
    /// Nobody has spoken yet.
    Opening,
    /// The visitor is back, without words.
    Resuming,
    /// The visitor has spoken.
    Words {
        /// What was said.
        heard: Heard<'a>,
        /// The assistant has not spoken before.
        first: bool,
    },
}

/// A tool of this turn and its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange<'a> {
    /// What was asked for.
    pub call: &'a ToolCall,
    /// What came of it; none when the platform gave no answer.
    pub answer: Option<&'a ToolAnswer>,
}

/// The turn cannot go on before a tool has answered.
#[derive(Debug)]
pub(super) struct Pause;

/// Goes on, or waits for a tool.
pub(super) type Flow<T = ()> = Result<T, Pause>;

/// One turn under way.
pub(super) struct Turn<'a> {
    pub(super) brief: &'a Brief,
    /// The state as the turn found it.
    pub(super) began: DialogueState,
    /// The state as the turn leaves it.
    pub(super) state: DialogueState,
    tools: &'a [ToolKind],
    exchanges: &'a [Exchange<'a>],
    acts: Vec<Act>,
    pending: Vec<Act>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(brief: &'a Brief, tools: &'a [ToolKind], exchanges: &'a [Exchange<'a>]) -> Self {
        // The platform writes into the state what its tools have done; the turn is decided from before that.
        let began = brief.state.turn_began.as_deref().filter(|_| !exchanges.is_empty());
        let mut began = began.unwrap_or(&brief.state).clone();
        began.turn_began = None;
        let state = began.clone();
        let mut turn = Self { brief, began, state, tools, exchanges, acts: Vec::new(), pending: Vec::new() };
        turn.prepare_questions();
        turn
    }

    /// What the request brings.
    pub(super) fn finish(self, flow: Flow) -> Decision {
        if flow.is_err() || !self.pending.is_empty() {
            let state = DialogueState { turn_began: Some(Box::new(self.began)), ..self.brief.state.clone() };
            return Decision { state, acts: self.pending };
        }
        let mut acts = self.acts;
        if acts.is_empty() {
            acts.push(Act::Say(Line::AnythingElse, Vec::new()));
        }
        Decision { state: self.state, acts }
    }

    /// True when the tool may be used.
    pub(super) fn can(&self, tool: ToolKind) -> bool {
        self.tools.contains(&tool)
    }

    /// Asks for a tool without waiting for it yet, so that independent tools share one request.
    pub(super) fn begin(&mut self, tool: ToolKind, arguments: Value) {
        let wanted = Act::Use(tool, arguments);
        if let Act::Use(_, arguments) = &wanted
            && self.can(tool)
            && self.exchange(tool, arguments).is_none()
            && !self.pending.contains(&wanted)
        {
            self.pending.push(wanted);
        }
    }

    /// A tool's answer; none when it is not offered or gave no answer.
    pub(super) fn call(&mut self, tool: ToolKind, arguments: Value) -> Flow<Option<&'a ToolAnswer>> {
        if !self.can(tool) {
            return Ok(None);
        }
        self.begin(tool, arguments.clone());
        if !self.pending.is_empty() {
            return Err(Pause);
        }
        Ok(self.exchange(tool, &arguments).and_then(|exchange| exchange.answer))
    }

    /// The exchange of this turn with that tool and those arguments.
    fn exchange(&self, tool: ToolKind, arguments: &Value) -> Option<&Exchange<'a>> {
        self.exchanges
            .iter()
            .find(|exchange| exchange.call.name == tool.as_str() && exchange.call.arguments == *arguments)
    }

    pub(super) fn say(&mut self, line: Line) {
        self.say_with(line, Vec::new());
    }

    pub(super) fn say_with(&mut self, line: Line, values: Vec<(&'static str, String)>) {
        self.acts.push(Act::Say(line, values));
    }

    pub(super) fn tell(&mut self, text: String) {
        self.acts.push(Act::Tell(text));
    }

    pub(super) fn ask_in_own_words(&mut self, text: String) {
        self.acts.push(Act::Ask(text));
    }

    /// True when something was said that leads on by itself, so that no further courtesy is needed.
    pub(super) fn has_said(&self, lines: &[Line]) -> bool {
        self.acts.iter().any(|act| matches!(act, Act::Say(line, _) if lines.contains(line)))
    }

    /// Ends the conversation after what was said.
    pub(super) fn end(&mut self, reason: &'static str) {
        self.state.closing = true;
        self.expect(None);
        if self.can(ToolKind::EndConversation) {
            self.acts.push(Act::Use(ToolKind::EndConversation, json!({ "reason": reason })));
        }
    }

    /// Sets what the visitor's next words are expected to be, other than the answer to a question.
    pub(super) fn expect(&mut self, expecting: Option<Expecting>) {
        self.state.expecting = expecting;
        self.state.question = None;
    }
}
