//! How types are filled whose fields are their own.

use std::process::ExitStatus;

use spotlight_core::{
    Error, ErrorKind,
    domain::{
        contact::{Email, Phone},
        conversation::Given,
        money::Currency,
        user::{PasswordHash, SecretHash},
        webhook::SigningSecret,
    },
    ports::SystemIds,
    trace::Trace,
};
use spotlight_http::Body;
use spotlight_ops::config::{Switches, Weakness};

use crate::plant::{MARK, Plant};

impl Plant for Email {
    fn plant() -> Self {
        Self::parse("PLANTED@example.com").expect("an address")
    }
}

impl Plant for Phone {
    fn plant() -> Self {
        Self::from_e164("+4915112345678".to_owned()).expect("a number")
    }
}

impl Plant for PasswordHash {
    fn plant() -> Self {
        Self::new(MARK)
    }
}

impl Plant for SecretHash {
    fn plant() -> Self {
        let mut bytes = [0; 32];
        bytes[..MARK.len()].copy_from_slice(MARK.as_bytes());
        Self(bytes)
    }
}

impl Plant for SigningSecret {
    fn plant() -> Self {
        Self::new(MARK)
    }
}

impl Plant for Currency {
    fn plant() -> Self {
        Self::new("EUR").expect("a currency")
    }
}

impl Plant for Given {
    fn plant() -> Self {
        Self { name: Plant::plant(), email: Plant::plant(), phone: Plant::plant(), company: Plant::plant() }
    }
}

impl Plant for Trace {
    fn plant() -> Self {
        Self::begin(Some(MARK), &SystemIds)
    }
}

/// Its own words are the program's; see `docs/logs.md`.
impl Plant for Error {
    fn plant() -> Self {
        Self::new(ErrorKind::Internal, "it failed")
    }
}

impl Plant for Body {
    fn plant() -> Self {
        Self::Full(Plant::plant())
    }
}

impl Plant for Switches {
    fn plant() -> Self {
        "-billing,-voice".parse().expect("features")
    }
}

impl Plant for Weakness {
    fn plant() -> Self {
        |_| None
    }
}

impl Plant for ExitStatus {
    fn plant() -> Self {
        Self::default()
    }
}

impl Plant for tokio::time::Instant {
    fn plant() -> Self {
        Self::now()
    }
}
