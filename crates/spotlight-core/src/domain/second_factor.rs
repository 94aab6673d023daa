//! A second proof at sign-in: codes that a device makes by the time (RFC 6238), and recovery codes for when it is lost.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{contact::Email, time::Timestamp, user::SecretHash};

/// Recovery codes that are handed out at once.
pub const RECOVERY_CODES: usize = 10;
/// Who made the account, as a device shows it.
const ISSUER: &str = "Spotlight";

/// What codes are made from: known to the deployment and to the person's device. Never printed.
#[derive(Clone)]
pub struct CodeSecret(totp_rs::Totp);

impl CodeSecret {
    /// A secret of 160 bits, as RFC 4226 recommends.
    pub fn new(bytes: [u8; 20]) -> Self {
        Self::of(totp_rs::Secret::new_stack(bytes))
    }

    /// The secret that [`to_base32`](Self::to_base32) wrote; none for what is no Base32.
    pub fn from_base32(text: &str) -> Option<Self> {
        totp_rs::Secret::try_from_base32(text).ok().map(Self::of)
    }

    fn of(secret: totp_rs::Secret) -> Self {
        // Six digits by HMAC-SHA-1 and 30 seconds, one step of drift either side: what every device understands.
        Self(totp_rs::Builder::new().with_secret(secret).build_noncompliant())
    }

    /// As a person types it into a device.
    pub fn to_base32(&self) -> SecretString {
        SecretString::from(self.0.secret().to_base32())
    }

    /// As a device reads it from a picture: an `otpauth` address.
    pub fn uri(&self, account: &Email) -> SecretString {
        let account = utf8_percent_encode(account.as_str(), NON_ALPHANUMERIC);
        let secret = self.0.secret().to_base32();
        SecretString::from(format!(
            "otpauth://totp/{ISSUER}:{account}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits=6&period=30"
        ))
    }

    /// The code of an instant.
    pub fn code_at(&self, at: Timestamp) -> String {
        self.0.generate(seconds(at)).to_string()
    }

    /// The step that a code is of, when it is one of the three around `now`.
    fn step_of(&self, code: &str, now: Timestamp) -> Option<u64> {
        self.0.check(code, seconds(now))
    }
}

impl fmt::Debug for CodeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeSecret(…)")
    }
}

fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.timestamp()).unwrap_or_default()
}

/// What is stored of a user's second factor. The secret is not: it is derived from the salt and the deployment's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct SecondFactor {
    /// Random, new with each enrolment.
    pub salt: SecretHash,
    /// When the person showed a first code; sign-in asks for none before.
    pub confirmed_at: Option<Timestamp>,
    /// The step of the newest code that was accepted: a code counts once.
    pub last_step: Option<u64>,
    /// Hashes of the recovery codes that were not used.
    pub recovery: Vec<SecretHash>,
    /// When it was enrolled.
    pub created_at: Timestamp,
}

impl SecondFactor {
    /// One that waits for its first code.
    pub fn new(salt: [u8; 32], now: Timestamp) -> Self {
        let recovery = Vec::new();
        Self { salt: SecretHash(salt), confirmed_at: None, last_step: None, recovery, created_at: now }
    }

    /// True when sign-in asks for a code.
    pub fn is_active(&self) -> bool {
        self.confirmed_at.is_some()
    }

    /// Uses a code up, of the device or for recovery. False when it is wrong, or was used before.
    pub fn accept(&mut self, secret: &CodeSecret, code: &str, now: Timestamp) -> bool {
        let code = plain(code);
        if let Some(step) = secret.step_of(&code, now) {
            let unused = self.last_step.is_none_or(|last| last < step);
            if unused {
                self.last_step = Some(step);
            }
            return unused;
        }
        let hash = hash_of(&code);
        let found = self.recovery.iter().position(|one| *one == hash);
        if let Some(at) = found {
            self.recovery.remove(at);
        }
        found.is_some()
    }

    /// Switches it on, with recovery codes made from these random bytes. Gives the codes, which are stored hashed alone.
    pub fn activate(&mut self, randomness: &[[u8; 32]; RECOVERY_CODES], now: Timestamp) -> Vec<SecretString> {
        self.confirmed_at = Some(now);
        // 80 bits each: nobody finds one by its hash, however fast the hash is.
        let codes = randomness.each_ref().map(|bytes| totp_rs::Secret::new(bytes[..10].into()).to_base32());
        self.recovery = codes.iter().map(|code| hash_of(code)).collect();
        codes.iter().map(|code| SecretString::from(spaced(code))).collect()
    }
}

/// A code without what people type between its parts.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// Four characters at a time.
fn spaced(code: &str) -> String {
    let chars: Vec<_> = code.chars().collect();
    let parts: Vec<String> = chars.chunks(4).map(|part| part.iter().collect()).collect();
    parts.join("-")
}

fn hash_of(code: &str) -> SecretHash {
    SecretHash(Sha256::digest(code).into())
}

/// As it is stored.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    salt: String,
    confirmed_at: Option<Timestamp>,
    last_step: Option<u64>,
    recovery: Vec<String>,
    created_at: Timestamp,
}

impl From<SecondFactor> for Stored {
    fn from(factor: SecondFactor) -> Self {
        let text = |hash: &SecretHash| totp_rs::Secret::new(hash.0.into()).to_base32();
        Self {
            salt: text(&factor.salt),
            confirmed_at: factor.confirmed_at,
            last_step: factor.last_step,
            recovery: factor.recovery.iter().map(text).collect(),
            created_at: factor.created_at,
        }
    }
}

impl TryFrom<Stored> for SecondFactor {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let bytes = |text: &String| {
            let secret = totp_rs::Secret::try_from_base32(text).map_err(|_| "not Base32")?;
            secret.as_bytes().try_into().map(SecretHash).map_err(|_| "not 32 bytes")
        };
        Ok(Self {
            salt: bytes(&stored.salt)?,
            confirmed_at: stored.confirmed_at,
            last_step: stored.last_step,
            recovery: stored.recovery.iter().map(bytes).collect::<Result<_, _>>()?,
            created_at: stored.created_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration};
    use secrecy::ExposeSecret;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        DateTime::from_timestamp(seconds, 0).expect("an instant")
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, the last six of its eight digits.
        let secret = CodeSecret::new(*b"12345678901234567890");
        let expected = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (seconds, code) in expected {
            assert_eq!(secret.code_at(at(seconds)), code);
        }
        let text = secret.to_base32();
        assert_eq!(text.expose_secret(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let read = CodeSecret::from_base32(text.expose_secret()).expect("Base32");
        assert_eq!(read.code_at(at(59)), "287082");
        assert!(CodeSecret::from_base32("not base 32!").is_none());
    }

    #[test]
    fn an_address_for_devices_names_the_account() {
        let secret = CodeSecret::new(*b"12345678901234567890");
        let uri = secret.uri(&Email::parse("nora+sales@newcomer.example").expect("an address"));
        assert_eq!(
            uri.expose_secret(),
            "otpauth://totp/Spotlight:nora%2Bsales%40newcomer%2Eexample?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Spotlight&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn a_code_counts_once_and_one_step_either_side() {
        let secret = CodeSecret::new([7; 20]);
        let now = at(1_900_000_000);
        let code = |steps: i64| secret.code_at(now + Duration::seconds(30 * steps));
        let fresh = || SecondFactor::new([1; 32], now);
        for steps in [-1, 0, 1] {
            assert!(fresh().accept(&secret, &code(steps), now), "{steps}");
        }
        for steps in [-2, 2] {
            assert!(!fresh().accept(&secret, &code(steps), now), "{steps}");
        }
        let mut factor = fresh();
        assert!(factor.accept(&secret, &format!(" {} ", code(0)), now), "as it was typed");
        assert!(!factor.accept(&secret, &code(0), now), "twice");
        assert!(!factor.accept(&secret, &code(-1), now), "one before a used one");
        assert!(factor.accept(&secret, &code(1), now), "the next");
        assert_ne!(CodeSecret::new([8; 20]).code_at(now), code(0), "another secret has other codes");
    }

    #[test]
    fn recovery_codes_count_once_however_they_are_typed() {
        let secret = CodeSecret::new([7; 20]);
        let now = at(1_900_000_000);
        let mut factor = SecondFactor::new([1; 32], now);
        let randomness = std::array::from_fn(|index| [u8::try_from(index).expect("a small number"); 32]);
        let codes = factor.activate(&randomness, now);
        assert!(factor.is_active());
        assert_eq!((codes.len(), factor.recovery.len()), (RECOVERY_CODES, RECOVERY_CODES));
        let first = codes[0].expose_secret();
        assert_eq!(first.len(), 19, "four by four");
        assert!(factor.accept(&secret, &first.to_lowercase().replace('-', " "), now));
        assert!(!factor.accept(&secret, first, now), "twice");
        assert_eq!(factor.recovery.len(), RECOVERY_CODES - 1);
        assert!(!factor.accept(&secret, "", now) && !factor.accept(&secret, "AAAA-AAAA-AAAA-AAAB", now));
    }

    #[test]
    fn what_is_stored_comes_back_and_shows_no_code() {
        let mut factor = SecondFactor::new([9; 32], at(5));
        let codes = factor.activate(&[[3; 32]; RECOVERY_CODES], at(6));
        factor.last_step = Some(77);
        let text = serde_json::to_string(&factor).expect("JSON");
        assert_eq!(serde_json::from_str::<SecondFactor>(&text).expect("the same"), factor);
        assert!(!text.contains(&codes[0].expose_secret().replace('-', "")));
        assert!(serde_json::from_str::<SecondFactor>(&text.replace("salt\":\"", "salt\":\"AA")).is_err());
    }
}
