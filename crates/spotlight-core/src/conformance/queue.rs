//! Job queues: one line, `spotlight_core::job_queue_conformance!(MyFixture::new());`.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    domain::{JobId, ProcessId, time::Timestamp},
    ports::{ClaimedJob, Enqueued, IdGenerator, JobQueue, JobRecord, JobSpec, Outcome, Settlement, SystemIds},
};

/// Gives job queues to the suite.
#[async_trait]
pub trait JobQueueFixture: Send + Sync + 'static {
    /// A fresh, empty queue.
    async fn fresh(&self) -> Arc<dyn JobQueue>;

    /// The same queue as another process would open it.
    async fn another(&self, queue: &Arc<dyn JobQueue>) -> Arc<dyn JobQueue>;

    /// Lets time pass for the queues it gave: by their clock, or really.
    async fn pass(&self, time: Duration);
}

/// A case by name.
pub type QueueCase = (&'static str, fn(&dyn JobQueueFixture) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>);

/// Every case of a job queue.
pub const QUEUE_CASES: &[QueueCase] = crate::__queue_cases!((crate::__conformance_table)());

/// One test per promise of a [`JobQueue`](crate::ports::JobQueue), from an expression that makes a
/// [`JobQueueFixture`](crate::conformance::queue::JobQueueFixture). The tests stand in modules named by their subject.
#[macro_export]
macro_rules! job_queue_conformance {
    ($fixture:expr) => {
        fn job_queue_conformance_fixture() -> impl $crate::conformance::queue::JobQueueFixture {
            $fixture
        }

        $crate::__queue_cases!(($crate::__conformance_tests)(job_queue_conformance_fixture));
    };
}

/// Names the cases of every queue to another macro: modules, and in each the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! __queue_cases {
    (($($then:tt)+)($($with:tt)*)) => {
        $($then)+! {
            ($($with)*)
            queue_add {
                jobs_are_claimed_in_the_order_they_were_added
                a_smaller_priority_goes_first
                queues_are_served_in_the_order_given
                a_call_adds_all_or_nothing
                many_jobs_at_once_are_all_there_in_order
                everything_of_a_job_comes_back
                a_job_waits_for_its_time
                upkeep_is_bounded
                what_is_not_acceptable_is_refused
            }
            queue_ids {
                a_job_has_the_id_that_was_chosen
                an_id_that_is_known_adds_nothing
                a_new_id_whose_key_is_held_stays_unknown
                of_calls_with_one_id_at_once_one_adds
                it_is_told_where_many_jobs_stand
            }
            queue_work {
                two_claims_at_once_never_give_the_same_job
                a_claim_takes_no_more_than_its_limit
                a_job_that_is_done_is_gone
                a_settlement_counts_once
                a_failed_job_runs_again_after_its_pause
                a_job_whose_tries_are_used_up_is_dead
                a_job_that_failed_for_good_waits_for_a_person
                a_dead_job_can_be_retried_or_discarded
                a_job_that_is_handed_back_keeps_its_place_and_tries
                a_result_is_kept_when_asked
                waiting_ends_when_a_job_is_added
                a_job_added_before_the_wait_is_not_slept_through
                waiting_ends_whatever_makes_a_job_ready
                waiting_ends_with_patience
            }
            queue_lease {
                a_stranger_claims_nothing
                a_dead_process_loses_its_jobs
                a_living_process_keeps_its_jobs
                the_end_of_a_lost_claim_is_refused
                a_process_that_leaves_gives_its_jobs_back_at_once
                a_job_that_kills_its_process_is_dead_in_the_end
                a_dropped_claim_loses_nothing
                progress_is_seen
            }
            queue_unique {
                a_key_is_held_while_its_job_waits
                a_job_that_is_handed_back_holds_its_key_again
                a_key_is_held_until_its_job_has_finished
                a_key_is_held_for_a_period
                a_waiting_job_is_replaced
                a_waiting_job_is_put_off
                a_running_job_is_never_changed
                keys_of_queues_are_apart
                of_jobs_with_one_key_at_once_one_is_added
                a_retried_job_takes_its_key_again
            }
            queue_limits {
                a_key_runs_no_more_than_its_limit_at_once
                blocked_jobs_are_in_nobodys_way
                whatever_ends_a_job_frees_its_key
                a_dead_process_frees_its_keys
                whoever_gives_up_its_turn_passes_it_on
                starts_of_a_key_keep_their_rate
            }
            queue_steer {
                a_waiting_job_is_cancelled_at_once
                a_running_job_is_told_that_it_is_cancelled
                a_cancelled_job_does_not_run_again
                a_paused_queue_gives_nothing
                a_tick_adds_its_job_once
                a_tick_long_before_its_time_is_refused
                a_batch_is_followed_when_all_have_finished
                an_empty_batch_is_followed_at_once
                the_last_two_of_a_batch_at_once_are_followed_once
                lists_and_figures_tell_what_is_there
                what_waits_is_counted_as_far_as_asked
            }
        }
    };
}

/// The queue that jobs wait in unless a case needs several.
pub(super) const QUEUE: &str = "default";
/// A lease that does not end during a case.
pub(super) const LONG: Duration = Duration::from_mins(10);

/// A process that works off a queue by hand.
pub(super) struct Hand {
    pub(super) queue: Arc<dyn JobQueue>,
    pub(super) process: ProcessId,
}

impl Hand {
    /// A registered process.
    pub(super) async fn new(queue: &Arc<dyn JobQueue>, lease: Duration) -> Self {
        let process = ProcessId::from_uuid(SystemIds.uuid());
        queue.register(process, "a hand", lease).await.unwrap();
        Self { queue: Arc::clone(queue), process }
    }

    /// Claims up to so many of the usual queue.
    pub(super) async fn claim(&self, limit: u32) -> Vec<ClaimedJob> {
        self.claim_from(&[QUEUE], limit).await
    }

    pub(super) async fn claim_from(&self, queues: &[&str], limit: u32) -> Vec<ClaimedJob> {
        let queues: Vec<_> = queues.iter().map(|queue| (*queue).to_owned()).collect();
        self.queue.claim(self.process, &queues, limit).await.unwrap()
    }

    /// Claims the one job that is ready.
    pub(super) async fn claim_one(&self) -> ClaimedJob {
        let mut claimed = self.claim(10).await;
        assert_eq!(claimed.len(), 1, "one job should be ready: {claimed:?}");
        claimed.remove(0)
    }

    /// Ends a claim; true when that was accepted.
    pub(super) async fn end(&self, job: &ClaimedJob, outcome: Outcome) -> bool {
        let settlement = Settlement { id: job.id, claim: job.claim, outcome };
        let accepted = self.queue.settle(self.process, &[settlement]).await.unwrap();
        assert_eq!(accepted.len(), 1, "one answer for one settlement");
        accepted[0]
    }

    pub(super) async fn done(&self, job: &ClaimedJob) {
        assert!(self.end(job, Outcome::Done(None)).await, "the claim is its own");
    }
}

/// A job whose payload is a number.
pub(super) fn job(number: usize) -> JobSpec {
    JobSpec::new("test", number.to_string())
}

/// The numbers of claimed jobs.
pub(super) fn numbers(claimed: &[ClaimedJob]) -> Vec<usize> {
    claimed.iter().map(|job| job.payload.parse().unwrap()).collect()
}

/// Adds one job that is not there yet.
pub(super) async fn add(queue: &Arc<dyn JobQueue>, spec: JobSpec) -> JobId {
    match put(queue, spec).await {
        Enqueued::Added(id) => id,
        other => panic!("the job should have been added: {other:?}"),
    }
}

/// Adds one job, whatever becomes of it.
pub(super) async fn put(queue: &Arc<dyn JobQueue>, spec: JobSpec) -> Enqueued {
    let added = queue.enqueue(vec![spec]).await.unwrap();
    assert_eq!(added.len(), 1, "one answer for one job");
    added[0]
}

/// A job that is kept.
pub(super) async fn record(queue: &Arc<dyn JobQueue>, id: JobId) -> JobRecord {
    queue.find(id).await.unwrap().expect("the job is kept")
}

/// The instant by the store's clock, as the store itself notes it.
pub(super) async fn now(queue: &Arc<dyn JobQueue>) -> Timestamp {
    let probe = add(queue, JobSpec { queue: "probe".to_owned(), ..job(0) }).await;
    let at = record(queue, probe).await.enqueued_at;
    assert!(queue.cancel(probe).await.unwrap());
    at
}

/// An id that nothing has.
pub(super) fn nobody() -> Uuid {
    SystemIds.uuid()
}
