//! An event on its way out: from a request over HTTP, through the outbox and a job, to a receiver over TCP, by the sender
//! that deployments use.

use std::{sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use spotlight_core::{
    memory::MemoryStorage,
    ports::{Clock, SystemClock},
};
use spotlight_http::{
    HttpPolicy,
    conformance::{builder, seed},
};
use spotlight_providers::webhooks::{HttpWebhookSender, WebhookOptions};
use spotlight_tests::framework::{self, Framework};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

const LONG: Duration = Duration::from_secs(20);

/// A request as the receiver hears it.
#[derive(Debug)]
struct Heard {
    head: String,
    body: Vec<u8>,
}

impl Heard {
    async fn read(stream: &mut TcpStream) -> Self {
        let mut read = Vec::new();
        let end = loop {
            assert!(stream.read_buf(&mut read).await.expect("it goes on") > 0, "it ended within its head");
            if let Some(end) = read.windows(4).position(|part| part == b"\r\n\r\n") {
                break end;
            }
        };
        let mut body = read.split_off(end + 4);
        let mut heard = Self { head: String::from_utf8(read).expect("text"), body: Vec::new() };
        let length: usize = heard.header("content-length").parse().expect("a length");
        while body.len() < length {
            assert!(stream.read_buf(&mut body).await.expect("it goes on") > 0, "it ended within its body");
        }
        heard.body = body;
        heard
    }

    fn header(&self, name: &str) -> &str {
        let named = |line: &&str| line.split(':').next().is_some_and(|own| own.eq_ignore_ascii_case(name));
        let line = self.head.lines().skip(1).find(named).unwrap_or_else(|| panic!("{name}: {}", self.head));
        line[name.len() + 1..].trim()
    }

    /// Whether a receiver that does as `docs/webhooks.md` says takes the request.
    fn verifies(&self, secret: &str, body: &[u8]) -> bool {
        let signed_at: i64 = self.header("x-timestamp").parse().expect("Unix seconds");
        if (SystemClock.now().timestamp() - signed_at).abs() > 300 {
            return false;
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
        mac.update(format!("{signed_at}.").as_bytes());
        mac.update(body);
        let expected = mac.finalize().into_bytes();
        let expected = expected.iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"));
        self.header("x-signature").split(',').any(|one| one.trim() == expected)
    }

    fn event(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// Takes every request, and hands it on.
async fn receiver() -> (String, mpsc::UnboundedReceiver<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hooks?from=spotlight", listener.local_addr().expect("an address"));
    let (tells, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = Heard::read(&mut stream).await;
            stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await.expect("it listens");
            if tells.send(request).is_err() {
                return;
            }
        }
    });
    (url, heard)
}

async fn arrives(framework: Framework) {
    let storage = MemoryStorage::new(Arc::new(SystemClock));
    let queue = Arc::new(storage.queue());
    let sender = HttpWebhookSender::new(WebhookOptions::development()).expect("a sender");
    let platform = builder(Arc::new(storage), queue).webhook_sender(Arc::new(sender)).build().expect("a platform");
    let mut target = seed(&platform, "").await;
    let server = framework::start(framework, platform, HttpPolicy::development()).await;
    target.base.clone_from(&server.url);
    let (owner, (url, mut heard)) = (target.owner(), receiver().await);
    let next = async |heard: &mut mpsc::UnboundedReceiver<Heard>| {
        target.settle().await;
        timeout(LONG, heard.recv()).await.expect("it is sent").expect("the receiver listens")
    };

    let endpoint = json!({"webhook_endpoint": {"url": url, "events": ["lead.created"]}});
    let made = owner.post("/api/v1/webhook_endpoints", &endpoint).await.expect(201);
    let secret = made.body["meta"]["secret"].as_str().expect("a secret").to_owned();
    let deliveries = format!("/api/v1/webhook_endpoints/{}/deliveries", made.id());
    let lead = json!({"lead": {"name": "Grace Hopper", "email": "grace@example.com"}});
    let made = owner.post("/api/v1/leads", &lead).await.expect(201);
    let (lead, request) = (made.id(), made.header("x-request-id").to_owned());

    let first = next(&mut heard).await;
    assert!(first.head.starts_with("POST /hooks?from=spotlight HTTP/1.1\r\n"), "{}", first.head);
    assert!(first.verifies(&secret, &first.body));
    assert!(!first.verifies("whsec_of_somebody_else", &first.body));
    let forged = String::from_utf8(first.body.clone()).expect("text").replace("lead.created", "lead.deleted");
    assert!(!first.verifies(&secret, forged.as_bytes()), "what was signed is the body");
    assert_eq!(first.header("x-request-id"), request, "the request that it comes from");
    assert!(first.header("traceparent").starts_with("00-"), "{}", first.head);
    let event = first.event();
    assert_eq!((&event["type"], &event["data"]["lead_id"]), (&json!("lead.created"), &json!(lead)));
    assert_eq!((first.header("x-event-id"), first.header("x-attempt")), (event["id"].as_str().expect("an id"), "1"));
    assert!(!String::from_utf8_lossy(&first.body).contains("Grace"), "ids and states, nobody's name");

    let listed = owner.get(&deliveries).await.expect(200);
    assert_eq!(listed.attributes("status"), [json!("delivered")]);
    assert_eq!(listed.attributes("payload"), std::slice::from_ref(&event));
    assert_eq!(listed.attributes("attempts")[0][0]["status"], 204);
    let one = format!("{deliveries}/{}", listed.body["data"][0]["id"].as_str().expect("an id"));
    assert_eq!(owner.post(&format!("{one}/replay"), &json!({})).await.expect(200).attribute("status"), "pending");

    let again = next(&mut heard).await;
    assert!(again.verifies(&secret, &again.body));
    assert_eq!((again.event(), again.header("x-attempt")), (event, "2"), "the same event, so the same id");
    let shown = owner.get(&one).await.expect(200);
    assert_eq!(
        (shown.attribute("status"), shown.attribute("attempts").as_array().map(Vec::len)),
        (&json!("delivered"), Some(2))
    );
    assert!(heard.try_recv().is_err(), "nothing more was sent");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lead_reaches_a_receiver_signed_and_again_when_it_is_replayed() {
    for framework in Framework::ALL {
        arrives(framework).await;
    }
}
