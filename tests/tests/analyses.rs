//! Analyses are idempotent: run shuffled and twice, everything that is stored stays as it is, on every storage.

use std::{path::PathBuf, sync::Arc};

use futures::{FutureExt, StreamExt};
use serde_json::{Value, json};
use spotlight_core::{
    domain::assistant::{Language, Topic},
    ports::{Heard, JobSpec},
};
use spotlight_http::conformance::contents::contents;
use spotlight_storage::{postgres::PgOptions, sqlite::SqliteOptions};
use spotlight_tests::{
    deployment::{Deployment, Stores, TestClock, in_memory, in_postgres, in_sqlite},
    postgres::TestDatabase,
};

const START: &str = "2026-03-25T10:00:00Z";
const QUESTIONS: &[(Topic, &str)] = &[
    (Topic::Need, "What would you use the bikes for?"),
    (Topic::Budget, "What budget do you have in mind?"),
    (Topic::Email, "What is your e-mail address?"),
];

/// Three conversations that have ended and been analysed: two of one lead, one of another.
async fn talked(deployment: &Deployment) -> Vec<String> {
    let assistant = deployment.assistant(Language::En, QUESTIONS, &[]).await;
    let mut made = Vec::new();
    for words in [
        ["I love it! We need bikes for deliveries", "ann@example.com, up to 20k euros", "Thanks, bye!"],
        ["This is terrible, I am angry", "ann@example.com", "Goodbye"],
        ["Can I see a demo?", "bob@example.com", "Bye"],
    ] {
        let mut visitor = deployment.visitor(assistant, None).await;
        visitor.all(&words).await;
        assert_eq!(visitor.seen().await["attributes"]["status"], "completed");
        made.push(visitor.conversation);
    }
    made
}

/// Has a conversation analysed once more.
async fn analyse(deployment: &Deployment, conversation: &str) {
    let organization = deployment.platform.organizations().first().await.expect("storage").expect("an organization");
    let unit = deployment.platform.storage().begin().await.expect("a unit");
    let payload = json!({ "conversation_id": conversation, "ended_reason": "visitor_ended" }).to_string();
    let job = JobSpec { organization: Some(organization), ..JobSpec::new("analyze_conversation", payload) };
    unit.enqueue(job).await.expect("a job");
    unit.commit().await.expect("a commit");
}

/// Every analysis alone and in another order, then all at once, twice.
async fn shuffled_and_twice(stores: Stores, clock: Arc<TestClock>) {
    let deployment = Deployment::start(stores, clock).await;
    let made = talked(&deployment).await;
    deployment.work().await;
    let scores: Vec<Value> = deployment.team("/leads").await["data"].as_array().cloned().unwrap_or_default();
    let scored = scores.iter().filter(|lead| lead["attributes"]["score"].is_number()).count();
    assert_eq!(scored, 2, "{scores:?}");
    // Conversations, leads, transcripts, the audit log, and how many jobs and events are on their way.
    let before = contents(&deployment.platform).await;
    let heard = events(&deployment, &made).await;
    assert!(heard.len() > 3, "{heard:?}");
    for kind in ["conversations", "leads", "transcripts", "audit", "outbox"] {
        assert!(before.contains_key(kind), "{kind} among {:?}", before.keys());
    }
    for order in [[2, 0, 1], [1, 2, 0], [0, 0, 2]] {
        deployment.clock.forward(chrono::Duration::minutes(1));
        for index in order {
            analyse(&deployment, &made[index]).await;
            deployment.work().await;
        }
        same(&deployment, &before).await;
    }
    for conversation in made.iter().rev().chain(&made) {
        analyse(&deployment, conversation).await;
    }
    deployment.work().await;
    same(&deployment, &before).await;
    assert_eq!(events(&deployment, &made).await, heard, "nobody is told twice");
    for queue in deployment.platform.queue().snapshot().await.expect("figures").queues {
        assert_eq!((queue.ready, queue.running, queue.dead), (0, 0, 0), "{}", queue.queue);
    }
}

/// Everything that listeners have been told so far.
async fn events(deployment: &Deployment, conversations: &[String]) -> Vec<String> {
    let organization = deployment.platform.organizations().first().await.expect("storage").expect("an organization");
    let of_conversations = conversations.iter().map(|id| format!("conversation:{id}"));
    let mut all = Vec::new();
    for channel in of_conversations.chain(["leads".to_owned(), "notifications".to_owned()]) {
        let heard = deployment.platform.events().subscribe(organization, &channel, Some(0)).await;
        let mut heard = heard.expect("a subscription");
        while let Some(event) = heard.next().now_or_never() {
            let data = match &event {
                Some(Ok(Heard::Event(event))) => event.data.to_string(),
                _ => String::new(),
            };
            all.push(format!("{channel}: {event:?} {data}"));
        }
    }
    all
}

async fn same(deployment: &Deployment, before: &std::collections::BTreeMap<String, String>) {
    for (kind, rows) in contents(&deployment.platform).await {
        assert_eq!(before.get(&kind), Some(&rows), "{kind} changed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory() {
    let clock = TestClock::at(START);
    shuffled_and_twice(in_memory(clock.clone()), clock).await;
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    let clock = TestClock::at(START);
    let folder = Folder(std::env::temp_dir().join(format!("spotlight-analyses-{}", std::process::id())));
    let options = SqliteOptions { clock: clock.clone(), ..SqliteOptions::new(folder.0.join("spotlight.db")) };
    shuffled_and_twice(in_sqlite(options).await, clock).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    let clock = TestClock::at(START);
    let database = TestDatabase::fresh().await;
    let options = PgOptions { clock: clock.clone(), ..PgOptions::new(database.url()) };
    shuffled_and_twice(in_postgres(options).await, clock).await;
}
