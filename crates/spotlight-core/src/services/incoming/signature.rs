//! Signatures of messages that arrive.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Signed;
use crate::{
    domain::{time::Timestamp, webhook::SigningSecret},
    error::{Error, ErrorKind, Result},
    services::deps::unhex,
};

/// Seconds between the sender's clock and ours at most.
pub(super) const TOLERANCE_S: u64 = 5 * 60;
/// Most signatures of one message that are looked at.
const MOST: usize = 8;

pub(super) fn refused(why: &str) -> Error {
    Error::new(ErrorKind::Unauthenticated, why)
}

/// Checks a message of a source.
///
/// # Errors
/// `Unauthenticated`.
pub(super) fn check<'a>(
    secrets: impl Iterator<Item = &'a SigningSecret>,
    message: Signed<'_>,
    now: Timestamp,
) -> Result<()> {
    let signatures = message.signature.unwrap_or_default().split(',').map(str::trim);
    let signatures: Vec<_> = signatures.filter_map(|one| unhex(one.strip_prefix("sha256=")?)).take(MOST).collect();
    let timestamp = message.timestamp.unwrap_or_default();
    let secrets: Vec<_> = secrets.map(|secret| secret.expose().as_bytes()).collect();
    verify(&secrets, timestamp, message.body, &signatures)?;
    in_time(timestamp, now)
}

/// Whether one of the signatures is by one of the secrets. Every pair is compared, in constant time.
///
/// # Errors
/// `Unauthenticated`.
pub(super) fn verify(secrets: &[&[u8]], timestamp: &str, body: &[u8], signatures: &[[u8; 32]]) -> Result<()> {
    let mut good = false;
    for secret in secrets {
        let mac = Hmac::<Sha256>::new_from_slice(secret);
        let mut mac = mac.map_err(|_| Error::internal("a signing secret has no length"))?;
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        for signature in signatures {
            good |= mac.clone().verify_slice(signature).is_ok();
        }
    }
    if good { Ok(()) } else { Err(refused("the signature is missing, or not by this secret over these bytes")) }
}

/// Whether a message was signed in time. Asked once the signature is known to be good: its time is part of what was
/// signed.
///
/// # Errors
/// `Unauthenticated`.
pub(super) fn in_time(timestamp: &str, now: Timestamp) -> Result<()> {
    let digits = !timestamp.is_empty() && timestamp.bytes().all(|b| b.is_ascii_digit());
    let signed: Option<i64> = if digits { timestamp.parse().ok() } else { None };
    if signed.is_some_and(|signed| signed.abs_diff(now.timestamp()) <= TOLERANCE_S) {
        return Ok(());
    }
    Err(refused("the message was signed more than five minutes from now; sign it anew, and check the clock"))
}
