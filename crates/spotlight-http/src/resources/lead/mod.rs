//! Leads.

mod actions;
pub(crate) mod dto;

use spotlight_core::domain::lead::{LeadSource, LeadStatus};

use self::dto::{LeadAttributes, LeadPatchInput, LeadStatusInput, NewLeadInput, ScoreAttributes, TimelineAttributes};
use crate::{
    endpoint::Endpoint,
    query::{Accepts, CURSOR, ORDER, PAGE, PER_PAGE, Parameter, SEARCH},
    resources::parameters::{CREATED_AFTER, CREATED_BEFORE, DATE_FROM, DATE_TO, WHOLE_LIST, words_of},
};

const LEAD_LIST: &[Parameter] = &[
    PAGE,
    PER_PAGE,
    CURSOR,
    Parameter::new(
        "sort",
        Accepts::Word(|| vec!["created_at", "updated_at", "last_conversation_at", "score", "name"]),
        "What to sort by; records without a value come last.",
    ),
    ORDER,
    SEARCH,
    Parameter::new("status", Accepts::Words(words_of!(LeadStatus)), "In one of these statuses."),
    Parameter::new("source", Accepts::Words(words_of!(LeadSource)), "From one of these sources."),
    Parameter::new("owner_id", Accepts::Id, "Assigned to this user."),
    Parameter::new("qualified", Accepts::Bool, "Qualified or not."),
    Parameter::new("min_score", Accepts::Int(0, 100), "At least this score."),
    Parameter::new("max_score", Accepts::Int(0, 100), "At most this score."),
    Parameter::new("needs_review", Accepts::Bool, "Waiting for a person or not."),
    Parameter::new("needs_follow_up", Accepts::Bool, "True: open, and no conversation for three days."),
    CREATED_AFTER,
    CREATED_BEFORE,
    DATE_FROM,
    DATE_TO,
];

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/leads", "list_leads", "List leads", |call| Box::pin(actions::list(call)))
        .query(LEAD_LIST)
        .many::<LeadAttributes>(),
    Endpoint::post("/api/v1/leads", "create_lead", "Add a lead", |call| Box::pin(actions::create(call)))
        .body::<NewLeadInput>("lead")
        .one::<LeadAttributes>(201)
        .refuses(&[409]),
    Endpoint::get("/api/v1/leads/{id}", "get_lead", "Show a lead", |call| Box::pin(actions::get(call)))
        .one::<LeadAttributes>(200),
    Endpoint::patch("/api/v1/leads/{id}", "update_lead", "Change a lead", |call| Box::pin(actions::update(call)))
        .body::<LeadPatchInput>("lead")
        .one::<LeadAttributes>(200)
        .versioned()
        .refuses(&[409]),
    Endpoint::delete("/api/v1/leads/{id}", "delete_lead", "Delete a lead softly", |call| {
        Box::pin(actions::delete(call))
    })
    .versioned(),
    Endpoint::patch("/api/v1/leads/{id}/status", "set_lead_status", "Move a lead to another status", |call| {
        Box::pin(actions::set_status(call))
    })
    .body::<LeadStatusInput>("lead")
    .one::<LeadAttributes>(200)
    .versioned()
    .refuses(&[409]),
    Endpoint::get("/api/v1/leads/{id}/score", "get_lead_score", "Why a lead's score is what it is", |call| {
        Box::pin(actions::score(call))
    })
    .one::<ScoreAttributes>(200),
    Endpoint::get(
        "/api/v1/leads/{id}/timeline",
        "get_lead_timeline",
        "What happened to a lead, newest first, at most 100 conversations, appointments and changes each",
        |call| Box::pin(actions::timeline(call)),
    )
    .query(WHOLE_LIST)
    .many::<TimelineAttributes>(),
];
