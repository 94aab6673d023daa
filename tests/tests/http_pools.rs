//! A database's pool under a framework whose workers each have a runtime of their own: workers come and go, and the
//! connections stay good.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use spotlight_http::{
    Api, HttpPolicy,
    conformance::{Client, on, seed},
};
use spotlight_storage::postgres::PgOptions;
use spotlight_tests::{
    deployment::in_postgres,
    framework::{self, Framework},
    postgres::TestDatabase,
};
use tokio::time::timeout;

/// Each round is a server with all its workers.
const ROUNDS: usize = 4;
const AT_ONCE: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_come_and_go_and_the_pool_stays() {
    let database = TestDatabase::fresh().await;
    let (storage, queue) = in_postgres(PgOptions::new(database.url())).await;
    let platform = on(storage, queue);
    let target = seed(&platform, "").await;
    let api = Api::new(platform.clone(), HttpPolicy::development());
    for round in 0..ROUNDS {
        let server = framework::serve(Framework::Actix, api.clone()).await;
        let owner = Client::new(&server.url).token(&target.owner.token);
        // Enough at once that the pool opens connections, whoever asks first.
        let made = join_all((0..AT_ONCE).map(|number| {
            let owner = &owner;
            async move {
                let lead = json!({"lead": {"name": format!("Lead {round} {number}")}});
                owner.post("/api/v1/leads", &lead).await.status
            }
        }));
        let made = timeout(Duration::from_mins(1), made).await.expect("no connection hangs");
        assert!(made.iter().all(|status| *status == 201), "round {round}: {made:?}");
        // What still runs when the workers end is cut off with them, and takes no connection along.
        let cut: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let owner = owner.clone();
                tokio::spawn(async move { owner.request(reqwest::Method::GET, "/health").send().await.is_ok() })
            })
            .collect();
        tokio::task::yield_now().await;
        timeout(Duration::from_mins(1), server.stop()).await.expect("it stops");
        for asked in cut {
            asked.await.expect("no panic");
        }
        // The pool's own runtime goes on with every connection, again and again.
        let pings = join_all((0..AT_ONCE).map(|_| platform.ping()));
        for ping in timeout(Duration::from_mins(1), pings).await.expect("no connection hangs") {
            ping.expect("a sign of life");
        }
    }
}
