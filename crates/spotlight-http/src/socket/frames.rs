//! Frames over the bytes of a connection.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        error::{CapacityError, ProtocolError},
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{Broken, Frame};

/// What is read at once. The library's own would be 128 KiB for each of thousands of sockets.
const READ_AT_ONCE: usize = 1024;

/// A connection that has been handed over, as frames.
pub(super) struct Frames<T>(WebSocketStream<T>);

impl<T: AsyncRead + AsyncWrite + Unpin> Frames<T> {
    /// The server's side. Longer messages than `most` bytes are refused.
    pub(super) async fn over(connection: T, most: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_AT_ONCE)
            // Each frame goes out at once.
            .write_buffer_size(0)
            .max_message_size(Some(most))
            .max_frame_size(Some(most));
        Self(WebSocketStream::from_raw_socket(connection, Role::Server, Some(config)).await)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for Frames<T> {
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

impl<T: AsyncRead + AsyncWrite + Unpin> Sink<Frame> for Frames<T> {
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
    let closed =
        matches!(error, Error::Protocol(ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing));
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => Broken::TooLarge,
        Error::Utf8(_) => Broken::NotText,
        Error::Protocol(_) if !closed => Broken::Protocol,
        _ => Broken::Lost,
    }
}
