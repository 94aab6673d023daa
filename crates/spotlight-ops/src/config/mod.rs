//! Every setting of a deployment: what it is, what it became, where that came from, and all that is wrong at once.
//!
//! Settings come from defaults, then a file in TOML, then encrypted credentials, then the environment, then the command
//! line; the later one wins. A variable with `_FILE` after its name reads a mounted secret.

mod environment;
mod feature;
mod parse;
mod problem;
mod reader;
mod reference;
mod sections;
mod setting;
mod show;
mod sources;
#[cfg(test)]
mod tests;
mod unknown;
mod variable;

use spotlight_core::{Result, services::flags::FlagOverrides};

use self::reader::Reader;
pub use self::{
    environment::Environment,
    feature::{Feature, Switches},
    problem::Problem,
    reference::reference,
    sections::{
        Adapter, Billing, Database, Files, Framework, General, Health, Jobs, LogFormat, Logs, Mail, Models, Monitoring,
        Performance, Redis, Role, SECTIONS, Secrets, Server, Tls, Voice, Webhooks,
    },
    setting::{Origin, Setting},
    sources::{Sources, USUAL_FILE},
    variable::{Need, Section, Variable, Weakness},
};
pub(crate) use self::{parse::span, problem::error as refusal, sections::arguments, sources::why};

/// A whole configuration, read and checked. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    /// What kind of deployment it is, and what is on.
    pub general: General,
    /// The keys that everything else is protected with.
    pub secrets: Secrets,
    /// Where requests come in.
    pub server: Server,
    /// TLS in the process itself.
    pub tls: Tls,
    /// Where the data is kept.
    pub database: Database,
    /// What processes share beside the database.
    pub redis: Redis,
    /// The language model that answers.
    pub models: Models,
    /// Voices.
    pub voice: Voice,
    /// Plans that are paid for.
    pub billing: Billing,
    /// Mail that leaves this machine.
    pub mail: Mail,
    /// Files in a bucket.
    pub files: Files,
    /// Where webhooks may go.
    pub webhooks: Webhooks,
    /// How much of the machine the deployment takes.
    pub performance: Performance,
    /// What is written down of what happens.
    pub logs: Logs,
    /// What is looked at to tell how the deployment is.
    pub health: Health,
    /// Who is told of what happens.
    pub monitoring: Monitoring,
    /// How jobs are worked off.
    pub jobs: Jobs,
    /// What the environment and the settings file say about feature flags.
    pub flags: FlagOverrides,
    settings: Vec<Setting>,
}

impl Config {
    /// Reads everything.
    ///
    /// # Errors
    /// `Misconfigured`, naming all that is missing, weak, unreadable or unknown, each with what to do. No value of a secret
    /// is in it.
    pub fn read(sources: &Sources) -> Result<Self> {
        let (config, problems) = Self::examine(sources);
        if problems.is_empty() { Ok(config) } else { Err(problem::error(&problems)) }
    }

    /// Reads everything for a server, which opens the files of its certificate too.
    ///
    /// # Errors
    /// As [`read`](Self::read), and naming what is wrong with these files; never what is in a key.
    pub fn to_serve(sources: &Sources) -> Result<Self> {
        let (config, mut problems) = Self::examine(sources);
        problems.extend(crate::tls::problems(&config));
        if problems.is_empty() { Ok(config) } else { Err(problem::error(&problems)) }
    }

    /// Reads everything, and gives what is wrong beside what it became: where something is, a usual value stands in.
    pub fn examine(sources: &Sources) -> (Self, Vec<Problem>) {
        let mut reader = Reader::new(sources);
        let general = General::read(&mut reader);
        let environment = general.environment;
        let mut config = Self {
            secrets: Secrets::read(&mut reader),
            server: Server::read(&mut reader, environment),
            tls: Tls::read(&mut reader),
            database: Database::read(&mut reader),
            redis: Redis::read(&mut reader),
            models: Models::read(&mut reader),
            voice: Voice::read(&mut reader),
            billing: Billing::read(&mut reader),
            mail: Mail::read(&mut reader),
            files: Files::read(&mut reader),
            webhooks: Webhooks::read(&mut reader),
            performance: Performance::read(&mut reader),
            logs: Logs::read(&mut reader, environment),
            health: Health::read(&mut reader),
            monitoring: Monitoring::read(&mut reader),
            jobs: Jobs::read(sources, &mut reader.problems),
            flags: FlagOverrides::default(),
            settings: Vec::new(),
            general,
        };
        let mut problems = reader.problems;
        config.settings = reader.settings;
        match sections::flags(sources) {
            Ok(flags) => config.flags = flags,
            Err(error) => problems.push(Problem::new("feature flags", error.to_string())),
        }
        // What may stand in credentials that cannot be opened is not known to be absent.
        if !sources.sealed {
            problems.extend(config.together());
        }
        problems.extend(unknown::problems(sources));
        (config, problems)
    }

    /// Every setting as it may be shown, in the order of the reference.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// Connections to the database that a process has at most: as many as threads, and 5 without either.
    pub fn pool(&self) -> u32 {
        let threads = self.performance.threads.and_then(|threads| u32::try_from(threads).ok());
        self.database.pool.or(threads).unwrap_or(5)
    }

    /// Processes behind one socket: one where there is no socket, since it works on jobs alone.
    pub fn processes(&self) -> usize {
        if self.server.role == Role::Worker { 1 } else { self.performance.processes }
    }

    /// What each setting may be alone, and not together.
    fn together(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.server.role != Role::All && self.database.url.is_none() && !self.general.environment.is_strict() {
            let detail = "web and worker share a database, which SQLite's file is not: set DATABASE_URL to a Postgres, or \
                          take `all`, as --role all";
            problems.push(Problem::new("SPOTLIGHT_ROLE", detail));
        }
        if self.processes() > 1 && self.database.url.is_none() {
            let detail = "several processes share a database, which SQLite's file is not: set DATABASE_URL to a Postgres, or \
                          take 1; one process uses every core";
            problems.push(Problem::new("WEB_CONCURRENCY", detail));
        }
        let last = self.monitoring.metrics_listen.map_or(0, |own| usize::from(own.port()) + self.processes() - 1);
        if last > usize::from(u16::MAX) {
            let detail = "each of the processes has a port of its own for its metrics, from this one on, and there are not that \
                          many: take a lower one, as 0.0.0.0:9464";
            problems.push(Problem::new("METRICS_LISTEN", detail));
        }
        let serves = self.server.role != Role::Worker;
        if self.tls.certificate.is_some() != self.tls.key.is_some() {
            let detail = "one without the other cannot be used: set both to files in PEM, as \
                          TLS_CERTIFICATE=/etc/tls/fullchain.pem and TLS_KEY=/etc/tls/privkey.pem, or neither";
            problems.push(Problem::new("TLS_CERTIFICATE and TLS_KEY", detail));
        }
        let plain = self.server.public_url.as_ref().is_some_and(|url| url.starts_with("http://"));
        if serves && self.tls.is_on() && plain {
            let detail = "it is plain, and with TLS_CERTIFICATE and TLS_KEY this server speaks HTTPS alone: give an address with \
                          https://, or leave these two away";
            problems.push(Problem::new("SPOTLIGHT_PUBLIC_URL", detail));
        }
        if serves && self.server.force_ssl && self.server.trusted_proxies.is_empty() && !self.tls.is_on() {
            let detail = "every request would be sent to HTTPS again and again: name the proxy that speaks HTTPS for this \
                          server, as SPOTLIGHT_TRUSTED_PROXIES=10.0.0.0/8, or have it speak HTTPS itself (TLS_CERTIFICATE, \
                          TLS_KEY), or say FORCE_SSL=false";
            problems.push(Problem::new("FORCE_SSL", detail));
        }
        if self.jobs.adapter == Adapter::Redis && self.redis.url.is_none() {
            let detail = "jobs.adapter is \"redis\", and REDIS_URL does not say where that is; set it";
            problems.push(Problem::new("jobs", detail));
        }
        problems
    }
}
