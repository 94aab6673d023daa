//! Spotlight's HTTP API, without a web framework.
//!
//! Everything but the socket is here: [`ENDPOINTS`] is the one table of endpoints, from which routing, reading,
//! limits and the OpenAPI document come; [`Api`] answers a [`Request`] with a [`Response`]. A framework binding
//! registers every row, hands the head and the body stream to [`Api::handle`], and sends what comes back. What no row
//! matches goes to [`Api::not_found`] and [`Api::method_not_allowed`].
//!
//! # How to add …
//!
//! - an endpoint: a word and a row in `table.rs`, a function in `operations/`, a case in `conformance/`;
//! - a field: one line in the resource's file in `dto/`, which is its reading, its schema and its documentation;
//! - a framework: a crate like `spotlight-http-axum`, which passes the suite of the feature `conformance`.

mod api;
#[cfg(feature = "conformance")]
pub mod conformance;
mod credentials;
mod dto;
mod endpoint;
mod error;
mod input;
mod openapi;
mod operations;
mod output;
mod policy;
mod query;
mod request;
mod response;
mod schema;
mod sse;
mod table;

pub use self::{
    api::Api,
    endpoint::{Endpoint, Verb, allowed},
    openapi::{openapi, openapi_json},
    policy::HttpPolicy,
    request::Request,
    response::{Body, Response},
    table::{ENDPOINTS, Operation},
};
