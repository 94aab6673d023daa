//! How to connect.

use std::{fmt, time::Duration};

use redis::{Client, IntoConnectionInfo};
use secrecy::{ExposeSecret, SecretString};
use spotlight_core::{Error, ErrorKind, Result};

/// Where the server is and how it is used. [`RedisOptions::new`] gives the usual values.
#[derive(Clone)]
pub struct RedisOptions {
    /// `redis://user:password@host:6379/0`, or `rediss://` for TLS.
    pub url: SecretString,
    /// What every key begins with: letters, digits, `-`, `_` and `.`. `spotlight`.
    ///
    /// Deployments that share a server need one each.
    pub namespace: String,
    /// How long connecting may take before a call fails with `Unavailable`. 2 s.
    pub connect_timeout: Duration,
    /// How long a call may take, connecting included, before it fails with `Timeout`. 3 s.
    pub response_timeout: Duration,
}

impl RedisOptions {
    /// The usual values for the server at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: SecretString::from(url.into()),
            namespace: "spotlight".to_owned(),
            connect_timeout: Duration::from_secs(2),
            response_timeout: Duration::from_secs(3),
        }
    }

    /// The driver's client, which has not connected yet.
    pub(super) fn open(&self) -> Result<Client> {
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if self.namespace.is_empty() || !self.namespace.chars().all(allowed) {
            let message = "the namespace of Redis keys must be letters, digits, -, _ and . only, and not empty";
            return Err(Error::new(ErrorKind::Misconfigured, message));
        }
        // The driver's error is left out: it can quote the URL, and with it the password.
        let unreadable = |_| {
            let message = "the Redis URL cannot be read; it must look like redis://user:password@host:6379/0";
            Error::new(ErrorKind::Misconfigured, message)
        };
        let info = self.url.expose_secret().into_connection_info().map_err(unreadable)?;
        Client::open(info).map_err(unreadable)
    }
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("namespace", &self.namespace)
            .field("connect_timeout", &self.connect_timeout)
            .field("response_timeout", &self.response_timeout)
            .finish_non_exhaustive()
    }
}
