//! The deployment's secret: a key of its own for each purpose, and older secrets that are still read.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;

use crate::error::{Error, ErrorKind, Result};

/// Bytes that a secret has at least.
const SHORTEST: usize = 32;
/// Tells what is derived here from what others derive from the same secret.
const SALT: &[u8] = b"spotlight";

/// What a key is for. What is made for one purpose is worth nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Purpose(&'static str);

impl Purpose {
    /// Signs the tokens with which visitors come back to their conversation.
    pub const CONVERSATION_TOKENS: Self = Self::new("conversation tokens");
    /// Makes the secrets of second factors.
    pub const SECOND_FACTORS: Self = Self::new("second factors");

    /// A purpose of this name. The name goes into the key: another name is another key.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }
}

/// Keys derived from the deployment's secret by HKDF-SHA256 (RFC 5869). New things are made with the present secret; what
/// was made with an older one is still read. Never printed.
pub struct Keys {
    present: Root,
    previous: Vec<Root>,
}

impl Keys {
    /// Keys of a secret.
    ///
    /// # Errors
    /// `Misconfigured` when it has fewer than 32 bytes.
    pub fn new(secret: &SecretString) -> Result<Self> {
        Ok(Self { present: Root::of("secret key", secret)?, previous: Vec::new() })
    }

    /// Keys of random bytes, which end with the process.
    pub(crate) fn random(bytes: [u8; 32]) -> Self {
        Self { present: Root::extract(&bytes), previous: Vec::new() }
    }

    /// The same, which also read what was made with these secrets.
    ///
    /// # Errors
    /// `Misconfigured` when one has fewer than 32 bytes.
    pub fn with_previous(mut self, secrets: &[SecretString]) -> Result<Self> {
        for secret in secrets {
            self.previous.push(Root::of("previous secret key", secret)?);
        }
        Ok(self)
    }

    /// Signs a message by HMAC-SHA256 with the present key of this purpose.
    pub fn sign(&self, purpose: Purpose, message: &[u8]) -> [u8; 32] {
        self.present.mac(purpose, message).finalize().into_bytes().into()
    }

    /// Whether a signature is of this message, by the present key of this purpose or an older one. Every key is tried, each
    /// in constant time.
    pub fn verify(&self, purpose: Purpose, message: &[u8], signature: &[u8]) -> bool {
        let mut good = false;
        for root in self.roots() {
            good |= root.mac(purpose, message).verify_slice(signature).is_ok();
        }
        good
    }

    /// A secret of its own for each context, as a record's id: the same whenever it is asked for.
    pub fn derive<const N: usize>(&self, purpose: Purpose, context: &[u8]) -> [u8; N] {
        self.present.derive(purpose, context)
    }

    /// What [`derive`](Self::derive) gives now, and what it gave under older secrets, the newest first.
    pub fn derived<const N: usize>(&self, purpose: Purpose, context: &[u8]) -> impl Iterator<Item = [u8; N]> {
        self.roots().map(move |root| root.derive(purpose, context))
    }

    fn roots(&self) -> impl Iterator<Item = &Root> {
        std::iter::once(&self.present).chain(&self.previous)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys(…, {} previous)", self.previous.len())
    }
}

/// What a secret became, once for all purposes. Wiped when it goes.
struct Root(SecretBox<[u8; 32]>);

impl Root {
    fn of(what: &str, secret: &SecretString) -> Result<Self> {
        let bytes = secret.expose_secret().as_bytes();
        if bytes.len() < SHORTEST {
            let text = format!("the {what} needs at least {SHORTEST} bytes");
            return Err(Error::new(ErrorKind::Misconfigured, text));
        }
        Ok(Self::extract(bytes))
    }

    fn extract(secret: &[u8]) -> Self {
        Self(SecretBox::init_with(|| Hkdf::<Sha256>::extract(Some(SALT), secret).0.into()))
    }

    fn derive<const N: usize>(&self, purpose: Purpose, context: &[u8]) -> [u8; N] {
        // RFC 5869 allows 255 digests.
        const { assert!(N <= 255 * 32, "HKDF gives no more") };
        let mut key = [0; N];
        // The length of the name keeps name and context apart.
        let length = u64::try_from(purpose.0.len()).unwrap_or(u64::MAX).to_be_bytes();
        let info: [&[u8]; 3] = [&length, purpose.0.as_bytes(), context];
        let hkdf = Hkdf::<Sha256>::from_prk(self.0.expose_secret()).expect("a root is as long as a digest");
        hkdf.expand_multi_info(&info, &mut key).expect("checked when it was compiled");
        key
    }

    fn mac(&self, purpose: Purpose, message: &[u8]) -> Hmac<Sha256> {
        let key: [u8; 32] = self.derive(purpose, b"signature");
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
        mac.update(message);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "the first secret, of thirty-two bytes or more";
    const NEW: &str = "the second secret, of thirty-two bytes or more";

    fn keys(secret: &str, previous: &[&str]) -> Keys {
        let previous: Vec<_> = previous.iter().map(|secret| SecretString::from(*secret)).collect();
        Keys::new(&SecretString::from(secret)).and_then(|keys| keys.with_previous(&previous)).expect("long enough")
    }

    #[test]
    fn each_purpose_and_context_has_a_key_of_its_own() {
        let keys = keys(OLD, &[]);
        let (tokens, factors) = (Purpose::CONVERSATION_TOKENS, Purpose::SECOND_FACTORS);
        let signature = keys.sign(tokens, b"message");
        assert!(keys.verify(tokens, b"message", &signature));
        assert!(!keys.verify(factors, b"message", &signature) && !keys.verify(tokens, b"massage", &signature));
        assert!(!keys.verify(tokens, b"message", &signature[..31]) && !keys.verify(tokens, b"message", b""));
        let derived = |purpose, context: &[u8]| keys.derive::<20>(purpose, context);
        assert_eq!(derived(factors, b"one"), derived(factors, b"one"));
        assert_ne!(derived(factors, b"one"), derived(factors, b"two"));
        assert_ne!(derived(factors, b"one"), derived(tokens, b"one"));
        assert_ne!(derived(Purpose::new("ab"), b"c"), derived(Purpose::new("a"), b"bc"));
    }

    #[test]
    fn what_an_older_secret_made_is_read_and_new_things_are_the_new_ones() {
        let (old, both, new) = (keys(OLD, &[]), keys(NEW, &[OLD]), keys(NEW, &[]));
        let tokens = Purpose::CONVERSATION_TOKENS;
        let signature = old.sign(tokens, b"message");
        assert!(both.verify(tokens, b"message", &signature) && !new.verify(tokens, b"message", &signature));
        assert_eq!(both.sign(tokens, b"message"), new.sign(tokens, b"message"));
        let derived: Vec<[u8; 20]> = both.derived(tokens, b"one").collect();
        assert_eq!(derived, [new.derive(tokens, b"one"), old.derive(tokens, b"one")]);
    }

    #[test]
    fn keys_are_those_of_rfc_5869() {
        // Its first test case, whose salt and info differ from ours, by the steps that are used here.
        let (salt, info): (Vec<u8>, Vec<u8>) = ((0..0x0d).collect(), (0xf0..0xfa).collect());
        let (_, hkdf) = Hkdf::<Sha256>::extract(Some(&salt), &[0x0b; 22]);
        let mut key = [0; 4];
        hkdf.expand_multi_info(&[&info[..4], &info[4..]], &mut key).expect("four bytes");
        assert_eq!(key, [0x3c, 0xb2, 0x5f, 0x25]);
    }

    #[test]
    fn short_secrets_are_refused_and_none_is_shown() {
        let short = SecretString::from("a".repeat(31));
        assert_eq!(Keys::new(&short).expect_err("31 bytes").kind(), ErrorKind::Misconfigured);
        let error = keys(OLD, &[]).with_previous(&[short]).expect_err("31 bytes");
        assert!(error.to_string().contains("previous"), "{error}");
        assert_eq!(format!("{:?}", keys(NEW, &[OLD])), "Keys(…, 1 previous)");
    }
}
