//! One client of the live socket, from its first word to its last.

use bytes::Bytes;
use serde_json::{Value, json};
use spotlight_core::services::live::{LiveChannel, LiveConnection, Told};

use super::wire::{self, Ask, bytes_of};
use crate::{
    api::Room,
    socket::{Broken, Frame, Pulse, Socket, Unsent, code},
};

/// What happens next.
enum Step {
    Frame(Option<Result<Frame, Broken>>),
    Told(Told),
    Beat(bool),
    Restart(u64),
}

/// How a connection ends.
enum End {
    /// It is gone, or the client has closed it.
    Gone,
    Agreed,
    Broken(Broken),
    Close(u16, String),
}

impl From<Unsent> for End {
    fn from(unsent: Unsent) -> Self {
        match unsent {
            Unsent::Gone => Self::Gone,
            Unsent::Slow => Self::too_slow(),
        }
    }
}

impl End {
    fn too_slow() -> Self {
        Self::Close(code::PACE, "messages come faster than you take them; reconnect with the last ids".to_owned())
    }
}

/// A client and what is known of it.
struct Session {
    socket: Socket,
    connection: LiveConnection,
    room: Room,
    pulse: Pulse,
}

/// Serves a client until one of the two leaves.
pub(super) async fn run(socket: Socket, connection: LiveConnection, room: Room) {
    let pulse = Pulse::new(room.policy.keep_alive);
    let mut session = Session { socket, connection, room, pulse };
    let end = loop {
        let Session { socket, connection, room, pulse } = &mut session;
        let step = tokio::select! {
            pause = room.stopping.wait() => Step::Restart(pause),
            frame = socket.next() => Step::Frame(frame),
            told = connection.next() => Step::Told(told),
            alive = pulse.beat() => Step::Beat(alive),
        };
        if let Err(end) = session.take(step).await {
            break end;
        }
    };
    let Session { socket, connection, .. } = session;
    // The place is free for the client's next try at once.
    drop(connection);
    match end {
        End::Gone => {}
        End::Agreed => socket.agree().await,
        End::Broken(broken) => socket.refuse(broken).await,
        End::Close(code, reason) => socket.close(code, &reason).await,
    }
}

impl Session {
    async fn take(&mut self, step: Step) -> Result<(), End> {
        match step {
            Step::Restart(pause) => {
                self.say(&json!({ "type": "reconnect", "retry_after_s": pause })).await?;
                Err(End::Close(code::RESTART, format!("restarting; reconnect in {pause} s with the last ids")))
            }
            Step::Beat(true) => Ok(self.send(Frame::Ping(Bytes::new())).await?),
            Step::Beat(false) => Err(End::Close(code::SILENT, "nothing was heard from you".to_owned())),
            Step::Told(told) => self.tell(told).await,
            Step::Frame(None) => Err(End::Gone),
            Step::Frame(Some(Err(broken))) => Err(End::Broken(broken)),
            Step::Frame(Some(Ok(frame))) => {
                self.pulse.heard();
                match frame {
                    // Rare, and large: thousands of sessions wait without it.
                    Frame::Text(text) => Box::pin(self.answer(&text)).await,
                    Frame::Binary(_) => Err(End::Close(code::UNSUPPORTED, "messages are text".to_owned())),
                    Frame::Ping(_) | Frame::Pong(_) => Ok(()),
                    Frame::Close(_) => Err(End::Agreed),
                }
            }
        }
    }

    async fn tell(&mut self, told: Told) -> Result<(), End> {
        match told {
            Told::Message(message) => Ok(self.send(Frame::Text(wire::message(&message))).await?),
            Told::Gap { channel, next } => self.gap(channel, next).await,
            Told::Ended { channel, error } => {
                let ended = wire::error(error, Some(&channel.to_string()), "unsubscribed", &self.room.request_id);
                self.say(&ended).await
            }
            Told::Over(error) => {
                let reason = error.to_string();
                self.say(&wire::error(error, None, "error", &self.room.request_id)).await?;
                Err(End::Close(code::SIGNED_OUT, reason))
            }
            Told::TooSlow => Err(End::too_slow()),
        }
    }

    async fn answer(&mut self, text: &[u8]) -> Result<(), End> {
        let answered = match wire::read(text) {
            Ok(Ask::Ping) => Ok(json!({ "type": "pong" })),
            Ok(Ask::Unsubscribe(channel)) => {
                self.connection.unsubscribe(channel);
                Ok(json!({ "type": "unsubscribed", "channel": channel.to_string() }))
            }
            Ok(Ask::Subscribe(channel, last)) => return self.subscribe(channel, last, text).await,
            Err(error) => Err(error),
        };
        match answered {
            Ok(answer) => self.say(&answer).await,
            Err(error) => self.refuse(error, text).await,
        }
    }

    async fn subscribe(&mut self, channel: LiveChannel, last: Option<u64>, text: &[u8]) -> Result<(), End> {
        // It costs what a request costs.
        let allowed = self.room.count(self.connection.context()).await;
        let begun = match allowed {
            Ok(()) => self.connection.subscribe(channel, last).await,
            Err(error) => Err(error),
        };
        match begun {
            Err(error) => self.refuse(error, text).await,
            Ok(begun) => {
                let name = channel.to_string();
                self.say(&json!({ "type": "subscribed", "channel": name, "id": begun.position })).await?;
                match begun.gap {
                    Some(next) => self.gap(channel, next).await,
                    None => Ok(()),
                }
            }
        }
    }

    async fn gap(&mut self, channel: LiveChannel, next: u64) -> Result<(), End> {
        self.say(&json!({ "type": "gap", "channel": channel.to_string(), "next": next })).await
    }

    async fn refuse(&mut self, error: spotlight_core::Error, text: &[u8]) -> Result<(), End> {
        let named = wire::named(text);
        let shown = wire::error(error, named.as_deref(), "error", &self.room.request_id);
        self.say(&shown).await
    }

    async fn say(&mut self, message: &Value) -> Result<(), End> {
        Ok(self.send(Frame::Text(bytes_of(message))).await?)
    }

    async fn send(&mut self, frame: Frame) -> Result<(), Unsent> {
        self.socket.send(frame, self.room.policy.send_timeout).await
    }
}
