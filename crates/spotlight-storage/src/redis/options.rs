//! How to connect.

use std::{fmt, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use spotlight_core::{Error, ErrorKind, Result};

use super::{
    address::Address,
    error,
    link::{Link, Patience},
};

/// Where the server is and how it is used. [`RedisOptions::new`] gives the usual values.
#[derive(Clone)]
pub struct RedisOptions {
    /// One server, `redis://user:password@host:6379/0`; some nodes of a cluster,
    /// `redis+cluster://user:password@host:6379,host:6379`; or sentinels and the name by which they know the master,
    /// `redis+sentinel://user:password@host:26379,host:26379/name/0`, where user, password and database are the master's,
    /// and `?sentinel_user=…&sentinel_password=…` are the sentinels' own. With `rediss` for `redis` it is over TLS, to
    /// sentinels too.
    ///
    /// A cluster has one database. Of it and of the sentinels one that is there is enough.
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

    /// What calls go over, which has not connected yet.
    pub(super) fn open(&self) -> Result<Link> {
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if self.namespace.is_empty() || !self.namespace.chars().all(allowed) {
            let message = "the namespace of Redis keys must be letters, digits, -, _ and . only, and not empty";
            return Err(Error::new(ErrorKind::Misconfigured, message));
        }
        let address = Address::read(self.url.expose_secret()).ok_or_else(|| {
            let message = "the Redis URL cannot be read; it must look like redis://user:password@host:6379/0, \
                           redis+cluster://host:6379,host:6379 or redis+sentinel://host:26379,host:26379/name";
            Error::new(ErrorKind::Misconfigured, message)
        })?;
        let patience = Patience { connect: self.connect_timeout, response: self.response_timeout };
        Link::new(address, patience).map_err(|failure| error::map(&failure))
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
