//! Inviting again when a lead's address changes.

use crate::{
    domain::{LeadId, appointment::AppointmentStatus},
    error::Result,
    jobs::mail::leave_invitation,
    ports::{AppointmentFilter, Between, Order, Paging, UnitOfWork, page::MAX_PER_PAGE},
    services::{Context, deps::Deps},
};

/// Leaves the invitations to a lead's coming appointments to jobs once more, in the unit that changes where they go: the
/// lead's e-mail, or what was typed in a conversation of theirs.
///
/// # Idempotency
/// A message is named after the address it goes to, so nobody gets an invitation twice.
pub(crate) async fn invite_again(deps: &Deps, unit: &dyn UnitOfWork, ctx: &Context, lead: LeadId) -> Result<()> {
    let filter = AppointmentFilter {
        statuses: vec![AppointmentStatus::Scheduled, AppointmentStatus::Confirmed],
        lead_id: Some(lead),
        starts: Between { from: Some(deps.now()), to: None },
        ..AppointmentFilter::default()
    };
    let mut cursor = None;
    loop {
        let page = Paging::After { cursor, limit: MAX_PER_PAGE };
        let found = unit.appointments().list(ctx.organization, &filter, Order::Asc, &page).await?;
        for appointment in found.items {
            leave_invitation(unit, &appointment).await?;
        }
        match found.next {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}
