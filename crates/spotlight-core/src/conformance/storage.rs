//! The list of cases of `Storage`, and what turns it into tests.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::LocalBoxFuture;

use crate::ports::{JobQueue, Storage};

/// Gives storages to the suite.
#[async_trait]
pub trait StorageFixture: Send + Sync + 'static {
    /// A fresh, empty storage.
    async fn fresh(&self) -> Arc<dyn Storage>;

    /// A fresh, empty storage whose writers share one connection. Readers can have others.
    async fn narrow(&self) -> Arc<dyn Storage>;

    /// A fresh, empty storage, and the queue into which its units put their jobs.
    async fn with_queue(&self) -> (Arc<dyn Storage>, Arc<dyn JobQueue>);

    /// A fresh, empty storage whose units leave their jobs in the outbox.
    async fn with_outbox(&self) -> Arc<dyn Storage>;
}

/// A case, to be run by hand.
pub type StorageCase = for<'a> fn(&'a dyn StorageFixture) -> LocalBoxFuture<'a, ()>;

/// Every case by its name, for a program that wants to see which fail. In step with
/// [`storage_conformance!`](crate::storage_conformance), since both come from one list.
pub const STORAGE_CASES: &[(&str, StorageCase)] = crate::__storage_cases!((crate::__conformance_table)());

/// One test per promise of a [`Storage`](crate::ports::Storage), from an expression that makes a [`StorageFixture`].
///
/// Each test is named after its case, in a module named after the case's file. The tests stand in the module of the
/// call, so two storages want two modules.
#[macro_export]
macro_rules! storage_conformance {
    ($fixture:expr) => {
        fn storage_conformance_fixture() -> impl $crate::conformance::StorageFixture {
            $fixture
        }

        $crate::__storage_cases!(($crate::__conformance_tests)(storage_conformance_fixture));
    };
}

/// Names the cases of every storage to another macro: modules, and in each the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! __storage_cases {
    (($($then:tt)+)($($with:tt)*)) => {
        $($then)+! {
            ($($with)*)
            unit {
                rollback_leaves_nothing
                rollback_restores_what_was
                a_dropped_unit_leaves_nothing
                a_unit_is_seen_from_its_commit_on
                an_eventual_read_sees_a_commit_in_the_end
                a_refused_write_leaves_the_unit_usable
                a_refused_write_leaves_no_half
                of_two_updates_at_once_one_is_stale
                no_update_is_lost
                an_aborted_task_gives_its_connection_back
                a_cancelled_begin_leaves_nothing_open
                a_cancelled_unit_is_all_or_nothing
                a_wait_that_is_given_up_holds_nothing
                jobs_and_events_share_the_fate_of_their_unit
                pools_tell_who_works_and_who_waits
                a_fresh_storage_lacks_nothing
                a_closed_storage_is_unavailable
                closing_waits_for_an_open_unit
                a_dropped_read_leaves_its_connection_usable
            }
            notes {
                what_a_unit_leaves_is_there_with_its_commit
                what_was_left_goes_with_its_unit
                a_refused_note_ends_the_unit
                a_unit_gives_back_what_it_holds
                of_two_answers_at_once_one_is_refused
            }
            refusal {
                an_update_needs_what_it_names
                an_update_takes_nothing_from_another
                a_value_that_cannot_be_stored_ends_the_unit
            }
            outside {
                accounts_are_not_written_outside_a_unit
                assistants_and_leads_are_not_written_outside_a_unit
                conversations_are_not_written_outside_a_unit
                records_are_not_written_outside_a_unit
            }
            tenant {
                reads_find_nothing_of_another_organization
                lists_hold_nothing_of_another_organization
                writes_change_nothing_of_another_organization
                nothing_points_at_another_organization
                organizations_share_nothing_that_is_unique
            }
            organization {
                an_organization_comes_back_whole
                a_slug_belongs_to_one_organization
                an_organization_keeps_versions
                organization_ids_ascend
                overrides_of_flags_come_by_organization
            }
            account {
                a_user_comes_back_whole
                an_email_is_one_user
                of_two_users_with_one_email_at_once_one_is_refused
                a_user_keeps_versions
                a_membership_changes_its_role
                a_membership_needs_both_ends
                memberships_come_oldest_first
                secrets_are_found_with_the_role_of_the_moment
                a_session_comes_back_whole
                sessions_are_listed_until_they_expire
                sessions_end
                users_are_active_once_however_many_sessions_they_have
                api_tokens_come_back_newest_first
                a_revoked_token_keeps_its_first_time
                a_link_works_once
                a_link_is_given_another_secret
                invitations_are_listed_and_revoked
                of_two_uses_of_a_link_at_once_one_works
                expired_links_go
            }
            assistant {
                an_assistant_comes_back_whole
                an_assistant_needs_what_it_names
                an_assistant_keeps_versions
                assistants_are_sorted
                assistants_are_filtered
                an_assistant_in_use_is_not_removed
                an_assistant_has_figures
                knowledge_is_kept
            }
            beside {
                people_and_assistants_come_by_id
                newest_conversations_come_by_lead
                last_appointments_come_by_lead
                first_words_come_by_conversation
            }
            lead {
                a_lead_comes_back_whole
                leads_come_by_id
                a_lead_keeps_versions
                an_email_belongs_to_one_lead
                a_phone_belongs_to_one_lead
                a_deleted_lead_frees_its_contact
                leads_are_found_by_contact
                of_two_leads_with_one_email_at_once_one_is_refused
                an_open_proposal_is_kept_once
                a_proposal_is_decided_once
            }
            lead_list {
                leads_are_sorted
                leads_that_wait_come_longest_first
                leads_are_filtered
                leads_are_searched
                a_changed_lead_is_found_by_what_it_is_now
                cursors_survive_inserts
                a_cursor_of_another_sort_is_malformed
                inactive_leads_come_by_last_change
            }
            lead_merge {
                a_merge_moves_everything
                an_unproven_merge_moves_refusals_alone
                a_conversation_that_moved_owns_its_lead_no_more
                a_merged_lead_frees_its_contact
                a_merge_needs_two_live_leads
                of_two_merges_at_once_one_is_refused
                merges_in_a_row_at_once_leave_nothing_behind
            }
            lead_race {
                what_is_added_during_a_merge_is_refused
                what_is_added_before_a_merge_moves
                erasing_reaches_a_merge_at_the_same_time
                nothing_is_added_during_an_erasure
                a_lead_that_is_gone_takes_no_records
            }
            lead_erase {
                erasing_reaches_every_table
                erasing_forgets_where_nobody_known_came_from
                erasing_reaches_merged_leads
                a_lead_is_erased_once
            }
            conversation {
                a_conversation_comes_back_whole
                a_conversation_needs_what_it_names
                a_conversation_keeps_versions
                conversations_are_sorted
                conversations_are_filtered
                conversations_that_need_attention_are_found
                idle_conversations_come_longest_silent_first
                recorded_conversations_come_by_end
                completed_conversations_come_by_end
                conversations_are_counted
            }
            say {
                a_scene_is_what_a_turn_needs
                words_are_stored_with_their_conversation
                refused_words_end_the_unit
            }
            transcript {
                utterances_come_back_whole
                numbers_have_no_gaps
                utterances_are_read_in_parts
                of_two_appends_at_once_one_is_refused
                many_speakers_leave_no_gap
                analysis_changes_what_it_found_out
                words_are_replaced_and_nothing_else
                utterances_are_purged_by_the_end_of_their_conversation
            }
            hand_off {
                a_hand_off_comes_back_whole
                a_conversation_has_one_open_hand_off
                of_two_hand_offs_at_once_one_is_refused
                a_hand_off_keeps_versions
                expired_hand_offs_come_first_expired_first
            }
            appointment {
                hosts_are_members
                a_host_keeps_versions
                an_appointment_comes_back_whole
                an_appointment_needs_what_it_names
                an_appointment_keeps_versions
                overlap_is_refused
                of_two_bookings_at_once_one_is_refused
                an_expired_hold_gives_way
                a_hold_is_removed
                appointments_are_listed
                occupied_windows_come_by_start
                hosts_have_loads
            }
            billing {
                an_organization_has_one_subscription
                a_subscription_keeps_versions
                usage_counts_once
                of_two_records_at_once_one_counts
                unreported_usage_comes_oldest_first
            }
            webhook {
                sources_come_back_and_keep_versions
                endpoints_come_back_oldest_first
                an_endpoint_keeps_versions
                deliveries_come_back_newest_first
                late_deliveries_are_found
                an_endpoint_goes_with_its_deliveries
                an_incoming_event_is_accepted_once
                old_incoming_events_are_forgotten
            }
            record {
                audit_entries_come_newest_first
                audit_entries_are_purged
                flags_come_by_key
                settings_of_the_deployment_come_by_key
                a_report_is_replaced
                the_newest_consent_counts
                a_repeated_request_is_answered_until_it_expires
                of_two_requests_with_one_key_at_once_one_is_refused
                expired_requests_are_forgotten
                an_answer_is_brought_up_to_date
            }
            outbox {
                rows_come_back_whole
                rows_are_claimed_in_order
                events_keep_their_order
                a_newer_claim_makes_the_older_void
                a_claim_is_extended
                a_row_is_tried_again
                a_row_is_given_up
                rows_given_up_are_listed_revived_and_discarded
                a_unique_job_is_added_once
                a_claimed_job_does_not_stand_for_a_new_one
                a_job_that_is_given_back_is_covered_by_a_waiting_one
                a_unique_job_reads_what_its_unit_wrote
                what_is_due_is_what_a_claim_would_find
                of_two_unique_jobs_at_once_one_is_added
                claims_at_once_share_the_rows
                a_claim_that_is_rolled_back_never_was
                rows_of_jobs_that_ended_go
                what_was_sent_is_looked_after_at_its_time
                a_job_stands_for_others
            }
            unit_jobs {
                a_job_is_in_the_queue_from_the_commit_on
                a_job_that_was_rolled_back_never_was
                everything_of_a_units_job_is_kept
                jobs_of_a_unit_keep_their_order
                a_unique_job_is_added_once
                of_two_units_with_one_key_at_once_one_adds
                a_started_job_does_not_stand_for_a_new_one
                a_unique_job_reads_what_its_unit_wrote
                a_waiting_job_is_replaced_with_the_commit
                a_job_that_is_not_acceptable_ends_the_unit
                a_dropped_addition_leaves_no_half
                waiting_ends_with_the_commit
            }
            lease {
                a_lease_has_one_holder
                a_lease_ends_by_itself
                a_renewed_lease_lasts
                of_two_at_once_one_is_given_the_lease
                a_rolled_back_lease_is_free
                a_checked_lease_stays_until_the_unit_ends
            }
            analytics {
                totals_are_right
                leads_count_by_day
                the_funnel_narrows
                sentiments_and_sources_are_counted
                assistants_have_rows
                nothing_counts_as_nothing
            }
        }
    };
}

/// Makes a test of each case.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_tests {
    (($fixture:ident) $($file:ident { $($case:ident)+ })+) => {$(
        mod $file {$(
            #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                for _ in 0..$crate::conformance::rounds(1, 5) {
                    $crate::conformance::$file::$case(&super::$fixture()).await;
                }
            }
        )+}
    )+};
}

/// Makes a table of the cases.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_table {
    (() $($file:ident { $($case:ident)+ })+) => {
        &[$($((
            concat!(stringify!($file), "::", stringify!($case)),
            |fixture| ::std::boxed::Box::pin($crate::conformance::$file::$case(fixture)),
        )),+),+]
    };
}
