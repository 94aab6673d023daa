//! Where webhooks may go.

use crate::config::{Section, Variable, parse, reader::Reader};

pub(crate) static PLAIN_HTTP: Variable = Variable::new(
    "SPOTLIGHT_WEBHOOKS_PLAIN_HTTP",
    "webhooks.plain_http",
    "webhooks go to plain http:// addresses too",
    "true",
)
.or("false");
pub(crate) static PRIVATE_NETWORKS: Variable = Variable::new(
    "SPOTLIGHT_WEBHOOKS_PRIVATE_NETWORKS",
    "webhooks.private_networks",
    "webhooks go to this machine and its private networks too; to metadata of clouds they never go",
    "true",
)
.or("false");
pub(crate) static PORTS: Variable = Variable::new(
    "SPOTLIGHT_WEBHOOKS_PORTS",
    "webhooks.ports",
    "ports that webhooks go to; 0 stands for any",
    "443,9443",
)
.or("443,8443");

pub(super) const SECTION: Section = Section { title: "Webhooks", variables: &[&PLAIN_HTTP, &PRIVATE_NETWORKS, &PORTS] };

/// Where webhooks may go.
#[derive(Debug, Clone)]
pub struct Webhooks {
    /// To plain `http://` addresses too.
    pub plain_http: bool,
    /// To this machine and its private networks too.
    pub private_networks: bool,
    /// To these ports; 0 stands for any.
    pub ports: Vec<u16>,
}

impl Webhooks {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            plain_http: reader.usual(&PLAIN_HTTP, parse::boolean),
            private_networks: reader.usual(&PRIVATE_NETWORKS, parse::boolean),
            ports: reader.usual(&PORTS, parse::ports),
        }
    }
}
