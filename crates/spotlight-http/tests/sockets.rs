//! Sockets over frames in the process, where time and the client's pace can be chosen.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context as Task, Poll},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{Sink, SinkExt, Stream, StreamExt, channel::mpsc, stream};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use spotlight_core::{
    Spotlight,
    error::Result,
    memory::{
        MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryRecognizer, MemoryStorage,
        MemorySynthesizer,
    },
    ports::{ChatChunk, ChatModel, ChatRequest, ChatStream, SystemClock},
    services::public::NewVisit,
};
use spotlight_http::{
    Api, Body, Broken, Endpoint, Frame, HttpPolicy, Request, Socket,
    conformance::{Target, seed, seed::assistant},
};
use tokio::{task::JoinHandle, time::timeout};

/// Far beyond what anything here takes in true time.
const LONG: Duration = Duration::from_secs(20);

/// The server's end of a socket.
struct Pipe {
    from_client: mpsc::UnboundedReceiver<Frame>,
    to_client: mpsc::Sender<Frame>,
}

impl Stream for Pipe {
    type Item = std::result::Result<Frame, Broken>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        self.from_client.poll_next_unpin(cx).map(|frame| frame.map(Ok))
    }
}

impl Sink<Frame> for Pipe {
    type Error = Broken;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<std::result::Result<(), Broken>> {
        self.to_client.poll_ready_unpin(cx).map_err(|_| Broken::Lost)
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Frame) -> std::result::Result<(), Broken> {
        self.to_client.start_send_unpin(frame).map_err(|_| Broken::Lost)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<std::result::Result<(), Broken>> {
        self.to_client.poll_flush_unpin(cx).map_err(|_| Broken::Lost)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<std::result::Result<(), Broken>> {
        self.to_client.poll_close_unpin(cx).map_err(|_| Broken::Lost)
    }
}

/// The client's end.
struct Client {
    says: mpsc::UnboundedSender<Frame>,
    hears: mpsc::Receiver<Frame>,
    session: JoinHandle<()>,
}

impl Client {
    /// Opens a socket whose client takes `room` frames unread.
    async fn open(api: &Api, name: &str, path: &str, token: &str, room: usize) -> Self {
        let headers = [
            ("authorization", format!("Bearer {token}")),
            ("connection", "Upgrade".to_owned()),
            ("upgrade", "websocket".to_owned()),
            ("sec-websocket-version", "13".to_owned()),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==".to_owned()),
        ];
        let headers: HeaderMap = headers
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(&value).expect("a value")))
            .collect();
        let endpoint = Endpoint::named(name).expect("an endpoint");
        let (method, peer) = (endpoint.verb.method(), [203, 0, 113, 7].into());
        let request =
            Request { method, path: path.to_owned(), prefix: 0, query: None, headers, peer, encrypted: false };
        let response = api.handle(endpoint, request, stream::empty::<std::result::Result<Bytes, Infallible>>()).await;
        assert_eq!(response.status, 101);
        let Body::Socket(upgrade) = response.body else { panic!("a socket") };
        let (says, from_client) = mpsc::unbounded();
        let (to_client, hears) = mpsc::channel(room);
        let session = tokio::spawn(upgrade.run(Socket::new(Pipe { from_client, to_client })));
        Self { says, hears, session }
    }

    fn say(&self, message: &Value) {
        self.says.unbounded_send(Frame::Text(message.to_string().into())).expect("the session goes on");
    }

    fn speak(&self, words: &'static str) {
        self.says.unbounded_send(Frame::Binary(Bytes::from_static(words.as_bytes()))).expect("the session goes on");
        self.say(&json!({"type": "end"}));
    }

    async fn frame(&mut self) -> Option<Frame> {
        timeout(LONG * 100, self.hears.next()).await.expect("the server says something")
    }

    /// The next message of JSON; other frames are passed over.
    async fn message(&mut self) -> Value {
        loop {
            match self.frame().await.expect("the session goes on") {
                Frame::Text(text) => return serde_json::from_slice(&text).expect("JSON"),
                Frame::Close(close) => panic!("{close:?}"),
                _ => {}
            }
        }
    }

    async fn message_of(&mut self, kind: &str) -> Value {
        loop {
            let message = self.message().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// The code with which the server ends it.
    async fn closed(&mut self) -> u16 {
        loop {
            match self.frame().await {
                Some(Frame::Close(close)) => return close.expect("a code").0,
                Some(_) => {}
                None => return 1006,
            }
        }
    }
}

/// A model that says these pieces, and nothing more after the last of a script that hangs.
#[derive(Default)]
struct Scripts(Mutex<VecDeque<(Vec<&'static str>, bool)>>);

#[async_trait]
impl ChatModel for Scripts {
    fn name(&self) -> String {
        "scripts".to_owned()
    }

    async fn stream(&self, _: ChatRequest) -> Result<ChatStream> {
        let next = self.0.lock().expect("nobody panicked").pop_front();
        let (pieces, hangs) = next.expect("asked no more often than scripted");
        let pieces = stream::iter(pieces.into_iter().map(|piece| Ok(ChatChunk::Text(piece.to_owned()))));
        Ok(if hangs { pieces.chain(stream::pending()).boxed() } else { pieces.boxed() })
    }
}

async fn start(scripts: Scripts) -> (Api, Spotlight, Target) {
    let clock = Arc::new(SystemClock);
    let platform = Spotlight::builder()
        .memory(Arc::new(MemoryStorage::new(clock.clone())))
        .chat(Arc::new(scripts))
        .recognizer(Arc::new(MemoryRecognizer))
        .synthesizer(Arc::new(MemorySynthesizer))
        .events(Arc::new(MemoryEventBus::new(clock.clone())))
        .mailer(Arc::new(MemoryMailer::new()))
        .files(Arc::new(MemoryFileStore::new()))
        .limiter(Arc::new(MemoryRateLimiter::new(clock)))
        .build()
        .expect("nothing is missing");
    let target = seed::seed(&platform, "").await;
    (Api::new(platform.clone(), HttpPolicy::development()), platform, target)
}

async fn live(api: &Api, target: &Target, room: usize) -> Client {
    let mut client = Client::open(api, "live", "/api/v1/live", &target.owner.token, room).await;
    client.say(&json!({"type": "subscribe", "channel": "leads"}));
    client.message_of("subscribed").await;
    client
}

/// Tells everybody who listens to leads something so many times.
async fn publish(platform: &Spotlight, target: &Target, count: usize) {
    let context = platform.accounts().authenticate_token(&target.owner.token.clone().into()).await.expect("a token");
    for _ in 0..count {
        let event = spotlight_core::ports::Event {
            id: 0,
            event_type: "lead.updated".to_owned(),
            conversation_id: None,
            data: json!({}),
            at: platform.clock().now(),
        };
        let bus = platform.events();
        bus.publish(context.context.organization, "leads", platform.ids().uuid(), event).await.expect("published");
    }
}

#[tokio::test]
async fn a_client_that_is_silent_is_given_up() {
    let (api, _, target) = start(Scripts::default()).await;
    let mut client = live(&api, &target, 8).await;
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    for _ in 0..2 {
        assert_eq!(client.frame().await, Some(Frame::Ping(Bytes::new())));
    }
    assert_eq!(client.closed().await, 4408);
    assert!(begun.elapsed() < Duration::from_mins(1));
    // One that gives signs of life is kept.
    tokio::time::resume();
    let mut client = live(&api, &target, 8).await;
    tokio::time::pause();
    for _ in 0..8 {
        assert_eq!(client.frame().await, Some(Frame::Ping(Bytes::new())));
        client.says.unbounded_send(Frame::Pong(Bytes::new())).expect("the session goes on");
    }
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_dropped_and_holds_nobody_up() {
    let (api, platform, target) = start(Scripts::default()).await;
    let (mut slow, mut gone, mut quick) =
        (live(&api, &target, 1).await, live(&api, &target, 1).await, live(&api, &target, 1).await);
    tokio::time::pause();
    publish(&platform, &target, 20).await;
    for _ in 0..20 {
        assert_eq!(quick.message().await["type"], "lead.updated");
    }
    // Longer than a client may take nothing: one comes back while it is being told, and hears why.
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(slow.closed().await, 4429);
    // The other hears nothing any more, and its session has ended.
    timeout(LONG, &mut gone.session).await.expect("the session ends").expect("without a panic");
    let mut left = 0;
    while gone.hears.next().await.is_some() {
        left += 1;
    }
    assert!(left <= 3, "no more waits for it than its connection holds");
    quick.say(&json!({"type": "ping"}));
    quick.message_of("pong").await;
}

#[tokio::test]
async fn a_pause_sends_everybody_away_with_the_time_to_come_back() {
    let (api, platform, target) = start(Scripts::default()).await;
    let mut client = live(&api, &target, 8).await;
    assert_eq!(api.live_connections(), 1);
    publish(&platform, &target, 1).await;
    assert_eq!(client.message().await["type"], "lead.updated");
    api.pause(Duration::from_secs(2));
    assert_eq!(client.message().await, json!({"type": "reconnect", "retry_after_s": 2}));
    assert_eq!(client.closed().await, 1012);
    client.says.unbounded_send(Frame::Close(None)).expect("the session waits for it");
    timeout(LONG, api.drained()).await.expect("nobody is left");
    assert_eq!(api.live_connections(), 0);
}

async fn voice(api: &Api, platform: &Spotlight, target: &Target) -> (Client, String) {
    let context = platform.accounts().authenticate_token(&target.owner.token.clone().into()).await.expect("a token");
    let body = assistant();
    let text = |name: &str| body["assistant"][name].as_str().expect("a text").to_owned();
    let mut input = spotlight_core::services::assistants::AssistantInput {
        name: text("name"),
        role: text("role"),
        script: text("script"),
        ..Default::default()
    };
    input.voice.voice_id = Some("clear".to_owned());
    let assistant = platform.assistants().create(&context.context, input).await.expect("an assistant");
    let (public, nobody) = (platform.public(), spotlight_core::Context::anonymous());
    let visit = public.open(assistant.id, None, NewVisit::default(), nobody).await.expect("a conversation");
    let (id, token) = (visit.conversation.id.to_string(), visit.token);
    let path = format!("/api/v1/conversations/{id}/voice");
    let client = Client::open(api, "voice", &path, secrecy::ExposeSecret::expose_secret(&token), 64).await;
    (client, id)
}

#[tokio::test]
async fn speech_cuts_the_assistant_off_and_a_sign_of_listening_does_not() {
    let scripts = Scripts::default();
    scripts
        .0
        .lock()
        .expect("nobody panicked")
        .extend([(vec!["Hello there. ", "We sell bikes. ", "And then we "], true), (vec!["Ten a month."], false)]);
    let (api, platform, target) = start(scripts).await;
    let (mut client, id) = voice(&api, &platform, &target).await;
    client.speak("Hi");
    assert_eq!(client.message_of("transcript").await["data"]["attributes"]["content"], "Hi");
    let mut sounds = 0;
    while sounds < 2 {
        if let Some(Frame::Binary(_)) = client.frame().await {
            sounds += 1;
        }
    }
    // The answer goes on through a backchannel.
    client.speak("mhm");
    client.say(&json!({"type": "ping"}));
    client.message_of("pong").await;
    client.speak("Wait, how much is it?");
    assert_eq!(client.message_of("done").await, json!({"type": "done", "cut_off": true}));
    let next = client.message_of("transcript").await;
    assert_eq!(next["data"]["attributes"]["content"], "Wait, how much is it?");
    let done = client.message_of("done").await;
    assert_eq!(done["utterance"]["attributes"]["content"], "Ten a month.");
    let context = platform.accounts().authenticate_token(&target.owner.token.clone().into()).await.expect("a token");
    let id = id.parse().expect("an id");
    let said = platform.conversations().transcripts(&context.context, id, 0, 10).await.expect("transcripts");
    let said: Vec<_> = said.iter().map(|said| (said.content.as_str(), said.interrupted)).collect();
    assert_eq!(
        said,
        [
            ("Hi", false),
            ("Hello there. We sell bikes.", true),
            ("Wait, how much is it?", false),
            ("Ten a month.", false)
        ],
        "a backchannel is no utterance, and only what was heard is kept"
    );
}

#[tokio::test]
async fn too_much_sound_in_a_minute_ends_it() {
    let (_, platform, target) = start(Scripts::default()).await;
    let mut policy = HttpPolicy::development();
    (policy.voice.per_minute, policy.voice.utterance) = (20, 8);
    let api = Api::new(platform.clone(), policy);
    let (mut client, _) = voice(&api, &platform, &target).await;
    client.speak("far too long");
    assert_eq!(client.message_of("error").await["errors"][0]["meta"]["code"], "length");
    client.speak("more than a minute has");
    assert_eq!(client.message_of("error").await["errors"][0]["status"], "429");
    assert_eq!(client.closed().await, 4429);
}
