//! The deployment's own key.

use std::{
    fs,
    io::{self, ErrorKind as IoErrorKind, Write},
    path::Path,
};

use secrecy::SecretString;
use spotlight_core::{
    Error, ErrorKind, Result,
    ports::{IdGenerator, SystemIds},
};

use crate::{config::Config, credentials::create, hex::hex};

/// The key that is set, or the one kept beside the data, made at the first start.
pub(super) fn of(config: &Config) -> Result<SecretString> {
    match &config.secrets.key {
        Some(key) => Ok(key.clone()),
        None => kept(&config.general.data_dir.join("secret.key")),
    }
}

/// The key of a file. Processes that begin at once with none get the same one.
fn kept(path: &Path) -> Result<SecretString> {
    let unusable = |error: io::Error| {
        let text = format!("the key file {} cannot be used; mend it or set SECRET_KEY_BASE", path.display());
        Error::new(ErrorKind::Misconfigured, text).with_source(error)
    };
    match read(path) {
        Err(error) if error.kind() == IoErrorKind::NotFound => match make(path) {
            // Another process was quicker.
            Err(error) if error.kind() == IoErrorKind::AlreadyExists => read(path).map_err(unusable),
            made => made.map_err(unusable),
        },
        read => read.map_err(unusable),
    }
}

fn read(path: &Path) -> io::Result<SecretString> {
    let key = fs::read_to_string(path)?;
    match key.trim() {
        "" => Err(io::Error::new(IoErrorKind::InvalidData, "the file is empty")),
        key => Ok(SecretString::from(key)),
    }
}

/// Makes a key. It has its name only once it is whole on the disk: nobody reads a part of it, now or after a crash.
fn make(path: &Path) -> io::Result<SecretString> {
    let key = hex(&SystemIds.secret());
    let draft = path.with_extension(format!("key-{}", SystemIds.uuid()));
    let written = create(&draft, 0o600).and_then(|mut file| {
        file.write_all(key.as_bytes())?;
        file.sync_all()
    });
    // Unlike a renamed file, a link takes nobody's place.
    let made = written.and_then(|()| fs::hard_link(&draft, path));
    // It may not be there, and harms nobody.
    let _ = fs::remove_file(&draft);
    made.map(|()| SecretString::from(key))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn everybody_who_begins_at_once_has_the_same_key() {
        let folder = std::env::temp_dir().join(format!("spotlight-key-{}", SystemIds.uuid()));
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("secret.key");
        let (together, path) = (Barrier::new(8), path.as_path());
        let keys: Vec<_> = std::thread::scope(|scope| {
            let begin = || {
                together.wait();
                kept(path).expect("a key").expose_secret().to_owned()
            };
            let started: Vec<_> = (0..8).map(|_| scope.spawn(begin)).collect();
            started.into_iter().map(|thread| thread.join().expect("it ends")).collect()
        });
        assert!(keys[0].len() >= 64 && keys.iter().all(|key| *key == keys[0]));
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1, "no draft is left");
        // A key of nothing would be anybody's.
        fs::write(path, "\n").expect("written");
        let refused = kept(path).expect_err("no key");
        assert!(refused.to_string().contains("secret.key"), "{refused}");
        fs::remove_dir_all(&folder).expect("it goes");
    }
}
