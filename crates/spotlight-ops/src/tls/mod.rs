//! TLS in the process itself: its files, what is wrong with them, and the certificate that is served while they change.

mod facts;
mod pair;
mod served;

use spotlight_core::ports::{Clock, SystemClock};

pub(crate) use self::{
    facts::Facts,
    pair::Pair,
    served::{Certificate, FROM, UNTIL},
};
use crate::config::{Config, Problem, Role};

/// What is wrong with the files that a server of these settings would open.
pub(crate) fn problems(config: &Config) -> Vec<Problem> {
    if config.server.role == Role::Worker {
        return Vec::new();
    }
    let read = Pair::of(&config.tls).map(|pair| pair.and_then(|pair| pair.current(SystemClock.now())));
    read.and_then(Result::err).unwrap_or_default()
}
