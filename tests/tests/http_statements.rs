//! How many statements a request costs on Postgres. Each is a round trip, and somebody waits for it.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use serde_json::json;
use spotlight_core::{
    Result,
    ports::{ChatChunk, ChatModel, ChatRequest, ChatStream, IdGenerator, SystemIds},
};
use spotlight_http::{
    HttpPolicy,
    conformance::{Client, builder, seed},
};
use spotlight_storage::postgres::{PgOptions, PgQueue, PgStorage};
use spotlight_tests::{
    framework::{self, Framework},
    postgres::TestDatabase,
    statements::StatementProxy,
};
use sqlx::postgres::PgConnectOptions;

/// A model that uses no tools.
#[derive(Debug)]
struct Plain;

#[async_trait]
impl ChatModel for Plain {
    fn name(&self) -> String {
        "plain".to_owned()
    }

    async fn stream(&self, _request: ChatRequest) -> Result<ChatStream> {
        Ok(futures::stream::iter(["Good ", "idea."].map(|word| Ok(ChatChunk::Text(word.to_owned())))).boxed())
    }
}

/// The first words of statements, which tell them apart.
fn first_words(statements: &[String]) -> Vec<String> {
    statements.iter().map(|sql| sql.split_whitespace().take(7).collect::<Vec<_>>().join(" ")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_costs_few_statements() {
    let database = TestDatabase::fresh().await;
    let url: PgConnectOptions = database.url().parse().expect("the database's URL");
    let proxy = StatementProxy::start(url.get_host().to_owned(), url.get_port()).await;
    let through =
        format!("postgres://{}@127.0.0.1:{}/{}?sslmode=disable", url.get_username(), proxy.port(), database.name());
    let storage = PgStorage::connect(PgOptions::new(through)).await.expect("the storage");
    let queue = PgQueue::connect(PgOptions::new(database.url())).await.expect("the queue");
    let platform =
        builder(Arc::new(storage), Arc::new(queue)).chat(Arc::new(Plain)).build().expect("every port is there");
    let target = seed(&platform, "").await;
    let server = framework::start(Framework::Axum, platform, HttpPolicy::development()).await;
    let owner = Client::new(&server.url).token(&target.owner.token);

    let assistant = json!({"assistant": {
        "name": "Bea", "role": "Helps visitors choose a bike.",
        "script": "We sell city bikes and cargo bikes. Find out what for, and offer a test ride.",
    }});
    let assistant = owner.post("/api/v1/assistants", &assistant).await;
    assert_eq!(assistant.status, 201, "{}", assistant.text);
    let conversation = json!({"conversation": {"assistant_id": assistant.body["data"]["id"], "source": "chat"}});
    let conversation = owner.post("/api/v1/conversations", &conversation).await;
    assert_eq!(conversation.status, 201, "{}", conversation.text);
    let conversation = conversation.body["data"]["id"].as_str().expect("an id").to_owned();

    let keyed = || owner.clone().with("idempotency-key", SystemIds.uuid().to_string());
    let new_lead = |name: &str| json!({"lead": {"name": name, "email": format!("{name}@example.com")}});
    let lead = keyed().post("/api/v1/leads", &new_lead("first")).await;
    let lead = format!("/api/v1/leads/{}", lead.body["data"]["id"].as_str().expect("an id"));
    let turns = format!("/api/v1/conversations/{conversation}/turns");
    let turn = json!({"turn": {"text": "I look for a bike."}});

    // The first of each fills what is kept of plans. There is no cache, so that one of a turn reads what the assistant knows.
    for (what, most) in [("get", 2), ("list", 2), ("create", 5), ("turn", 15)] {
        let mut costs = Vec::new();
        for round in ["a", "b"] {
            proxy.take();
            let answer = match what {
                "get" => owner.get(&lead).await,
                "list" => owner.get("/api/v1/leads").await,
                "create" => keyed().post("/api/v1/leads", &new_lead(&format!("{what}-{round}"))).await,
                _ => keyed().post(&turns, &turn).await,
            };
            assert!(matches!(answer.status, 200 | 201), "{what}: {}", answer.text);
            costs = proxy.take();
            // Who calls was asked for many at once, and is told as another part of the time.
            let told = format!("desc=\"{} statements\"", costs.len() - 1);
            let timing = answer.header("server-timing");
            assert!(what == "turn" || timing.contains(&told), "{what}: {told} in {timing}");
        }
        assert_eq!(costs.len(), most, "{what}: {:#?}", first_words(&costs));
    }

    // A request that is repeated looks its answer up, and changes nothing.
    let again = keyed();
    let first = again.post("/api/v1/leads", &new_lead("again")).await;
    let second = again.post("/api/v1/leads", &new_lead("again")).await;
    assert_eq!((first.status, &first.body), (second.status, &second.body));
    server.stop().await;
}
