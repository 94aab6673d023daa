//! Every endpoint, once. Routes, reading, limits, documentation and metric labels all come from these rows.
//!
//! To add one: a word in [`Operation`], a row here, and an arm in `operations/mod.rs`.

use spotlight_core::{
    domain::{
        appointment::AppointmentStatus,
        assistant::Language,
        conversation::{Channel, ConversationStatus, Sentiment},
        lead::{LeadSource, LeadStatus},
    },
    services::accounts::SIGN_IN_QUOTA,
};

use crate::{
    dto::{
        account::{SignInInput, UserAttributes},
        analytics::DashboardAttributes,
        appointment::{
            AppointmentAttributes, AppointmentPatchInput, CancelInput, FreeTimeAttributes, NewAppointmentInput,
            RescheduleInput,
        },
        assistant::{
            AssistantAttributes, AssistantPatchInput, FiguresAttributes, KnowledgeAttributes, KnowledgePatchInput,
            NewAssistantInput, NewKnowledgeInput,
        },
        conversation::{
            ConversationAttributes, ConversationPatchInput, NewConversationInput, SayInput, TranscriptAttributes,
            TurnRequest, VisitAttributes, VisitInput,
        },
        lead::{LeadAttributes, LeadPatchInput, LeadStatusInput, NewLeadInput, ScoreAttributes, TimelineAttributes},
        operations::{Alive, Health},
    },
    endpoint::{Access, Endpoint, Verb},
    query::{Accepts, CURSOR, ORDER, PAGE, PER_PAGE, Parameter, SEARCH},
};

/// Declares the operations: their words and their order in the table.
macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        /// What an endpoint does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($(#[$doc])* $name),+
        }

        impl Operation {
            /// The name in documentation, logs and metrics.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

operations! {
    /// The process answers.
    Up = "up",
    /// The dependencies answer.
    Health = "health",
    /// The API's document.
    OpenApi = "openapi",
    /// A browser signs in.
    SignIn = "sign_in",
    /// A browser signs out.
    SignOut = "sign_out",
    /// Who acts.
    CurrentUser = "current_user",
    /// Assistants.
    ListAssistants = "list_assistants",
    /// A new assistant.
    CreateAssistant = "create_assistant",
    /// An assistant.
    GetAssistant = "get_assistant",
    /// A change of an assistant.
    UpdateAssistant = "update_assistant",
    /// An assistant goes.
    DeleteAssistant = "delete_assistant",
    /// An assistant is switched on or off.
    ToggleAssistant = "toggle_assistant",
    /// An assistant's figures.
    AssistantAnalytics = "assistant_analytics",
    /// What an assistant knows.
    ListKnowledge = "list_knowledge",
    /// A new knowledge entry.
    CreateKnowledge = "create_knowledge",
    /// A knowledge entry.
    GetKnowledge = "get_knowledge",
    /// A change of a knowledge entry.
    UpdateKnowledge = "update_knowledge",
    /// A knowledge entry goes.
    DeleteKnowledge = "delete_knowledge",
    /// Leads.
    ListLeads = "list_leads",
    /// A new lead.
    CreateLead = "create_lead",
    /// A lead.
    GetLead = "get_lead",
    /// A change of a lead.
    UpdateLead = "update_lead",
    /// A lead goes.
    DeleteLead = "delete_lead",
    /// A lead moves.
    SetLeadStatus = "set_lead_status",
    /// Why a lead's score is what it is.
    GetLeadScore = "get_lead_score",
    /// What happened to a lead.
    GetLeadTimeline = "get_lead_timeline",
    /// Conversations.
    ListConversations = "list_conversations",
    /// A new conversation.
    CreateConversation = "create_conversation",
    /// A conversation.
    GetConversation = "get_conversation",
    /// A change of a conversation.
    UpdateConversation = "update_conversation",
    /// The visitor speaks and the assistant answers.
    TakeTurn = "take_turn",
    /// What was said.
    ListTranscripts = "list_transcripts",
    /// A person of the team speaks.
    Say = "say",
    /// A person of the team will come.
    AcceptHandOff = "accept_hand_off",
    /// A person of the team takes over.
    TakeOver = "take_over",
    /// The assistant goes on.
    GiveBack = "give_back",
    /// Appointments.
    ListAppointments = "list_appointments",
    /// A new appointment.
    CreateAppointment = "create_appointment",
    /// An appointment.
    GetAppointment = "get_appointment",
    /// A change of an appointment.
    UpdateAppointment = "update_appointment",
    /// An appointment is confirmed.
    ConfirmAppointment = "confirm_appointment",
    /// An appointment moves.
    RescheduleAppointment = "reschedule_appointment",
    /// An appointment is called off.
    CancelAppointment = "cancel_appointment",
    /// An appointment took place.
    CompleteAppointment = "complete_appointment",
    /// Nobody came to an appointment.
    MissAppointment = "miss_appointment",
    /// Free times.
    Availability = "availability",
    /// A visitor begins.
    OpenVisit = "open_visit",
    /// Figures of a range of days.
    Dashboard = "dashboard",
}

impl Operation {
    /// The row of the operation.
    pub fn endpoint(self) -> &'static Endpoint {
        &ENDPOINTS[self as usize]
    }
}

/// The words of a closed set, for a query.
macro_rules! words_of {
    ($ty:ty) => {
        || <$ty>::ALL.iter().map(|word| word.as_str()).collect()
    };
}

const CREATED_AFTER: Parameter = Parameter::new("created_after", Accepts::Instant, "Made at or after this instant.");
const CREATED_BEFORE: Parameter = Parameter::new("created_before", Accepts::Instant, "Made before this instant.");
const DATE_FROM: Parameter = Parameter::new("date_from", Accepts::Date, "First day, in the organization's zone.");
const DATE_TO: Parameter = Parameter::new("date_to", Accepts::Date, "Last day, in the organization's zone.");

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

const APPOINTMENT_LIST: &[Parameter] = &[
    PAGE,
    PER_PAGE,
    CURSOR,
    Parameter::new("sort", Accepts::Word(|| vec!["starts_at"]), "What to sort by."),
    ORDER,
    Parameter::new(
        "status",
        Accepts::Words(words_of!(AppointmentStatus)),
        "In one of these statuses; all but `held` unless given.",
    ),
    Parameter::new("lead_id", Accepts::Id, "With this lead."),
    Parameter::new("assistant_id", Accepts::Id, "Booked by this assistant."),
    Parameter::new("conversation_id", Accepts::Id, "Booked in this conversation."),
    Parameter::new("host_id", Accepts::Id, "Of this host."),
    Parameter::new("starts_after", Accepts::Instant, "Starting at or after this instant."),
    Parameter::new("starts_before", Accepts::Instant, "Starting before this instant."),
    DATE_FROM,
    DATE_TO,
];

const AVAILABILITY: &[Parameter] = &[
    Parameter::new("assistant_id", Accepts::Id, "Whose hosts.").required(),
    Parameter::new("from", Accepts::Instant, "From this instant on.").required(),
    Parameter::new("to", Accepts::Instant, "Before this instant, at most 62 days later.").required(),
    Parameter::new("time_zone", Accepts::Zone, "The zone of `local_start`; UTC unless given."),
    Parameter::new("limit", Accepts::Int(1, 500), "How many at most; 100 unless given."),
];

const INCLUDE: &[Parameter] =
    &[Parameter::new("include", Accepts::Words(|| vec!["transcripts"]), "What to put into `included`.")];

/// Of lists that are never long.
const WHOLE_LIST: &[Parameter] = &[PAGE, PER_PAGE];

const TRANSCRIPT_LIST: &[Parameter] = &[
    PER_PAGE,
    Parameter::new("cursor", Accepts::Int(0, 1_000_000_000), "Goes on where `next_cursor` says, or after this place."),
];

const RANGE: &[Parameter] =
    &[DATE_FROM, DATE_TO, Parameter::new("assistant_id", Accepts::Id, "Figures of one assistant alone.")];

use Operation as Op;
use Verb::{Delete, Get, Patch, Post};

/// Every endpoint, in the order of [`Operation`].
pub static ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(Op::Up, Get, "/up", "Whether the process answers").access(Access::Probe).plain::<Alive>(),
    Endpoint::new(Op::Health, Get, "/health", "Whether the dependencies answer")
        .access(Access::Probe)
        .plain::<Health>(),
    Endpoint::new(Op::OpenApi, Get, "/api/v1/openapi.json", "This document")
        .access(Access::Open)
        .plain::<serde_json::Map<String, serde_json::Value>>(),
    Endpoint::new(Op::SignIn, Post, "/api/v1/users/sign_in", "Sign in with e-mail and password")
        .access(Access::Open)
        .body::<SignInInput>("user")
        .one::<UserAttributes>(200)
        .limited(SIGN_IN_QUOTA)
        .refuses(&[401]),
    Endpoint::new(Op::SignOut, Delete, "/api/v1/users/sign_out", "End the browser's session").access(Access::Session),
    Endpoint::new(Op::CurrentUser, Get, "/api/v1/user", "The user who acts").one::<UserAttributes>(200),
    Endpoint::new(Op::ListAssistants, Get, "/api/v1/assistants", "List assistants")
        .query(ASSISTANT_LIST)
        .many::<AssistantAttributes>(),
    Endpoint::new(Op::CreateAssistant, Post, "/api/v1/assistants", "Add an assistant")
        .body::<NewAssistantInput>("assistant")
        .one::<AssistantAttributes>(201)
        .refuses(&[402]),
    Endpoint::new(Op::GetAssistant, Get, "/api/v1/assistants/{id}", "Show an assistant")
        .one::<AssistantAttributes>(200),
    Endpoint::new(Op::UpdateAssistant, Patch, "/api/v1/assistants/{id}", "Change an assistant")
        .body::<AssistantPatchInput>("assistant")
        .one::<AssistantAttributes>(200)
        .versioned(),
    Endpoint::new(
        Op::DeleteAssistant,
        Delete,
        "/api/v1/assistants/{id}",
        "Remove an assistant that no conversation or appointment refers to",
    )
    .versioned()
    .refuses(&[409]),
    Endpoint::new(
        Op::ToggleAssistant,
        Patch,
        "/api/v1/assistants/{id}/toggle_active",
        "Switch an assistant on or off, whichever it is not",
    )
    .one::<AssistantAttributes>(200)
    .versioned(),
    Endpoint::new(Op::AssistantAnalytics, Get, "/api/v1/assistants/{id}/analytics", "Figures of an assistant")
        .one::<FiguresAttributes>(200),
    Endpoint::new(Op::ListKnowledge, Get, "/api/v1/assistants/{id}/knowledge", "What an assistant knows, oldest first")
        .query(WHOLE_LIST)
        .many::<KnowledgeAttributes>(),
    Endpoint::new(Op::CreateKnowledge, Post, "/api/v1/assistants/{id}/knowledge", "Add a knowledge entry")
        .body::<NewKnowledgeInput>("knowledge")
        .one::<KnowledgeAttributes>(201),
    Endpoint::new(Op::GetKnowledge, Get, "/api/v1/assistants/{id}/knowledge/{knowledge_id}", "Show a knowledge entry")
        .one::<KnowledgeAttributes>(200),
    Endpoint::new(
        Op::UpdateKnowledge,
        Patch,
        "/api/v1/assistants/{id}/knowledge/{knowledge_id}",
        "Change a knowledge entry",
    )
    .body::<KnowledgePatchInput>("knowledge")
    .one::<KnowledgeAttributes>(200)
    .versioned(),
    Endpoint::new(
        Op::DeleteKnowledge,
        Delete,
        "/api/v1/assistants/{id}/knowledge/{knowledge_id}",
        "Remove a knowledge entry",
    )
    .versioned(),
    Endpoint::new(Op::ListLeads, Get, "/api/v1/leads", "List leads").query(LEAD_LIST).many::<LeadAttributes>(),
    Endpoint::new(Op::CreateLead, Post, "/api/v1/leads", "Add a lead")
        .body::<NewLeadInput>("lead")
        .one::<LeadAttributes>(201)
        .refuses(&[409]),
    Endpoint::new(Op::GetLead, Get, "/api/v1/leads/{id}", "Show a lead").one::<LeadAttributes>(200),
    Endpoint::new(Op::UpdateLead, Patch, "/api/v1/leads/{id}", "Change a lead")
        .body::<LeadPatchInput>("lead")
        .one::<LeadAttributes>(200)
        .versioned()
        .refuses(&[409]),
    Endpoint::new(Op::DeleteLead, Delete, "/api/v1/leads/{id}", "Delete a lead softly").versioned(),
    Endpoint::new(Op::SetLeadStatus, Patch, "/api/v1/leads/{id}/status", "Move a lead to another status")
        .body::<LeadStatusInput>("lead")
        .one::<LeadAttributes>(200)
        .versioned()
        .refuses(&[409]),
    Endpoint::new(Op::GetLeadScore, Get, "/api/v1/leads/{id}/score", "Why a lead's score is what it is")
        .one::<ScoreAttributes>(200),
    Endpoint::new(
        Op::GetLeadTimeline,
        Get,
        "/api/v1/leads/{id}/timeline",
        "What happened to a lead, newest first, at most 100 conversations, appointments and changes each",
    )
    .query(WHOLE_LIST)
    .many::<TimelineAttributes>(),
    Endpoint::new(Op::ListConversations, Get, "/api/v1/conversations", "List conversations")
        .query(CONVERSATION_LIST)
        .many::<ConversationAttributes>(),
    Endpoint::new(Op::CreateConversation, Post, "/api/v1/conversations", "Begin a conversation")
        .body::<NewConversationInput>("conversation")
        .one::<ConversationAttributes>(201)
        .refuses(&[402, 404, 409]),
    Endpoint::new(Op::GetConversation, Get, "/api/v1/conversations/{id}", "Show a conversation")
        .query(INCLUDE)
        .one::<ConversationAttributes>(200),
    Endpoint::new(Op::UpdateConversation, Patch, "/api/v1/conversations/{id}", "Change or end a conversation")
        .body::<ConversationPatchInput>("conversation")
        .one::<ConversationAttributes>(200)
        .versioned()
        .refuses(&[409]),
    Endpoint::new(
        Op::TakeTurn,
        Post,
        "/api/v1/conversations/{id}/turns",
        "The visitor speaks, the assistant answers as a stream",
    )
    .access(Access::Visitor)
    .maybe_body::<TurnRequest>("turn")
    .events()
    .refuses(&[409]),
    Endpoint::new(Op::ListTranscripts, Get, "/api/v1/conversations/{id}/transcripts", "What was said, in order")
        .access(Access::Visitor)
        .query(TRANSCRIPT_LIST)
        .many::<TranscriptAttributes>(),
    Endpoint::new(
        Op::Say,
        Post,
        "/api/v1/conversations/{id}/transcripts",
        "Speak in a conversation that you have taken over",
    )
    .body::<SayInput>("transcript")
    .one::<TranscriptAttributes>(201)
    .refuses(&[409]),
    Endpoint::new(
        Op::AcceptHandOff,
        Post,
        "/api/v1/conversations/{id}/accept_hand_off",
        "Tell that you will take over where a person was asked for; the assistant goes on until you do",
    )
    .one::<ConversationAttributes>(200)
    .refuses(&[409]),
    Endpoint::new(
        Op::TakeOver,
        Post,
        "/api/v1/conversations/{id}/take_over",
        "Take a conversation over: the assistant is silent from now on",
    )
    .one::<ConversationAttributes>(200)
    .refuses(&[409]),
    Endpoint::new(
        Op::GiveBack,
        Post,
        "/api/v1/conversations/{id}/give_back",
        "Give a conversation back to the assistant",
    )
    .one::<ConversationAttributes>(200)
    .refuses(&[409]),
    Endpoint::new(Op::ListAppointments, Get, "/api/v1/appointments", "List appointments, by start")
        .query(APPOINTMENT_LIST)
        .many::<AppointmentAttributes>(),
    Endpoint::new(Op::CreateAppointment, Post, "/api/v1/appointments", "Book a free time")
        .body::<NewAppointmentInput>("appointment")
        .one::<AppointmentAttributes>(201)
        .refuses(&[404, 409]),
    Endpoint::new(Op::GetAppointment, Get, "/api/v1/appointments/{id}", "Show an appointment")
        .one::<AppointmentAttributes>(200),
    Endpoint::new(Op::UpdateAppointment, Patch, "/api/v1/appointments/{id}", "Change an appointment's details")
        .body::<AppointmentPatchInput>("appointment")
        .one::<AppointmentAttributes>(200)
        .versioned(),
    Endpoint::new(Op::ConfirmAppointment, Patch, "/api/v1/appointments/{id}/confirm", "Confirm an appointment")
        .one::<AppointmentAttributes>(200)
        .versioned()
        .refuses(&[409]),
    Endpoint::new(
        Op::RescheduleAppointment,
        Patch,
        "/api/v1/appointments/{id}/reschedule",
        "Move an appointment to another free time of the same host",
    )
    .body::<RescheduleInput>("appointment")
    .one::<AppointmentAttributes>(200)
    .versioned()
    .refuses(&[409]),
    Endpoint::new(Op::CancelAppointment, Patch, "/api/v1/appointments/{id}/cancel", "Call an appointment off")
        .maybe_body::<CancelInput>("appointment")
        .one::<AppointmentAttributes>(200)
        .versioned()
        .refuses(&[409]),
    Endpoint::new(
        Op::CompleteAppointment,
        Patch,
        "/api/v1/appointments/{id}/complete",
        "Note that an appointment took place",
    )
    .one::<AppointmentAttributes>(200)
    .versioned()
    .refuses(&[409]),
    Endpoint::new(
        Op::MissAppointment,
        Patch,
        "/api/v1/appointments/{id}/no_show",
        "Note that the visitor did not come to an appointment",
    )
    .one::<AppointmentAttributes>(200)
    .versioned()
    .refuses(&[409]),
    Endpoint::new(Op::Availability, Get, "/api/v1/availability", "Free times of an assistant's hosts")
        .query(AVAILABILITY)
        .many::<FreeTimeAttributes>()
        .refuses(&[404]),
    Endpoint::new(
        Op::OpenVisit,
        Post,
        "/api/v1/public/assistants/{id}/conversations",
        "Begin a conversation as a visitor; `meta.token` opens its turns",
    )
    .access(Access::Open)
    .maybe_body::<VisitInput>("conversation")
    .one::<VisitAttributes>(201)
    .refuses(&[402, 403]),
    Endpoint::new(Op::Dashboard, Get, "/api/v1/analytics/dashboard", "Figures of a range of days, thirty unless given")
        .query(RANGE)
        .one::<DashboardAttributes>(200)
        .refuses(&[404]),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_operation_has_the_row_of_its_place() {
        for (place, endpoint) in ENDPOINTS.iter().enumerate() {
            assert_eq!(endpoint.operation as usize, place, "{endpoint:?}");
        }
        assert_eq!(ENDPOINTS.len(), Op::Dashboard as usize + 1);
    }

    #[test]
    fn no_two_rows_are_one_route_or_one_name() {
        let routes: HashSet<_> = ENDPOINTS.iter().map(|endpoint| (endpoint.verb as u8, endpoint.path)).collect();
        let names: HashSet<_> = ENDPOINTS.iter().map(|endpoint| endpoint.operation.name()).collect();
        assert_eq!((routes.len(), names.len()), (ENDPOINTS.len(), ENDPOINTS.len()));
    }

    #[test]
    fn path_values_are_read_from_the_end_and_decoded() {
        let endpoint = Op::UpdateKnowledge.endpoint();
        let values = |path: &str| endpoint.path_values(path);
        assert_eq!(values("/api/v1/assistants/a/knowledge/b%20c"), Some(vec!["a".into(), "b c".into()]));
        assert_eq!(values("/below/api/v1/assistants/a/knowledge/b"), Some(vec!["a".into(), "b".into()]));
        assert_eq!(values("/api/v1/assistants/a/knowledge/%ff"), None);
        assert_eq!(values("/knowledge/b"), None);
    }
}
