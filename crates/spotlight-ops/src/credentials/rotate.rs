//! Another master key in the place of the present one, without a moment at which the key file opens nothing.

use std::fs::File;

use secrecy::SecretString;
use spotlight_derive::RedactedDebug;

use super::{MasterKey, Place, seal, store};
use crate::config::Problem;

/// What a change of keys came to.
#[derive(RedactedDebug)]
pub struct Rotated {
    /// Where the new key lies.
    pub key: std::path::PathBuf,
    /// The credentials still open to the key before, until the change is [finished](finish).
    pub staged: bool,
}

/// Makes a new key, encrypts the credentials to it, and puts it into the key file. `staged`: they open to the key before, too,
/// until the change is [finished](finish), so that machines can be given the new one meanwhile. That is so in any case where
/// the key comes from a variable, which this program cannot change.
///
/// # Errors
/// When the credentials cannot be opened or written, somebody is changing them, or a change before was not finished. The key
/// that opened them opens them still.
pub fn rotate(place: Place, staged: bool) -> Result<Rotated, Problem> {
    let rotation = Rotation::begin(place, staged)?;
    rotation.steps().iter().try_for_each(|step| rotation.take(*step))?;
    Ok(Rotated { key: rotation.place.key_path(), staged: rotation.staged })
}

/// Ends a change of keys: the credentials open to the present key alone.
///
/// # Errors
/// As for [`rotate`]; when the settings hold another key than the key file, which would be shut out.
pub fn finish(place: &Place) -> Result<(), Problem> {
    let _lock = store::lock(place.path())?;
    let (key, text) = opened(place)?;
    in_agreement(place, &key)?;
    store::write(place.path(), &seal::seal(&text, &[key.recipient()])?, 0o644)?;
    store::remove(&place.previous_path())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The old key has a file of its own.
    KeepOldKey,
    /// The credentials open to either key.
    OpenToBoth,
    /// The key file holds the new key.
    PutNewKey,
    /// The credentials open to the new key alone.
    OpenToNewKey,
    /// The old key is gone.
    DropOldKey,
}

struct Rotation {
    place: Place,
    old: MasterKey,
    new: MasterKey,
    text: SecretString,
    staged: bool,
    _lock: Option<File>,
}

impl Rotation {
    fn begin(place: Place, staged: bool) -> Result<Self, Problem> {
        let lock = store::lock(place.path())?;
        let refused = |path: &std::path::Path, detail: &str| Err(Problem::new(path.display().to_string(), detail));
        if place.previous_path().exists() {
            let detail = "a change of keys was not finished; end it with `spotlight credentials rotate --finish`";
            return refused(&place.previous_path(), detail);
        }
        if place.draft_path().exists() {
            let detail = "what was typed and not stored opens to the old key; store it with `spotlight credentials edit`, or \
                          delete it";
            return refused(&place.draft_path(), detail);
        }
        let (old, text) = opened(&place)?;
        in_agreement(&place, &old)?;
        let (new, staged) = (MasterKey::generate(&place.key_path()), staged || place.key_is_said());
        Ok(Self { place, old, new, text, staged, _lock: lock })
    }

    fn steps(&self) -> &'static [Step] {
        use Step::{DropOldKey, KeepOldKey, OpenToBoth, OpenToNewKey, PutNewKey};
        let all = &[KeepOldKey, OpenToBoth, PutNewKey, OpenToNewKey, DropOldKey];
        if self.staged { &all[..3] } else { all }
    }

    fn take(&self, step: Step) -> Result<(), Problem> {
        let both = || [self.old.recipient(), self.new.recipient()];
        match step {
            Step::KeepOldKey => self.old.write(&self.place.previous_path()),
            Step::OpenToBoth => store::write(self.place.path(), &seal::seal(&self.text, &both())?, 0o644),
            Step::PutNewKey => self.new.write(&self.place.key_path()),
            Step::OpenToNewKey => store::write(self.place.path(), &seal::seal(&self.text, &both()[1..])?, 0o644),
            Step::DropOldKey => store::remove(&self.place.previous_path()),
        }
    }
}

/// The credentials, which must be there.
fn opened(place: &Place) -> Result<(MasterKey, SecretString), Problem> {
    let Some(bytes) = place.read()? else {
        let detail = "there is no such file; make it with `spotlight credentials edit`";
        return Err(Problem::new(place.path().display().to_string(), detail));
    };
    let key = place.key()?;
    let text = seal::open(&bytes, &key, place.path())?;
    Ok((key, text))
}

/// Refuses a key file that holds another key than the one in use: it would be overwritten, or shut out.
fn in_agreement(place: &Place, key: &MasterKey) -> Result<(), Problem> {
    match MasterKey::read(&place.key_path())? {
        Some(other) if other != *key => {
            let detail =
                format!("it holds another key than {}; give the new key there, or move the file away", key.origin());
            Err(Problem::new(place.key_path().display().to_string(), detail))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use secrecy::ExposeSecret;

    use super::*;
    use crate::{
        config::Sources,
        credentials::{PrivateFile, Session},
    };

    fn place(folder: &Path) -> Place {
        let path = folder.join("credentials.toml.age");
        let path = path.to_str().expect("a path");
        Place::of(&Sources::none().with_variables([("SPOTLIGHT_CREDENTIALS", path)])).expect("a place")
    }

    fn stored(folder: &Path) -> String {
        let session = Session::begin(place(folder), true).expect("a session");
        session.store(session.text()).expect("stored");
        session.text().expose_secret().to_owned()
    }

    fn opens(folder: &Path) -> String {
        place(folder).open().expect("it opens").expect("it is there").expose_secret().to_owned()
    }

    #[test]
    fn the_key_file_opens_the_credentials_after_every_step_and_whoever_comes_next_can_go_on() {
        for taken in 0..=5 {
            let folder = PrivateFile::new("any", &SecretString::from("")).expect("a folder");
            let folder = folder.folder();
            let text = stored(folder);
            let first = place(folder).key().expect("a key");
            let rotation = Rotation::begin(place(folder), false).expect("it begins");
            for step in &rotation.steps()[..taken] {
                rotation.take(*step).expect("a step");
                assert_eq!(opens(folder), text, "after {step:?}");
            }
            drop(rotation);
            // As if the program had ended here.
            finish(&place(folder)).expect("finished");
            assert_eq!(opens(folder), text, "finished after {taken} steps");
            assert!(!place(folder).previous_path().exists());
            let bytes = place(folder).read().expect("a read").expect("a file");
            let opens_to_first = seal::open(&bytes, &first, Path::new("c.age")).is_ok();
            assert_eq!(opens_to_first, taken < 3, "one key alone opens it, after {taken} steps");
            rotate(place(folder), false).expect("another change");
            assert_eq!(opens(folder), text);
        }
    }

    #[test]
    fn a_staged_change_opens_to_both_keys_until_it_is_finished_also_after_an_edit() {
        let folder = PrivateFile::new("any", &SecretString::from("")).expect("a folder");
        let folder = folder.folder();
        stored(folder);
        let first = place(folder).key().expect("a key");
        assert!(rotate(place(folder), true).expect("staged").staged);
        let session = Session::begin(place(folder), true).expect("a session");
        session.store(&SecretString::from("features = '-redis'")).expect("stored");
        drop(session);
        let bytes = || place(folder).read().expect("a read").expect("a file");
        for key in [&first, &place(folder).key().expect("a key")] {
            let text = seal::open(&bytes(), key, Path::new("c.age")).expect("either key opens it");
            assert_eq!(text.expose_secret(), "features = '-redis'");
        }
        let again = rotate(place(folder), true).expect_err("one after the other").to_string();
        assert!(again.contains("rotate --finish"), "{again}");
        finish(&place(folder)).expect("finished");
        seal::open(&bytes(), &first, Path::new("c.age")).expect_err("the old key is shut out");
        assert_eq!(opens(folder), "features = '-redis'");
    }
}
