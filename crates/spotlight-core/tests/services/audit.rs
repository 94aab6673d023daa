//! The audit log: one entry for each change, and nobody's data in any of them.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, json};
use spotlight_core::{
    Context,
    domain::{
        ProposalId, UserId,
        audit::AuditEntry,
        lead::{LeadStatus, Proposal, ProposalField, ProposalState},
        second_factor::CodeSecret,
        user::{Role, Scope},
    },
    ports::{AuditFilter, Paging, Storage},
    services::{
        accounts::{AcceptInvitation, AccountPatch, NewInvitation, SignIn, SignUp},
        appointments::NewAppointment,
        assistants::{AssistantInput, KnowledgeInput, KnowledgePatch},
        leads::{LeadPatch, NewLead},
    },
};

use crate::world::World;

/// Runs a change and sees that it writes exactly one entry.
macro_rules! one_entry {
    ($world:expr, $seen:expr, $action:literal, $change:expr) => {{
        let before = $world.audited().await.len();
        let made = $change.await.expect($action);
        let after = $world.audited().await;
        assert_eq!(after.len(), before + 1, "{}", $action);
        let entry = &after[0];
        assert_eq!(entry.action, $action);
        $seen.insert(entry.action.clone());
        made
    }};
}

async fn account_changes(world: &World, seen: &mut BTreeSet<String>) {
    let (accounts, owner, nobody) = (world.platform.accounts(), world.owner(), Context::anonymous());
    let address = "planted@plantwerk.example";
    let password = || SecretString::from("planted password");
    let invitation =
        || NewInvitation { email: address.to_owned(), name: "Petra Planted".to_owned(), role: Role::SalesRep };
    let invited = one_entry!(world, seen, "invitation.create", accounts.invite(&owner, invitation()));
    one_entry!(world, seen, "invitation.withdraw", accounts.withdraw_invitation(&owner, invited.user_id));
    one_entry!(world, seen, "invitation.create", accounts.invite(&owner, invitation()));
    let accept = AcceptInvitation {
        token: world.code(address).await,
        name: Some("Petra Planted".to_owned()),
        password: Some(password()),
    };
    let (user, member) = one_entry!(world, seen, "member.join", accounts.accept_invitation(&nobody, accept));
    one_entry!(world, seen, "member.change_role", accounts.change_role(&owner, user.id, Role::Admin));
    let ctx = Context::user(user.id, member.organization_id, Role::Admin);
    let sign_in = || SignIn { user_agent: Some("Planted/1".to_owned()), ..SignIn::new(address, password()) };
    let one = one_entry!(world, seen, "session.create", accounts.sign_in(&nobody, sign_in()));
    one_entry!(world, seen, "session.delete", accounts.sign_out(&ctx, &one.session));
    let two = one_entry!(world, seen, "session.create", accounts.sign_in(&nobody, sign_in()));
    one_entry!(world, seen, "session.delete", accounts.revoke_session(&ctx, two.session.id));
    one_entry!(world, seen, "session.delete_all", accounts.revoke_sessions(&ctx, None));
    let name = AccountPatch { name: Some("Paula Planted".to_owned()), ..AccountPatch::default() };
    one_entry!(world, seen, "user.update", accounts.update_me(&ctx, name, None, None));
    let other = "paula@plantwerk.example";
    let address =
        AccountPatch { email: Some(other.to_owned()), current_password: Some(password()), ..AccountPatch::default() };
    one_entry!(world, seen, "user.update", accounts.update_me(&ctx, address, None, None));
    one_entry!(world, seen, "user.send_confirmation", accounts.send_confirmation(&ctx));
    let code = world.code(other).await;
    one_entry!(world, seen, "user.confirm", accounts.confirm(&nobody, code));
    let secret =
        AccountPatch { password: Some(password()), current_password: Some(password()), ..AccountPatch::default() };
    one_entry!(world, seen, "password.change", accounts.update_me(&ctx, secret, None, None));
    let enrolled = one_entry!(world, seen, "second_factor.enrol", accounts.enrol_second_factor(&ctx, password()));
    let device = CodeSecret::from_base32(enrolled.secret.expose_secret()).expect("Base32");
    let now = world.platform.clock().now();
    let code = |steps: i64| SecretString::from(device.code_at(now + chrono::Duration::seconds(30 * steps)));
    one_entry!(world, seen, "second_factor.enable", accounts.confirm_second_factor(&ctx, &code(0), None));
    one_entry!(world, seen, "second_factor.disable", accounts.disable_second_factor(&ctx, password(), &code(1)));
    one_entry!(world, seen, "password.request_reset", accounts.request_password_reset(&nobody, other));
    let code = world.code(other).await;
    one_entry!(world, seen, "password.reset", accounts.reset_password(&nobody, code, password()));
    let token = accounts.create_token(&ctx, "Planted token", Scope::ALL.to_vec(), None);
    let token = one_entry!(world, seen, "api_token.create", token);
    one_entry!(world, seen, "api_token.revoke", accounts.revoke_token(&ctx, token.token.id));
    one_entry!(world, seen, "member.remove", accounts.remove_member(&owner, user.id));
}

async fn record_changes(world: &World, seen: &mut BTreeSet<String>) {
    let (owner, platform) = (world.owner(), &world.platform);
    let input = || AssistantInput { name: "Planted".to_owned(), ..AssistantInput::from(&world.assistant) };
    let assistants = platform.assistants();
    let made = one_entry!(world, seen, "assistant.create", assistants.create(&owner, input())).id;
    one_entry!(world, seen, "assistant.update", assistants.update(&owner, made, input(), None));
    one_entry!(world, seen, "assistant.toggle_active", assistants.toggle_active(&owner, made, None));
    let fact =
        || KnowledgeInput { question: Some("Where is Plantwerk?".to_owned()), answer: "At Planted Street.".to_owned() };
    let entry = one_entry!(world, seen, "knowledge.create", assistants.add_knowledge(&owner, made, fact())).id;
    let patch = KnowledgePatch { question: Some(fact().question), answer: Some(fact().answer) };
    one_entry!(world, seen, "knowledge.update", assistants.update_knowledge(&owner, made, entry, patch, None));
    one_entry!(world, seen, "knowledge.delete", assistants.delete_knowledge(&owner, made, entry, None));
    one_entry!(world, seen, "assistant.delete", assistants.delete(&owner, made, None));

    let leads = platform.leads();
    let new = NewLead {
        name: Some("Petra Planted".to_owned()),
        email: Some("petra@plantwerk.example".to_owned()),
        phone: Some("+493012345678".to_owned()),
        company: Some("Plantwerk".to_owned()),
        metadata: Map::from_iter([("note".to_owned(), json!("planted"))]),
        ..NewLead::default()
    };
    let lead = one_entry!(world, seen, "lead.create", leads.create(&owner, new)).id;
    let patch = LeadPatch { name: Some(Some("Paula Planted".to_owned())), ..LeadPatch::default() };
    one_entry!(world, seen, "lead.update", leads.update(&owner, lead, patch, None));
    one_entry!(world, seen, "lead.status", leads.set_status(&owner, lead, LeadStatus::Contacted, None));
    let proposal = Proposal {
        id: ProposalId::from_uuid(platform.ids().uuid()),
        organization_id: world.organization.id,
        lead_id: lead,
        conversation_id: None,
        field: ProposalField::Company,
        value: "Planted Works".to_owned(),
        state: ProposalState::Open,
        created_at: platform.clock().now(),
    };
    let unit = world.storage.begin().await.expect("a unit");
    unit.proposals().insert(&proposal).await.expect("a proposal");
    unit.commit().await.expect("a commit");
    one_entry!(world, seen, "lead.proposal", leads.decide_proposal(&owner, lead, proposal.id, true, None));

    let appointments = platform.appointments();
    let book = |hour: &str| NewAppointment {
        lead_id: lead,
        assistant_id: world.assistant.id,
        conversation_id: None,
        host_id: Some(world.owner.id),
        starts_at: format!("2026-03-26T{hour}:00:00Z").parse().expect("an instant"),
        duration_min: Some(30),
        time_zone: chrono_tz::Europe::Berlin,
        meeting_type: None,
        notes: Some("Planted notes".to_owned()),
    };
    let later = "2026-03-26T13:00:00Z".parse().expect("an instant");
    let met = one_entry!(world, seen, "appointment.create", appointments.create(&owner, book("09"))).id;
    one_entry!(world, seen, "appointment.reschedule", appointments.reschedule(&owner, met, later, None));
    one_entry!(world, seen, "appointment.confirm", appointments.confirm(&owner, met, None));
    let missed = one_entry!(world, seen, "appointment.create", appointments.create(&owner, book("10"))).id;
    let off = one_entry!(world, seen, "appointment.create", appointments.create(&owner, book("11"))).id;
    let reason = Some("Petra Planted is ill".to_owned());
    one_entry!(world, seen, "appointment.cancel", appointments.cancel(&owner, off, reason, None));
    world.clock.forward(chrono::Duration::days(2));
    one_entry!(world, seen, "appointment.complete", appointments.complete(&owner, met, None));
    one_entry!(world, seen, "appointment.no_show", appointments.no_show(&owner, missed, None));
    one_entry!(world, seen, "lead.delete", leads.delete(&owner, lead, None));
    one_entry!(world, seen, "lead.erase", leads.erase(&owner, lead, None));
}

/// Everything that an entry says, in lower case.
fn told(entry: &AuditEntry) -> String {
    let AuditEntry {
        actor_kind, actor_id, action, record_type, record_id, details, request_id, source_address, ..
    } = entry;
    let text = format!(
        "{actor_kind} {actor_id:?} {action} {record_type} {record_id} {details} {request_id:?} {source_address:?}"
    );
    text.to_lowercase()
}

#[tokio::test]
async fn every_change_writes_one_entry_and_none_holds_personal_data() {
    let world = World::new().await;
    let mut seen = BTreeSet::new();
    account_changes(&world, &mut seen).await;
    record_changes(&world, &mut seen).await;
    let organizations = world.platform.organizations();
    let mut settings = organizations.get(&world.owner()).await.expect("settings");
    settings.name = "Plantwerk".to_owned();
    one_entry!(world, seen, "organization.update", organizations.update(&world.owner(), settings));
    one_entry!(world, seen, "organization.delete", organizations.delete(&world.owner()));
    assert_eq!(seen.len(), 40, "{seen:?}");

    for entry in world.audited().await {
        let text = told(&entry);
        for planted in ["plant", "petra", "paula", "12345678", "works", "street", "ill\""] {
            assert!(!text.contains(planted), "{planted}: {text}");
        }
    }
}

#[tokio::test]
async fn a_sign_up_is_the_first_entry_of_its_organization() {
    let world = World::new().await;
    let request = SignUp {
        email: "nora@newcomer.example".to_owned(),
        name: "Nora Newcomer".to_owned(),
        organization: "Newcomer".to_owned(),
        time_zone: None,
        password: SecretString::from("correct horse"),
    };
    let ctx = Context { source_address: Some("192.0.2.1".to_owned()), ..Context::anonymous() };
    let (organization, user) =
        world.platform.accounts().sign_up(&ctx, request).await.expect("an answer").expect("an account");
    let list = world.repositories().audit().list(organization.id, &AuditFilter::default(), &Paging::FIRST).await;
    let entries = list.expect("the log").items;
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((entry.action.as_str(), entry.actor_kind.as_str()), ("organization.create", "user"));
    assert_eq!(entry.actor_id.as_deref().and_then(|id| id.parse::<UserId>().ok()), Some(user.id));
    assert_eq!(entry.source_address.as_deref(), Some("192.0.2.1"));
    assert!(!told(entry).contains("newcomer"));
}
