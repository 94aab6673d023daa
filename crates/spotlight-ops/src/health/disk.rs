//! How full the disk of a folder is.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use spotlight_core::{
    Error, ErrorKind, Result,
    ports::{Finding, HealthCheck, HealthComponent, HealthStatus, HealthSubject, HealthValue},
};
use spotlight_derive::RedactedDebug;

/// Percent in use that are worth a warning.
const MUCH: u8 = 80;

/// How full the file system is in which a folder lies, as `df` has it: the share of what its users may use, rounded up.
/// A warning from 80 % on, and never a failure: what is written says itself when nothing more goes.
#[derive(RedactedDebug)]
pub struct DiskCheck {
    folder: PathBuf,
    asking: Arc<AtomicBool>,
}

impl DiskCheck {
    /// Of the file system in which this folder lies.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self { folder: folder.as_ref().to_owned(), asking: Arc::default() }
    }
}

/// That the disk is being asked. A disk that hangs, as one over a network can, holds one thread and not one more each
/// second.
struct Asking(Arc<AtomicBool>);

impl Asking {
    fn begin(flag: &Arc<AtomicBool>) -> Option<Self> {
        (!flag.swap(true, Ordering::AcqRel)).then(|| Self(Arc::clone(flag)))
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[async_trait]
impl HealthCheck for DiskCheck {
    fn subject(&self) -> HealthSubject {
        HealthSubject::new("disk_space").of(HealthComponent::System)
    }

    async fn check(&self) -> Result<Finding> {
        let Some(asking) = Asking::begin(&self.asking) else {
            return Err(Error::new(ErrorKind::Timeout, "the disk has not answered since it was asked before"));
        };
        let folder = self.folder.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let _asking = asking;
            usage(&folder)
        });
        let usage = asked
            .await
            .map_err(|error| Error::internal("asking the disk was broken off").with_source(error))?
            .map_err(|error| {
                Error::new(ErrorKind::Unavailable, "the disk of the folder cannot be asked").with_source(error)
            })?;
        let status = if usage < MUCH { HealthStatus::Ok } else { HealthStatus::Warning };
        Ok(Finding::new(status).with("usage", HealthValue::Percent(usage), "percent"))
    }
}

/// Percent in use.
#[cfg(unix)]
fn usage(folder: &Path) -> io::Result<u8> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(percent(found.f_blocks.saturating_sub(found.f_bfree), found.f_bavail))
}

#[cfg(not(unix))]
fn usage(_: &Path) -> io::Result<u8> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The share of what is used in what can be used at all: some of what is free is for the system alone.
fn percent(used: u64, available: u64) -> u8 {
    let (used, whole) = (u128::from(used), u128::from(used) + u128::from(available));
    if whole == 0 {
        return 0;
    }
    u8::try_from((used * 100).div_ceil(whole)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_up_as_df_does() {
        let shares = [(0, 100), (1, 999), (79, 21), (791, 209), (80, 20), (100, 0), (0, 0), (u64::MAX, u64::MAX)];
        let told: Vec<_> = shares.iter().map(|(used, available)| percent(*used, *available)).collect();
        assert_eq!(told, [0, 1, 79, 80, 80, 100, 0, 50]);
    }

    #[tokio::test]
    async fn a_folder_has_a_disk_and_one_that_is_missing_has_none() {
        let found = DiskCheck::new(std::env::temp_dir()).check().await.expect("a finding");
        assert!(matches!(found.details[0].value, HealthValue::Percent(0..=100)), "{found:?}");
        assert_eq!((found.details[0].name, found.details.len()), ("usage", 1));
        let missing = DiskCheck::new("/there/is/no/such/folder");
        for _ in 0..2 {
            assert_eq!(missing.check().await.expect_err("none").kind(), ErrorKind::Unavailable);
        }
    }

    #[tokio::test]
    async fn a_disk_that_hangs_is_asked_once() {
        let check = DiskCheck::new(std::env::temp_dir());
        let hanging = Asking::begin(&check.asking).expect("nobody asks");
        assert_eq!(check.check().await.expect_err("it hangs").kind(), ErrorKind::Timeout);
        drop(hanging);
        check.check().await.expect("it answers again");
    }
}
