//! A WebSocket of hyper's, as the API knows it.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures::{Sink, Stream};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use spotlight_http::{Broken, Frame, Socket, Upgrade};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        error::{CapacityError, ProtocolError},
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

/// What is read at once. The library's own would be 128 KiB for each of thousands of sockets.
const READ_AT_ONCE: usize = 1024;

/// Holds a socket's conversation once the connection is handed over, on this runtime.
pub(crate) fn run(on_upgrade: OnUpgrade, upgrade: Upgrade) {
    tokio::spawn(async move {
        let upgraded = match on_upgrade.await {
            Ok(upgraded) => upgraded,
            Err(error) => return tracing::debug!(%error, "a connection was not handed over"),
        };
        let most = upgrade.max_message();
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_AT_ONCE)
            // Each frame goes out at once.
            .write_buffer_size(0)
            .max_message_size(Some(most))
            .max_frame_size(Some(most));
        let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        upgrade.run(Socket::new(Frames(stream))).await;
    });
}

struct Frames(WebSocketStream<TokioIo<Upgraded>>);

impl Stream for Frames {
    type Item = Result<Frame, Broken>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(message) = std::task::ready!(Pin::new(&mut self.0).poll_next(cx)) else {
                return Poll::Ready(None);
            };
            return Poll::Ready(Some(match message {
                Ok(Message::Text(text)) => Ok(Frame::Text(text.into())),
                Ok(Message::Binary(bytes)) => Ok(Frame::Binary(bytes)),
                Ok(Message::Ping(bytes)) => Ok(Frame::Ping(bytes)),
                Ok(Message::Pong(bytes)) => Ok(Frame::Pong(bytes)),
                Ok(Message::Close(close)) => {
                    Ok(Frame::Close(close.map(|close| (close.code.into(), close.reason.as_str().to_owned()))))
                }
                // Parts of messages are the library's own.
                Ok(Message::Frame(_)) => continue,
                Err(error) => Err(broken(&error)),
            }));
        }
    }
}

impl Sink<Frame> for Frames {
    type Error = Broken;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        Pin::new(&mut self.0).poll_ready(cx).map_err(|error| broken(&error))
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Frame) -> Result<(), Broken> {
        let message = match frame {
            Frame::Text(text) => Message::Text(Utf8Bytes::try_from(text).map_err(|_| Broken::NotText)?),
            Frame::Binary(bytes) => Message::Binary(bytes),
            Frame::Ping(bytes) => Message::Ping(bytes),
            Frame::Pong(bytes) => Message::Pong(bytes),
            Frame::Close(close) => Message::Close(
                close.map(|(code, reason)| CloseFrame { code: CloseCode::from(code), reason: reason.into() }),
            ),
        };
        Pin::new(&mut self.0).start_send(message).map_err(|error| broken(&error))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        Pin::new(&mut self.0).poll_flush(cx).map_err(|error| broken(&error))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        Pin::new(&mut self.0).poll_close(cx).map_err(|error| broken(&error))
    }
}

fn broken(error: &Error) -> Broken {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => Broken::TooLarge,
        Error::Utf8(_) => Broken::NotText,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing) => Broken::Lost,
        Error::Protocol(_) => Broken::Protocol,
        _ => Broken::Lost,
    }
}
