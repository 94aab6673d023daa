//! Appointments and free times.

mod actions;
mod beside;
pub(crate) mod dto;

use spotlight_core::domain::appointment::AppointmentStatus;

use self::dto::{
    AppointmentAttributes, AppointmentPatchInput, CancelInput, FreeTimeAttributes, NewAppointmentInput, RescheduleInput,
};
use crate::{
    endpoint::Endpoint,
    query::{Accepts, CURSOR, ORDER, PAGE, PER_PAGE, Parameter},
    resources::parameters::{DATE_FROM, DATE_TO, words_of},
};

const INCLUDE: Parameter = Parameter::new("include", Accepts::Words(|| vec!["lead"]), "What to put into `included`.");

const APPOINTMENT_LIST: &[Parameter] = &[
    PAGE,
    PER_PAGE,
    CURSOR,
    INCLUDE,
    Parameter::new("sort", Accepts::Word(|| vec!["starts_at"]), "What to sort by."),
    ORDER,
    Parameter::new(
        "status",
        Accepts::Words(words_of!(AppointmentStatus)),
        "In one of these statuses; all but `held` unless given.",
    ),
    Parameter::new("lead_id", Accepts::Id, "With this lead."),
    Parameter::new("assistant_id", Accepts::Id, "Booked by this assistant."),
    Parameter::new("conversation_id", Accepts::Id, "Booked in this conversation."),
    Parameter::new("host_id", Accepts::Id, "Of this host."),
    Parameter::new("starts_after", Accepts::Instant, "Starting at or after this instant."),
    Parameter::new("starts_before", Accepts::Instant, "Starting before this instant."),
    DATE_FROM,
    DATE_TO,
];

const AVAILABILITY: &[Parameter] = &[
    Parameter::new("assistant_id", Accepts::Id, "Whose hosts.").required(),
    Parameter::new("from", Accepts::Instant, "From this instant on.").required(),
    Parameter::new("to", Accepts::Instant, "Before this instant, at most 62 days later.").required(),
    Parameter::new("time_zone", Accepts::Zone, "The zone of `local_start`; UTC unless given."),
    Parameter::new("limit", Accepts::Int(1, 500), "How many at most; 100 unless given."),
];

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/appointments", "list_appointments", "List appointments, by start", |call| {
        Box::pin(actions::list(call))
    })
    .query(APPOINTMENT_LIST)
    .many::<AppointmentAttributes>(),
    Endpoint::post("/api/v1/appointments", "create_appointment", "Book a free time", |call| {
        Box::pin(actions::create(call))
    })
    .keyed()
    .body::<NewAppointmentInput>("appointment")
    .one::<AppointmentAttributes>(201)
    .refuses(&[404, 409]),
    Endpoint::get("/api/v1/appointments/{id}", "get_appointment", "Show an appointment", |call| {
        Box::pin(actions::get(call))
    })
    .query(&[INCLUDE])
    .one::<AppointmentAttributes>(200),
    Endpoint::patch("/api/v1/appointments/{id}", "update_appointment", "Change an appointment's details", |call| {
        Box::pin(actions::update(call))
    })
    .body::<AppointmentPatchInput>("appointment")
    .one::<AppointmentAttributes>(200)
    .versioned(),
    Endpoint::patch("/api/v1/appointments/{id}/confirm", "confirm_appointment", "Confirm an appointment", |call| {
        Box::pin(actions::confirm(call))
    })
    .one::<AppointmentAttributes>(200)
    .versioned()
    .refuses(&[409]),
    Endpoint::patch(
        "/api/v1/appointments/{id}/reschedule",
        "reschedule_appointment",
        "Move an appointment to another free time of the same host",
        |call| Box::pin(actions::reschedule(call)),
    )
    .body::<RescheduleInput>("appointment")
    .one::<AppointmentAttributes>(200)
    .versioned()
    .refuses(&[409]),
    Endpoint::patch("/api/v1/appointments/{id}/cancel", "cancel_appointment", "Call an appointment off", |call| {
        Box::pin(actions::cancel(call))
    })
    .maybe_body::<CancelInput>("appointment")
    .one::<AppointmentAttributes>(200)
    .versioned()
    .refuses(&[409]),
    Endpoint::patch(
        "/api/v1/appointments/{id}/complete",
        "complete_appointment",
        "Note that an appointment took place",
        |call| Box::pin(actions::complete(call)),
    )
    .one::<AppointmentAttributes>(200)
    .versioned()
    .refuses(&[409]),
    Endpoint::patch(
        "/api/v1/appointments/{id}/no_show",
        "miss_appointment",
        "Note that the visitor did not come to an appointment",
        |call| Box::pin(actions::no_show(call)),
    )
    .one::<AppointmentAttributes>(200)
    .versioned()
    .refuses(&[409]),
    Endpoint::get("/api/v1/availability", "availability", "Free times of an assistant's hosts", |call| {
        Box::pin(actions::availability(call))
    })
    .query(AVAILABILITY)
    .many::<FreeTimeAttributes>()
    .refuses(&[404]),
];
