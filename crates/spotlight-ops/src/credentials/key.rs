//! The key that opens the credentials.

use std::{fmt, fs, io, path::Path};

use age::{
    secrecy::{ExposeSecret, SecretString},
    x25519::{Identity, Recipient},
};

use super::store;
use crate::config::{Problem, why};

/// Bits of a mode that let others in.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// An age identity, and where it came from. Never printed.
#[derive(Clone)]
pub struct MasterKey {
    identity: Identity,
    from: String,
}

impl MasterKey {
    /// A new one.
    pub(super) fn generate(from: &Path) -> Self {
        Self { identity: Identity::generate(), from: from.display().to_string() }
    }

    /// Reads a key as `age-keygen` writes it: a line of its own, beside lines that begin with `#`.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub(super) fn parse(text: &str, from: impl Into<String>) -> Result<Self, Problem> {
        let from = from.into();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        if let (Some(identity), None) = (lines.next().and_then(|line| line.parse().ok()), lines.next()) {
            return Ok(Self { identity, from });
        }
        // What was given is not repeated: it may be a key all the same.
        let detail = "it holds no master key, which is one line, as AGE-SECRET-KEY-1…; `spotlight credentials edit` makes one \
                      where there is none";
        Err(Problem::new(from, detail))
    }

    /// Reads a key file; none where there is none.
    ///
    /// # Errors
    /// When it cannot be read, holds no key, or others may read it.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Problem> {
        let place = path.display().to_string();
        let text = match fs::read_to_string(path) {
            Ok(text) => SecretString::from(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let detail = format!("the key file cannot be read: {}", why(&error));
                return Err(Problem::new(place, detail));
            }
        };
        guarded(path)?;
        Self::parse(text.expose_secret(), place).map(Some)
    }

    /// Writes it as a file for this user alone.
    pub(super) fn write(&self, path: &Path) -> Result<(), Problem> {
        let (public, secret) = (self.public(), self.identity.to_string());
        let text = SecretString::from(format!(
            "# Opens the credentials of a Spotlight deployment. Never commit it; keep a copy where it cannot get lost.\n\
             # public key: {public}\n{}\n",
            secret.expose_secret()
        ));
        store::write(path, text.expose_secret().as_bytes(), 0o600)
    }

    /// Where it came from.
    pub fn origin(&self) -> &str {
        &self.from
    }

    /// What is encrypted to it: no secret.
    pub fn public(&self) -> String {
        self.recipient().to_string()
    }

    pub(super) fn recipient(&self) -> Recipient {
        self.identity.to_public()
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }
}

impl PartialEq for MasterKey {
    fn eq(&self, other: &Self) -> bool {
        self.public() == other.public()
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.from)
    }
}

#[cfg(unix)]
fn guarded(path: &Path) -> Result<(), Problem> {
    use std::os::unix::fs::PermissionsExt;
    let unreadable = |error: io::Error| Problem::new(path.display().to_string(), why(&error));
    let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    let path = path.display().to_string();
    let detail = format!("others may read this key (its mode is {mode:04o}); chmod 600 {path}");
    Err(Problem::new(path, detail))
}

#[cfg(not(unix))]
fn guarded(_: &Path) -> Result<(), Problem> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_age_writes_it_and_nothing_else_is_one() {
        let key = MasterKey::generate(Path::new("master.key"));
        let secret = key.identity.to_string();
        let secret = secret.expose_secret();
        let file = format!("# created: today\n# public key: {}\n\n{secret}\n", key.public());
        assert!(MasterKey::parse(&file, "here").expect("a key") == key);
        for wrong in ["", "# nothing", "0123456789abcdef0123456789abcdef", &format!("{secret}\n{secret}")] {
            let problem = MasterKey::parse(wrong, "SPOTLIGHT_MASTER_KEY").expect_err("no key").to_string();
            assert!(problem.starts_with("SPOTLIGHT_MASTER_KEY: it holds no master key"), "{problem}");
            assert!(wrong.len() < 20 || !problem.contains(wrong), "{problem}");
        }
        assert!(!format!("{key:?}").contains(&secret[15..]));
    }
}
