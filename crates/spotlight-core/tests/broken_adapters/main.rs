//! A test of the tests: adapters that break one promise each must turn the suite red, and the same adapter without the
//! fault must not.

mod faulty;
mod faulty_queue;
mod queue;

use std::{panic::AssertUnwindSafe, sync::Arc};

use async_trait::async_trait;
use futures::FutureExt;
use rstest::rstest;
use spotlight_core::{
    conformance::{STORAGE_CASES, StorageFixture},
    ports::{JobQueue, Storage},
};

use self::faulty::{Fault, FaultyStorage};

struct Planted(Fault);

#[async_trait]
impl StorageFixture for Planted {
    async fn fresh(&self) -> Arc<dyn Storage> {
        Arc::new(FaultyStorage::new(self.0))
    }

    async fn narrow(&self) -> Arc<dyn Storage> {
        self.fresh().await
    }

    async fn with_queue(&self) -> (Arc<dyn Storage>, Arc<dyn JobQueue>) {
        let storage = FaultyStorage::new(self.0);
        let queue = storage.queue();
        (Arc::new(storage), queue)
    }

    async fn with_outbox(&self) -> Arc<dyn Storage> {
        Arc::new(FaultyStorage::with_outbox(self.0))
    }
}

/// Whether a case turns red.
async fn is_red(name: &str, fault: Fault) -> bool {
    let case = STORAGE_CASES.iter().find(|(named, _)| *named == name);
    let (_, case) = case.unwrap_or_else(|| panic!("there is no case {name}"));
    AssertUnwindSafe(case(&Planted(fault))).catch_unwind().await.is_err()
}

#[rstest]
#[case::no_rollback(Fault::NoRollback, &[
    "unit::rollback_leaves_nothing",
    "unit::rollback_restores_what_was",
    "unit::jobs_and_events_share_the_fate_of_their_unit",
    "outbox::a_claim_that_is_rolled_back_never_was",
    "unit_jobs::a_job_that_was_rolled_back_never_was",
])]
#[case::drop_commits(Fault::DropCommits, &[
    "unit_jobs::a_job_that_was_rolled_back_never_was",
    "unit::a_dropped_unit_leaves_nothing",
    "unit::an_aborted_task_gives_its_connection_back",
    "unit::a_cancelled_unit_is_all_or_nothing",
])]
#[case::no_unique_check(Fault::NoUniqueCheck, &[
    "lead::an_email_belongs_to_one_lead",
    "lead::a_phone_belongs_to_one_lead",
    "lead::of_two_leads_with_one_email_at_once_one_is_refused",
    "unit::a_refused_write_leaves_the_unit_usable",
])]
#[case::lost_update(Fault::LostUpdate, &[
    "lead::a_lead_keeps_versions",
    "unit::of_two_updates_at_once_one_is_stale",
    "lead_merge::a_merged_lead_frees_its_contact",
])]
#[case::overlap(Fault::OverlapAllowed, &[
    "appointment::overlap_is_refused",
    "appointment::of_two_bookings_at_once_one_is_refused",
])]
#[case::eternal_holds(Fault::EternalHolds, &["appointment::an_expired_hold_gives_way"])]
#[case::claimed_twice(Fault::ClaimedTwice, &[
    "outbox::claims_at_once_share_the_rows",
    "outbox::a_newer_claim_makes_the_older_void",
])]
#[case::lost_jobs(Fault::LostJobs, &[
    "unit::jobs_and_events_share_the_fate_of_their_unit",
    "unit_jobs::a_job_is_in_the_queue_from_the_commit_on",
])]
#[case::early_jobs(Fault::EarlyJobs, &[
    "unit_jobs::a_job_is_in_the_queue_from_the_commit_on",
    "unit_jobs::a_job_that_was_rolled_back_never_was",
])]
#[case::kept_rows(Fault::KeptRows, &["outbox::rows_of_jobs_that_ended_go"])]
#[case::looked_after_early(Fault::LookedAfterEarly, &["outbox::what_was_sent_is_looked_after_at_its_time"])]
#[case::newest_behind(Fault::NewestBehind, &["outbox::a_job_stands_for_others"])]
#[case::wrong_order(Fault::WrongOrder, &["lead_list::leads_are_sorted"])]
#[case::absent_first(Fault::AbsentFirst, &["lead_list::leads_are_sorted"])]
#[case::tenant_leak(Fault::TenantLeak, &["tenant::reads_find_nothing_of_another_organization"])]
#[case::writes_anywhere(Fault::WritesAnywhere, &["outside::assistants_and_leads_are_not_written_outside_a_unit"])]
#[case::shallow_merge(Fault::ShallowMerge, &[
    "lead_merge::a_merge_moves_everything",
    "lead_merge::merges_in_a_row_at_once_leave_nothing_behind",
])]
#[case::shallow_erasure(Fault::ShallowErasure, &[
    "lead_erase::erasing_reaches_every_table",
    "lead_erase::erasing_reaches_merged_leads",
])]
#[case::shared_lease(Fault::SharedLease, &[
    "lease::a_lease_has_one_holder",
    "lease::of_two_at_once_one_is_given_the_lease",
])]
#[case::same_fence(Fault::SameFence, &["lease::a_lease_has_one_holder"])]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_adapter_turns_the_suite_red(#[case] fault: Fault, #[case] cases: &[&str]) {
    for case in cases {
        assert!(is_red(case, fault).await, "{case} does not see {fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_adapter_without_a_fault_is_green() {
    for (case, _) in STORAGE_CASES {
        assert!(!is_red(case, Fault::None).await, "{case} is red without a fault");
    }
}
