//! What other systems tell us: who may, what it does, and that each event counts once.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use serde_json::json;
use sha2::Sha256;
use spotlight_core::{
    Context, ErrorKind, Result,
    domain::{
        audit::Actor,
        conversation::{Channel, ConversationStatus, Speaker},
        lead::ProposalField,
        user::Role,
        webhook::SourceKind,
    },
    ports::{Clock, ConversationFilter, LeadFilter, Sort, Storage},
    services::{
        incoming::{ConversationEvent, ForeignUtterance, LeadEvent, Receipt, Signed, ToldLead},
        sources::{MAX_SOURCES, NewSource, SourcePatch},
    },
};

use crate::{
    colleagues::{ALL, refused},
    world::World,
};

const BODY: &[u8] = b"{\"event\":{}}";

fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize().into_bytes().iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

fn new(accepts: &[SourceKind]) -> NewSource {
    NewSource { name: " Website form ".to_owned(), accepts: accepts.to_vec(), enabled: true }
}

/// A world with a source, and what its messages need.
struct Place {
    world: World,
    id: spotlight_core::domain::WebhookSourceId,
    key: String,
    secret: String,
}

impl Place {
    async fn new() -> Self {
        let world = World::new().await;
        let made = world.platform.sources().create(&world.owner(), new(SourceKind::ALL)).await.expect("a source");
        let secret = made.secret.expose_secret().to_owned();
        Self { id: made.source.id, key: made.source.key, secret, world }
    }

    fn now(&self) -> String {
        self.world.clock.now().timestamp().to_string()
    }

    async fn recognised(&self, kind: SourceKind, secret: &str, timestamp: &str) -> Result<Context> {
        let signed = signature(secret, timestamp, BODY);
        self.heard(
            kind,
            Signed { key: Some(&self.key), timestamp: Some(timestamp), signature: Some(&signed), body: BODY },
        )
        .await
    }

    async fn heard(&self, kind: SourceKind, message: Signed<'_>) -> Result<Context> {
        self.world.platform.incoming().recognise(&Context::anonymous(), kind, message).await
    }

    async fn source(&self, kind: SourceKind) -> Context {
        self.recognised(kind, &self.secret, &self.now()).await.expect("the source")
    }

    async fn lead(&self, event: LeadEvent) -> Result<Receipt> {
        self.world.platform.incoming().lead(&self.source(SourceKind::Leads).await, event).await
    }

    async fn talk(&self, event: ConversationEvent) -> Result<Receipt> {
        self.world.platform.incoming().conversation(&self.source(SourceKind::Conversations).await, event).await
    }

    fn said(&self, id: &str, words: &[(Speaker, &str)]) -> ConversationEvent {
        ConversationEvent {
            id: id.to_owned(),
            external_id: "chat-7".to_owned(),
            assistant_id: self.world.assistant.id,
            source: Channel::Chat,
            language: None,
            lead: ToldLead::default(),
            transcripts: words
                .iter()
                .map(|(speaker, content)| ForeignUtterance { speaker: *speaker, content: (*content).to_owned() })
                .collect(),
            status: None,
        }
    }

    async fn leads(&self) -> usize {
        let found = self.world.platform.leads();
        let found = found.list(&self.world.owner(), LeadFilter::default(), Sort::default(), &ALL).await;
        found.expect("leads").items.len()
    }
}

fn told(id: &str, email: &str, phone: Option<&str>) -> LeadEvent {
    LeadEvent {
        id: id.to_owned(),
        lead: ToldLead {
            name: Some("Grace Hopper".to_owned()),
            email: Some(email.to_owned()),
            phone: phone.map(str::to_owned),
            company: None,
        },
        ..LeadEvent::default()
    }
}

#[tokio::test]
async fn a_source_is_recognised_by_its_signature_alone() {
    let place = Place::new().await;
    let (leads, now) = (SourceKind::Leads, place.now());
    let source = place.source(leads).await;
    assert_eq!((source.actor, source.organization), (Actor::Source(place.id), place.world.organization.id));
    let good = signature(&place.secret, &now, BODY);
    let message = Signed { key: Some(&place.key), timestamp: Some(&now), signature: Some(&good), body: BODY };
    let of = |secret: &str| signature(secret, &now, BODY);
    let several = format!("sha256=00, v1={}, {good}", &good[7..]);
    place.heard(leads, Signed { signature: Some(&several), ..message }).await.expect("one of several is enough");
    let elsewhere = place.world.stranger().await;
    let theirs = place.world.platform.sources().create(&elsewhere, new(SourceKind::ALL)).await.expect("a source");
    let (forged, bare, upper) = (of("whsrc_guessed"), good[7..].to_owned(), good.replace("sha256", "sha1"));
    let signed_by_theirs = of(theirs.secret.expose_secret());
    let wrong = [
        Signed { key: None, ..message },
        Signed { key: Some("nobody"), ..message },
        Signed { key: Some(&theirs.source.key), ..message },
        Signed { signature: Some(&signed_by_theirs), ..message },
        Signed { timestamp: None, ..message },
        Signed { timestamp: Some("0"), ..message },
        Signed { signature: None, ..message },
        Signed { signature: Some(""), ..message },
        Signed { signature: Some(&forged), ..message },
        Signed { signature: Some(&bare), ..message },
        Signed { signature: Some(&upper), ..message },
        Signed { body: b"{\"event\":{} }", ..message },
    ];
    for (number, message) in wrong.into_iter().enumerate() {
        let error = place.heard(leads, message).await.err().unwrap_or_else(|| panic!("{number} is accepted"));
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{number}");
    }
}

#[tokio::test]
async fn a_signature_counts_for_five_minutes() {
    let place = Place::new().await;
    let now = place.world.clock.now().timestamp();
    for (off, good) in [(0, true), (300, true), (-300, true), (301, false), (-301, false), (-86_400, false)] {
        let found = place.recognised(SourceKind::Leads, &place.secret, &(now + off).to_string()).await;
        assert_eq!(found.is_ok(), good, "{off}");
        if let Err(error) = found {
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        }
    }
    for text in ["", "now", "-1", "+1", "99999999999999999999", "1e9"] {
        refused(place.recognised(SourceKind::Leads, &place.secret, text).await, ErrorKind::Unauthenticated);
    }
}

#[tokio::test]
async fn a_source_changes_over_to_a_new_secret_and_can_be_switched_off() {
    let place = Place::new().await;
    let (sources, owner) = (place.world.platform.sources(), place.world.owner());
    let rotated = sources.rotate_secret(&owner, place.id).await.expect("a new secret").secret;
    let rotated = rotated.expose_secret();
    for secret in [rotated, &place.secret] {
        place.recognised(SourceKind::Leads, secret, &place.now()).await.expect("both are accepted");
    }
    place.world.clock.forward(chrono::Duration::hours(24));
    place.recognised(SourceKind::Leads, rotated, &place.now()).await.expect("the newer one");
    refused(place.recognised(SourceKind::Leads, &place.secret, &place.now()).await, ErrorKind::Unauthenticated);
    let only = SourcePatch { accepts: Some(vec![SourceKind::Conversations]), ..SourcePatch::default() };
    sources.update(&owner, place.id, only, None).await.expect("changed");
    refused(place.recognised(SourceKind::Leads, rotated, &place.now()).await, ErrorKind::Forbidden);
    let off = SourcePatch { enabled: Some(false), ..SourcePatch::default() };
    sources.update(&owner, place.id, off, None).await.expect("changed");
    refused(place.recognised(SourceKind::Conversations, rotated, &place.now()).await, ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn sources_are_the_administrators_of_one_organization() {
    let place = Place::new().await;
    let (sources, stranger) = (place.world.platform.sources(), place.world.stranger().await);
    refused(sources.get(&stranger, place.id).await, ErrorKind::NotFound);
    refused(sources.rotate_secret(&stranger, place.id).await, ErrorKind::NotFound);
    refused(sources.delete(&stranger, place.id).await, ErrorKind::NotFound);
    refused(sources.update(&stranger, place.id, SourcePatch::default(), None).await, ErrorKind::NotFound);
    assert_eq!(sources.list(&stranger).await.expect("none"), []);
    let manager = place.world.colleague(Role::Manager).await;
    refused(sources.list(&manager).await, ErrorKind::Forbidden);
    refused(sources.create(&manager, new(SourceKind::ALL)).await, ErrorKind::Forbidden);
    let empty = NewSource { name: "x".to_owned(), accepts: Vec::new(), enabled: true };
    let error = sources.create(&stranger, empty).await.expect_err("refused");
    assert_eq!(error.violations().iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), ["name", "accepts"]);
    for _ in 0..MAX_SOURCES {
        sources.create(&stranger, new(SourceKind::ALL)).await.expect("a source");
    }
    refused(sources.create(&stranger, new(SourceKind::ALL)).await, ErrorKind::Conflict);
    sources.delete(&place.world.owner(), place.id).await.expect("deleted");
    refused(place.recognised(SourceKind::Leads, &place.secret, &place.now()).await, ErrorKind::Unauthenticated);
    let done = place.world.done_to(place.id).await;
    assert_eq!(done, ["webhook_source.create", "webhook_source.delete"]);
}

#[tokio::test]
async fn a_source_tells_of_events_and_does_nothing_else() {
    let place = Place::new().await;
    let (source, owner) = (place.source(SourceKind::Leads).await, place.world.owner());
    refused(
        place.world.platform.leads().list(&source, LeadFilter::default(), Sort::default(), &ALL).await,
        ErrorKind::Forbidden,
    );
    refused(place.world.platform.sources().list(&source).await, ErrorKind::Forbidden);
    let event = place.said("event-1", &[]);
    refused(place.world.platform.incoming().conversation(&source, event).await, ErrorKind::Forbidden);
    refused(place.world.platform.incoming().lead(&owner, told("1", "a@example.com", None)).await, ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_lead_is_added_once() {
    let place = Place::new().await;
    let mut event = told("event-1", " Grace@Example.com ", Some("+49 30 901820"));
    event.metadata.insert("form".to_owned(), json!("prices"));
    let first = place.lead(event.clone()).await.expect("a lead");
    let again = place.lead(event).await.expect("nothing more");
    assert_eq!((first.duplicate, again.duplicate, again.lead_id), (false, true, None));
    let id = first.lead_id.expect("a lead");
    let lead = place.world.platform.leads().get(&place.world.owner(), id).await.expect("the lead");
    assert_eq!(lead.email.as_ref().map(|email| email.as_str()), Some("grace@example.com"));
    assert_eq!((lead.metadata.get("form"), place.leads().await), (Some(&json!("prices")), 1));
    let entries = place.world.audited().await;
    let entry = entries.iter().find(|entry| entry.action == "lead.told").expect("an entry");
    assert_eq!((entry.actor_kind.as_str(), entry.actor_id.clone()), ("source", Some(place.id.to_string())));
    // Another source may choose the same id.
    let other = place.world.platform.sources().create(&place.world.owner(), new(SourceKind::ALL)).await;
    let other = other.expect("a source");
    let (key, secret, now) = (other.source.key, other.secret.expose_secret().to_owned(), place.now());
    let signed = signature(&secret, &now, BODY);
    let message = Signed { key: Some(&key), timestamp: Some(&now), signature: Some(&signed), body: BODY };
    let other = place.heard(SourceKind::Leads, message).await.expect("the other source");
    let taken = place.world.platform.incoming().lead(&other, told("event-1", "ada@example.com", None)).await;
    assert!(!taken.expect("a lead").duplicate);
}

#[tokio::test]
async fn what_a_lead_holds_is_never_overwritten() {
    let place = Place::new().await;
    let id = place.lead(told("1", "grace@example.com", None)).await.expect("a lead").lead_id.expect("a lead");
    let mut event = told("2", "grace@example.com", Some("+4930901820"));
    event.lead.name = Some("Somebody Else".to_owned());
    event.metadata = serde_json::Map::from_iter([("form".to_owned(), json!("again"))]);
    assert_eq!(place.lead(event).await.expect("the same lead").lead_id, Some(id));
    let (leads, owner) = (place.world.platform.leads(), place.world.owner());
    let lead = leads.get(&owner, id).await.expect("the lead");
    assert_eq!((lead.name.as_deref(), lead.phone), (Some("Grace Hopper"), None));
    assert_eq!(lead.metadata.get("form"), Some(&json!("again")), "what is new is added");
    let kept = leads.proposals(&owner, id).await.expect("proposals");
    let mut kept: Vec<_> = kept.iter().map(|one| (one.field, one.value.as_str())).collect();
    kept.sort_unstable();
    assert_eq!(kept, [(ProposalField::Name, "Somebody Else"), (ProposalField::Phone, "+4930901820")]);
    // The e-mail of one lead and the phone of another: a person looks.
    let mut other = told("3", "ada@example.com", Some("+4930901821"));
    other.lead.name = Some("Ada Lovelace".to_owned());
    let other = place.lead(other).await.expect("a lead").lead_id.expect("a lead");
    let torn = place.lead(told("4", "grace@example.com", Some("+4930901821"))).await.expect("a lead").lead_id;
    let torn = torn.expect("a lead of its own");
    assert!(torn != id && torn != other && place.leads().await == 3);
    for lead in [id, other, torn] {
        assert!(leads.get(&owner, lead).await.expect("the lead").needs_review);
    }
}

#[tokio::test]
async fn an_event_that_was_refused_can_be_sent_again() {
    let place = Place::new().await;
    let mut event = told("event-1", "not an address", Some("12"));
    event.lead.name = Some("x".to_owned());
    let error = place.lead(LeadEvent { id: "two words".to_owned(), ..event.clone() }).await.expect_err("refused");
    let fields: Vec<_> = error.violations().iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["id", "lead.name", "lead.email", "lead.phone"]);
    refused(place.lead(event).await, ErrorKind::Validation);
    assert_eq!(place.leads().await, 0);
    assert!(!place.lead(told("event-1", "grace@example.com", None)).await.expect("a lead").duplicate);
}

#[tokio::test]
async fn a_conversation_held_elsewhere_is_opened_appended_to_and_ended() {
    let place = Place::new().await;
    let (user, assistant) = (Speaker::User, Speaker::Assistant);
    let mut event = place.said("1", &[(user, "I need a cargo bike."), (assistant, "What may it cost?")]);
    event.lead.email = Some("grace@example.com".to_owned());
    let first = place.talk(event.clone()).await.expect("a conversation");
    assert!(place.talk(event).await.expect("nothing more").duplicate);
    let next = place.said("2", &[(user, "Two thousand."), (assistant, "A colleague will write.")]);
    let last = ConversationEvent { status: Some(ConversationStatus::Completed), ..next };
    assert_eq!(place.talk(last).await.expect("the same").conversation_id, first.conversation_id);
    let (conversations, owner) = (place.world.platform.conversations(), place.world.owner());
    let id = first.conversation_id.expect("a conversation");
    let stored = conversations.get(&owner, id).await.expect("it");
    assert_eq!((stored.status, stored.last_seq, stored.waiting_since), (ConversationStatus::Completed, 4, None));
    let said = conversations.transcripts(&owner, id, 0, 10).await.expect("what was said");
    assert_eq!(said.iter().map(|one| one.speaker).collect::<Vec<_>>(), [user, assistant, user, assistant]);
    let lead = place.world.platform.leads().get(&owner, stored.lead_id).await.expect("the lead");
    assert_eq!(lead.email.map(String::from).as_deref(), Some("grace@example.com"));
    place.world.work().await;
    let analysed = conversations.get(&owner, id).await.expect("it");
    assert!(analysed.score.is_some(), "its end is followed by its analysis");
    refused(place.talk(place.said("3", &[(user, "One more thing")])).await, ErrorKind::Conflict);
    let all = ConversationFilter::default();
    assert_eq!(conversations.list(&owner, all, Sort::default(), &ALL).await.expect("a list").items.len(), 1);
}

#[tokio::test]
async fn a_source_reaches_its_own_conversations_and_assistants_alone() {
    let place = Place::new().await;
    let elsewhere = place.world.stranger().await;
    let theirs = place.world.platform.sources().create(&elsewhere, new(SourceKind::ALL)).await.expect("a source");
    let (secret, now) = (theirs.secret.expose_secret().to_owned(), place.now());
    let signed = signature(&secret, &now, BODY);
    let message = Signed { key: Some(&theirs.source.key), timestamp: Some(&now), signature: Some(&signed), body: BODY };
    let other = place.heard(SourceKind::Conversations, message).await.expect("the other source");
    let event = place.said("1", &[(Speaker::User, "Hello")]);
    refused(place.world.platform.incoming().conversation(&other, event.clone()).await, ErrorKind::NotFound);
    let first = place.talk(event).await.expect("a conversation").conversation_id;
    // A second source of the same organization, with the same id of its own.
    let second = place.world.platform.sources().create(&place.world.owner(), new(SourceKind::ALL)).await;
    let second = second.expect("a source");
    let signed = signature(second.secret.expose_secret(), &now, BODY);
    let message = Signed { key: Some(&second.source.key), timestamp: Some(&now), signature: Some(&signed), body: BODY };
    let second = place.heard(SourceKind::Conversations, message).await.expect("the second source");
    let event = place.said("1", &[(Speaker::User, "Hello")]);
    let taken = place.world.platform.incoming().conversation(&second, event).await.expect("another conversation");
    assert!(!taken.duplicate && taken.conversation_id != first);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_conversation_is_said_at_once() {
    let place = Place::new().await;
    let mut event = place.said("", &[(Speaker::User, " "), (Speaker::User, "Hello")]);
    event.external_id = String::new();
    event.lead.email = Some("nothing".to_owned());
    event.status = Some(ConversationStatus::Paused);
    let error = place.talk(event).await.expect_err("refused");
    let fields: Vec<_> = error.violations().iter().map(|one| one.field.as_str()).collect();
    let expected = [
        "id",
        "conversation.external_id",
        "conversation.transcripts.0.content",
        "conversation.status",
        "conversation.lead.email",
    ];
    assert_eq!(fields, expected);
    let repos = place.world.storage.read(spotlight_core::ports::ReadConsistency::Strong);
    let all = ConversationFilter::default();
    let stored = repos.conversations().list(place.world.organization.id, &all, Sort::default(), &ALL).await;
    assert_eq!(stored.expect("a list").items.len(), 0);
}
