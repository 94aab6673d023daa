//! Files that are whole at every moment, and one change of them at a time.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::Path,
};

use spotlight_core::ports::{IdGenerator, SystemIds};

use crate::{
    config::{Problem, why},
    hex::hex,
};

/// Puts bytes in a file's place at once: whoever reads sees the old ones or the new ones, also after a crash.
pub(super) fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Problem> {
    // A link stays one, and what it leads to is written.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = folder_of(&target);
    let temporary = folder.join(format!(".spotlight-{}", unguessable()));
    let written = create(&temporary, mode)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, &target))
        // The folder holds the name; where it cannot be synchronized, the name is late at worst.
        .map(|()| drop(File::open(folder).and_then(|folder| folder.sync_all())));
    written.map_err(|error| {
        // It may not be there at all.
        let _ = fs::remove_file(&temporary);
        Problem::new(path.display().to_string(), format!("cannot be written: {}", why(&error)))
    })
}

/// Takes a file away, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), Problem> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Problem::new(path.display().to_string(), format!("cannot be taken away: {}", why(&error))))
        }
        _ => Ok(()),
    }
}

/// The folder of the credentials, made if need be, for one command alone until this is dropped.
pub(super) fn lock(path: &Path) -> Result<Option<File>, Problem> {
    let folder = folder_of(path);
    let problem = |detail| Problem::new(folder.display().to_string(), detail);
    fs::create_dir_all(folder).map_err(|error| problem(format!("the folder cannot be made: {}", why(&error))))?;
    // Not every system locks folders; there, two commands at once are found out by what they would overwrite.
    let Ok(handle) = File::open(folder) else { return Ok(None) };
    match handle.try_lock() {
        Ok(()) => Ok(Some(handle)),
        Err(TryLockError::WouldBlock) => {
            Err(problem("another `spotlight credentials` is at work here; end it first".to_owned()))
        }
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// A new file with these rights.
pub(crate) fn create(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

/// A name that nobody guesses.
pub(super) fn unguessable() -> String {
    hex(&SystemIds.secret()[..16])
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
