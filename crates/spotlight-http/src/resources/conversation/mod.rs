//! Conversations and what is said in them.

mod actions;
mod beside;
pub(crate) mod dto;
mod report;

use spotlight_core::domain::conversation::{Channel, ConversationStatus, Sentiment};

use self::dto::{
    ConversationAttributes, ConversationPatchInput, NewConversationInput, SayInput, TranscriptAttributes, TurnRequest,
};
use self::report::ReportAttributes;
use crate::{
    endpoint::{Access, Endpoint},
    query::{Accepts, CURSOR, ORDER, PAGE, PER_PAGE, Parameter, SEARCH},
    resources::parameters::{CREATED_AFTER, CREATED_BEFORE, DATE_FROM, DATE_TO, words_of},
};

const BESIDE: Accepts = Accepts::Words(|| vec!["transcripts", "lead", "assistant"]);

const CONVERSATION_LIST: &[Parameter] = &[
    PAGE,
    PER_PAGE,
    CURSOR,
    Parameter::new(
        "sort",
        Accepts::Word(|| vec!["started_at", "last_activity_at", "score"]),
        "What to sort by; records without a value come last.",
    ),
    ORDER,
    SEARCH,
    Parameter::new("include", BESIDE, "What to put into `included`; of each conversation the first 50 utterances."),
    Parameter::new("status", Accepts::Words(words_of!(ConversationStatus)), "In one of these statuses."),
    Parameter::new("source", Accepts::Words(words_of!(Channel)), "On one of these channels."),
    Parameter::new("assistant_id", Accepts::Id, "With this assistant."),
    Parameter::new("lead_id", Accepts::Id, "With this lead."),
    Parameter::new("taken_over_by", Accepts::Id, "Taken over by this person of the team."),
    Parameter::new("sentiment", Accepts::Word(words_of!(Sentiment)), "Of this mood."),
    Parameter::new("needs_attention", Accepts::Bool, "With `true`, those that need a person now."),
    CREATED_AFTER,
    CREATED_BEFORE,
    DATE_FROM,
    DATE_TO,
];

const INCLUDE: &[Parameter] =
    &[Parameter::new("include", BESIDE, "What to put into `included`; the first 1000 utterances.")];

const TRANSCRIPT_LIST: &[Parameter] = &[
    PER_PAGE,
    Parameter::new("cursor", Accepts::Int(0, 1_000_000_000), "Goes on where `next_cursor` says, or after this place."),
];

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/conversations", "list_conversations", "List conversations", |call| {
        Box::pin(actions::list(call))
    })
    .query(CONVERSATION_LIST)
    .many::<ConversationAttributes>(),
    Endpoint::post("/api/v1/conversations", "create_conversation", "Begin a conversation", |call| {
        Box::pin(actions::create(call))
    })
    .keyed()
    .body::<NewConversationInput>("conversation")
    .one::<ConversationAttributes>(201)
    .refuses(&[402, 404, 409]),
    Endpoint::get("/api/v1/conversations/{id}", "get_conversation", "Show a conversation", |call| {
        Box::pin(actions::get(call))
    })
    .query(INCLUDE)
    .one::<ConversationAttributes>(200),
    Endpoint::patch("/api/v1/conversations/{id}", "update_conversation", "Change or end a conversation", |call| {
        Box::pin(actions::update(call))
    })
    .body::<ConversationPatchInput>("conversation")
    .one::<ConversationAttributes>(200)
    .versioned()
    .refuses(&[409]),
    Endpoint::post(
        "/api/v1/conversations/{id}/turns",
        "take_turn",
        "The visitor speaks, the assistant answers as a stream",
        |call| Box::pin(actions::turn(call)),
    )
    .keyed()
    .access(Access::Visitor)
    .maybe_body::<TurnRequest>("turn")
    .events()
    .refuses(&[409]),
    Endpoint::get("/api/v1/conversations/{id}/transcripts", "list_transcripts", "What was said, in order", |call| {
        Box::pin(actions::transcripts(call))
    })
    .access(Access::Visitor)
    .query(TRANSCRIPT_LIST)
    .many::<TranscriptAttributes>(),
    Endpoint::post(
        "/api/v1/conversations/{id}/transcripts",
        "say",
        "Speak in a conversation that you have taken over",
        |call| Box::pin(actions::say(call)),
    )
    .keyed()
    .body::<SayInput>("transcript")
    .one::<TranscriptAttributes>(201)
    .refuses(&[409]),
    Endpoint::post(
        "/api/v1/conversations/{id}/accept_hand_off",
        "accept_hand_off",
        "Tell that you will take over where a person was asked for; the assistant goes on until you do",
        |call| Box::pin(actions::accept_hand_off(call)),
    )
    .one::<ConversationAttributes>(200)
    .refuses(&[409]),
    Endpoint::post(
        "/api/v1/conversations/{id}/take_over",
        "take_over",
        "Take a conversation over: the assistant is silent from now on",
        |call| Box::pin(actions::take_over(call)),
    )
    .one::<ConversationAttributes>(200)
    .versioned()
    .refuses(&[409]),
    Endpoint::post(
        "/api/v1/conversations/{id}/give_back",
        "give_back",
        "Give a conversation back to the assistant",
        |call| Box::pin(actions::give_back(call)),
    )
    .one::<ConversationAttributes>(200)
    .versioned()
    .refuses(&[409]),
    Endpoint::get(
        "/api/v1/conversations/{id}/report",
        "get_call_report",
        "The report of a conversation that has ended",
        |call| Box::pin(report::get(call)),
    )
    .one::<ReportAttributes>(200),
];
