//! What two visitors tell at the same moment, on Postgres, whose unique index decides which of them is first.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono_tz::Europe;
use futures::StreamExt;
use secrecy::SecretString;
use serde_json::json;
use spotlight_core::{
    Context, Result, Spotlight,
    domain::{
        LeadId,
        contact::Email,
        conversation::Channel,
        lead::{Lead, LeadSource},
        schedule::WeeklyHours,
        user::Role,
    },
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter},
    ports::{
        ChatChunk, ChatMessage, ChatModel, ChatRequest, ChatStream, Clock, IdGenerator, ReadConsistency, Storage,
        SystemClock, SystemIds, ToolAnswer, ToolCall,
    },
    services::{
        assistants::AssistantInput,
        conversations::{NewConversation, TurnEvent, TurnInput},
        organizations::NewOrganization,
    },
};
use spotlight_storage::postgres::{PgOptions, PgQueue, PgStorage};
use spotlight_tests::postgres::TestDatabase;

/// A model that notes an address, and keeps what it was told.
#[derive(Default)]
struct Notes {
    scripts: Mutex<VecDeque<ChatChunk>>,
    answers: Mutex<Vec<ToolAnswer>>,
}

impl Notes {
    fn address(&self, address: &str) {
        let arguments = json!({ "email": address });
        let call = ToolCall { id: "c1".to_owned(), name: "capture_lead".to_owned(), arguments };
        let mut scripts = self.scripts.lock().expect("nobody panicked");
        scripts.extend([ChatChunk::Tool(call), ChatChunk::Text("Noted.".to_owned())]);
    }
}

#[async_trait]
impl ChatModel for Notes {
    fn name(&self) -> String {
        "notes".to_owned()
    }

    async fn stream(&self, request: ChatRequest) -> Result<ChatStream> {
        if let Some(ChatMessage::Answered(answer)) = request.messages.last() {
            self.answers.lock().expect("nobody panicked").push(answer.clone());
        }
        let chunk = self.scripts.lock().expect("nobody panicked").pop_front().expect("a script");
        Ok(futures::stream::iter([Ok(chunk)]).boxed())
    }
}

#[tokio::test]
async fn an_address_that_another_visitor_takes_in_this_moment_joins_them_and_reveals_nothing() {
    let database = TestDatabase::fresh().await;
    let storage = Arc::new(PgStorage::connect(PgOptions::new(database.url())).await.expect("connected"));
    let clock = Arc::new(SystemClock);
    let model = Arc::new(Notes::default());
    let platform = Spotlight::builder()
        .storage(storage.clone())
        .queue(Arc::new(PgQueue::connect(PgOptions::new(database.url())).await.expect("connected")))
        .chat(model.clone())
        .events(Arc::new(MemoryEventBus::new(clock.clone())))
        .mailer(Arc::new(MemoryMailer::new()))
        .files(Arc::new(MemoryFileStore::new()))
        .limiter(Arc::new(MemoryRateLimiter::new(clock.clone())))
        .clock(clock.clone())
        .build()
        .expect("nothing is missing");
    let new = NewOrganization {
        name: "Bike Shop".to_owned(),
        slug: "bikes".to_owned(),
        time_zone: Europe::Berlin,
        business_hours: WeeklyHours::weekdays(9, 17),
        owner_email: Email::parse("owner@bikes.example").expect("an address"),
        owner_name: "Olga Owner".to_owned(),
        owner_password: SecretString::from("a long password".to_owned()),
    };
    let (organization, owner) =
        platform.organizations().create(&Context::deployment(), new).await.expect("an organization");
    let owner = Context::user(owner.id, organization.id, Role::Owner);
    let input = AssistantInput {
        name: "Bea".to_owned(),
        role: "Helps visitors choose a bike.".to_owned(),
        script: "We sell city bikes and cargo bikes. Find out what for, and offer a test ride.".to_owned(),
        ..AssistantInput::default()
    };
    let assistant = platform.assistants().create(&owner, input).await.expect("an assistant");
    let new = NewConversation {
        assistant_id: assistant.id,
        lead_id: None,
        source: Channel::Chat,
        language: None,
        time_zone: None,
        recording_consent: None,
        external_call_id: None,
    };
    let conversation = platform.conversations().start(&owner, new).await.expect("a conversation");

    // Another visitor's lead with the address is written and not committed yet.
    let id = LeadId::from_uuid(SystemIds.uuid());
    let mut rival = Lead::anonymous(id, organization.id, LeadSource::Website, clock.now());
    rival.email = Some(Email::parse("ana@example.com").expect("an address"));
    let unit = storage.begin().await.expect("a unit");
    unit.leads().insert(&rival).await.expect("inserted");

    model.address("ana@example.com");
    let ctx = Context::visitor(conversation.id, organization.id);
    let turn = platform.conversations().turn(&ctx, conversation.id, TurnInput::text("ana@example.com")).await;
    let turn = tokio::spawn(turn.expect("a turn").collect::<Vec<_>>());
    waits_for_a_lock(&database).await;
    unit.commit().await.expect("committed");

    let events = turn.await.expect("no panic");
    assert!(matches!(events.last(), Some(Ok(TurnEvent::Done { .. }))), "{events:?}");
    let answers = model.answers.lock().expect("nobody panicked").clone();
    assert!(answers[0].ok, "{:?}", answers[0].content);
    assert_eq!(answers[0].content, json!({ "noted": ["email"] }), "nothing tells that the address was there");
    let read = storage.read(ReadConsistency::Strong);
    let stored = read.conversations().get(organization.id, conversation.id).await.expect("read").expect("found");
    assert_eq!((stored.lead_id, stored.state.owns_lead), (id, false));
    let merged = read.leads().get(organization.id, conversation.lead_id).await.expect("read").expect("found");
    assert_eq!(merged.merged_into, Some(id));
}

/// Waits until a connection of the database waits for another's lock.
async fn waits_for_a_lock(database: &TestDatabase) {
    let mut connection = database.connect().await;
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let seen = async {
        loop {
            let count: i64 = sqlx::query_scalar(waiting).fetch_one(&mut connection).await.expect("counted");
            if count > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), seen).await.expect("the turn reaches the address");
}
