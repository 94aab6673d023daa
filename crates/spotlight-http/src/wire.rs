//! The stream of a connection for the `serve` of a framework: as it is, or encrypted.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use spotlight_derive::RedactedDebug;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig, server::TlsStream};

use crate::patience::WriteLimit;

/// How a server encrypts. Cheap to clone.
#[derive(Clone)]
pub struct Encryption(TlsAcceptor);

impl std::fmt::Debug for Encryption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encryption")
    }
}

impl Encryption {
    /// As the configuration says, in HTTP/1.1, whatever protocols it names.
    ///
    /// In HTTP/2 nothing tells a client that reads nothing from one that is idle, and each could keep many answers in memory.
    pub fn new(config: &Arc<ServerConfig>) -> Self {
        let mut config = ServerConfig::clone(config);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self(TlsAcceptor::from(Arc::new(config)))
    }
}

/// The stream of a connection, whose client must take what is sent.
#[derive(RedactedDebug)]
pub struct Wire(#[debug(hidden)] Kind);

enum Kind {
    Plain(Limited),
    // What encryption remembers is large, and most connections may be plain.
    Encrypted(Box<TlsStream<Limited>>),
}

impl Wire {
    /// A connection, ready for requests: as it is, or encrypted once the client has done its part of the handshake, for
    /// which it is waited; whoever calls says how long. None for a client that speaks something else or trusts nothing that
    /// is offered, which the log says at `debug`.
    ///
    /// # Cancel safety
    /// Dropping the future ends the connection.
    pub async fn open(stream: TcpStream, writes: WriteLimit, encryption: Option<&Encryption>) -> Option<Self> {
        let stream = Limited { stream, writes };
        let Some(Encryption(how)) = encryption else { return Some(Self(Kind::Plain(stream))) };
        match Box::pin(how.accept(stream)).await {
            Ok(shaken) => Some(Self(Kind::Encrypted(Box::new(shaken)))),
            Err(error) => {
                tracing::debug!(%error, "a handshake failed");
                None
            }
        }
    }

    /// Whether it is encrypted.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.0, Kind::Encrypted(_))
    }
}

/// Calls the stream inside, whichever it is.
macro_rules! inside {
    ($wire:expr, $stream:ident => $call:expr) => {
        match &mut $wire.0 {
            Kind::Plain($stream) => $call,
            Kind::Encrypted($stream) => $call,
        }
    };
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        inside!(self, stream => Pin::new(stream).poll_read(context, into))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        inside!(self, stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        inside!(self, stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        inside!(self, stream => Pin::new(stream).poll_shutdown(context))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        inside!(self, stream => Pin::new(stream).poll_write_vectored(context, parts))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Kind::Plain(stream) => stream.is_write_vectored(),
            Kind::Encrypted(stream) => stream.is_write_vectored(),
        }
    }
}

/// A socket with a limit on its writes. It stands below encryption, which takes in what it has not sent yet: a client is
/// measured by what leaves this machine.
struct Limited {
    stream: TcpStream,
    writes: WriteLimit,
}

impl AsyncRead for Limited {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Limited {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.writes.watch(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.writes.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
