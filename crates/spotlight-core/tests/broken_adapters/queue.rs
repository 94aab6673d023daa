//! Broken job queues, and the cases that see them.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use futures::FutureExt;
use rstest::rstest;
use spotlight_core::{
    conformance::{
        queue::{JobQueueFixture, QUEUE_CASES},
        samples,
    },
    domain::time::Timestamp,
    ports::{Clock, JobQueue},
};

use super::faulty_queue::{Fault, FaultyQueue, Fleet};

/// A clock that moves when it is told to.
struct Hands(Mutex<Timestamp>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("nobody panics with the clock")
    }
}

/// A queue that was given, and the fleet that it is of.
type Opened = (Arc<dyn JobQueue>, Arc<Fleet>);

struct Planted {
    fault: Fault,
    clock: Arc<Hands>,
    opened: Mutex<Vec<Opened>>,
}

impl Planted {
    fn new(fault: Fault) -> Self {
        Self { fault, clock: Arc::new(Hands(Mutex::new(samples::at(0)))), opened: Mutex::default() }
    }

    fn open(&self, fleet: Arc<Fleet>) -> Arc<dyn JobQueue> {
        let queue: Arc<dyn JobQueue> = Arc::new(FaultyQueue::new(&fleet));
        self.opened.lock().expect("no case panics here").push((Arc::clone(&queue), fleet));
        queue
    }
}

#[async_trait]
impl JobQueueFixture for Planted {
    async fn fresh(&self) -> Arc<dyn JobQueue> {
        self.open(Fleet::new(self.clock.clone(), self.fault))
    }

    async fn another(&self, queue: &Arc<dyn JobQueue>) -> Arc<dyn JobQueue> {
        let fleet = {
            let opened = self.opened.lock().expect("no case panics here");
            let found = opened.iter().find(|(known, _)| Arc::ptr_eq(known, queue));
            Arc::clone(&found.expect("the queue is of this fixture").1)
        };
        self.open(fleet)
    }

    async fn pass(&self, time: Duration) {
        *self.clock.0.lock().expect("nobody panics with the clock") += time;
    }
}

/// Whether a case turns red; one that never ends is.
async fn is_red(name: &str, fault: Fault) -> bool {
    let case = QUEUE_CASES.iter().find(|(named, _)| *named == name);
    let (_, case) = case.unwrap_or_else(|| panic!("there is no case {name}"));
    let planted = Planted::new(fault);
    let run = AssertUnwindSafe(case(&planted)).catch_unwind();
    !matches!(tokio::time::timeout(Duration::from_mins(10), run).await, Ok(Ok(())))
}

// Time is the runtime's own, so that sleeping through a wake-up takes no time.
#[rstest]
#[case::lost_wake_up(Fault::LostWakeUp, &[
    "queue_work::waiting_ends_when_a_job_is_added",
    "queue_work::a_job_added_before_the_wait_is_not_slept_through",
    "queue_work::waiting_ends_whatever_makes_a_job_ready",
])]
#[case::own_wake_ups(Fault::OwnWakeUps, &["queue_work::waiting_ends_when_a_job_is_added"])]
#[case::only_additions_wake(Fault::OnlyAdditionsWake, &["queue_work::waiting_ends_whatever_makes_a_job_ready"])]
#[case::no_look(Fault::NoLook, &["queue_work::a_job_added_before_the_wait_is_not_slept_through"])]
#[case::no_fence(Fault::NoFence, &[
    "queue_lease::the_end_of_a_lost_claim_is_refused",
    "queue_work::a_settlement_counts_once",
])]
#[case::stale_claims(Fault::StaleClaims, &["queue_work::a_job_that_is_handed_back_keeps_its_place_and_tries"])]
#[case::all_accepted(Fault::AllAccepted, &["queue_work::a_settlement_counts_once"])]
#[case::adds_again(Fault::AddsAgain, &[
    "queue_ids::a_job_has_the_id_that_was_chosen",
    "queue_ids::an_id_that_is_known_adds_nothing",
    "queue_ids::of_calls_with_one_id_at_once_one_adds",
])]
#[case::only_known_states(Fault::OnlyKnownStates, &["queue_ids::it_is_told_where_many_jobs_stand"])]
#[case::pop_and_lose(Fault::PopAndLose, &["queue_lease::a_dropped_claim_loses_nothing"])]
#[case::lost_with_its_process(Fault::LostWithItsProcess, &[
    "queue_lease::a_dead_process_loses_its_jobs",
    "queue_lease::a_process_that_leaves_gives_its_jobs_back_at_once",
])]
#[case::claimed_twice(Fault::ClaimedTwice, &["queue_work::two_claims_at_once_never_give_the_same_job"])]
#[case::over_limit(Fault::OverLimit, &["queue_work::a_claim_takes_no_more_than_its_limit"])]
#[case::strangers_claim(Fault::StrangersClaim, &["queue_lease::a_stranger_claims_nothing"])]
#[case::newest_first(Fault::NewestFirst, &[
    "queue_add::jobs_are_claimed_in_the_order_they_were_added",
    "queue_add::many_jobs_at_once_are_all_there_in_order",
])]
#[case::queues_turned(Fault::QueuesTurned, &["queue_add::queues_are_served_in_the_order_given"])]
#[case::priority_ignored(Fault::PriorityIgnored, &["queue_add::a_smaller_priority_goes_first"])]
#[case::pause_ignored(Fault::PauseIgnored, &["queue_steer::a_paused_queue_gives_nothing"])]
#[case::time_ignored(Fault::TimeIgnored, &["queue_add::a_job_waits_for_its_time"])]
#[case::endless_rounds(Fault::EndlessRounds, &["queue_add::upkeep_is_bounded"])]
#[case::torn(Fault::Torn, &["queue_add::a_call_adds_all_or_nothing"])]
#[case::lost_jobs(Fault::LostJobs, &["queue_add::many_jobs_at_once_are_all_there_in_order"])]
#[case::unique_ignored(Fault::UniqueIgnored, &[
    "queue_unique::a_key_is_held_while_its_job_waits",
    "queue_unique::a_key_is_held_until_its_job_has_finished",
    "queue_unique::a_key_is_held_for_a_period",
])]
#[case::unique_race(Fault::UniqueRace, &["queue_unique::of_jobs_with_one_key_at_once_one_is_added"])]
#[case::unique_until_start(Fault::UniqueUntilStart, &[
    "queue_unique::a_key_is_held_until_its_job_has_finished",
    "queue_unique::a_running_job_is_never_changed",
])]
#[case::never_replaced(Fault::NeverReplaced, &[
    "queue_unique::a_waiting_job_is_replaced",
    "queue_unique::a_waiting_job_is_put_off",
])]
#[case::limit_ignored(Fault::LimitIgnored, &["queue_limits::a_key_runs_no_more_than_its_limit_at_once"])]
#[case::rate_ignored(Fault::RateIgnored, &["queue_limits::starts_of_a_key_keep_their_rate"])]
#[case::not_renewed(Fault::NotRenewed, &["queue_lease::a_living_process_keeps_its_jobs"])]
#[case::immortal(Fault::Immortal, &[
    "queue_lease::a_dead_process_loses_its_jobs",
    "queue_limits::a_dead_process_frees_its_keys",
])]
#[case::crashes_uncounted(Fault::CrashesUncounted, &[
    "queue_lease::a_job_that_kills_its_process_is_dead_in_the_end",
    "queue_lease::a_process_that_leaves_gives_its_jobs_back_at_once",
])]
#[case::endless_tries(Fault::EndlessTries, &["queue_work::a_job_whose_tries_are_used_up_is_dead"])]
#[case::no_pause(Fault::NoPause, &["queue_work::a_failed_job_runs_again_after_its_pause"])]
#[case::lost_retries(Fault::LostRetries, &["queue_work::a_failed_job_runs_again_after_its_pause"])]
#[case::handed_back_fails(Fault::HandedBackFails, &[
    "queue_work::a_job_that_is_handed_back_keeps_its_place_and_tries",
    "queue_unique::a_job_that_is_handed_back_holds_its_key_again",
])]
#[case::lost_results(Fault::LostResults, &["queue_work::a_result_is_kept_when_asked"])]
#[case::cancel_untold(Fault::CancelUntold, &["queue_steer::a_running_job_is_told_that_it_is_cancelled"])]
#[case::cancel_forgotten(Fault::CancelForgotten, &["queue_steer::a_cancelled_job_does_not_run_again"])]
#[case::followed_twice(Fault::FollowedTwice, &[
    "queue_steer::a_batch_is_followed_when_all_have_finished",
    "queue_steer::the_last_two_of_a_batch_at_once_are_followed_once",
])]
#[case::tick_ahead(Fault::TickAhead, &["queue_steer::a_tick_long_before_its_time_is_refused"])]
#[case::paused_uncounted(Fault::PausedUncounted, &["queue_steer::what_waits_is_counted_as_far_as_asked"])]
#[case::tick_race(Fault::TickRace, &["queue_steer::a_tick_adds_its_job_once"])]
#[tokio::test(start_paused = true)]
async fn a_broken_queue_turns_the_suite_red(#[case] fault: Fault, #[case] cases: &[&str]) {
    for case in cases {
        assert!(is_red(case, fault).await, "{case} does not see {fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_queue_without_a_fault_is_green() {
    for (case, _) in QUEUE_CASES {
        assert!(!is_red(case, Fault::None).await, "{case} is red without a fault");
    }
}
