//! One change of the credentials by a person.

use std::{fs::File, path::PathBuf};

use secrecy::{ExposeSecret, SecretString};
use spotlight_derive::RedactedDebug;

use super::{MasterKey, Place, place, seal, store, template::template};
use crate::config::Problem;

/// One change of the credentials by a person: what is there, what is put in its place, and what is kept when it cannot be.
#[derive(RedactedDebug)]
pub struct Session {
    place: Place,
    key: MasterKey,
    made_key: bool,
    before: Option<Vec<u8>>,
    text: SecretString,
    drafted: bool,
    #[debug(hidden)]
    _lock: Option<File>,
}

impl Session {
    /// Begins with what is stored, or with what was typed the last time and could not be. Where there is nothing yet, it
    /// begins with comments, with a key of the deployment where that `lacks` one, and the master key is made.
    ///
    /// # Errors
    /// When the credentials cannot be opened, somebody else is changing them, or the folder cannot be written.
    pub fn begin(place: Place, lacks: bool) -> Result<Self, Problem> {
        let lock = store::lock(place.path())?;
        let before = place.read()?;
        let draft_path = place.draft_path();
        let draft = place::read(&draft_path)?;
        let found = place.find_key()?;
        let made_key = found.is_none() && before.is_none() && draft.is_none();
        let key = match found {
            Some(key) => key,
            None if made_key => {
                let key = MasterKey::generate(&place.key_path());
                key.write(&place.key_path())?;
                key
            }
            None => place.key()?,
        };
        let text = match (&draft, &before) {
            (Some(draft), _) => seal::open(draft, &key, &draft_path)?,
            (None, Some(before)) => seal::open(before, &key, place.path())?,
            (None, None) => template(lacks),
        };
        Ok(Self { place, key, made_key, before, text, drafted: draft.is_some(), _lock: lock })
    }

    /// Where it all lies.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What there is to change.
    pub fn text(&self) -> &SecretString {
        &self.text
    }

    /// Nothing was stored before.
    pub fn is_first(&self) -> bool {
        self.before.is_none()
    }

    /// The master key was made just now.
    pub fn made_key(&self) -> bool {
        self.made_key
    }

    /// It goes on with what was typed the last time.
    pub fn is_drafted(&self) -> bool {
        self.drafted
    }

    /// Whether storing this would change nothing.
    pub fn is_stored(&self, text: &SecretString) -> bool {
        !self.is_first() && !self.drafted && self.is_as_begun(text)
    }

    /// Whether nothing was typed.
    pub fn is_as_begun(&self, text: &SecretString) -> bool {
        self.text.expose_secret() == text.expose_secret()
    }

    /// Encrypts the text and puts it in the place of what was stored, at once.
    ///
    /// # Errors
    /// When what was stored is another meanwhile, or cannot be written.
    pub fn store(&self, text: &SecretString) -> Result<(), Problem> {
        if self.place.read()? != self.before {
            let detail = "the file was changed meanwhile, as by a pull; look at what it says now";
            return Err(Problem::new(self.place.path().display().to_string(), detail));
        }
        let sealed = seal::seal(text, &self.place.recipients(&self.key)?)?;
        store::write(self.place.path(), &sealed, 0o644)?;
        store::remove(&self.place.draft_path())
    }

    /// Keeps what cannot be stored, encrypted beside it. Gives where.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, text: &SecretString) -> Result<PathBuf, Problem> {
        let path = self.place.draft_path();
        let sealed = seal::seal(text, &[self.key.recipient()])?;
        store::write(&path, &sealed, 0o600)?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Sources, credentials::PrivateFile};

    #[test]
    fn a_change_by_somebody_else_is_not_overwritten() {
        let folder = PrivateFile::new("any", &SecretString::from("")).expect("a folder");
        let path = folder.path().with_file_name("credentials.toml.age");
        let place = || {
            let path = path.to_str().expect("a path");
            Place::of(&Sources::none().with_variables([("SPOTLIGHT_CREDENTIALS", path)])).expect("a place")
        };
        let session = Session::begin(place(), true).expect("a session");
        assert!(session.is_first() && session.made_key() && !session.is_stored(session.text()));
        let busy = Session::begin(place(), true).expect_err("one at a time").to_string();
        assert!(busy.contains("another `spotlight credentials` is at work"), "{busy}");
        session.store(session.text()).expect("stored");
        let typed = SecretString::from("features = '-redis'");
        let problem = session.store(&typed).expect_err("the file is another than at the beginning").to_string();
        assert!(problem.contains("changed meanwhile"), "{problem}");
        let draft = session.keep(&typed).expect("kept");
        assert!(!String::from_utf8_lossy(&std::fs::read(&draft).expect("a draft")).contains("features"));
        drop(session);
        let session = Session::begin(place(), true).expect("a session");
        assert!(session.is_drafted() && session.is_as_begun(&typed));
        session.store(&typed).expect("stored");
        assert!(!draft.exists());
        assert_eq!(place().open().expect("opened").expect("there").expose_secret(), typed.expose_secret());
    }
}
