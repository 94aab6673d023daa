//! Mail that is kept instead of sent.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use crate::{
    error::{Error, ErrorKind, Result},
    ports::{Mailer, Message},
};

/// A [`Mailer`] that keeps every message, for tests and demonstrations.
#[derive(Debug, Default)]
pub struct MemoryMailer {
    state: Mutex<State>,
}

#[derive(RedactedDebug, Default)]
struct State {
    sent: Vec<Message>,
    ids: HashSet<String>,
    failing: Option<ErrorKind>,
}

impl MemoryMailer {
    /// A mailer that works.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every message, in the order they were handed over.
    pub fn sent(&self) -> Vec<Message> {
        self.lock().sent.clone()
    }

    /// Fails with this kind from now on; `None` works again.
    pub fn fail_with(&self, kind: Option<ErrorKind>) {
        self.lock().failing = kind;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, message: &Message) -> Result<()> {
        if message.subject.contains(['\r', '\n']) {
            return Err(Error::invalid("subject", "format", "A subject has one line"));
        }
        let mut state = self.lock();
        if let Some(kind) = state.failing {
            return Err(Error::new(kind, "the mailer was told to fail"));
        }
        if state.ids.insert(message.id.clone()) {
            state.sent.push(message.clone());
        }
        Ok(())
    }
}
