//! Whether a server may keep jobs, which is looked at when it first answers.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use redis::Value;
use spotlight_core::{Error, ErrorKind, Result};
use tokio::time::Instant;

use super::{contact::is_away, guard};
use crate::redis::client::RedisClient;

/// The oldest version whose scripts can do what ours do.
const OLDEST: u32 = 7;

/// What is known of a server.
#[derive(Default)]
pub(super) struct Fitness {
    fit: AtomicBool,
    /// A look that failed, and how long that took: so long is waited before the next.
    rests_until: Mutex<Option<Instant>>,
}

impl Fitness {
    /// Refuses a server that may not keep jobs. One that does not answer is left to the call itself.
    pub(super) async fn require(&self, client: &RedisClient) -> Result<()> {
        if self.fit.load(Ordering::Acquire) || guard(&self.rests_until).is_some_and(|until| Instant::now() < until) {
            return Ok(());
        }
        let began = Instant::now();
        match self.check(client).await {
            Err(error) if is_away(&error) => {
                *guard(&self.rests_until) = Some(Instant::now() + began.elapsed());
                Ok(())
            }
            checked => checked,
        }
    }

    pub(super) async fn check(&self, client: &RedisClient) -> Result<()> {
        let answer: Value = client.call(redis::cmd("INFO")).await?;
        // Of a cluster, every node answers.
        let mut told = Vec::new();
        texts(answer, &mut told);
        judge(&told)?;
        if !self.fit.swap(true, Ordering::AcqRel) && values(&told, "aof_enabled").any(|value| value == "0") {
            tracing::warn!(
                "Redis keeps no append-only file (appendonly no): jobs outlive no restart of it, but those that units of \
                 work left, which are sent again"
            );
        }
        Ok(())
    }
}

fn judge(told: &[String]) -> Result<()> {
    let refused = |message: &str| Err(Error::new(ErrorKind::Misconfigured, message));
    // Jobs that disappear for want of memory would be lost without a word.
    if values(told, "maxmemory_policy").any(|policy| policy != "noeviction") {
        return refused(
            "Redis removes keys when its memory is full, and jobs with them: set maxmemory-policy to noeviction, and give \
             caches that may be removed a server of their own",
        );
    }
    let version = |text: &str| text.split('.').next()?.parse::<u32>().ok();
    if values(told, "redis_version").filter_map(version).any(|version| version < OLDEST) {
        return refused("the job queue needs Redis 7 or newer");
    }
    Ok(())
}

/// What nodes say under a name.
fn values<'a>(told: &'a [String], name: &'a str) -> impl Iterator<Item = &'a str> {
    told.iter().flat_map(|told| told.lines()).filter_map(move |line| line.strip_prefix(name)?.strip_prefix(':'))
}

/// Every text of an answer.
fn texts(value: Value, found: &mut Vec<String>) {
    match value {
        Value::BulkString(text) => found.push(String::from_utf8_lossy(&text).into_owned()),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => found.push(text),
        Value::Array(parts) => parts.into_iter().for_each(|part| texts(part, found)),
        Value::Map(parts) => parts.into_iter().for_each(|(_, part)| texts(part, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_are_old_or_forget_are_refused() {
        let told = |version: &str, policy: &str| {
            judge(&[format!("redis_version:{version}\r\naof_enabled:0\r\nmaxmemory_policy:{policy}\r\n")])
        };
        assert!(told("7.0.15", "noeviction").is_ok() && told("10.1", "noeviction").is_ok());
        for (version, policy, part) in [("6.2.7", "noeviction", "7 or newer"), ("7.2.0", "volatile-lru", "maxmemory")] {
            let error = told(version, policy).expect_err("it is refused");
            assert_eq!(error.kind(), ErrorKind::Misconfigured);
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
