//! Everything that a platform stores, read through its repositories: for storages that have no other door.

use std::{collections::BTreeMap, fmt::Debug, fmt::Write};

use spotlight_core::{
    domain::OrganizationId,
    ports::{
        AppointmentFilter, AssistantFilter, AuditFilter, ConversationFilter, LeadFilter, OutboxKind, ReadConsistency,
        page::{Cursor, Listing, MAX_PER_PAGE, Order, Paging, Sort},
    },
    services::Spotlight,
};

use super::garbage::Ground;

/// A fresh platform in memory, whose contents are read through its repositories.
pub fn memory_ground() -> Ground {
    let platform = super::in_memory();
    let contents = {
        let platform = platform.clone();
        move || -> futures::future::LocalBoxFuture<'static, _> {
            let platform = platform.clone();
            Box::pin(async move { contents(&platform).await })
        }
    };
    Ground { platform, contents: Box::new(contents), keep: Box::new(()) }
}

/// Every record of every organization, by kind.
///
/// # Panics
/// When storage fails.
pub async fn contents(platform: &Spotlight) -> BTreeMap<String, String> {
    let mut all = Contents::default();
    let repos = platform.storage().read(ReadConsistency::Strong);
    let organizations = repos.organizations().ids(None, 100).await.expect("organizations");
    for organization in organizations {
        let record = repos.organizations().get(organization).await.expect("an organization");
        all.add("organizations", record.as_ref().map(|one| (&one.name, &one.slug, &one.feature_overrides)));
        all.add("organizations", record);
        of_organization(platform, organization, &mut all).await;
    }
    all.add("outbox", repos.outbox().stats(OutboxKind::Event, platform.clock().now()).await.expect("figures"));
    for queue in platform.queue().snapshot().await.expect("figures").queues {
        let waiting = queue.ready + queue.scheduled + queue.blocked + queue.running;
        all.add("jobs", (queue.queue, waiting, queue.dead));
    }
    all.add("flags", repos.flags().list().await.expect("flags"));
    for setting in repos.deployment().list().await.expect("settings") {
        all.add("deployment", (&setting.key, &setting.value));
        all.add("deployment", setting);
    }
    all.0
}

/// What a record prints as hides its texts, so these are added beside it.
#[derive(Default)]
struct Contents(BTreeMap<String, String>);

impl Contents {
    fn add(&mut self, kind: &str, record: impl Debug) {
        let text = self.0.entry(kind.to_owned()).or_default();
        writeln!(text, "{record:?}").expect("text grows");
    }
}

async fn of_organization(platform: &Spotlight, o: OrganizationId, all: &mut Contents) {
    let repos = platform.storage().read(ReadConsistency::Strong);
    for member in repos.users().members(o).await.expect("members") {
        let user = repos.users().get(member.user_id).await.expect("a user").expect("a user");
        all.add("users", (&user.email, &user.password_hash, user.version));
        all.add("sessions", repos.sessions().list(user.id, platform.clock().now()).await.expect("sessions").len());
        all.add("members", member);
    }
    all.add("api_tokens", repos.api_tokens().list(o).await.expect("tokens").len());
    all.add("hosts", repos.hosts().list(o).await.expect("hosts"));
    all.add("webhook_endpoints", repos.webhook_endpoints().list(o).await.expect("endpoints").len());
    all.add("webhook_sources", repos.webhook_sources().list(o).await.expect("sources").len());
    let assistants = repos.assistants();
    let filter = AssistantFilter::default();
    for assistant in whole(async |paging| assistants.list(o, &filter, Sort::default(), &paging).await).await {
        for entry in repos.knowledge().list(o, assistant.id).await.expect("entries") {
            all.add("knowledge", (&entry.question, &entry.answer));
            all.add("knowledge", entry);
        }
        all.add("assistants", (&assistant.name, &assistant.role, &assistant.script, &assistant.greeting));
        all.add("assistants", (&assistant.allowed_origins, &assistant.report_schema, &assistant.success_criteria));
        all.add("assistants", assistant);
    }
    let (leads, filter) = (repos.leads(), LeadFilter::default());
    for lead in whole(async |paging| leads.list(o, &filter, Sort::default(), &paging).await).await {
        all.add("proposals", repos.proposals().list(o, lead.id).await.expect("proposals").len());
        all.add("consents", repos.consents().list(o, lead.id).await.expect("consents").len());
        let contact = (lead.email.as_ref().map(|one| one.as_str()), lead.phone.as_ref().map(|one| one.as_str()));
        all.add("leads", (contact, &lead.name, &lead.company, &lead.metadata));
        all.add("leads", lead);
    }
    let (conversations, filter) = (repos.conversations(), ConversationFilter::default());
    for conversation in whole(async |paging| conversations.list(o, &filter, Sort::default(), &paging).await).await {
        for said in repos.transcripts().list(o, conversation.id, 0, 1000).await.expect("transcripts") {
            all.add("transcripts", (&said.content, &said.keywords, json(&said.tools)));
            all.add("transcripts", said);
        }
        all.add("hand_offs", repos.hand_offs().latest(o, conversation.id).await.expect("a hand-off"));
        all.add("reports", repos.reports().get(o, conversation.id).await.expect("a report").is_some());
        all.add("conversations", (&conversation.summary, &conversation.keywords, &conversation.outcome));
        all.add("conversations", (json(&conversation.criteria), json(&conversation.state)));
        all.add("conversations", conversation);
    }
    let (appointments, filter) = (repos.appointments(), AppointmentFilter::default());
    for appointment in whole(async |paging| appointments.list(o, &filter, Order::Asc, &paging).await).await {
        all.add("appointments", (&appointment.external_id, &appointment.notes, &appointment.cancel_reason));
        all.add("appointments", appointment);
    }
    let (audit, filter) = (repos.audit(), AuditFilter::default());
    for entry in whole(async |paging| audit.list(o, &filter, &paging).await).await {
        all.add("audit", (&entry.actor_id, &entry.record_id, &entry.details, &entry.source_address));
        all.add("audit", entry);
    }
}

fn json(part: &impl serde::Serialize) -> String {
    serde_json::to_string(part).expect("JSON")
}

/// Every part of a list.
async fn whole<T>(list: impl AsyncFn(Paging) -> spotlight_core::Result<Listing<T>>) -> Vec<T> {
    let (mut all, mut cursor) = (Vec::new(), None::<Cursor>);
    loop {
        let part = list(Paging::After { cursor, limit: MAX_PER_PAGE }).await.expect("a list");
        all.extend(part.items);
        cursor = part.next;
        if cursor.is_none() {
            return all;
        }
    }
}
