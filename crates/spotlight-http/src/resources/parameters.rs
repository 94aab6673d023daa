//! Parameters that several lists take.

use crate::query::{Accepts, PAGE, PER_PAGE, Parameter};

/// The words of a closed set, for a query.
macro_rules! words_of {
    ($ty:ty) => {
        || <$ty>::ALL.iter().map(|word| word.as_str()).collect()
    };
}

pub(crate) use words_of;

pub(crate) const CREATED_AFTER: Parameter =
    Parameter::new("created_after", Accepts::Instant, "Made at or after this instant.");
pub(crate) const CREATED_BEFORE: Parameter =
    Parameter::new("created_before", Accepts::Instant, "Made before this instant.");
pub(crate) const DATE_FROM: Parameter =
    Parameter::new("date_from", Accepts::Date, "First day, in the organization's zone.");
pub(crate) const DATE_TO: Parameter = Parameter::new("date_to", Accepts::Date, "Last day, in the organization's zone.");

/// Of lists that are never long.
pub(crate) const WHOLE_LIST: &[Parameter] = &[PAGE, PER_PAGE];
