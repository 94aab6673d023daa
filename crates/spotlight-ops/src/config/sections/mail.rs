//! Mail that leaves this machine.

use secrecy::SecretString;
use spotlight_derive::RedactedDebug;

use crate::config::{Feature, Need, Section, Variable, parse, reader::Reader};

static HOST: Variable = Variable::new("SMTP_HOST", "mail.host", "server that takes mail", "smtp.mailgun.org")
    .needed(Need::With(Feature::Mail));
static PORT: Variable = Variable::new("SMTP_PORT", "mail.port", "its port; TLS is asked for on each", "465").or("587");
static USERNAME: Variable =
    Variable::new("SMTP_USERNAME", "mail.username", "who signs in there", "postmaster@mg.example.com")
        .needed(Need::With(Feature::Mail));
static PASSWORD: Variable =
    Variable::new("SMTP_PASSWORD", "mail.password", "password for it", "…").needed(Need::With(Feature::Mail)).secret();
static FROM: Variable =
    Variable::new("SMTP_FROM", "mail.from", "sender of the deployment's mail", "Spotlight <no-reply@example.com>");

pub(super) const SECTION: Section = Section { title: "Mail", variables: &[&HOST, &PORT, &USERNAME, &PASSWORD, &FROM] };

/// Mail that leaves this machine.
#[derive(RedactedDebug, Clone)]
pub struct Mail {
    /// Server that takes mail; none when the feature is off.
    pub host: Option<String>,
    /// Its port.
    pub port: u16,
    /// Who signs in there.
    pub username: Option<String>,
    /// Password for it.
    pub password: Option<SecretString>,
    /// Sender of the deployment's mail.
    pub from: Option<String>,
}

impl Mail {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        let host = reader.value(&HOST, parse::text);
        let on = reader.is_on(Feature::Mail, host.is_some());
        Self {
            host: host.filter(|_| on),
            port: reader.usual(&PORT, parse::number(1..=u16::MAX)),
            username: reader.value(&USERNAME, parse::text),
            password: reader.secret(&PASSWORD, parse::text),
            from: reader.value(&FROM, parse::text),
        }
    }
}
