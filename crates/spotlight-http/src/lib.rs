//! Spotlight's HTTP API, without a web framework.
//!
//! Everything but the socket is here: [`endpoints`] is the one table of endpoints, from which routing, reading,
//! limits and the OpenAPI document come; [`Api`] answers a [`Request`] with a [`Response`]. A framework binding
//! registers every row, hands the head and the body stream to [`Api::handle`], and sends what comes back. What no row
//! matches goes to [`Api::not_found`] and [`Api::method_not_allowed`].
//!
//! # How to add …
//!
//! - an endpoint: a row in its folder of `resources/`, a function in its `actions.rs`, a case in `conformance/`;
//! - a field: one line in the folder's `dto.rs`, which is its reading, its schema and its documentation;
//! - a framework: a crate like `spotlight-http-axum`, which passes the suite of the feature `conformance`.

mod api;
#[cfg(feature = "conformance")]
pub mod conformance;
mod credentials;
mod endpoint;
mod error;
mod incoming;
mod input;
mod openapi;
mod output;
mod policy;
mod precondition;
mod query;
mod request;
mod resources;
mod response;
mod schema;
mod sse;

pub use self::{
    api::Api,
    endpoint::{Endpoint, Verb, allowed},
    openapi::{openapi, openapi_json},
    policy::HttpPolicy,
    request::Request,
    resources::{Group, endpoints},
    response::{Body, Response},
};
