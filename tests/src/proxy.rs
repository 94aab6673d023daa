//! A TCP proxy between programs and a server, for what networks do.

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// What it does with connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Passes everything on.
    Forward,
    /// Takes everything and passes nothing on.
    Stall,
    /// Takes no new connection. Those that are there go on.
    Refuse,
}

/// Forwards a port of this machine to a server. Ends with this value, or with the runtime that started it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    cuts: Arc<watch::Sender<u64>>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Begins to forward to a port of this machine. The server may be away meanwhile.
    ///
    /// # Panics
    /// When there is no port to listen on.
    pub async fn start(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port for the proxy");
        let address = listener.local_addr().expect("an address");
        let (mode, seen) = watch::channel(Mode::Forward);
        let cuts = Arc::new(watch::Sender::new(0));
        let task = tokio::spawn(accept(listener, port, seen, Arc::clone(&cuts)));
        Self { address, mode, cuts, task }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Goes on in another way.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Ends every connection that is there, at once and in the middle of whatever it carries.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, port: u16, mode: watch::Receiver<Mode>, cuts: Arc<watch::Sender<u64>>) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        if *mode.borrow() == Mode::Refuse {
            continue;
        }
        let (mode, mut cut) = (mode.clone(), cuts.subscribe());
        tokio::spawn(async move {
            let carried = async {
                let server = TcpStream::connect(("127.0.0.1", port)).await?;
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
                // One direction that ends ends both: databases do not talk over half a connection.
                tokio::select! {
                    ended = carry(from_client, to_server, mode.clone()) => ended,
                    ended = carry(from_server, to_client, mode) => ended,
                }
            };
            tokio::select! {
                _ = carried => {}
                _ = cut.changed() => {}
            }
        });
    }
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut mode: watch::Receiver<Mode>,
) -> std::io::Result<()> {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut bytes).await?;
        // Nobody sets the mode any more once the proxy is gone, and then its connections are cut.
        let _ = mode.wait_for(|mode| *mode != Mode::Stall).await;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&bytes[..length]).await?;
    }
}
