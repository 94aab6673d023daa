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

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};
use spotlight_core::{
    Result,
    jobs::{PoolOptions, QUEUES, WorkerOptions},
};
use spotlight_derive::RedactedDebug;

use crate::config::{Problem, Sources};

/// How jobs are worked off.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Jobs {
    /// Where jobs wait.
    pub adapter: Adapter,
    /// The fleet changes over to this adapter.
    pub change_over: bool,
    /// Who makes scheduled jobs ready.
    pub dispatcher: Dispatcher,
    /// Groups of queues; one of all queues when there is none.
    pub workers: Vec<Group>,
}

/// Where jobs wait.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adapter {
    /// In the database.
    #[default]
    Database,
    /// In Redis.
    Redis,
}

/// Who makes scheduled jobs ready.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dispatcher {
    /// How often it looks.
    #[serde(deserialize_with = "seconds")]
    pub polling_interval: Duration,
    /// Jobs that are made ready at once, at most.
    pub batch_size: u32,
}

impl Default for Dispatcher {
    fn default() -> Self {
        let WorkerOptions { polling_interval, batch_size, .. } = WorkerOptions::default();
        Self { polling_interval, batch_size }
    }
}

/// A group of queues with places of its own.
#[derive(RedactedDebug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Group {
    /// The queues, the most urgent first.
    #[serde(deserialize_with = "names")]
    pub queues: Vec<String>,
    /// Jobs at once in a process.
    pub threads: usize,
    /// This program needs no further process to use every core: so many times `threads` run in the one there is.
    pub processes: usize,
    /// How often an idle place looks for jobs that it was not told of.
    #[serde(deserialize_with = "seconds")]
    pub polling_interval: Duration,
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

impl Jobs {
    /// The table `[jobs]` of the settings file.
    pub(in crate::config) fn read(sources: &Sources, problems: &mut Vec<Problem>) -> Self {
        let Some(layer) = &sources.file else { return Self::default() };
        let Some(table) = layer.table.get("jobs") else { return Self::default() };
        let read = table.clone().try_into::<Self>().map_err(|error| error.message().to_owned());
        let checked = read.and_then(|jobs| match jobs.worker("").validate() {
            Ok(()) => Ok(jobs),
            Err(error) => Err(error.to_string()),
        });
        checked.unwrap_or_else(|detail| {
            problems.push(Problem::new(format!("{}, jobs", layer.path.display()), detail));
            Self::default()
        })
    }

    /// How a worker works by these settings.
    pub fn worker(&self, label: impl Into<String>) -> WorkerOptions {
        let usual = [Group::default()];
        let groups = if self.workers.is_empty() { &usual[..] } else { &self.workers };
        let pool = |group: &Group| PoolOptions {
            queues: group.queues.clone(),
            threads: group.threads.saturating_mul(group.processes),
            polling_interval: group.polling_interval,
            ..PoolOptions::default()
        };
        WorkerOptions {
            label: label.into(),
            polling_interval: self.dispatcher.polling_interval,
            batch_size: self.dispatcher.batch_size,
            pools: groups.iter().map(pool).collect(),
            ..WorkerOptions::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<WorkerOptions, Vec<Problem>> {
        let sources = Sources::none().with_file_text("spotlight.toml", text);
        let mut problems = sources.problems.clone();
        let jobs = Jobs::read(&sources, &mut problems);
        if problems.is_empty() { Ok(jobs.worker("test")) } else { Err(problems) }
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
