//! Puts a platform together: which adapter stands behind which port.

use std::{ffi::OsString, fs, io::Write, path::Path, sync::Arc};

use secrecy::SecretString;
use spotlight_core::{
    Error, ErrorKind, Result, Spotlight,
    local::{FolderMailer, LocalFileStore},
    memory::{MemoryEventBus, MemoryRateLimiter},
    ports::{Clock, IdGenerator, Storage, SystemClock, SystemIds},
    scripted::ScriptedChatModel,
    services::flags::FlagOverrides,
};
use spotlight_storage::{
    postgres::{PgOptions, PgStorage},
    sqlite::{SqliteOptions, SqliteStorage},
};

use crate::cli::Options;

/// A platform, and in words what it stands on.
pub(crate) struct Deployment {
    pub(crate) platform: Spotlight,
    pub(crate) storage: String,
}

/// Opens storage and builds the platform.
pub(crate) async fn deploy(options: &Options) -> Result<Deployment> {
    let (storage, described) = open_storage(options).await?;
    create_dir(&options.data_dir)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mailer = FolderMailer::new(options.data_dir.join("mail"));
    // Ends with the runtime.
    tokio::spawn(mailer.clone().tidy(Arc::clone(&clock)));
    let platform = Spotlight::builder()
        .storage(storage)
        .chat(Arc::new(ScriptedChatModel::new()))
        .events(Arc::new(MemoryEventBus::new(Arc::clone(&clock))))
        .mailer(Arc::new(mailer))
        .files(Arc::new(LocalFileStore::new(options.data_dir.join("files"))))
        .limiter(Arc::new(MemoryRateLimiter::new(Arc::clone(&clock))))
        .clock(clock)
        .secret_key(secret_key(options)?)
        .flag_overrides(flag_overrides()?)
        .build()?;
    Ok(Deployment { platform, storage: described })
}

async fn open_storage(options: &Options) -> Result<(Arc<dyn Storage>, String)> {
    if let Some(url) = &options.database_url {
        let mut postgres = PgOptions::new(url.clone());
        postgres.pooler = options.database_pooler;
        let storage = PgStorage::connect(postgres).await?;
        return Ok((Arc::new(storage), "Postgres".to_owned()));
    }
    let path = options.data_dir.join("spotlight.db");
    let storage = SqliteStorage::open(SqliteOptions::new(&path)).await.map_err(|error| {
        let text = format!("the database {} cannot be used", path.display());
        Error::new(error.kind(), text).with_retry(error.retry()).with_source(error)
    })?;
    Ok((Arc::new(storage), format!("SQLite in {}", path.display())))
}

fn create_dir(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| {
        Error::new(
            ErrorKind::Misconfigured,
            format!("the data folder {} cannot be made; choose another with --data-dir", path.display()),
        )
        .with_source(error)
    })
}

/// What the environment says about feature flags, as `ENABLE_NEW_CONSOLE=true`.
fn flag_overrides() -> Result<FlagOverrides> {
    let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    FlagOverrides::from_variables(std::env::vars_os().filter_map(text))
}

/// The key from the environment, or the one kept beside the data, made at the first start.
fn secret_key(options: &Options) -> Result<SecretString> {
    if let Some(key) = &options.secret_key_base {
        return Ok(SecretString::from(key.clone()));
    }
    let path = options.data_dir.join("secret.key");
    let unusable = |error: std::io::Error| {
        let text = format!("the key file {} cannot be used; mend it or set SECRET_KEY_BASE", path.display());
        Error::new(ErrorKind::Misconfigured, text).with_source(error)
    };
    match fs::read_to_string(&path) {
        Ok(key) => Ok(SecretString::from(key.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = hex(&SystemIds.secret());
            let mut open = fs::OpenOptions::new();
            open.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
            open.open(&path).and_then(|mut file| file.write_all(key.as_bytes())).map_err(unusable)?;
            Ok(SecretString::from(key))
        }
        Err(error) => Err(unusable(error)),
    }
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
