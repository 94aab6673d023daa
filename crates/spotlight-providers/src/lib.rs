//! Spotlight's ports over services outside of a deployment, one cargo feature each.
//!
//! | feature | type | for |
//! |---|---|---|
//! | `webhooks` | [`webhooks::HttpWebhookSender`] | requests to webhook endpoints, kept out of private networks |
//!
//! How to add a provider: a folder here, a feature of its name that alone turns its client on, and the port's contract
//! tested against a server on the loopback address. Each of its requests is told by `outgoing` what it is made for.

#[cfg(feature = "webhooks")]
pub mod client;
#[cfg(feature = "webhooks")]
mod outgoing;
#[cfg(feature = "webhooks")]
pub mod webhooks;
