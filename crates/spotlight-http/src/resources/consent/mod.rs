//! What leads consent to.

mod actions;
mod dto;

use self::dto::{ConsentAttributes, NewConsentInput, OptOutInput};
use crate::{endpoint::Endpoint, resources::parameters::WHOLE_LIST};

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get(
        "/api/v1/leads/{id}/consents",
        "list_consents",
        "What a lead was asked, and what it allowed and refused, oldest first",
        |call| Box::pin(actions::list(call)),
    )
    .query(WHOLE_LIST)
    .many::<ConsentAttributes>(),
    Endpoint::post(
        "/api/v1/leads/{id}/consents",
        "record_consent",
        "Note that a lead was asked, allowed or refused something",
        |call| Box::pin(actions::record(call)),
    )
    .keyed()
    .body::<NewConsentInput>("consent")
    .one::<ConsentAttributes>(201),
    Endpoint::post(
        "/api/v1/leads/{id}/opt_out",
        "opt_out",
        "Note that a lead wants neither recordings nor to hear from an AI again",
        |call| Box::pin(actions::opt_out(call)),
    )
    .keyed()
    .body::<OptOutInput>("opt_out"),
];
