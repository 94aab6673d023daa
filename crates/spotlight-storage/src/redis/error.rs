//! From the driver's errors to ours: by kind, never by message.

use redis::{ErrorKind as Kind, RedisError, ServerErrorKind};
use spotlight_core::{Error, ErrorKind};
use spotlight_derive::RedactedDebug;

/// What went wrong, without what the server or the driver quotes: that can be keys, and keys can hold addresses.
#[derive(RedactedDebug, thiserror::Error)]
#[error("Redis error {0}")]
struct Code(#[debug(shown = "the server's own code")] String);

/// The error of a call that failed in the driver or on the server.
pub(super) fn map(error: &RedisError) -> Error {
    let unavailable = |message: &str| Error::new(ErrorKind::Unavailable, message);
    let mapped = match error.kind() {
        _ if error.is_timeout() => timed_out(),
        Kind::Io | Kind::ClusterConnectionNotFound => unavailable("the connection to Redis broke"),
        Kind::AuthenticationFailed | Kind::InvalidClientConfig | Kind::Server(ServerErrorKind::NoPerm) => {
            Error::new(ErrorKind::Misconfigured, "Redis refuses this user, password, database or command")
        }
        Kind::Server(
            ServerErrorKind::BusyLoading
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::ReadOnly,
        ) => unavailable("Redis cannot answer now"),
        Kind::Server(ServerErrorKind::Moved | ServerErrorKind::Ask | ServerErrorKind::CrossSlot) => {
            let message =
                "the Redis server is a node of a cluster; name it with redis+cluster://, and keys with one tag";
            Error::new(ErrorKind::Misconfigured, message)
        }
        // While they are choosing one, too.
        Kind::MasterNameNotFoundBySentinel => unavailable("the sentinels of Redis name no master"),
        Kind::UnexpectedReturnType => Error::new(ErrorKind::Corrupt, "Redis holds something else than expected"),
        // An address that wants a password, or a memory that is full.
        Kind::Extension | Kind::Server(_) => match error.code() {
            Some("NOAUTH" | "WRONGPASS") => {
                Error::new(ErrorKind::Misconfigured, "Redis refuses this user, password, database or command")
            }
            Some("OOM" | "BUSY" | "MISCONF" | "NOREPLICAS") => unavailable("Redis cannot answer now"),
            Some("WRONGTYPE") => Error::new(ErrorKind::Corrupt, "Redis holds something else than expected"),
            _ => Error::internal("Redis refused a command"),
        },
        _ => Error::internal("the Redis driver failed"),
    };
    mapped.with_source(code(error))
}

/// The error of a call in a cluster whose slots moved for longer than it was worth waiting.
pub(super) fn moving(error: &RedisError) -> Error {
    Error::new(ErrorKind::Unavailable, "the Redis cluster cannot answer now").with_source(code(error))
}

fn code(error: &RedisError) -> Code {
    Code(error.code().map_or_else(|| format!("{:?}", error.kind()), str::to_owned))
}

/// The error of a call that took too long.
pub(super) fn timed_out() -> Error {
    Error::new(ErrorKind::Timeout, "Redis took too long to answer")
}
