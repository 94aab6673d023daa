//! Spotlight's HTTP API, without a web framework.
//!
//! Everything but the socket is here: [`endpoints`] is the one table of endpoints, from which routing, reading,
//! limits and the OpenAPI document come; [`Api`] answers a [`Request`] with a [`Response`]. A framework binding
//! sends every request below [`BASE`] and to [`Api::addresses`] to [`Api::respond`], head and body stream, and sends what
//! comes back. Which endpoint that is, is found out here, the same for all frameworks.
//!
//! # How to add …
//!
//! - an endpoint: a row in its folder of `resources/`, a function in its `actions.rs`, a case in `conformance/`;
//! - a field: one line in the folder's `dto.rs`, which is its reading, its schema and its documentation;
//! - a framework: a crate like `spotlight-http-axum`, which passes the suite of the feature `conformance`.

mod api;
mod authenticate;
#[cfg(feature = "conformance")]
pub mod conformance;
mod credentials;
mod endpoint;
mod error;
mod home;
mod incoming;
mod input;
mod maintenance;
mod measure;
mod openapi;
mod output;
mod patience;
mod plans;
mod policy;
mod precondition;
mod query;
mod request;
mod resources;
mod response;
mod schema;
mod security;
mod serving;
mod socket;
mod sse;
#[cfg(feature = "tls")]
mod wire;

/// What encryption is set up with, in the version that is used here.
#[cfg(feature = "tls")]
pub use tokio_rustls::rustls;

#[cfg(feature = "tls")]
pub use self::wire::{Encryption, Wire};
pub use self::{
    api::Api,
    authenticate::{Authenticate, Vouched},
    endpoint::{Endpoint, Verb},
    openapi::{openapi, openapi_json},
    patience::{Patience, WriteLimit},
    policy::{HttpPolicy, MetricsAccess, VoiceLimits},
    request::Request,
    resources::{Group, endpoints},
    response::{Body, Response},
    security::Security,
    serving::BASE,
    socket::{Broken, Duplex, Frame, Socket, Upgrade},
};
