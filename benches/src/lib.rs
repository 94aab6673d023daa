//! What the suites share: measuring side by side, what is written and asked, and decoding without the SDK.
//!
//! | file | holds |
//! |---|---|
//! | `measure` | two ways of doing one thing, timed in turns, and the table of results |
//! | `given` | the seeded tenants, and what is asked of them |
//! | `model` | a model that answers without delay |
//! | `queue` | a job queue on any store, worked off by the real worker |
//! | `row` | every column of a lead, decoded without the SDK |
//! | `suite` | the questions that the SDK and bare `sqlx` are asked |

mod given;
mod measure;
mod model;
mod queue;
mod row;
mod suite;

pub use self::{
    given::{
        DAYS, Many, SEARCHES, audit, days, event, filter, lead_at, new_conversation, new_lead, organization,
        search_filter, sort, user,
    },
    measure::{Sheet, median, pair},
    model::{Instantly, spoken},
    queue::measure_queue,
    row::{BareLead, Decode},
    suite::{Bare, Figures, compare},
};
