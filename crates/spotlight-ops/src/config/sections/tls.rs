//! TLS in the process itself.

use std::path::PathBuf;

use spotlight_derive::RedactedDebug;

use crate::config::{Section, Variable, parse, reader::Reader};

static CERTIFICATE: Variable = Variable::new(
    "TLS_CERTIFICATE",
    "tls.certificate",
    "file with the certificate and what leads from it to its issuer, in PEM, the server's own first; with TLS_KEY, the server \
     speaks HTTPS alone. The files may change while it runs",
    "/etc/letsencrypt/live/app.example.com/fullchain.pem",
);
static KEY: Variable = Variable::new(
    "TLS_KEY",
    "tls.key",
    "file with the private key of TLS_CERTIFICATE, in PEM, without a passphrase",
    "/etc/letsencrypt/live/app.example.com/privkey.pem",
);

pub(super) const SECTION: Section = Section { title: "TLS", variables: &[&CERTIFICATE, &KEY] };

/// TLS in the process itself: where its files are.
#[derive(RedactedDebug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// The certificate, and what leads from it to its issuer.
    pub certificate: Option<PathBuf>,
    /// Its private key.
    pub key: Option<PathBuf>,
}

impl Tls {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self { certificate: reader.value(&CERTIFICATE, parse::path), key: reader.value(&KEY, parse::path) }
    }

    /// Whether the server speaks HTTPS itself.
    pub fn is_on(&self) -> bool {
        self.certificate.is_some() && self.key.is_some()
    }
}
