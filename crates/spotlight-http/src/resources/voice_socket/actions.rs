//! A conversation by voice.

use spotlight_core::{
    error::Result,
    trace::{Trace, within},
};

use super::session;
use crate::{
    resources::{call::Call, live},
    response::Response,
    socket,
};

pub(super) async fn voice(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "conversation")?;
    let conversation = call.platform.conversations().check_voice(&call.context, id).await?;
    let connection = live::connect(&call).await?;
    let (room, language, trace) = (call.room(), conversation.language, Trace::current());
    Ok(socket::accept(call.request, call.policy.voice.frame, move |socket| {
        Box::pin(within(trace, session::run(socket, connection, room, id, language)))
    }))
}
