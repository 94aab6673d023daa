//! What a request asks for in its headers, checked before its work.

use http::{HeaderName, StatusCode, header};
use spotlight_core::error::Error;

use crate::{
    endpoint::{Answers, Endpoint},
    error::Refusal,
    request::Request,
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Refuses a caller who would not understand the answer.
pub(super) fn check_accept(request: &Request, endpoint: &Endpoint) -> Result<(), Refusal> {
    if endpoint.is_socket() || !request.headers.contains_key(header::ACCEPT) {
        return Ok(());
    }
    let full = endpoint.media_type();
    let kinds = match &endpoint.answers {
        Answers::Download { kinds, .. } => *kinds,
        _ => std::slice::from_ref(&full),
    };
    let is_of = |kind: &str, name: &str| {
        let family = kind.split('/').next().unwrap_or_default();
        let of_family = name.strip_suffix("/*").is_some_and(|name| name.eq_ignore_ascii_case(family));
        of_family || name.eq_ignore_ascii_case(kind)
    };
    let understood = request.list(&header::ACCEPT).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused =
            parts.any(|part| part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0));
        !refused && (name == "*/*" || kinds.iter().any(|kind| is_of(kind, name)))
    });
    if understood || matches!(endpoint.answers, Answers::Nothing) {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::NOT_ACCEPTABLE, format!("this address answers with {}", kinds.join(" or "))))
}

pub(super) fn idempotency_key(request: &Request, endpoint: &Endpoint) -> Result<Option<String>, Error> {
    if !endpoint.keyed || !request.headers.contains_key(&IDEMPOTENCY_KEY) {
        return Ok(None);
    }
    let sound = |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    match request.header(&IDEMPOTENCY_KEY).filter(sound) {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Error::invalid(
            "idempotency_key",
            "format",
            "Idempotency-Key must have 1 to 255 visible ASCII characters",
        )),
    }
}
