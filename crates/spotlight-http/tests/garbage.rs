//! Generated bodies against the API in process.

use spotlight_core::conformance::rounds;
use spotlight_http::conformance::{contents::memory_ground, garbage::garbage_is_refused_and_leaves_nothing};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_in_ten_thousand_bodies() {
    garbage_is_refused_and_leaves_nothing(async || memory_ground(), rounds(10_000, 100_000) as usize).await;
}
