//! Work in the background, for administrators.

mod actions;
mod dto;

use spotlight_core::ports::JobState;

use self::dto::{DeadEventAttributes, JobAttributes, QueueAttributes, ScheduleAttributes};
use crate::{
    endpoint::Endpoint,
    query::{Accepts, CURSOR, PER_PAGE, Parameter},
    resources::parameters::{WHOLE_LIST, words_of},
};

const JOB_LIST: &[Parameter] =
    &[PER_PAGE, CURSOR, Parameter::new("state", Accepts::Word(words_of!(JobState)), "In this state.")];

const EVENT_LIST: &[Parameter] = &[PER_PAGE, CURSOR];

/// The rows. Fixed parts of paths come before parameters in the same place.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/jobs", "list_jobs", "List the organization's jobs, newest first", |call| {
        Box::pin(actions::list(call))
    })
    .query(JOB_LIST)
    .many::<JobAttributes>(),
    Endpoint::get("/api/v1/jobs/queues", "list_queues", "How each queue of the deployment stands", |call| {
        Box::pin(actions::queues(call))
    })
    .query(WHOLE_LIST)
    .many::<QueueAttributes>(),
    Endpoint::post(
        "/api/v1/jobs/queues/{queue}/pause",
        "pause_queue",
        "Stop work on a queue, for the deployment's operator: administrators of its first organization",
        |call| Box::pin(actions::pause(call)),
    ),
    Endpoint::post(
        "/api/v1/jobs/queues/{queue}/resume",
        "resume_queue",
        "Go on with a queue, for the deployment's operator: administrators of its first organization",
        |call| Box::pin(actions::resume(call)),
    ),
    Endpoint::get("/api/v1/jobs/schedules", "list_schedules", "What recurs in the deployment", |call| {
        Box::pin(std::future::ready(actions::schedules(&call)))
    })
    .query(WHOLE_LIST)
    .many::<ScheduleAttributes>(),
    Endpoint::get(
        "/api/v1/jobs/events",
        "list_dead_events",
        "List events that could not be told, and jobs that never reached the queue",
        |call| Box::pin(actions::events(call)),
    )
    .query(EVENT_LIST)
    .many::<DeadEventAttributes>(),
    Endpoint::post("/api/v1/jobs/events/{event_id}/retry", "retry_dead_event", "Tell an event after all", |call| {
        Box::pin(actions::retry_event(call))
    }),
    Endpoint::post(
        "/api/v1/jobs/events/{event_id}/discard",
        "discard_dead_event",
        "Let go of an event: nobody will hear of it",
        |call| Box::pin(actions::discard_event(call)),
    ),
    Endpoint::get("/api/v1/jobs/{id}", "get_job", "Show a job", |call| Box::pin(actions::get(call)))
        .one::<JobAttributes>(200),
    Endpoint::post("/api/v1/jobs/{id}/retry", "retry_job", "Try a job that was given up anew", |call| {
        Box::pin(actions::retry(call))
    })
    .refuses(&[409]),
    Endpoint::post("/api/v1/jobs/{id}/discard", "discard_job", "Let go of a job that was given up", |call| {
        Box::pin(actions::discard(call))
    }),
    Endpoint::post("/api/v1/jobs/{id}/cancel", "cancel_job", "Cancel a job that has not finished", |call| {
        Box::pin(actions::cancel(call))
    })
    .refuses(&[409]),
];
