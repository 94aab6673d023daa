//! The contract as a black-box suite: every framework binding passes it, over TCP, on every storage.
//!
//! A case is a plain async function that takes a [`Target`]: a running server, and people who may use it. The macro
//! [`http_suite!`](crate::http_suite) only gives each case a test of its own:
//!
//! ```ignore
//! async fn start() -> Target { /* build a platform, seed it, serve it on a free port */ }
//! spotlight_http::http_suite!(start);
//! ```

pub mod account;
pub mod appointment;
pub mod assistant;
pub mod client;
pub mod contents;
pub mod conversation;
mod dice;
pub mod edge;
pub mod garbage;
pub mod lead;
pub mod list;
pub mod recorded;
pub mod seed;
pub mod visitor;

pub use self::{
    client::{Answer, Client, Event},
    recorded::Recorder,
    seed::{Person, Target, builder, in_memory, on, seed},
};

/// Declares a test for every case of the suite. `$start` is an async function that gives a fresh [`Target`].
#[macro_export]
macro_rules! http_suite {
    (@cases $start:ident; $($area:ident: $($case:ident),+;)+) => {$(
        mod $area {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::conformance::$area::$case(&super::$start().await).await;
            })+
        }
    )+};
    ($start:ident) => {
        $crate::http_suite! { @cases $start;
            edge: signs_of_life, the_reference_as_a_page, unknown_addresses, what_cannot_be_read, what_cannot_be_answered, request_ids,
                limits, a_body_too_large, repeated_requests;
            account: a_browser_signs_in_and_out, wrong_passwords, tokens;
            assistant: the_life_of_an_assistant, everything_wrong_at_once, lost_updates, knowledge,
                another_organization;
            lead: the_life_of_a_lead, everything_wrong_in_body_and_query, moves, duplicates, scores_and_timeline;
            list: pages, cursors, filters_sorts_and_search, wrong_queries;
            conversation: a_turn_is_streamed, two_turns_at_once, a_person_takes_over, ends_and_includes;
            visitor: a_visit_from_a_page, a_token_opens_one_conversation, preflight;
            appointment: booking, details_and_ends, free_times_are_checked, the_dashboard;
        }
    };
}
