//! Sending e-mail.

use async_trait::async_trait;
use bytes::Bytes;
use spotlight_derive::RedactedDebug;

use crate::{domain::contact::Email, error::Result};

/// A file that goes with a message.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub file_name: String,
    /// Its media type, as `text/calendar; method=REQUEST`.
    pub content_type: String,
    /// Its bytes.
    pub body: Bytes,
}

/// A message.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Names the message: the same id is delivered once.
    pub id: String,
    /// To whom.
    pub to: Email,
    /// What it is about, one line.
    pub subject: String,
    /// What it says, plain text.
    pub text: String,
    /// Files.
    pub attachments: Vec<Attachment>,
}

/// Sends messages.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a message over for delivery.
    ///
    /// # Errors
    /// `Validation` for a subject with a line break, and for an address or line the server refuses for good; `Unavailable`, `Timeout` or `RateLimited` when
    /// it is worth trying again; `Misconfigured` for wrong credentials.
    ///
    /// # Idempotency
    /// A message whose id was handed over before is not sent again.
    ///
    /// # Cancel safety
    /// A dropped future may have handed the message over; the id makes trying again safe.
    async fn send(&self, message: &Message) -> Result<()>;
}
