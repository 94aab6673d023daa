//! Leads.

mod actions;
mod beside;
pub(crate) mod dto;
mod proposals;

use spotlight_core::domain::lead::{LeadSource, LeadStatus};

pub(crate) use self::actions::{lead_filter, lead_sort};
use self::{
    dto::{
        LeadAttributes, LeadPatchInput, LeadStatusInput, MergeInput, NewLeadInput, ScoreAttributes, TimelineAttributes,
    },
    proposals::{DecisionInput, ProposalAttributes},
};
use crate::{
    endpoint::Endpoint,
    query::{Accepts, CURSOR, ORDER, PAGE, PER_PAGE, Parameter, SEARCH},
    resources::parameters::{CREATED_AFTER, CREATED_BEFORE, DATE_FROM, DATE_TO, WHOLE_LIST, words_of},
};

pub(crate) const LEAD_SORT: Parameter = Parameter::new(
    "sort",
    Accepts::Word(|| vec!["created_at", "updated_at", "last_conversation_at", "score", "name"]),
    "What to sort by; records without a value come last.",
);

/// What leads are filtered by, besides words.
pub(crate) const LEAD_FILTERS: [Parameter; 12] = [
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

/// Where the list begins and how it is sorted, then the filters.
const LEAD_LIST: [Parameter; LEAD_FILTERS.len() + 7] = {
    let mut all = [PAGE; LEAD_FILTERS.len() + 7];
    (all[1], all[2], all[3], all[4], all[5], all[6]) = (PER_PAGE, CURSOR, LEAD_SORT, ORDER, SEARCH, INCLUDE_EACH);
    let mut next = 0;
    while next < LEAD_FILTERS.len() {
        all[next + 7] = LEAD_FILTERS[next];
        next += 1;
    }
    all
};

const BESIDE: Accepts = Accepts::Words(|| vec!["conversations", "appointments", "owner"]);

const INCLUDE: &[Parameter] =
    &[Parameter::new("include", BESIDE, "What to put into `included`; the newest 100 of each kind.")];

const INCLUDE_EACH: Parameter =
    Parameter::new("include", BESIDE, "What to put into `included`; of each lead the newest 10 of each kind.");

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/leads", "list_leads", "List leads", |call| Box::pin(actions::list(call)))
        .query(&LEAD_LIST)
        .many::<LeadAttributes>(),
    Endpoint::post("/api/v1/leads", "create_lead", "Add a lead", |call| Box::pin(actions::create(call)))
        .keyed()
        .body::<NewLeadInput>("lead")
        .one::<LeadAttributes>(201)
        .refuses(&[404, 409]),
    Endpoint::get("/api/v1/leads/{id}", "get_lead", "Show a lead", |call| Box::pin(actions::get(call)))
        .query(INCLUDE)
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
    Endpoint::post("/api/v1/leads/{id}/merge", "merge_leads", "Make another lead part of this one", |call| {
        Box::pin(actions::merge(call))
    })
    .keyed()
    .body::<MergeInput>("merge")
    .one::<LeadAttributes>(200)
    .versioned()
    .refuses(&[409]),
    Endpoint::post(
        "/api/v1/leads/{id}/erase",
        "erase_lead",
        "Remove a lead's personal data for good, from everywhere",
        |call| Box::pin(actions::erase(call)),
    )
    .versioned(),
    Endpoint::get(
        "/api/v1/leads/{id}/proposals",
        "list_proposals",
        "What visitors said of themselves that differs from what a lead holds, oldest first",
        |call| Box::pin(proposals::list(call)),
    )
    .query(WHOLE_LIST)
    .many::<ProposalAttributes>(),
    Endpoint::patch(
        "/api/v1/leads/{id}/proposals/{proposal_id}",
        "decide_proposal",
        "Take a proposed value over into the lead, or turn it down",
        |call| Box::pin(proposals::decide(call)),
    )
    .body::<DecisionInput>("proposal")
    .one::<LeadAttributes>(200)
    .versioned()
    .refuses(&[409]),
];
