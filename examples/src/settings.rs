//! What a settings file says about jobs, under the keys of the deployment guide.
//!
//! ```toml
//! [jobs.dispatcher]
//! polling_interval = 1     # seconds
//! batch_size = 500
//!
//! [[jobs.workers]]
//! queues = "critical,default,low"
//! threads = 3
//! processes = 4
//! polling_interval = 0.1   # seconds
//! ```

use std::{fs, path::Path, time::Duration};

use serde::{Deserialize, Deserializer, de::Error as _};
use spotlight_core::{
    Error, ErrorKind, Result,
    jobs::{PoolOptions, QUEUES, WorkerOptions},
};

/// The whole file. Everything has a usual value.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) jobs: Jobs,
}

/// How jobs are worked off.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Jobs {
    /// Where jobs wait.
    pub(crate) adapter: Adapter,
    /// The fleet changes over to this adapter.
    pub(crate) change_over: bool,
    pub(crate) dispatcher: Dispatcher,
    /// Groups of queues; one of all queues when there is none.
    pub(crate) workers: Vec<Group>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Adapter {
    /// In the database.
    #[default]
    Database,
    /// In Redis.
    Redis,
}

/// Who makes scheduled jobs ready.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Dispatcher {
    #[serde(deserialize_with = "seconds")]
    polling_interval: Duration,
    batch_size: u32,
}

impl Default for Dispatcher {
    fn default() -> Self {
        let WorkerOptions { polling_interval, batch_size, .. } = WorkerOptions::default();
        Self { polling_interval, batch_size }
    }
}

/// A group of queues with places of its own.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Group {
    #[serde(deserialize_with = "names")]
    queues: Vec<String>,
    /// Jobs at once in a process.
    threads: usize,
    /// This program needs no further process to use every core: so many times `threads` run in the one there is.
    processes: usize,
    #[serde(deserialize_with = "seconds")]
    polling_interval: Duration,
}

impl Default for Group {
    fn default() -> Self {
        let PoolOptions { threads, polling_interval, .. } = PoolOptions::default();
        Self { queues: QUEUES.map(str::to_owned).to_vec(), threads, processes: 4, polling_interval }
    }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Whole(u32),
        Part(f64),
    }
    match Number::deserialize(deserializer)? {
        Number::Whole(seconds) => Ok(Duration::from_secs(seconds.into())),
        Number::Part(seconds) => Duration::try_from_secs_f64(seconds).map_err(D::Error::custom),
    }
}

fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Names {
        Joined(String),
        List(Vec<String>),
    }
    Ok(match Names::deserialize(deserializer)? {
        Names::Joined(names) => names.split(',').map(|name| name.trim().to_owned()).collect(),
        Names::List(names) => names,
    })
}

impl Settings {
    /// Reads the file, if one was named.
    ///
    /// # Errors
    /// `Misconfigured`, naming the file and what is wrong in it.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let unusable = |error: String| {
            Error::new(
                ErrorKind::Misconfigured,
                format!("the settings file {} cannot be used: {error}", path.display()),
            )
        };
        let text = fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
        let settings: Self = toml::from_str(&text).map_err(|error| unusable(error.message().to_owned()))?;
        settings.worker("").validate().map_err(|error| unusable(error.to_string()))?;
        Ok(settings)
    }

    /// How a worker works by these settings.
    pub(crate) fn worker(&self, label: impl Into<String>) -> WorkerOptions {
        let usual = [Group::default()];
        let groups = if self.jobs.workers.is_empty() { &usual[..] } else { &self.jobs.workers };
        let pool = |group: &Group| PoolOptions {
            queues: group.queues.clone(),
            threads: group.threads.saturating_mul(group.processes),
            polling_interval: group.polling_interval,
            ..PoolOptions::default()
        };
        WorkerOptions {
            label: label.into(),
            polling_interval: self.jobs.dispatcher.polling_interval,
            batch_size: self.jobs.dispatcher.batch_size,
            pools: groups.iter().map(pool).collect(),
            ..WorkerOptions::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<WorkerOptions, String> {
        let settings: Settings = toml::from_str(text).map_err(|error| error.to_string())?;
        let options = settings.worker("test");
        options.validate().map_err(|error| error.to_string())?;
        Ok(options)
    }

    #[test]
    fn without_a_file_the_values_are_the_guides() {
        let options = read("").expect("usual values");
        assert_eq!((options.polling_interval, options.batch_size), (Duration::from_secs(1), 500));
        assert_eq!(options.pools.len(), 1);
        assert_eq!(options.pools[0].queues, ["critical", "default", "low"]);
        assert_eq!((options.pools[0].threads, options.pools[0].polling_interval), (12, Duration::from_millis(100)));
    }

    #[test]
    fn the_guides_own_keys_are_read() {
        let text = r#"
            [jobs.dispatcher]
            polling_interval = 2
            batch_size = 50
            [[jobs.workers]]
            queues = "critical, default"
            threads = 2
            processes = 1
            polling_interval = 0.5
            [[jobs.workers]]
            queues = ["low"]
        "#;
        let options = read(text).expect("it is read");
        assert_eq!((options.polling_interval, options.batch_size), (Duration::from_secs(2), 50));
        assert_eq!(options.pools[0].queues, ["critical", "default"]);
        assert_eq!((options.pools[0].threads, options.pools[0].polling_interval), (2, Duration::from_millis(500)));
        assert_eq!((options.pools[1].queues.as_slice(), options.pools[1].threads), (&["low".to_owned()][..], 12));
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for text in [
            "[jobs]\nworker = 1",
            "[jobs.dispatcher]\nbatch_size = 0",
            "[jobs.dispatcher]\npolling_interval = -1.5",
            "[[jobs.workers]]\nqueues = \"Über\"",
            "[[jobs.workers]]\nthreads = 0",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
