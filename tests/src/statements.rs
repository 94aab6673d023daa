//! A proxy before Postgres that notes which statements come by.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
};

type Seen = Arc<Mutex<Vec<String>>>;

/// Forwards a port of this machine to a Postgres server. Ends with this value, or with the runtime that started it.
#[derive(Debug)]
pub struct StatementProxy {
    address: SocketAddr,
    seen: Seen,
    task: JoinHandle<()>,
}

impl StatementProxy {
    /// Begins to forward to the server at this address.
    ///
    /// # Panics
    /// When there is no port to listen on.
    pub async fn start(host: String, port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port for the proxy");
        let address = listener.local_addr().expect("an address");
        let seen = Seen::default();
        let task = tokio::spawn(accept(listener, (host, port), Arc::clone(&seen)));
        Self { address, seen, task }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The statements that were executed since this was asked last, each of which cost a round trip.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for StatementProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, server: (String, u16), seen: Seen) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        let (server, seen) = (server.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            let server = TcpStream::connect((server.0.as_str(), server.1)).await?;
            client.set_nodelay(true)?;
            server.set_nodelay(true)?;
            let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
            tokio::select! {
                ended = listen(from_client, to_server, seen) => ended,
                ended = carry(from_server, to_client) => ended,
            }
        });
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> std::io::Result<()> {
    tokio::io::copy(&mut from, &mut to).await.map(drop)
}

/// Passes a client's messages on, and notes those that execute something.
async fn listen(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, seen: Seen) -> std::io::Result<()> {
    // The first message has no kind: a start, since the tests ask for no encryption.
    let start = message(&mut from).await?;
    to.write_all(&start).await?;
    let mut prepared: HashMap<Vec<u8>, String> = HashMap::new();
    let mut bound = String::new();
    loop {
        let kind = from.read_u8().await?;
        let body = message(&mut from).await?;
        let mut words = body[4..].split(|byte| *byte == 0);
        let mut word = || words.next().unwrap_or_default();
        match kind {
            b'P' => {
                let (name, sql) = (word().to_vec(), word());
                prepared.insert(name, String::from_utf8_lossy(sql).into_owned());
            }
            b'B' => {
                word();
                bound = prepared.get(word()).cloned().unwrap_or_default();
            }
            b'E' => note(&seen, bound.clone()),
            b'Q' => note(&seen, String::from_utf8_lossy(word()).into_owned()),
            _ => {}
        }
        to.write_all(&[[kind].as_slice(), &body].concat()).await?;
    }
}

fn note(seen: &Seen, statement: String) {
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
}

/// A message after its kind: its length, and what it says.
async fn message(from: &mut OwnedReadHalf) -> std::io::Result<Vec<u8>> {
    let length = from.read_u32().await?;
    let mut message = length.to_be_bytes().to_vec();
    message.resize(length.max(4) as usize, 0);
    from.read_exact(&mut message[4..]).await?;
    Ok(message)
}
