//! Who is told of what happens.

use secrecy::SecretString;

use crate::config::{Section, Variable, parse, reader::Reader};

static SENTRY: Variable = Variable::new(
    "SENTRY_DSN",
    "monitoring.sentry_dsn",
    "where panics and errors are reported",
    "https://key@o0.ingest.sentry.io/0",
)
.secret();
static NEW_RELIC: Variable = Variable::new(
    "NEW_RELIC_LICENSE_KEY",
    "monitoring.new_relic_license_key",
    "key of New Relic, which traces are sent to",
    "…NRAL",
)
.secret();

pub(super) const SECTION: Section = Section { title: "Monitoring", variables: &[&SENTRY, &NEW_RELIC] };

/// Who is told of what happens.
#[derive(Debug, Clone)]
pub struct Monitoring {
    /// Where panics and errors are reported.
    pub sentry_dsn: Option<SecretString>,
    /// Key of New Relic.
    pub new_relic_license_key: Option<SecretString>,
}

impl Monitoring {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            sentry_dsn: reader.secret(&SENTRY, parse::url(&["https", "http"], "https://key@o0.ingest.sentry.io/0")),
            new_relic_license_key: reader.secret(&NEW_RELIC, parse::text),
        }
    }
}
