//! A process with a cache of two levels on Redis, for tests of several.
//!
//! `cache_process URL NAMESPACE` reads a command from each line of its input, and answers with a line:
//! `get KEY`, `set KEY VALUE TAG`, `delete KEY`, `forget TAG`, `begin KEY LEASE_MS`, `end KEY TOKEN VALUE TAG`,
//! `compute KEY MS` (a thousand callers at once; how often one of them computed), `published` and `hear NUMBER`.

use std::{
    io::{BufRead, Write},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::future::join_all;
use spotlight_core::{
    Error, Result,
    caching::{CacheReader, Keep},
    conformance::watched_bus::WatchedBus,
    decorators::{BreakerSettings, TwoLevelCache, TwoLevelSettings},
    domain::OrganizationId,
    ports::{Cache, Fill, FillToken, Filled, SystemClock, SystemIds},
};
use spotlight_storage::redis::{RedisCache, RedisClient, RedisEventBus, RedisOptions};
use uuid::Uuid;

const HOUR: Duration = Duration::from_hours(1);
const CALLERS: u64 = 1_000;

struct Process {
    cache: Arc<TwoLevelCache>,
    reader: CacheReader,
    bus: Arc<WatchedBus>,
}

impl Process {
    async fn start(url: &str, namespace: &str) -> Result<Self> {
        let client = RedisClient::new(RedisOptions { namespace: namespace.to_owned(), ..RedisOptions::new(url) })?;
        let bus = Arc::new(WatchedBus::new(Arc::new(RedisEventBus::new(client.clone()))));
        // A slow machine is not a server that is away.
        let breaker = BreakerSettings { patience: Duration::from_secs(10), ..BreakerSettings::default() };
        let settings = TwoLevelSettings { breaker, max_age: HOUR, ..TwoLevelSettings::default() };
        let remote = Arc::new(RedisCache::new(client));
        let cache = TwoLevelCache::new(remote, bus.clone(), Arc::new(SystemClock), Arc::new(SystemIds), settings);
        cache.listening().await;
        let cache = Arc::new(cache);
        Ok(Self { reader: CacheReader::new(cache.clone()), cache, bus })
    }

    async fn answer(&self, command: &[&str]) -> Result<String> {
        let organization = OrganizationId::from_uuid(Uuid::from_u128(1));
        Ok(match *command {
            ["get", key] => match self.cache.get(organization, key).await? {
                Some(found) => String::from_utf8_lossy(&found.value).into_owned(),
                None => "nothing".to_owned(),
            },
            ["set", key, value, tag] => {
                self.cache.set(organization, key, Bytes::from(value.to_owned()), HOUR, &[tag.to_owned()]).await?;
                "done".to_owned()
            }
            ["delete", key] => {
                self.cache.delete(organization, key).await?;
                "done".to_owned()
            }
            ["forget", tag] => {
                self.cache.delete_tag(organization, tag).await?;
                "done".to_owned()
            }
            ["begin", key, lease] => {
                match self.cache.begin_fill(organization, key, Duration::from_millis(number(lease)?)).await? {
                    Fill::Yours(token) => token.0.to_string(),
                    Fill::Busy => "busy".to_owned(),
                }
            }
            ["end", key, token, value, tag] => {
                let (value, tags) = (Bytes::from(value.to_owned()), vec![tag.to_owned()]);
                let filled = Filled { value, ttl: HOUR, stale_for: Duration::ZERO, tags };
                let landed = self.cache.end_fill(organization, key, FillToken(number(token)?), Some(filled)).await?;
                if landed { "landed" } else { "lost" }.to_owned()
            }
            ["compute", key, time] => {
                let (time, computed) = (Duration::from_millis(number(time)?), AtomicU64::new(0));
                let compute = || async {
                    computed.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(time).await;
                    Ok(Some("value".to_owned()))
                };
                let keep = Keep::new(HOUR);
                let all = (0..CALLERS).map(|_| self.reader.get_or_compute(organization, key, &keep, compute));
                for found in join_all(all).await {
                    if found?.as_deref() != Some("value") {
                        return Err(Error::internal("somebody was given something else"));
                    }
                }
                computed.into_inner().to_string()
            }
            ["published"] => self.bus.published().to_string(),
            ["hear", id] => {
                self.bus.heard(number(id)?).await;
                "done".to_owned()
            }
            _ => return Err(Error::invalid("command", "unknown", "There is no such command")),
        })
    }
}

fn number(text: &str) -> Result<u64> {
    text.parse().map_err(|_| Error::invalid("number", "format", "This is no number"))
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [url, namespace] = arguments.as_slice() else {
        complain("usage: cache_process URL NAMESPACE");
        return ExitCode::from(2);
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("there is no runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let process = match runtime.block_on(Process::start(url, namespace)) {
        Ok(process) => process,
        Err(error) => {
            complain(&error.chain());
            return ExitCode::FAILURE;
        }
    };
    // The input ends when the tests say so, and when they are gone.
    for line in std::io::stdin().lock().lines().map_while(std::result::Result::ok) {
        let words: Vec<_> = line.split(' ').collect();
        let answer = runtime.block_on(process.answer(&words));
        let answer = answer.unwrap_or_else(|error| format!("error: {}", error.chain()));
        // Whoever asked and went away needs no answer.
        let _ = writeln!(std::io::stdout(), "{answer}");
    }
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "a command talks to whoever runs it")]
fn complain(text: &str) {
    eprintln!("{text}");
}
