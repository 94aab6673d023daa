//! When people can be booked.

use chrono_tz::Tz;
use spotlight_core::{
    domain::{
        schedule::{Exception, Host, WeeklyHours},
        time::Timestamp,
    },
    services::hosts::HostPatch,
};

use crate::{
    input::{Int, List, input},
    output::{Attributes, Relation, Resource, output},
    resources::organization::hours::{ExceptionInput, Week},
};

/// Minutes kept free.
type Buffer = Int<0, 240>;

input! {
    /// A change of when a member can be booked: what is left out stays. Without any hours a member is not booked.
    HostPatchInput {
        /// Where the host works: hours are local here.
        optional time_zone: Tz,
        /// Weekly hours: a list for each day, Monday first.
        optional hours: Week,
        /// Dates with other hours, one entry each; replaces all of them.
        optional exceptions: List<ExceptionInput, 400>,
        /// Minutes kept free before an appointment.
        optional buffer_before_min: Buffer,
        /// Minutes kept free after an appointment.
        optional buffer_after_min: Buffer,
    }
}

impl From<HostPatchInput> for HostPatch {
    fn from(input: HostPatchInput) -> Self {
        Self {
            time_zone: input.time_zone,
            hours: input.hours.map(|week| week.0),
            exceptions: input.exceptions.map(|all| all.0.into_iter().map(Exception::from).collect()),
            buffer_before_min: input.buffer_before_min.map(|minutes| minutes.0),
            buffer_after_min: input.buffer_after_min.map(|minutes| minutes.0),
        }
    }
}

output! {
    /// When a member can be booked.
    HostAttributes as "Host" {
        /// Where the host works: hours are local here.
        time_zone: Tz,
        /// Weekly hours: a list for each day, Monday first.
        hours: WeeklyHours,
        /// Dates with other hours, by date.
        exceptions: Vec<Exception>,
        /// Minutes kept free before an appointment.
        buffer_before_min: u32,
        /// Minutes kept free after an appointment.
        buffer_after_min: u32,
        /// When it was made.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
    }
}

impl Attributes for HostAttributes {
    const KIND: &'static str = "host";
    const RELATIONS: &'static [Relation] = &[Relation::one("user", "user")];
}

/// A host, under the user's id.
pub(super) fn host(host: Host) -> Resource<HostAttributes> {
    let attributes = HostAttributes {
        time_zone: host.time_zone,
        hours: host.hours,
        exceptions: host.exceptions,
        buffer_before_min: host.buffer_before_min,
        buffer_after_min: host.buffer_after_min,
        created_at: host.created_at,
        updated_at: host.updated_at,
    };
    Resource::new(host.user_id, attributes).at(host.version).refers_to("user", Some(host.user_id))
}
