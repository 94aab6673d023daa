//! One command to a cluster whose slots move.

use std::time::Duration;

use redis::{
    Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value,
    aio::ConnectionLike,
    cluster_async::ClusterConnection,
    cluster_routing::{MultipleNodeRoutingInfo, ResponsePolicy, RoutingInfo, SingleNodeRoutingInfo},
};

/// The pauses between attempts at a command that no node took.
const PAUSES: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(10), Duration::from_millis(40), Duration::from_millis(100)];

/// Sends a command to the node of its slot, and after it where the slot has moved.
///
/// A command that a node may have taken is never sent twice: a connection that breaks is the caller's to judge.
pub(super) async fn follow(connection: &mut ClusterConnection, command: &Cmd) -> RedisResult<Value> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let failure = match send(connection, command).await {
            Err(failure) if was_not_taken(&failure) => failure,
            answer => return answer,
        };
        if let (ErrorKind::Server(ServerErrorKind::Ask), Some((node, _))) = (failure.kind(), failure.redirect_node()) {
            match ask(connection, command, node).await {
                Err(failure) if was_not_taken(&failure) => {}
                answer => return answer,
            }
        }
        // The driver has begun to look where the slots are now.
        let Some(pause) = pauses.next() else { return Err(failure) };
        tokio::time::sleep(pause).await;
    }
}

async fn send(connection: &mut ClusterConnection, command: &Cmd) -> RedisResult<Value> {
    let mut words = command.args_iter();
    let is = |word: Option<redis::Arg<&[u8]>>, wanted| matches!(word, Some(redis::Arg::Simple(word)) if word == wanted);
    if is(words.next(), b"SCRIPT".as_slice()) && is(words.next(), b"LOAD".as_slice()) {
        // Every node shall have it, but those that are there need not wait for one that is not.
        let everywhere =
            RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, Some(ResponsePolicy::OneSucceeded)));
        return connection.route_command(command.clone(), everywhere).await;
    }
    connection.req_packed_command(command).await
}

/// Sends a command to a node that is taking its slot over.
async fn ask(connection: &mut ClusterConnection, command: &Cmd, node: &str) -> RedisResult<Value> {
    let moved = || RedisError::from((ErrorKind::ClusterConnectionNotFound, "a slot moves to a node without address"));
    let (host, port) = node.rsplit_once(':').ok_or_else(moved)?;
    let port = port.parse().map_err(|_| moved())?;
    let mut both = Pipeline::with_capacity(2);
    both.cmd("ASKING").add_command(command.clone());
    let there = SingleNodeRoutingInfo::ByAddress { host: host.to_owned(), port };
    let answers = connection.route_pipeline(both, 1, 1, there).await?;
    answers.into_iter().next().ok_or_else(moved)?.extract_error()
}

/// True when a command has had no effect and can be sent again soon.
fn was_not_taken(failure: &RedisError) -> bool {
    matches!(
        failure.kind(),
        ErrorKind::ClusterConnectionNotFound
            | ErrorKind::Server(
                ServerErrorKind::Moved | ServerErrorKind::Ask | ServerErrorKind::TryAgain | ServerErrorKind::ReadOnly
            )
    )
}
