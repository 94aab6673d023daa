//! Plans, what is paid for, and what is used.

mod actions;
mod dto;

use self::dto::{CheckoutInput, PageAttributes, PlanAttributes, SubscriptionAttributes, UsageAttributes};
use crate::{endpoint::Endpoint, resources::parameters::WHOLE_LIST};

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/billing/plans", "list_plans", "List plans with their limits, smallest first", |call| {
        Box::pin(std::future::ready(actions::plans(&call)))
    })
    .query(WHOLE_LIST)
    .many::<PlanAttributes>(),
    Endpoint::get("/api/v1/billing/subscription", "get_subscription", "The plan, and what is paid for", |call| {
        Box::pin(actions::subscription(call))
    })
    .one::<SubscriptionAttributes>(200),
    Endpoint::get("/api/v1/billing/usage", "get_usage", "What has been used since the month began (UTC)", |call| {
        Box::pin(actions::usage(call))
    })
    .one::<UsageAttributes>(200),
    Endpoint::post(
        "/api/v1/billing/checkout",
        "begin_checkout",
        "Where a plan is paid for; 409 without a billing provider",
        |call| Box::pin(actions::checkout(call)),
    )
    .body::<CheckoutInput>("checkout")
    .one::<PageAttributes>(200)
    .refuses(&[409]),
    Endpoint::post(
        "/api/v1/billing/portal",
        "open_billing_portal",
        "Where what is paid for is changed or ended; 409 without a billing provider, or while nothing is paid for",
        |call| Box::pin(actions::portal(call)),
    )
    .one::<PageAttributes>(200)
    .refuses(&[409]),
];
