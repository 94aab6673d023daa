//! Ten thousand generated requests against the API in process.

use spotlight_http::conformance::{garbage::garbage_is_refused_and_leaves_nothing, in_memory};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_in_ten_thousand_requests() {
    garbage_is_refused_and_leaves_nothing(&in_memory(), 10_000).await;
}
