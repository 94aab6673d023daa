//! Where a deployment's credentials lie, and what opens them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use age::x25519::Recipient;
use secrecy::{ExposeSecret, SecretString};
use spotlight_derive::RedactedDebug;

use super::{MasterKey, seal};
use crate::config::{Origin, Problem, Sources, arguments, why};

/// Where a deployment's credentials lie, and what opens them.
#[derive(RedactedDebug)]
pub struct Place {
    path: PathBuf,
    /// Somebody said so: then a file that is not there is missed.
    named: bool,
    said: Option<(SecretString, Origin)>,
}

impl Place {
    /// The place that the settings name.
    ///
    /// # Errors
    /// When the settings cannot be read that far.
    pub fn of(sources: &Sources) -> Result<Self, Problem> {
        match sources.problems.first() {
            Some(problem) => Err(problem.clone()),
            None => Self::find(sources),
        }
    }

    /// The same by what can be read of the settings.
    pub(super) fn find(sources: &Sources) -> Result<Self, Problem> {
        let mut problems = Vec::new();
        let path = sources.find(&arguments::CREDENTIALS, &mut problems);
        let said = sources.find(&arguments::MASTER_KEY, &mut problems);
        if let Some(first) = problems.into_iter().next() {
            return Err(first);
        }
        let named = path.is_some();
        let path = path.map_or_else(|| PathBuf::from(arguments::CREDENTIALS.default), |(path, _)| PathBuf::from(path));
        Ok(Self { path, named, said: said.map(|(key, origin)| (SecretString::from(key), origin)) })
    }

    /// The encrypted file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of the key, which counts where the settings hold none.
    pub fn key_path(&self) -> PathBuf {
        self.path.with_file_name("master.key")
    }

    /// The key before, while a change of keys is under way.
    pub fn previous_path(&self) -> PathBuf {
        self.path.with_file_name("master.key.previous")
    }

    /// What somebody typed and could not be stored, encrypted.
    pub fn draft_path(&self) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".draft");
        self.path.with_file_name(name)
    }

    /// Whether the settings hold the key, so that the key file does not count.
    pub fn key_is_said(&self) -> bool {
        self.said.is_some()
    }

    /// The key; none where there is none.
    ///
    /// # Errors
    /// When it is not one, or others may read its file.
    pub fn find_key(&self) -> Result<Option<MasterKey>, Problem> {
        match &self.said {
            Some((key, Origin::Environment(name))) => MasterKey::parse(key.expose_secret(), name.clone()).map(Some),
            Some((key, origin)) => MasterKey::parse(key.expose_secret(), origin.to_string()).map(Some),
            None => MasterKey::read(&self.key_path()),
        }
    }

    /// The key.
    ///
    /// # Errors
    /// Also when there is none.
    pub fn key(&self) -> Result<MasterKey, Problem> {
        self.find_key()?.ok_or_else(|| {
            let key_path = self.key_path().display().to_string();
            let detail =
                format!("no key opens it: set SPOTLIGHT_MASTER_KEY, or put the key into {key_path} with mode 0600");
            Problem::new(self.path.display().to_string(), detail)
        })
    }

    /// The encrypted bytes; none where there is no file.
    pub(super) fn read(&self) -> Result<Option<Vec<u8>>, Problem> {
        read(&self.path)
    }

    /// What the credentials say, in TOML; none where there are none.
    ///
    /// # Errors
    /// When they cannot be read, or are not there though somebody named them; when there is no key, it is the wrong one, or
    /// the file is damaged.
    pub fn open(&self) -> Result<Option<SecretString>, Problem> {
        match self.read()? {
            Some(bytes) => seal::open(&bytes, &self.key()?, &self.path).map(Some),
            None if self.named => {
                let detail = "there is no such file; make it with `spotlight credentials edit`, or name another with \
                              SPOTLIGHT_CREDENTIALS";
                Err(Problem::new(self.path.display().to_string(), detail))
            }
            None => Ok(None),
        }
    }

    /// Whom to encrypt for: the key, and the one before while it is given up.
    pub(super) fn recipients(&self, key: &MasterKey) -> Result<Vec<Recipient>, Problem> {
        let mut keys = vec![key.clone()];
        if let Some(previous) = MasterKey::read(&self.previous_path())? {
            keys.push(previous);
            keys.extend(MasterKey::read(&self.key_path())?);
        }
        let mut different: Vec<MasterKey> = Vec::new();
        for key in keys {
            if !different.contains(&key) {
                different.push(key);
            }
        }
        Ok(different.iter().map(MasterKey::recipient).collect())
    }
}

/// A file's bytes; none where there is no file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, Problem> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Problem::new(path.display().to_string(), format!("cannot be read: {}", why(&error)))),
    }
}
