//! Every endpoint, once: a folder for each group of them, with its rows, what goes over the wire, and what is done.
//! Routes, reading, limits, documentation and metric labels all come from the rows.
//!
//! To add one: a row in the folder's `mod.rs`, a function in its `actions.rs`, and a case in `conformance/`.

mod account;
mod analytics;
mod api_token;
mod appointment;
mod assistant;
mod audit;
mod billing;
mod call;
mod consent;
mod conversation;
#[cfg(test)]
mod described;
mod flag;
mod host;
mod incoming;
mod job;
mod lead;
mod lead_table;
mod live;
mod metrics;
mod organization;
mod parameters;
mod probes;
mod reference;
mod team;
mod visit;
mod voice;
mod voice_socket;
mod webhook;

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
    /// Figures for Prometheus.
    Metrics = metrics,
    /// The API's own document.
    Reference = reference,
    /// Who signs in, and who acts.
    Accounts = account,
    /// Members of the team, and invitations.
    Team = team,
    /// Keys for programs.
    ApiTokens = api_token,
    /// The organization's settings.
    Organizations = organization,
    /// When people of the team can be booked.
    Hosts = host,
    /// Assistants and what they know.
    Assistants = assistant,
    /// Leads.
    Leads = lead,
    /// Leads as tables, in and out.
    LeadTables = lead_table,
    /// What leads consent to.
    Consents = consent,
    /// Conversations and what is said in them.
    Conversations = conversation,
    /// Speaking to assistants and hearing them.
    Voice = voice,
    /// Appointments and free times.
    Appointments = appointment,
    /// What visitors may do.
    Visits = visit,
    /// Live messages.
    Live = live,
    /// Conversations by voice.
    VoiceSockets = voice_socket,
    /// Figures.
    Analytics = analytics,
    /// Where organizations hear of events, and which systems tell them of theirs.
    Webhooks = webhook,
    /// Webhooks that come in.
    Incoming = incoming,
    /// Plans, what is paid for, and what is used.
    Billing = billing,
    /// Who did what.
    Audit = audit,
    /// What is switched on.
    Flags = flag,
    /// Work in the background.
    Jobs = job,
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
