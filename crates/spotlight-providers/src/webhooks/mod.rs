//! Requests to webhook endpoints, whose addresses strangers choose.
//!
//! A name is resolved once, by us; every address it has must be one that requests may go to, and the connection goes
//! to one of exactly those addresses. So a name that answers differently the second time gains nothing. No redirect is
//! followed, and no proxy of the environment is asked: both would decide anew where a request goes.

mod resolve;
mod sender;

pub use spotlight_core::domain::destination::Ports;

pub use self::{
    resolve::{NameResolver, SystemResolver},
    sender::{HttpWebhookSender, WebhookOptions},
};
