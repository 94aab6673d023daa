//! Figures.

mod actions;
pub(crate) mod dto;

use self::dto::DashboardAttributes;
use crate::{
    endpoint::Endpoint,
    query::{Accepts, Parameter},
    resources::parameters::{DATE_FROM, DATE_TO},
};

const RANGE: &[Parameter] =
    &[DATE_FROM, DATE_TO, Parameter::new("assistant_id", Accepts::Id, "Figures of one assistant alone.")];

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[Endpoint::get(
    "/api/v1/analytics/dashboard",
    "dashboard",
    "Figures of a range of days, thirty unless given",
    |call| Box::pin(actions::dashboard(call)),
)
.query(RANGE)
.one::<DashboardAttributes>(200)
.refuses(&[404])];
