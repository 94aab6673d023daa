//! Every endpoint, once: a folder for each group of them, with its rows, what goes over the wire, and what is done.
//! Routes, reading, limits, documentation and metric labels all come from the rows.
//!
//! To add one: a row in the folder's `mod.rs`, a function in its `actions.rs`, and a case in `conformance/`.

mod account;
mod analytics;
mod appointment;
mod assistant;
mod call;
mod conversation;
#[cfg(test)]
mod described;
mod lead;
mod live;
mod parameters;
mod probes;
mod reference;
mod visit;
mod voice;

use std::sync::LazyLock;

pub(crate) use self::{call::Call, conversation::dto::transcript};
use crate::endpoint::Endpoint;

/// Declares the groups with their rows.
macro_rules! groups {
    ($($(#[$doc:meta])* $name:ident = $folder:ident,)+) => {
        /// A group of endpoints, which a deployment serves or leaves out as a whole.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Group {
            $($(#[$doc])* $name),+
        }

        impl Group {
            /// Every group.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            const fn rows(self) -> &'static [Endpoint] {
                match self { $(Self::$name => $folder::ROWS),+ }
            }
        }
    };
}

groups! {
    /// Signs of life, for load balancers.
    Probes = probes,
    /// The API's own document.
    Reference = reference,
    /// Who signs in, and who acts.
    Accounts = account,
    /// Assistants and what they know.
    Assistants = assistant,
    /// Leads.
    Leads = lead,
    /// Conversations and what is said in them.
    Conversations = conversation,
    /// Appointments and free times.
    Appointments = appointment,
    /// What visitors may do.
    Visits = visit,
    /// Live messages.
    Live = live,
    /// Conversations by voice.
    Voice = voice,
    /// Figures.
    Analytics = analytics,
}

/// Every endpoint of every group.
pub fn endpoints() -> &'static [Endpoint] {
    static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(|| {
        let of = |group: Group| group.rows().iter().map(move |row| Endpoint { group, ..*row });
        Group::ALL.iter().copied().flat_map(of).collect()
    });
    &ENDPOINTS
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_rows_are_one_route_or_one_name() {
        let routes: HashSet<_> = endpoints().iter().map(|endpoint| (endpoint.verb as u8, endpoint.path)).collect();
        let names: HashSet<_> = endpoints().iter().map(|endpoint| endpoint.name).collect();
        assert_eq!((routes.len(), names.len()), (endpoints().len(), endpoints().len()));
    }

    #[test]
    fn path_values_are_read_from_the_end_and_decoded() {
        let endpoint = Endpoint::named("update_knowledge").expect("an endpoint");
        let values = |path: &str| endpoint.path_values(path);
        assert_eq!(values("/api/v1/assistants/a/knowledge/b%20c"), Some(vec!["a".into(), "b c".into()]));
        assert_eq!(values("/below/api/v1/assistants/a/knowledge/b"), Some(vec!["a".into(), "b".into()]));
        assert_eq!(values("/api/v1/assistants/a/knowledge/%ff"), None);
        assert_eq!(values("/knowledge/b"), None);
    }
}
