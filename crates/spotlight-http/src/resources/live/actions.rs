//! Live messages.

use http::HeaderName;
use spotlight_core::{
    error::{Error, Result},
    services::live::{LiveChannel, LiveConnection},
    trace::{Trace, within},
};

use super::{session, stream};
use crate::{resources::call::Call, response::Response, socket};

/// Longest message of a client, in bytes.
const MAX_MESSAGE: usize = 4096;
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

pub(super) async fn live(call: Call<'_>) -> Result<Response> {
    let connection = connect(&call).await?;
    let (room, trace) = (call.room(), Trace::current());
    Ok(socket::accept(call.request, MAX_MESSAGE, move |socket| {
        Box::pin(within(trace, session::run(socket, connection, room)))
    }))
}

pub(super) async fn events(call: Call<'_>) -> Result<Response> {
    let last = call.request.header(&LAST_EVENT_ID).or(call.query.text("last_event_id")).unwrap_or_default();
    let places = stream::places(last)?;
    let mut channels: Vec<LiveChannel> = Vec::new();
    for name in call.query.text("channels").unwrap_or_default().split(',') {
        let channel = name.trim().parse().map_err(in_query)?;
        if !channels.contains(&channel) {
            channels.push(channel);
        }
    }
    let mut connection = connect(&call).await?;
    let mut begun = Vec::with_capacity(channels.len());
    for channel in channels {
        let last = places.iter().find(|(own, _)| *own == channel).map(|(_, number)| *number);
        begun.push((channel, connection.subscribe(channel, last).await.map_err(in_query)?));
    }
    Ok(stream::respond(connection, call.room(), &begun))
}

/// What is wrong with a channel is wrong with the parameter that names it.
fn in_query(error: Error) -> Error {
    match error.violations() {
        [] => error,
        [first, ..] => Error::invalid("?channels", first.code, first.detail.clone()),
    }
}

/// A connection of the caller's. It takes no place among the requests in flight, but one among their own connections.
pub(in crate::resources) async fn connect(call: &Call<'_>) -> Result<LiveConnection> {
    call.api.admit()?;
    let live = call.platform.live();
    live.connect(&call.context, call.session.clone(), call.until, call.policy.live_connections).await
}
