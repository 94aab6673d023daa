//! The contract as a black-box suite: every framework binding passes it, over TCP, on every storage.
//!
//! A case is a plain async function that takes a [`Target`]: a running server, and people who may use it. The macro
//! [`http_suite!`](crate::http_suite) only gives each case a test of its own:
//!
//! ```ignore
//! async fn start() -> Target { /* build a platform, seed it, serve it on a free port */ }
//! spotlight_http::http_suite!(start);
//! ```
//!
//! The server has the policy that [`policy`] gives: callers say where they come from.

use futures::future::BoxFuture;

pub mod account;
pub mod account_organization;
pub mod account_password;
pub mod account_second_factor;
pub mod account_session;
pub mod account_sign_up;
pub mod account_team;
pub mod account_token;
pub mod appointment;
pub mod assistant;
mod behind;
pub mod beside;
pub mod client;
pub mod contents;
pub mod conversation;
mod dice;
pub mod edge;
pub mod garbage;
pub mod incoming;
pub mod lead;
pub mod lead_care;
pub mod lead_table;
pub mod list;
pub mod live;
pub mod maintenance;
pub mod metrics;
pub mod operations;
pub mod probes;
pub mod recorded;
pub mod refusals;
pub mod repeated;
pub mod seed;
pub mod seen;
pub mod socket;
pub mod states;
pub mod visitor;
pub mod voice;
pub mod voice_socket;
pub mod webhook;

pub use self::{
    client::{Answer, Client, Event},
    recorded::Recorder,
    seed::{Mailbox, Person, Target, builder, in_memory, on, policy, seed, with_mailbox},
    seen::{Seen, seen_by},
    socket::{Said, SocketClient},
};

/// Declares a test for every case of the suite. `$start` is an async function that gives a fresh [`Target`].
#[macro_export]
macro_rules! http_suite {
    (@tests $start:ident; $($area:ident: $($case:ident),+;)+) => {$(
        mod $area {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::conformance::$area::$case(&super::$start().await).await;
            })+
        }
    )+};
    (@each $do:ident; $($area:ident: $($case:ident),+;)+) => {
        vec![$($($do(concat!(stringify!($area), "::", stringify!($case)), |target| {
            Box::pin($crate::conformance::$area::$case(target))
        })),+),+]
    };
    ($start:ident) => {
        $crate::http_suite! { @cases tests $start }
    };
    (@cases $what:ident $with:ident) => {
        $crate::http_suite! { @$what $with;
            edge: signs_of_life, the_reference_as_a_page, unknown_addresses, what_cannot_be_read, what_cannot_be_answered, request_ids,
                timings, limits, a_body_too_large;
            probes: the_document_of_the_guide, the_document_of_the_draft, readiness, nobody_is_limited;
            repeated: a_record_is_made_once, a_record_is_made_once_by_many, a_deed_is_done_once,
                a_webhook_is_sent_once, a_stranger_is_answered_once, a_factor_is_enrolled_once, a_state_is_reached_once,
                what_is_erased_stays_so;
            states: another_version, what_has_ended, a_plan_that_is_used_up, a_subscription_that_goes_on,
                work_that_was_given_up, a_flag_of_the_deployment, too_many_webhooks;
            refusals: without_credentials, without_the_right, nothing_there, other_forms, unreadable, too_often;
            account: a_browser_signs_in_and_out, wrong_passwords, tokens;
            account_sign_up: an_account_is_opened_and_confirmed, role_and_plan_are_nobodys_choice,
                known_addresses_are_answered_alike;
            account_password: a_password_is_reset_by_mail, ones_own_account_changes;
            account_session: sessions_are_listed_and_ended, every_change_by_a_browser_needs_its_token,
                a_sign_in_replaces_the_session;
            account_second_factor: enrolled_asked_for_and_given_up;
            account_team: colleagues_are_invited_and_join, an_invitation_is_withdrawn, everything_wrong_at_once;
            account_token: made_shown_once_and_revoked;
            account_organization: settings, hosts, the_end;
            assistant: the_life_of_an_assistant, everything_wrong_at_once, lost_updates, knowledge,
                another_organization;
            lead: the_life_of_a_lead, everything_wrong_in_body_and_query, moves, duplicates, scores_and_timeline;
            lead_table: a_table_becomes_leads, what_is_no_table, an_import_is_repeated, leads_become_a_table;
            beside: a_list_of_leads, a_list_of_conversations, appointments, what_a_representative_may_not_see;
            lead_care: merging, erasing, consents, includes, known_records;
            voice: a_turn_by_voice, samples, previews, reports, figures;
            list: pages, cursors, filters_sorts_and_search, wrong_queries;
            conversation: a_turn_is_streamed, two_turns_at_once, a_person_takes_over, ends_and_includes;
            webhook: the_life_of_an_endpoint, what_an_endpoint_may_not_be, tests_and_deliveries, sources,
                webhooks_of_another_organization;
            incoming: a_lead_arrives, a_conversation_arrives, what_is_not_signed, what_is_wrong_in_an_event, stripe_events;
            metrics: what_was_asked_is_counted, what_clients_choose_is_no_label;
            operations: plans_and_usage, billing_without_a_provider, the_audit_log, feature_flags, jobs_and_queues;
            visitor: a_visit_from_a_page, a_token_opens_one_conversation, preflight;
            live: messages_are_heard, a_drop_loses_and_repeats_nothing, the_same_as_events, handshakes, what_is_refused,
                browsers, visitors_hear_their_own, rights_that_end, too_many_at_once;
            maintenance: everything_waits_but_administration, a_page_for_browsers, live_clients_come_back;
            voice_socket: a_conversation_by_voice, what_cannot_be_heard, who_may_speak;
            appointment: booking, details_and_ends, free_times_are_checked, the_dashboard;
        }
    };
}

/// A case of the suite.
pub struct Case {
    /// Where it stands.
    pub name: &'static str,
    run: for<'a> fn(&'a Target) -> BoxFuture<'a, ()>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Case {
    /// Runs it.
    ///
    /// # Panics
    /// When the server breaks the contract.
    pub async fn run(&self, target: &Target) {
        (self.run)(target).await;
    }
}

/// Every case of the suite, for a test that wants to know what all of them have seen together: see [`seen_by`].
pub fn cases() -> Vec<Case> {
    const fn case(name: &'static str, run: for<'a> fn(&'a Target) -> BoxFuture<'a, ()>) -> Case {
        Case { name, run }
    }
    crate::http_suite! { @cases each case }
}
