//! Figures of the process.

use http::{HeaderName, StatusCode, header};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use spotlight_core::error::{Error, ErrorKind, Result};

use super::text;
use crate::{
    policy::MetricsAccess,
    request::Request,
    resources::call::Call,
    response::{Body, Response},
};

/// What a proxy adds to a request that it hands on.
const HANDED_ON: [HeaderName; 6] = [
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// Every figure, in the text format of Prometheus.
pub(super) async fn metrics(call: Call<'_>) -> Result<Response> {
    permit(&call.policy.metrics, call.request)?;
    let text = text::render(&call.platform.figures().await);
    let mut response = Response { body: Body::Full(text.into()), ..Response::empty(StatusCode::OK) };
    response.set(header::CONTENT_TYPE, text::CONTENT_TYPE);
    Ok(response)
}

/// Refuses whoever the deployment does not show its figures to. Where it shows them to nobody, the address is unknown.
fn permit(access: &MetricsAccess, request: &Request) -> Result<()> {
    let unknown = || Err(Error::not_found("this address"));
    match access {
        MetricsAccess::Open => Ok(()),
        MetricsAccess::Off => unknown(),
        // A proxy on this machine speaks for others: what it hands on is not from here.
        MetricsAccess::Loopback => {
            let here = request.peer.to_canonical().is_loopback();
            let direct = !HANDED_ON.iter().any(|name| request.headers.contains_key(name));
            if here && direct { Ok(()) } else { unknown() }
        }
        MetricsAccess::Token(token) => {
            let sent = request.header(&header::AUTHORIZATION).and_then(|value| value.split_once(' '));
            let sent = sent.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, sent)| sent.trim());
            // Digests are compared, so that time tells nothing of the token.
            let same = |sent: &str| Sha256::digest(sent) == Sha256::digest(token.expose_secret());
            if sent.is_some_and(same) {
                return Ok(());
            }
            Err(Error::new(ErrorKind::Unauthenticated, "send the token of the metrics as `Authorization: Bearer`"))
        }
    }
}
