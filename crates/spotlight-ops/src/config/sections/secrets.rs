//! The keys that everything else is protected with.

use secrecy::SecretString;

use crate::config::{Need, Section, Variable, parse, reader::Reader};

pub(crate) static SECRET_KEY_BASE: Variable = Variable::new(
    "SECRET_KEY_BASE",
    "secret_key_base",
    "signs tokens and encrypts what is stored secretly; at least 32 characters. In development it is made at the first \
     start and kept in the data folder",
    "$(openssl rand -hex 32)",
)
.needed(Need::InProduction)
.secret()
.strong(weak);

static PREVIOUS: Variable = Variable::new(
    "SECRET_KEY_BASE_PREVIOUS",
    "secret_key_base_previous",
    "older keys, the newest first, between commas: what was made with them is still read",
    "9f2c…",
)
.secret();

pub(crate) static MASTER_KEY: Variable = Variable::new(
    "SPOTLIGHT_MASTER_KEY",
    "master_key",
    "opens the encrypted credentials; else `master.key` beside them does",
    "AGE-SECRET-KEY-1…",
)
.once(&["RAILS_MASTER_KEY"])
.secret();

pub(crate) static CREDENTIALS: Variable = Variable::new(
    "SPOTLIGHT_CREDENTIALS",
    "credentials",
    "the file of encrypted credentials",
    "config/credentials.toml.age",
)
.or("config/credentials.toml.age");

pub(super) const SECTION: Section =
    Section { title: "Secrets", variables: &[&SECRET_KEY_BASE, &PREVIOUS, &MASTER_KEY, &CREDENTIALS] };

/// The keys that everything else is protected with.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// The deployment's own key. None in development, where one is made and kept.
    pub key: Option<SecretString>,
    /// Older keys, for reading.
    pub previous: Vec<SecretString>,
}

impl Secrets {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        let long = |text: &str| match text.len() {
            32.. => Ok(text.to_owned()),
            _ => Err("give at least 32 characters".to_owned()),
        };
        let key = reader.secret(&SECRET_KEY_BASE, long);
        let previous = reader
            .value(&PREVIOUS, |text| parse::list(text)?.iter().map(|key| long(key)).collect::<Result<Vec<_>, _>>());
        reader.value(&MASTER_KEY, parse::text);
        reader.value(&CREDENTIALS, parse::text);
        Self { key, previous: previous.unwrap_or_default().into_iter().map(SecretString::from).collect() }
    }
}

/// What is long enough and can be guessed all the same.
fn weak(key: &str) -> Option<&'static str> {
    let different = key.chars().collect::<std::collections::BTreeSet<_>>().len();
    let lower = key.to_ascii_lowercase();
    let word =
        ["changeme", "change_me", "secret_key", "password", "example", "your_", "0123456789abcdef0123456789abcdef"];
    if different < 10 || word.iter().any(|word| lower.contains(word)) {
        return Some("too easily guessed; make one with `openssl rand -hex 32`");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::weak;

    #[test]
    fn what_can_be_guessed_is_weak() {
        for key in [
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "your_secret_key_of_more_than_32_letters",
            "changeme-changeme-changeme-changeme",
        ] {
            assert!(weak(key).is_some(), "{key}");
        }
        assert!(weak("3d9f4b1c0a7e2856d1c4fe90ab73562801e9cd4f7ba3856092dcfe1a").is_none());
    }
}
