//! One client of a voice socket, from its first word to its last.
//!
//! Three things go on beside each other: sound comes in, an utterance is understood, and an answer goes out. An utterance
//! that is understood while an answer goes out cuts it off, unless it only shows that somebody listens.

use std::{collections::VecDeque, time::Duration};

use bytes::{Bytes, BytesMut};
use futures::{FutureExt, StreamExt, future::BoxFuture};
use serde_json::{Value, json};
use spotlight_core::{
    domain::{ConversationId, assistant::Language, audit::Actor, conversation::ConversationStatus},
    error::{Error, ErrorKind, Result, Retry},
    ports::Recognized,
    services::{
        Context,
        live::{LiveConnection, Told},
        turn::{TurnEvent, TurnInput, TurnStream, cuts_off},
    },
};
use tokio::time::Instant;

use super::pace::Pace;
use crate::{
    api::Room,
    resources::{
        live::wire::{self, bytes_of},
        transcript,
    },
    socket::{Broken, Frame, Pulse, Socket, Unsent, code},
};

/// Utterances that wait to be understood.
const WAITING: usize = 4;
/// How long an answer that was cut off may take to be stored, before the next one begins.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause between looks at whether it is.
const LOOK: Duration = Duration::from_millis(20);

/// What becomes of an utterance.
enum Understood {
    Words(Recognized),
    Answer(TurnStream),
    Passed,
}

/// What happens next.
enum Step {
    Frame(Option<Result<Frame, Broken>>),
    Told(Told),
    Beat(bool),
    Restart(u64),
    Understood(Result<Understood>),
    Answer(Option<Result<TurnEvent>>),
}

/// How a connection ends.
enum End {
    Gone,
    Agreed,
    Broken(Broken),
    Close(u16, String),
}

impl From<Unsent> for End {
    fn from(unsent: Unsent) -> Self {
        match unsent {
            Unsent::Gone => Self::Gone,
            Unsent::Slow => Self::Close(code::PACE, "you take nothing of what you are sent".to_owned()),
        }
    }
}

struct Session {
    socket: Socket,
    connection: LiveConnection,
    room: Room,
    pulse: Pulse,
    pace: Pace,
    id: ConversationId,
    language: Language,
    sound: BytesMut,
    /// The present utterance is too long, and is passed over to its end.
    too_long: bool,
    waiting: VecDeque<Bytes>,
    understanding: Option<BoxFuture<'static, Result<Understood>>>,
    answer: Option<TurnStream>,
    /// The seconds after which to come back, once the server is about to stop: an answer that has begun is finished.
    restart: Option<u64>,
}

/// Serves a client until one of the two leaves. Dropping the answer with the session is a barge-in: what was sent is what
/// was heard.
pub(super) async fn run(
    socket: Socket,
    connection: LiveConnection,
    room: Room,
    id: ConversationId,
    language: Language,
) {
    let (pulse, pace) = (Pulse::new(room.policy.keep_alive), Pace::new(room.policy.voice.per_minute));
    let mut session = Session {
        socket,
        connection,
        room,
        pulse,
        pace,
        id,
        language,
        sound: BytesMut::new(),
        too_long: false,
        waiting: VecDeque::new(),
        understanding: None,
        answer: None,
        restart: None,
    };
    let end = loop {
        let step = session.step().await;
        if let Err(end) = session.take(step).await {
            break end;
        }
    };
    let Session { socket, connection, answer, .. } = session;
    drop((connection, answer));
    match end {
        End::Gone => {}
        End::Agreed => socket.agree().await,
        End::Broken(broken) => socket.refuse(broken).await,
        End::Close(code, reason) => socket.close(code, &reason).await,
    }
}

impl Session {
    async fn step(&mut self) -> Step {
        let stops = self.restart.is_none();
        let understood = async {
            match &mut self.understanding {
                Some(understanding) => understanding.await,
                None => std::future::pending().await,
            }
        };
        let answered = async {
            match &mut self.answer {
                Some(answer) => answer.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            pause = self.room.stopping.wait(), if stops => Step::Restart(pause),
            frame = self.socket.next() => Step::Frame(frame),
            told = self.connection.next() => Step::Told(told),
            alive = self.pulse.beat() => Step::Beat(alive),
            understood = understood => Step::Understood(understood),
            event = answered => Step::Answer(event),
        }
    }

    async fn take(&mut self, step: Step) -> Result<(), End> {
        match step {
            Step::Restart(pause) => self.restart = Some(pause),
            Step::Frame(None) => return Err(End::Gone),
            Step::Frame(Some(Err(broken))) => return Err(End::Broken(broken)),
            Step::Frame(Some(Ok(frame))) => {
                self.pulse.heard();
                self.hear(frame).await?;
            }
            Step::Told(Told::Over(error)) => {
                let reason = error.to_string();
                self.fail(error).await?;
                return Err(End::Close(code::SIGNED_OUT, reason));
            }
            // Nothing is subscribed to here.
            Step::Told(_) => {}
            Step::Beat(true) => self.send(Frame::Ping(Bytes::new())).await?,
            Step::Beat(false) => return Err(End::Close(code::SILENT, "nothing was heard from you".to_owned())),
            Step::Understood(understood) => {
                self.understanding = None;
                self.understood(understood).await?;
            }
            Step::Answer(event) => self.answered(event).await?,
        }
        self.go_on();
        match self.restart {
            Some(pause) if self.answer.is_none() && self.understanding.is_none() => {
                self.say(&json!({ "type": "reconnect", "retry_after_s": pause })).await?;
                Err(End::Close(code::RESTART, format!("restarting; reconnect in {pause} s")))
            }
            _ => Ok(()),
        }
    }

    async fn hear(&mut self, frame: Frame) -> Result<(), End> {
        match frame {
            Frame::Binary(sound) => self.listen(&sound).await,
            Frame::Text(text) => match read(&text) {
                Ok(Ask::End) => self.end_utterance().await,
                Ok(Ask::Ping) => self.say(&json!({ "type": "pong" })).await,
                Err(error) => self.fail(error).await,
            },
            Frame::Ping(_) | Frame::Pong(_) => Ok(()),
            Frame::Close(_) => Err(End::Agreed),
        }
    }

    async fn listen(&mut self, sound: &[u8]) -> Result<(), End> {
        if !self.pace.take(sound.len()) {
            let most = self.room.policy.voice.per_minute;
            let error = Error::new(ErrorKind::RateLimited, format!("a minute has at most {most} bytes of sound"));
            self.fail(error).await?;
            return Err(End::Close(code::PACE, "too much sound in a minute".to_owned()));
        }
        if self.too_long || self.restart.is_some() {
            return Ok(());
        }
        let most = self.room.policy.voice.utterance;
        if self.sound.len() + sound.len() > most {
            self.too_long = true;
            self.sound = BytesMut::new();
            let text = format!("An utterance has at most {most} bytes of sound");
            return self.fail(Error::invalid("/audio", "length", text)).await;
        }
        self.sound.extend_from_slice(sound);
        Ok(())
    }

    async fn end_utterance(&mut self) -> Result<(), End> {
        let sound = std::mem::take(&mut self.sound).freeze();
        if std::mem::take(&mut self.too_long) || sound.is_empty() {
            return Ok(());
        }
        if self.waiting.len() >= WAITING {
            let text = "you have said more than is understood yet; wait a moment";
            return self.fail(Error::new(ErrorKind::RateLimited, text)).await;
        }
        self.waiting.push_back(sound);
        Ok(())
    }

    /// Begins to understand the next utterance, when there is one.
    fn go_on(&mut self) {
        if self.understanding.is_some() || self.restart.is_some() {
            return;
        }
        let Some(sound) = self.waiting.pop_front() else { return };
        let (conversations, ctx, id) = (self.room.platform.conversations(), self.context(), self.id);
        let heard = async move { conversations.recognize(&ctx, id, sound).await.map(Understood::Words) };
        self.understanding = Some(heard.boxed());
    }

    async fn understood(&mut self, understood: Result<Understood>) -> Result<(), End> {
        let (conversations, ctx, id) = (self.room.platform.conversations(), self.context(), self.id);
        match understood {
            Err(error) => self.fail(error).await,
            Ok(Understood::Passed) => Ok(()),
            Ok(Understood::Answer(answer)) => {
                self.answer = Some(answer);
                Ok(())
            }
            Ok(Understood::Words(heard)) if self.answer.is_some() && !cuts_off(&heard.text, self.language) => {
                let passed = async move {
                    conversations.pass_over(&ctx, id, &heard).await?;
                    Ok(Understood::Passed)
                };
                self.understanding = Some(passed.boxed());
                Ok(())
            }
            Ok(Understood::Words(heard)) => {
                let next = async move {
                    let until = Instant::now() + PATIENCE;
                    loop {
                        let input = TurnInput { voice: true, ..TurnInput::default() };
                        match conversations.turn_heard(&ctx, id, heard.clone(), input).await {
                            // The answer that was cut off is being stored.
                            Err(error) if is_busy(&error) && Instant::now() < until => tokio::time::sleep(LOOK).await,
                            begun => return begun.map(Understood::Answer),
                        }
                    }
                };
                self.understanding = Some(next.boxed());
                // What was sent of it is what was heard.
                match self.answer.take() {
                    Some(_) => self.say(&json!({ "type": "done", "cut_off": true })).await,
                    None => Ok(()),
                }
            }
        }
    }

    async fn answered(&mut self, event: Option<Result<TurnEvent>>) -> Result<(), End> {
        let to_visitor = matches!(self.connection.context().actor, Actor::Visitor(_));
        match event {
            None => {
                self.answer = None;
                Ok(())
            }
            Some(Err(error)) => {
                self.answer = None;
                self.fail(error).await
            }
            Some(Ok(TurnEvent::Transcript(said))) => {
                self.say(&json!({ "type": "transcript", "data": transcript(said, to_visitor) })).await
            }
            Some(Ok(TurnEvent::Token(text))) => self.say(&json!({ "type": "token", "text": text })).await,
            Some(Ok(TurnEvent::Audio(sound))) => Ok(self.send(Frame::Binary(sound)).await?),
            Some(Ok(TurnEvent::Tool { name, ok })) => {
                self.say(&json!({ "type": "tool", "name": name, "ok": ok })).await
            }
            Some(Ok(TurnEvent::Done { utterance, status })) => {
                self.answer = None;
                let utterance = utterance.map(|said| transcript(said, to_visitor));
                self.say(&json!({ "type": "done", "utterance": utterance, "status": status })).await?;
                if matches!(status, ConversationStatus::Completed | ConversationStatus::Abandoned) {
                    return Err(End::Close(code::DONE, "the conversation has ended".to_owned()));
                }
                Ok(())
            }
        }
    }

    fn context(&self) -> Context {
        Context { request_id: Some(self.room.request_id.clone()), ..self.connection.context().clone() }
    }

    async fn fail(&mut self, error: Error) -> Result<(), End> {
        if matches!(error.kind(), ErrorKind::Internal | ErrorKind::Misconfigured | ErrorKind::Corrupt) {
            tracing::error!(request_id = self.room.request_id, error = error.chain(), "a voice conversation failed");
        }
        let shown = wire::error(error, None, "error", &self.room.request_id);
        self.say(&shown).await
    }

    async fn say(&mut self, message: &Value) -> Result<(), End> {
        Ok(self.send(Frame::Text(bytes_of(message))).await?)
    }

    async fn send(&mut self, frame: Frame) -> Result<(), Unsent> {
        self.socket.send(frame, self.room.policy.send_timeout).await
    }
}

/// True when another turn of the conversation is still running.
fn is_busy(error: &Error) -> bool {
    error.is_conflict() && matches!(error.retry(), Retry::After(_))
}

/// What a client asks for in words.
#[derive(Debug, PartialEq, Eq)]
enum Ask {
    End,
    Ping,
}

fn read(text: &[u8]) -> Result<Ask> {
    let mut members = wire::object(text)?;
    let kind = members.remove("type");
    let mut broken = spotlight_core::error::Violations::new();
    let asked = kind.as_ref().and_then(Value::as_str).unwrap_or_default();
    if !matches!(asked, "end" | "ping") {
        broken.add("/type", "unknown", "Type must be one of: end, ping");
    }
    for name in members.keys() {
        broken.add(wire::pointer(name), "unknown", "this is not a member of this message");
    }
    broken.into_result()?;
    Ok(if asked == "end" { Ask::End } else { Ask::Ping })
}
