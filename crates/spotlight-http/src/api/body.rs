//! The body of a request, as far as it may grow.

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use http::{StatusCode, header};
use tokio::time::timeout;

use super::Api;
use crate::{error::Refusal, request::Request};

impl Api {
    /// The body, as far as the policy lets it grow and take its time.
    pub(super) async fn read<S, E>(&self, request: &Request, body: S) -> Result<Bytes, Refusal>
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        let most = self.policy.max_body;
        let too_large =
            || Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body must be at most {most} bytes"));
        let announced = request.header(&header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
        if announced.is_some_and(|length| length > most) {
            return Err(too_large());
        }
        let gather = async {
            let mut body = std::pin::pin!(body);
            let mut gathered = BytesMut::new();
            while let Some(part) = body.next().await {
                let part = part.map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "the body was cut off"))?;
                if gathered.len() + part.len() > most {
                    return Err(too_large());
                }
                gathered.extend_from_slice(&part);
            }
            Ok(gathered.freeze())
        };
        let gathered = timeout(self.policy.body_timeout, gather)
            .await
            .unwrap_or_else(|_| Err(Refusal::new(StatusCode::BAD_REQUEST, "the body took too long to arrive")))?;
        if !gathered.is_empty() {
            check_content_type(request)?;
        }
        Ok(gathered)
    }
}

fn check_content_type(request: &Request) -> Result<(), Refusal> {
    let given = request.header(&header::CONTENT_TYPE).unwrap_or_default();
    let mut parts = given.split(';').map(str::trim);
    let json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    let utf8 = parts
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.eq_ignore_ascii_case("charset"))
        .all(|(_, charset)| charset.trim_matches('"').eq_ignore_ascii_case("utf-8"));
    if json && utf8 {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send JSON in UTF-8 as `Content-Type: application/json`"))
}
