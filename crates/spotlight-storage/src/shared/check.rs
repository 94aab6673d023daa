//! What both databases would refuse too, but only with a word that names no field.

use spotlight_core::{
    Error, Result,
    domain::appointment::{Appointment, AppointmentStatus},
};

/// A hold has an end.
///
/// # Errors
/// `Validation`.
pub(crate) fn hold_ends(appointment: &Appointment) -> Result<()> {
    if appointment.status == AppointmentStatus::Held && appointment.hold_expires_at.is_none() {
        return Err(Error::invalid("hold_expires_at", "required", "A hold needs an end"));
    }
    Ok(())
}
