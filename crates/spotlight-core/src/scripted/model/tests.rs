use std::{collections::BTreeSet, sync::Arc};

use chrono_tz::Tz;
use futures::FutureExt;
use proptest::{prelude::*, sample};
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::{
    domain::{
        assistant::{Language, Tone},
        conversation::DialogueState,
    },
    ports::chat::{KnowledgeMatch, ToolAnswer, ToolSpec},
    scripted::stage::{Tools, at, brief},
};

/// The model never waits for anything.
fn ready<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("an answer at once")
}

/// A platform that runs turns as the real one does.
struct Platform {
    brief: Brief,
    messages: Vec<ChatMessage>,
    offered: Vec<ToolKind>,
    tools: Tools,
    ids: BTreeSet<String>,
}

impl Platform {
    fn new(language: Language, tone: Tone) -> Self {
        Self {
            brief: brief(language, tone),
            messages: Vec::new(),
            offered: ToolKind::ALL.to_vec(),
            tools: Tools::default(),
            ids: BTreeSet::new(),
        }
    }

    fn state(&self) -> &DialogueState {
        &self.brief.state
    }

    fn say(&mut self, text: &str) -> String {
        self.messages.push(ChatMessage::Said { speaker: Speaker::User, text: text.to_owned() });
        self.turn()
    }

    fn request(&self, now: &[ChatMessage]) -> ChatRequest {
        let tools = self.offered.iter().map(|tool| ToolSpec {
            name: tool.as_str().to_owned(),
            description: String::new(),
            parameters: json!({}),
        });
        ChatRequest {
            system: "SECRET-SYSTEM".to_owned(),
            messages: self.messages.iter().chain(now).cloned().collect(),
            tools: tools.collect(),
            brief: Arc::new(self.brief.clone()),
        }
    }

    fn turn(&mut self) -> String {
        let mut now: Vec<ChatMessage> = Vec::new();
        let mut text = String::new();
        for _ in 0..6 {
            let stream = ready(ScriptedChatModel::new().stream(self.request(&now))).expect("an answer");
            let chunks: Vec<ChatChunk> = ready(stream.map(|chunk| chunk.expect("a chunk")).collect());
            if chunks.is_empty() {
                break;
            }
            assert!(matches!(chunks[0], ChatChunk::State(_)), "the state comes first");
            let mut calls = Vec::new();
            for chunk in chunks {
                match chunk {
                    ChatChunk::State(state) => self.brief.state = *state,
                    ChatChunk::Text(word) => {
                        assert!(calls.is_empty(), "tools come last");
                        assert!(!word.is_empty() && word.trim_end().split(' ').count() <= 1, "{word:?}");
                        text.push_str(&word);
                    }
                    ChatChunk::Tool(call) => calls.push(call),
                    other => panic!("unexpected {other:?}"),
                }
            }
            if calls.is_empty() {
                break;
            }
            for call in calls {
                assert!(self.offered.iter().any(|tool| tool.as_str() == call.name), "{} was not offered", call.name);
                assert!(self.ids.insert(call.id.clone()), "{} is used twice", call.id);
                let answer = self.tools.run(&call, self.brief.time_zone);
                now.push(ChatMessage::Called(call));
                now.push(ChatMessage::Answered(answer));
            }
        }
        assert!(!text.trim().is_empty(), "nothing was said");
        assert_eq!(text.trim(), text, "no space around");
        self.messages.push(ChatMessage::Said { speaker: Speaker::Assistant, text: text.clone() });
        text
    }
}

#[rstest]
#[case(Language::En, ["Hi", "My name is Anna Schmidt", "We need better reports for our clinic", "about 5000 euros", "the first one", "yes please", "bye"])]
#[case(Language::De, ["Hallo", "Ich heiße Anna Schmidt", "Wir brauchen bessere Berichte", "etwa 5000 Euro", "der erste", "ja, gern", "Tschüss"])]
#[case(Language::Es, ["Hola", "Me llamo Anna Schmidt", "Necesitamos mejores informes", "unos 5000 euros", "el primero", "sí, por favor", "adiós"])]
#[case(Language::Fr, ["Bonjour", "Je m'appelle Anna Schmidt", "Nous avons besoin de meilleurs rapports", "environ 5000 euros", "le premier", "oui, merci", "au revoir"])]
#[case(Language::It, ["Ciao", "Mi chiamo Anna Schmidt", "Abbiamo bisogno di report migliori", "circa 5000 euro", "il primo", "sì, grazie", "arrivederci"])]
#[case(Language::Pt, ["Olá", "Meu nome é Anna Schmidt", "Precisamos de relatórios melhores", "cerca de 5000 euros", "o primeiro", "sim, por favor", "tchau"])]
fn a_dialogue_from_greeting_to_goodbye(#[case] language: Language, #[case] words: [&str; 7]) {
    let [hello, name, need, budget, first, yes, bye] = words;
    let mut platform = Platform::new(language, Tone::Professional);
    assert!(platform.turn().contains("Luna"));
    assert!(platform.say(hello).ends_with("What about the name?"));
    let said = platform.say(name);
    assert!(said.contains("Anna") && said.ends_with("What about the need?"), "{said}");
    assert!(platform.say(need).ends_with("What about the budget?"));
    assert!(platform.say(budget).ends_with("What about the email?"));
    let said = platform.say("anna@example.com");
    assert!(said.contains("(Europe/Berlin)"), "{said}");
    platform.say(first);
    assert_eq!(platform.tools.held, Some(at("2026-11-24T09:00:00Z")));
    platform.say(yes);
    assert_eq!(platform.tools.booked, Some(at("2026-11-24T09:00:00Z")));
    platform.say(bye);
    assert_eq!(platform.tools.ended.as_deref(), Some("visitor_ended"));
    assert_eq!(platform.state().budget.map(|budget| budget.minor), Some(500_000));
    assert_eq!(platform.state().given.email.as_ref().map(ToString::to_string).as_deref(), Some("anna@example.com"));
}

#[test]
fn the_same_request_gets_the_same_answer() {
    let mut platform = Platform::new(Language::En, Tone::Friendly);
    platform.turn();
    platform.messages.push(ChatMessage::Said { speaker: Speaker::User, text: "I'm Ben, ben@example.com".to_owned() });
    let answer = || {
        let stream = ready(ScriptedChatModel::new().stream(platform.request(&[]))).expect("an answer");
        ready(stream.map(|chunk| chunk.expect("a chunk")).collect::<Vec<_>>())
    };
    assert_eq!(answer(), answer());
}

#[test]
fn it_answers_from_knowledge_and_says_when_it_does_not_know() {
    let mut platform = Platform::new(Language::En, Tone::Professional);
    platform.turn();
    let answer = "We deliver within two days.".to_owned();
    platform.brief.knowledge =
        vec![KnowledgeMatch { question: None, answer, score: 2.0, coverage: 1.0, best_for: vec![0] }];
    assert!(platform.say("How fast do you deliver?").starts_with("We deliver within two days."));
    platform.brief.knowledge.clear();
    let said = platform.say("Do you repair boats?");
    assert!(said.contains("rather not guess") || said.contains("don't know"), "{said}");
}

#[test]
fn a_chosen_weekday_and_time_is_held_in_the_visitors_zone() {
    let mut platform = Platform::new(Language::En, Tone::Professional);
    platform.brief.time_zone = Tz::America__New_York;
    platform.turn();
    platform.say("My email is anna@example.com, can I book an appointment?");
    let said = platform.say("Thursday at 9 am please");
    assert!(said.contains("Thursday, November 26 at 9:00 AM (America/New_York, EST)"), "{said}");
    assert_eq!(platform.tools.held, Some(at("2026-11-26T14:00:00Z")));
}

#[test]
fn nothing_is_said_after_the_goodbye_of_this_turn() {
    let mut platform = Platform::new(Language::En, Tone::Professional);
    platform.turn();
    platform.messages.push(ChatMessage::Said { speaker: Speaker::User, text: "goodbye".to_owned() });
    let ended = |id: &str| {
        let call = ToolCall { id: id.to_owned(), name: "end_conversation".to_owned(), arguments: json!({}) };
        let answer = ToolAnswer { call_id: id.to_owned(), name: call.name.clone(), ok: true, content: json!({}) };
        [ChatMessage::Called(call), ChatMessage::Answered(answer)]
    };
    assert_eq!(answer(&platform.request(&ended("scripted-2-0-0")), understand), Vec::new());
    // Another model ended it and failed before its words.
    let chunks = answer(&platform.request(&ended("call_1")), understand);
    assert!(matches!(&chunks[0], ChatChunk::State(state) if state.closing));
    assert!(chunks.len() > 1 && !chunks.iter().any(|chunk| matches!(chunk, ChatChunk::Tool(_))));
}

#[test]
fn a_turn_taken_over_from_another_model_goes_on_from_its_tools() {
    let mut platform = Platform::new(Language::En, Tone::Professional);
    platform.turn();
    platform.messages.push(ChatMessage::Said { speaker: Speaker::User, text: "I'm Ben".to_owned() });
    let call =
        ToolCall { id: "call_1".to_owned(), name: "capture_lead".to_owned(), arguments: json!({ "name": "Ben" }) };
    let answered = ToolAnswer { call_id: call.id.clone(), name: call.name.clone(), ok: true, content: json!({}) };
    platform.brief.state.given.name = Some("Ben".to_owned());
    let chunks = answer(&platform.request(&[ChatMessage::Called(call), ChatMessage::Answered(answered)]), understand);
    assert!(!chunks.iter().any(|chunk| matches!(chunk, ChatChunk::Tool(_))), "{chunks:?}");
    assert!(chunks.iter().any(|chunk| matches!(chunk, ChatChunk::Text(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::conformance::rounds(60, 1500), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gets_an_answer(
        language in sample::select(Language::ALL),
        tone in sample::select(Tone::ALL),
        tools in sample::subsequence(ToolKind::ALL.to_vec(), 0..=4),
        course in proptest::collection::vec(prop_oneof![any::<String>(), "\\PC{0,80}", "[a-z ,.?!@0-9:€]{0,60}"], 1..8),
    ) {
        let mut platform = Platform::new(language, tone);
        platform.offered = tools;
        platform.turn();
        for text in course {
            let said = platform.say(&text);
            prop_assert!(said.matches('?').count() <= 1, "{said}");
            prop_assert!(!said.contains("SECRET"), "{said}");
        }
    }
}
