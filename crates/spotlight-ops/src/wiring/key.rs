//! The deployment's own key.

use std::{fs, io::Write};

use secrecy::SecretString;
use spotlight_core::{
    Error, ErrorKind, Result,
    ports::{IdGenerator, SystemIds},
};

use crate::{config::Config, hex::hex};

/// The key that is set, or the one kept beside the data, made at the first start.
pub(super) fn of(config: &Config) -> Result<SecretString> {
    if let Some(key) = &config.secrets.key {
        return Ok(key.clone());
    }
    let path = config.general.data_dir.join("secret.key");
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
