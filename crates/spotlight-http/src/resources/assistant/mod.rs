//! Assistants and what they know.

mod actions;
pub(crate) mod dto;
mod preview;

use spotlight_core::domain::assistant::Language;

use self::dto::{
    AssistantAttributes, AssistantPatchInput, FiguresAttributes, KnowledgeAttributes, KnowledgePatchInput,
    NewAssistantInput, NewKnowledgeInput,
};
use self::preview::{PreviewAttributes, PreviewRequest};
use crate::{
    endpoint::Endpoint,
    query::{Accepts, CURSOR, ORDER, PAGE, PER_PAGE, Parameter, SEARCH},
    resources::parameters::{WHOLE_LIST, words_of},
};

const ASSISTANT_LIST: &[Parameter] = &[
    PAGE,
    PER_PAGE,
    CURSOR,
    Parameter::new("sort", Accepts::Word(|| vec!["created_at", "updated_at", "name"]), "What to sort by."),
    ORDER,
    SEARCH,
    Parameter::new("active", Accepts::Bool, "Answering visitors or not."),
    Parameter::new("language", Accepts::Word(words_of!(Language)), "Speaking this language."),
    Parameter::new("owner_id", Accepts::Id, "Made by this user."),
];

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/assistants", "list_assistants", "List assistants", |call| Box::pin(actions::list(call)))
        .query(ASSISTANT_LIST)
        .many::<AssistantAttributes>(),
    Endpoint::post("/api/v1/assistants", "create_assistant", "Add an assistant", |call| {
        Box::pin(actions::create(call))
    })
    .keyed()
    .body::<NewAssistantInput>("assistant")
    .one::<AssistantAttributes>(201)
    .refuses(&[402]),
    Endpoint::get("/api/v1/assistants/{id}", "get_assistant", "Show an assistant", |call| Box::pin(actions::get(call)))
        .one::<AssistantAttributes>(200),
    Endpoint::patch("/api/v1/assistants/{id}", "update_assistant", "Change an assistant", |call| {
        Box::pin(actions::update(call))
    })
    .body::<AssistantPatchInput>("assistant")
    .one::<AssistantAttributes>(200)
    .versioned(),
    Endpoint::delete(
        "/api/v1/assistants/{id}",
        "delete_assistant",
        "Remove an assistant that no conversation or appointment refers to",
        |call| Box::pin(actions::delete(call)),
    )
    .versioned()
    .refuses(&[409]),
    Endpoint::patch(
        "/api/v1/assistants/{id}/toggle_active",
        "toggle_assistant",
        "Switch an assistant on or off, whichever it is not",
        |call| Box::pin(actions::toggle(call)),
    )
    .one::<AssistantAttributes>(200)
    .versioned(),
    Endpoint::get("/api/v1/assistants/{id}/analytics", "assistant_analytics", "Figures of an assistant", |call| {
        Box::pin(actions::analytics(call))
    })
    .one::<FiguresAttributes>(200),
    Endpoint::get(
        "/api/v1/assistants/{id}/knowledge",
        "list_knowledge",
        "What an assistant knows, oldest first",
        |call| Box::pin(actions::list_knowledge(call)),
    )
    .query(WHOLE_LIST)
    .many::<KnowledgeAttributes>(),
    Endpoint::post("/api/v1/assistants/{id}/knowledge", "create_knowledge", "Add a knowledge entry", |call| {
        Box::pin(actions::create_knowledge(call))
    })
    .keyed()
    .body::<NewKnowledgeInput>("knowledge")
    .one::<KnowledgeAttributes>(201),
    Endpoint::get(
        "/api/v1/assistants/{id}/knowledge/{knowledge_id}",
        "get_knowledge",
        "Show a knowledge entry",
        |call| Box::pin(actions::get_knowledge(call)),
    )
    .one::<KnowledgeAttributes>(200),
    Endpoint::patch(
        "/api/v1/assistants/{id}/knowledge/{knowledge_id}",
        "update_knowledge",
        "Change a knowledge entry",
        |call| Box::pin(actions::update_knowledge(call)),
    )
    .body::<KnowledgePatchInput>("knowledge")
    .one::<KnowledgeAttributes>(200)
    .versioned(),
    Endpoint::delete(
        "/api/v1/assistants/{id}/knowledge/{knowledge_id}",
        "delete_knowledge",
        "Remove a knowledge entry",
        |call| Box::pin(actions::delete_knowledge(call)),
    )
    .versioned(),
    Endpoint::post(
        "/api/v1/assistants/{id}/preview",
        "preview_assistant",
        "What an assistant would say to a visitor's first words; nothing is stored",
        |call| Box::pin(preview::preview(call)),
    )
    .maybe_body::<PreviewRequest>("preview")
    .one::<PreviewAttributes>(200),
];
