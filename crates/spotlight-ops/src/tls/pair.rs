//! A certificate and its key, as they lie in files.

use std::{
    fs::File,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use rustls::{
    Error as TlsError,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use secrecy::{ExposeSecret, SecretSlice};
use spotlight_derive::RedactedDebug;

use super::Facts;
use crate::config::{Problem, Tls, why};

/// More than any chain of certificates.
const MOST: u64 = 1024 * 1024;

/// Where a certificate and its key lie.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    /// Those of the settings, where they name both.
    pub(super) fn of(settings: &Tls) -> Option<Self> {
        let (certificate, key) = settings.certificate.clone().zip(settings.key.clone())?;
        Some(Self { certificate, key })
    }

    /// What lies there now.
    pub(super) fn read(&self) -> Found {
        Found { files: self.clone(), certificate: bytes(&self.certificate), key: bytes(&self.key) }
    }
}

/// What lies in the two files.
pub(super) struct Found {
    files: Files,
    certificate: io::Result<SecretSlice<u8>>,
    key: io::Result<SecretSlice<u8>>,
}

/// Both may lie in one file, so that neither is anybody else's to see.
fn bytes(path: &Path) -> io::Result<SecretSlice<u8>> {
    let mut read = Vec::new();
    File::open(path)?.take(MOST).read_to_end(&mut read)?;
    Ok(read.into())
}

impl Found {
    /// Tells one content from another. Not for ever: only within a process.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for one in [&self.certificate, &self.key] {
            match one {
                Ok(bytes) => bytes.expose_secret().hash(&mut hasher),
                Err(error) => error.kind().hash(&mut hasher),
            }
        }
        hasher.finish()
    }

    /// The certificate with its key.
    ///
    /// # Errors
    /// All that is wrong with the two, each with what to do.
    pub(super) fn pair(&self) -> Result<Pair, Vec<Problem>> {
        let (chain, key) = (self.chain(), self.private());
        let (chain, key) = match (chain, key) {
            (Ok(chain), Ok(key)) => (chain, key),
            (chain, key) => return Err([chain.err(), key.err()].into_iter().flatten().collect()),
        };
        let unreadable = || vec![self.certificate("its first certificate cannot be read; see that the file is whole")];
        let facts = chain.first().and_then(Facts::of).ok_or_else(unreadable)?;
        match CertifiedKey::from_der(chain, key, &ring::default_provider()) {
            Ok(key) => Ok(Pair { key: Arc::new(key), facts, path: self.files.certificate.clone() }),
            Err(TlsError::InconsistentKeys(_)) => {
                let detail = format!(
                    "it does not belong to the certificate in {}; the server's own certificate stands first there, and both \
                     are renewed together",
                    self.files.certificate.display()
                );
                Err(vec![self.key(detail)])
            }
            Err(TlsError::InvalidCertificate(_)) => Err(unreadable()),
            Err(_) => {
                let detail = "a key of this kind cannot be used; take ECDSA with P-256 or P-384, Ed25519, or RSA with 2048 \
                              bits or more";
                Err(vec![self.key(detail)])
            }
        }
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, Problem> {
        let bytes = self.certificate.as_ref().map_err(|error| self.certificate(unread(error)))?;
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes.expose_secret()).collect();
        let read = read.map_err(|_| self.certificate("it is not whole PEM; write it anew"))?;
        if read.is_empty() {
            let detail =
                "no certificate is in it; give the chain in PEM, the server's own first, as certbot's fullchain.pem";
            return Err(self.certificate(detail));
        }
        Ok(read)
    }

    fn private(&self) -> Result<PrivateKeyDer<'static>, Problem> {
        let bytes = self.key.as_ref().map_err(|error| self.key(unread(error)))?.expose_secret();
        let has = |words: &str| bytes.windows(words.len()).any(|window| window == words.as_bytes());
        if has("BEGIN ENCRYPTED PRIVATE KEY") || has("Proc-Type: 4,ENCRYPTED") {
            let path = self.files.key.display();
            let detail = format!(
                "it is encrypted with a passphrase, which nobody is asked for at a start; write it without one to a file for \
                 this user alone: umask 077; openssl pkey -in {path} -out …, and name that"
            );
            return Err(self.key(detail));
        }
        let absent = "no private key is in it; give one in PEM, as certbot's privkey.pem";
        PrivateKeyDer::from_pem_slice(bytes).map_err(|_| self.key(absent))
    }

    fn certificate(&self, detail: impl Into<String>) -> Problem {
        Problem::new(format!("TLS_CERTIFICATE ({})", self.files.certificate.display()), detail)
    }

    fn key(&self, detail: impl Into<String>) -> Problem {
        Problem::new(format!("TLS_KEY ({})", self.files.key.display()), detail)
    }
}

fn unread(error: &io::Error) -> String {
    format!("it cannot be read: {}; see that it is there and that this user may read it", why(error))
}

/// A certificate with its key.
pub(crate) struct Pair {
    pub(super) key: Arc<CertifiedKey>,
    pub(crate) facts: Facts,
    path: PathBuf,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pair").field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl Pair {
    /// What the settings name, where they name both files.
    ///
    /// # Errors
    /// All that is wrong with the two.
    pub(crate) fn of(settings: &Tls) -> Option<Result<Self, Vec<Problem>>> {
        Files::of(settings).map(|files| files.read().pair())
    }

    /// The same, if it counts at an instant.
    ///
    /// # Errors
    /// When it has ended, or has not begun.
    pub(crate) fn current(self, now: DateTime<Utc>) -> Result<Self, Vec<Problem>> {
        let detail = if self.facts.until <= now {
            let ended = self.facts.until.date_naive();
            format!("it ended on {ended}, and clients refuse it; renew it, as by certbot renew")
        } else if self.facts.from > now {
            let begins = self.facts.from.to_rfc3339();
            format!("it begins at {begins} only; see whether this machine's clock is right, or wait")
        } else {
            return Ok(self);
        };
        Err(vec![Problem::new(format!("TLS_CERTIFICATE ({})", self.path.display()), detail)])
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use spotlight_core::ports::{Clock, SystemClock};
    use spotlight_tests::tls::{Authority, Folder};

    use super::*;

    /// What is said of files with these contents; nothing where one is absent.
    fn told(certificate: Option<&str>, key: Option<&str>) -> Vec<String> {
        let folder = Folder::new();
        let write = |name: &str, text: Option<&str>| {
            let path = folder.path().join(name);
            if let Some(text) = text {
                fs::write(&path, text).expect("written");
            }
            Some(path)
        };
        let settings = Tls { certificate: write("chain.pem", certificate), key: write("key.pem", key) };
        let read = Pair::of(&settings).expect("both are named").and_then(|pair| pair.current(SystemClock.now()));
        read.err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_wrong_with_the_files_is_told_by_name_and_with_what_to_do() {
        let authority = Authority::new();
        let (good, other) = (authority.issue(&["localhost"], -1..90), authority.issue(&["localhost"], -1..90));
        let (chain, key) = (good.chain.as_str(), good.key.as_str());
        assert_eq!(told(Some(chain), Some(key)), [""; 0]);
        assert_eq!(told(Some(&format!("{key}{chain}")), Some(&format!("{chain}{key}"))), [""; 0], "one file for both");
        let both = told(None, None);
        assert!(
            both.len() == 2 && both[0].starts_with("TLS_CERTIFICATE (") && both[1].starts_with("TLS_KEY ("),
            "{both:?}"
        );
        assert!(both.iter().all(|line| line.contains("there is no such file")), "{both:?}");
        let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        let legacy = key.replacen("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n", 1);
        let cut = &chain[..chain.len() / 4];
        let (ended, early) = (authority.issue(&["localhost"], -90..-1), authority.issue(&["localhost"], 2..90));
        for (certificate, key, place, expected) in [
            ("", key, "TLS_CERTIFICATE", "no certificate is in it"),
            (key, key, "TLS_CERTIFICATE", "no certificate is in it"),
            (cut, key, "TLS_CERTIFICATE", "whole PEM"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key, "TLS_CERTIFICATE", "file is whole"),
            (chain, "", "TLS_KEY", "no private key is in it"),
            (chain, chain, "TLS_KEY", "no private key is in it"),
            (chain, &encrypted, "TLS_KEY", "openssl pkey"),
            (chain, &legacy, "TLS_KEY", "openssl pkey"),
            (chain, &other.key, "TLS_KEY", "does not belong"),
            (&ended.chain, &ended.key, "TLS_CERTIFICATE", "it ended on"),
            (&early.chain, &early.key, "TLS_CERTIFICATE", "it begins at"),
        ] {
            let told = told(Some(certificate), Some(key));
            assert!(
                told.len() == 1 && told[0].starts_with(place) && told[0].contains(expected),
                "{expected}: {told:?}"
            );
            assert!(told[0].contains(".pem)"), "the file is named: {told:?}");
            let secret = key.lines().nth(1).filter(|line| line.len() > 20).unwrap_or("-----");
            assert!(!told[0].contains(secret), "{told:?}");
        }
    }
}
