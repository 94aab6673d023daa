//! Who is measured, what, and how often.

use spotlight_peers::Result;

use crate::store::Store;

/// How a peer is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// A program of this package, beside this one.
    Rust(&'static str),
    /// A script in `node/`.
    Node(&'static str),
}

/// A queue that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) store: Store,
    pub(crate) program: Program,
}

const fn entry(name: &'static str, store: Store, program: Program) -> Entry {
    Entry { name, store, program }
}

/// Everybody.
pub(crate) const PEERS: &[Entry] = &[
    entry("ours on Postgres", Store::Postgres, Program::Rust("ours")),
    entry("graphile_worker (Rust)", Store::Postgres, Program::Rust("graphile_worker")),
    entry("graphile-worker (Node)", Store::Postgres, Program::Node("graphile_worker.mjs")),
    entry("apalis-postgres", Store::Postgres, Program::Rust("apalis_postgres")),
    entry("pg-boss", Store::Postgres, Program::Node("pg_boss.mjs")),
    entry("ours on Redis", Store::Redis, Program::Rust("ours")),
    entry("BullMQ", Store::Redis, Program::Node("bullmq.mjs")),
    entry("apalis-redis", Store::Redis, Program::Rust("apalis_redis")),
    entry("ours on SQLite", Store::Sqlite, Program::Rust("ours")),
];

/// What is measured in one go, on a store of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// Adding many, then working them off.
    Drain,
    /// The same with a limit per key on every job; ours alone.
    Keyed,
    /// The same with a million waiting.
    Million,
    /// Callers at once, a job in a call.
    Singles,
    /// From adding to start.
    Latency,
}

impl Measure {
    const ALL: [Self; 5] = [Self::Drain, Self::Keyed, Self::Million, Self::Singles, Self::Latency];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Drain => "drain",
            Self::Keyed => "keyed",
            Self::Million => "million",
            Self::Singles => "singles",
            Self::Latency => "latency",
        }
    }
}

impl Entry {
    /// The one whose aims are checked.
    pub(crate) fn ours(&self) -> bool {
        self.program == Program::Rust("ours")
    }

    pub(crate) fn takes(&self, measure: Measure) -> bool {
        match measure {
            Measure::Keyed => self.ours(),
            // Its idle worker was not woken by what was added, and no aim asks for it.
            Measure::Latency => self.name != "apalis-redis",
            _ => true,
        }
    }
}

/// One run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) jobs: u64,
    pub(crate) waiting: u64,
    pub(crate) rounds: usize,
    pub(crate) measures: Vec<Measure>,
    pub(crate) samples: u64,
    /// A peer that polls is not waited for longer than this, in seconds.
    pub(crate) latency_seconds: u64,
    pub(crate) callers: u64,
    pub(crate) each: u64,
    pub(crate) keys: u64,
    pub(crate) key_limit: u64,
    only: Vec<String>,
}

const USAGE: &str = "usage: peers [--full] [--rounds N] [--jobs N] [--waiting N] [--samples N] [--each N] [--key-limit N] \
                     [--only WORD,WORD] [--measures drain,keyed,million,singles,latency]";

impl Plan {
    pub(crate) fn from_words(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut plan = Self {
            jobs: 50_000,
            waiting: 1_000_000,
            rounds: 3,
            measures: Measure::ALL.into_iter().filter(|one| *one != Measure::Million).collect(),
            samples: 500,
            latency_seconds: 10,
            callers: 64,
            each: 100,
            keys: 1_000,
            key_limit: 100,
            only: Vec::new(),
        };
        while let Some(word) = words.next() {
            if word == "--full" {
                plan.measures = Measure::ALL.to_vec();
                continue;
            }
            let value = words.next().ok_or(USAGE)?;
            match word.as_str() {
                "--rounds" => plan.rounds = value.parse()?,
                "--jobs" => plan.jobs = value.parse()?,
                "--waiting" => plan.waiting = value.parse()?,
                "--samples" => plan.samples = value.parse()?,
                "--each" => plan.each = value.parse()?,
                "--key-limit" => plan.key_limit = value.parse()?,
                "--only" => plan.only = value.split(',').map(str::to_lowercase).collect(),
                "--measures" => {
                    let find = |word: &str| Measure::ALL.into_iter().find(|one| one.word() == word).ok_or(USAGE);
                    plan.measures = value.split(',').map(find).collect::<std::result::Result<_, _>>()?;
                }
                _ => return Err(USAGE.into()),
            }
        }
        Ok(plan)
    }

    /// Whoever is to be measured.
    pub(crate) fn peers(&self) -> impl Iterator<Item = &'static Entry> + '_ {
        let wanted =
            |peer: &Entry| self.only.is_empty() || self.only.iter().any(|word| peer.name.to_lowercase().contains(word));
        PEERS.iter().filter(move |peer| wanted(peer))
    }

    /// The peers as they come in a round.
    pub(crate) fn in_order(&self, round: usize) -> Vec<&'static Entry> {
        let mut peers: Vec<_> = self.peers().collect();
        let first = round % peers.len().max(1);
        peers.rotate_left(first);
        peers
    }

    pub(crate) fn describe(&self) -> String {
        format!(
            "{} rounds; drain of {} jobs; {} callers with {} jobs each; {} samples of latency, for {} s at most; keyed: \
             {} keys, {} jobs of each at once.\n",
            self.rounds,
            self.jobs,
            self.callers,
            self.each,
            self.samples,
            self.latency_seconds,
            self.keys,
            self.key_limit
        )
    }
}
