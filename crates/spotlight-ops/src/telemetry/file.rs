//! A log file that turns every day.

use std::path::Path;

use spotlight_core::{Error, ErrorKind, Result};
use tracing_appender::{
    non_blocking::{NonBlocking, WorkerGuard},
    rolling::{RollingFileAppender, Rotation},
};

/// Writes what is kept back when it is dropped.
pub(super) type Guard = WorkerGuard;

/// Opens a file that turns at midnight UTC; `keep` of them stay. Lines are written by a thread of its own; when the disk
/// cannot follow they are dropped, so that a full disk stops nobody.
pub(super) fn open(path: &Path, keep: usize) -> Result<(NonBlocking, Guard)> {
    let unusable = || {
        let text = format!("the log file {} cannot be written; choose another with LOG_FILE", path.display());
        Error::new(ErrorKind::Misconfigured, text)
    };
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(unusable)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(name)
        .max_log_files(keep)
        .build(folder)
        .map_err(|error| unusable().with_source(error))?;
    Ok(tracing_appender::non_blocking(appender))
}
