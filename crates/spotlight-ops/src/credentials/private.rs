//! A file that an editor works on: for this user alone, in memory where the system has a folder for that, gone afterwards.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};
use spotlight_derive::RedactedDebug;

use super::store::{create, unguessable};

/// What our folders are called.
const NAME: &str = "spotlight-credentials-";
/// A folder whose file of this name nobody has locked was left by a process that was killed.
const LOCK: &str = "lock";

/// A file for this user alone. Its folder goes with it, and with it whatever an editor leaves beside. What a process leaves
/// that is killed at once, the next one takes away.
#[derive(RedactedDebug)]
pub struct PrivateFile {
    folder: PathBuf,
    path: PathBuf,
    #[debug(hidden)]
    _lock: File,
}

impl PrivateFile {
    /// A new file with this name and text.
    ///
    /// # Errors
    /// When neither the system's folder in memory nor its folder for temporary files can be written.
    pub fn new(name: &str, text: &SecretString) -> io::Result<Self> {
        let usual = std::env::temp_dir();
        Self::within(Path::new("/dev/shm"), name, text).or_else(|_| Self::within(&usual, name, text))
    }

    fn within(base: &Path, name: &str, text: &SecretString) -> io::Result<Self> {
        sweep(base);
        let folder = base.join(format!("{NAME}{}", unguessable()));
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        let made = fill(&folder, name, text);
        if made.is_err() {
            // What was made of it may hold a part of the text.
            let _ = fs::remove_dir_all(&folder);
        }
        let lock = made?;
        Ok(Self { path: folder.join(name), folder, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its folder, which nobody else may enter.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it holds now.
    ///
    /// # Errors
    /// When the editor left no file, or no text in UTF-8.
    pub fn read(&self) -> io::Result<SecretString> {
        fs::read_to_string(&self.path).map(SecretString::from)
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        // The next process tries again.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn fill(folder: &Path, name: &str, text: &SecretString) -> io::Result<File> {
    // Locked before it has its name: whoever sees it sees it locked.
    let unnamed = folder.join("locking");
    let lock = create(&unnamed, 0o600)?;
    lock.lock()?;
    fs::rename(&unnamed, folder.join(LOCK))?;
    create(&folder.join(name), 0o600)?.write_all(text.expose_secret().as_bytes())?;
    Ok(lock)
}

/// Takes away what processes left that were killed.
fn sweep(base: &Path) {
    let entries = fs::read_dir(base).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(NAME)) {
        // Folders of others cannot be opened, and stay.
        let left = File::open(entry.path().join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok());
        if left {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn it_is_for_this_user_alone_and_goes_with_everything_beside_it() {
        use std::os::unix::fs::PermissionsExt;
        let file = PrivateFile::new("credentials.toml", &SecretString::from("a = 1")).expect("a file");
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(file.folder()), mode(file.path())), (0o700, 0o600));
        fs::write(file.path().with_extension("swp"), "what an editor leaves").expect("written");
        assert_eq!(file.read().expect("a text").expose_secret(), "a = 1");
        let folder = file.folder().to_owned();
        drop(file);
        assert!(!folder.exists());
    }

    #[test]
    fn what_a_killed_process_left_goes_and_what_is_in_use_stays() {
        let base = PrivateFile::new("any", &SecretString::from("")).expect("a folder");
        let text = SecretString::from("a = 1");
        let used = PrivateFile::within(base.folder(), "credentials.toml", &text).expect("a file");
        let left = base.folder().join(format!("{NAME}left"));
        fs::create_dir(&left).expect("a folder");
        drop(fill(&left, "credentials.toml", &text).expect("filled"));
        let new = PrivateFile::within(base.folder(), "credentials.toml", &text).expect("a file");
        assert!(!left.exists() && used.path().exists() && new.path().exists());
    }
}
