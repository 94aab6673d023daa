//! What search columns hold. The words come from core, so that every adapter finds the same records.

use spotlight_core::{
    domain::{assistant::Assistant, conversation::Conversation, lead::Lead},
    text,
};

/// The search text of a lead: name, e-mail, phone and company.
pub(crate) fn lead(lead: &Lead) -> String {
    let parts = [
        lead.name.as_deref(),
        lead.email.as_ref().map(|email| email.as_str()),
        lead.phone.as_ref().map(|phone| phone.as_str()),
        lead.company.as_deref(),
    ];
    text::search_text(parts.into_iter().flatten())
}

/// The search text of an assistant: name and role.
pub(crate) fn assistant(assistant: &Assistant) -> String {
    text::search_text([assistant.name.as_str(), assistant.role.as_str()])
}

/// The search text of a conversation: summary and keywords.
pub(crate) fn conversation(conversation: &Conversation) -> String {
    text::search_text(
        conversation.summary.as_deref().into_iter().chain(conversation.keywords.iter().map(String::as_str)),
    )
}
