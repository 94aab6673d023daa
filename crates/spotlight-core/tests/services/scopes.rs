//! Every scope opens what it names, and nothing opens without its own.

use futures::future::BoxFuture;
use spotlight_core::{
    Context, ErrorKind, Result, Spotlight,
    domain::{
        AppointmentId, AssistantId, ConversationId, KnowledgeId, LeadId, UserId, audit::Actor, schedule::WeeklyHours,
        user::Scope,
    },
    ports::{
        AppointmentFilter, AssistantFilter, AssistantSort, AuditFilter, ConversationFilter, ConversationSort,
        LeadFilter, LeadSort, Order, Paging, Sort,
    },
    services::{
        accounts::NewInvitation, analytics::Range, assistants::AssistantInput, hosts::HostInput, leads::LeadPatch,
    },
};

use crate::world::World;

type Try = fn(Spotlight, Context) -> BoxFuture<'static, Result<()>>;

/// A call, boxed, whose answer does not matter.
macro_rules! call {
    (|$platform:ident, $ctx:ident| $call:expr) => {
        |$platform, $ctx| {
            Box::pin(async move {
                let outcome = $call;
                outcome.map(drop)
            })
        }
    };
}

fn sort<T>(by: T) -> Sort<T> {
    Sort { by, order: Order::Asc }
}

/// An id that nothing has.
fn none<T>(wrap: fn(uuid::Uuid) -> T) -> T {
    wrap(uuid::Uuid::nil())
}

/// Calls of every service, by the scope they need.
const CALLS: &[(Scope, &str, Try)] = &[
    (
        Scope::AssistantsRead,
        "list",
        call!(|p, c| {
            p.assistants().list(&c, AssistantFilter::default(), sort(AssistantSort::CreatedAt), &Paging::FIRST).await
        }),
    ),
    (Scope::AssistantsRead, "get", call!(|p, c| p.assistants().get(&c, none(AssistantId::from_uuid)).await)),
    (
        Scope::AssistantsRead,
        "knowledge",
        call!(|p, c| p.assistants().knowledge(&c, none(AssistantId::from_uuid)).await),
    ),
    (Scope::AssistantsWrite, "create", call!(|p, c| p.assistants().create(&c, AssistantInput::default()).await)),
    (
        Scope::AssistantsWrite,
        "toggle",
        call!(|p, c| { p.assistants().toggle_active(&c, none(AssistantId::from_uuid), None).await }),
    ),
    (
        Scope::AssistantsWrite,
        "delete",
        call!(|p, c| p.assistants().delete(&c, none(AssistantId::from_uuid), None).await),
    ),
    (
        Scope::AssistantsWrite,
        "forget",
        call!(|p, c| {
            p.assistants().delete_knowledge(&c, none(AssistantId::from_uuid), none(KnowledgeId::from_uuid), None).await
        }),
    ),
    (
        Scope::LeadsRead,
        "list",
        call!(|p, c| { p.leads().list(&c, LeadFilter::default(), sort(LeadSort::CreatedAt), &Paging::FIRST).await }),
    ),
    (Scope::LeadsRead, "get", call!(|p, c| p.leads().get(&c, none(LeadId::from_uuid)).await)),
    (Scope::LeadsRead, "timeline", call!(|p, c| p.leads().timeline(&c, none(LeadId::from_uuid)).await)),
    (Scope::LeadsRead, "consents", call!(|p, c| p.consents().list(&c, none(LeadId::from_uuid)).await)),
    (
        Scope::LeadsWrite,
        "update",
        call!(|p, c| { p.leads().update(&c, none(LeadId::from_uuid), LeadPatch::default(), None).await }),
    ),
    (Scope::LeadsWrite, "delete", call!(|p, c| p.leads().delete(&c, none(LeadId::from_uuid), None).await)),
    (Scope::LeadsWrite, "erase", call!(|p, c| p.leads().erase(&c, none(LeadId::from_uuid), None).await)),
    (
        Scope::ConversationsRead,
        "list",
        call!(|p, c| {
            let by = sort(ConversationSort::StartedAt);
            p.conversations().list(&c, ConversationFilter::default(), by, &Paging::FIRST).await
        }),
    ),
    (Scope::ConversationsRead, "get", call!(|p, c| p.conversations().get(&c, none(ConversationId::from_uuid)).await)),
    (Scope::ConversationsRead, "report", call!(|p, c| p.reports().get(&c, none(ConversationId::from_uuid)).await)),
    (
        Scope::ConversationsWrite,
        "take over",
        call!(|p, c| { p.conversations().take_over(&c, none(ConversationId::from_uuid), None).await }),
    ),
    (
        Scope::AppointmentsRead,
        "list",
        call!(|p, c| { p.appointments().list(&c, AppointmentFilter::default(), Order::Asc, &Paging::FIRST).await }),
    ),
    (Scope::AppointmentsRead, "get", call!(|p, c| p.appointments().get(&c, none(AppointmentId::from_uuid)).await)),
    (Scope::AppointmentsRead, "hosts", call!(|p, c| p.hosts().list(&c).await)),
    (
        Scope::AppointmentsWrite,
        "confirm",
        call!(|p, c| { p.appointments().confirm(&c, none(AppointmentId::from_uuid), None).await }),
    ),
    (
        Scope::AppointmentsWrite,
        "hours",
        call!(|p, c| {
            let time_zone = chrono_tz::UTC;
            let (hours, exceptions) = (WeeklyHours::default(), Vec::new());
            let input = HostInput { time_zone, hours, exceptions, buffer_before_min: 0, buffer_after_min: 0 };
            p.hosts().set(&c, none(UserId::from_uuid), input, None).await
        }),
    ),
    (Scope::AnalyticsRead, "dashboard", call!(|p, c| p.analytics().dashboard(&c, Range::default(), None).await)),
    (Scope::Admin, "members", call!(|p, c| p.accounts().members(&c).await)),
    (Scope::Admin, "tokens", call!(|p, c| p.accounts().tokens(&c).await)),
    (Scope::Admin, "invitations", call!(|p, c| p.accounts().invitations(&c).await)),
    (
        Scope::Admin,
        "invite",
        call!(|p, c| {
            let role = spotlight_core::domain::user::Role::SalesRep;
            let new = NewInvitation { email: String::new(), name: String::new(), role };
            p.accounts().invite(&c, new).await
        }),
    ),
    (Scope::Admin, "audit log", call!(|p, c| p.audit().list(&c, &AuditFilter::default(), &Paging::FIRST).await)),
    (Scope::Admin, "flags", call!(|p, c| p.flags().list(&c).await)),
    (Scope::Admin, "billing", call!(|p, c| p.billing().subscription(&c).await)),
    (Scope::Admin, "webhooks", call!(|p, c| p.webhooks().list(&c).await)),
];

#[tokio::test]
async fn every_scope_opens_what_it_names_and_nothing_else() {
    let world = World::new().await;
    let with = |scopes: Vec<Scope>| {
        let owner = world.owner();
        let user = owner.actor.user_id().expect("a user");
        let token = spotlight_core::domain::ApiTokenId::from_uuid(uuid::Uuid::nil());
        Context { actor: Actor::Token(token, user), scopes: Some(scopes), ..owner }
    };
    let lacks = |outcome: &Result<()>, scope: Scope| {
        let wanted = format!("this token lacks the scope {scope}");
        outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::Forbidden && error.to_string() == wanted)
    };
    for (scope, name, call) in CALLS {
        let others: Vec<_> = Scope::ALL.iter().copied().filter(|other| other != scope).collect();
        let outcome = call(world.platform.clone(), with(others)).await;
        assert!(lacks(&outcome, *scope), "{scope}, {name}: {outcome:?}");
        // Changing a record begins with reading it.
        let read = scope.as_str().replace(":write", ":read").parse().expect("a scope");
        let outcome = call(world.platform.clone(), with(vec![*scope, read])).await;
        let refused = outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::Forbidden);
        assert!(!refused, "{scope}, {name}: {outcome:?}");
    }
    for scope in Scope::ALL {
        assert!(CALLS.iter().any(|(needed, ..)| needed == scope), "nothing needs {scope}");
    }
}
