//! The sender against receivers on the loopback address.

use std::{
    io,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use spotlight_core::{
    domain::destination::Destinations,
    error::ErrorKind,
    ports::{SystemIds, WebhookRequest, WebhookSender},
    trace::Trace,
};
use spotlight_providers::webhooks::{HttpWebhookSender, NameResolver, Ports, WebhookOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Answers every request with these bytes, and keeps what it heard.
struct Receiver {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    async fn new(answer: impl Into<Vec<u8>>) -> Self {
        Self::holding(answer, Duration::ZERO).await
    }

    /// One that keeps the connection open for a time after its answer.
    async fn holding(answer: impl Into<Vec<u8>>, hold: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (heard, answer) = (Arc::<Mutex<Vec<String>>>::default(), answer.into());
        let kept = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                // A request of these tests ends with its body's brace.
                while !request.ends_with(b"}") {
                    if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                        break;
                    }
                }
                kept.lock().expect("nobody panicked").push(String::from_utf8_lossy(&request).into_owned());
                let _ = stream.write_all(&answer).await;
                tokio::time::sleep(hold).await;
            }
        });
        Self { port, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("nobody panicked").clone()
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn request(url: String) -> WebhookRequest {
    WebhookRequest {
        url,
        headers: vec![("content-type", "application/json".to_owned()), ("x-signature", "sha256=ab".to_owned())],
        body: Bytes::from_static(b"{\"id\":\"1\"}"),
    }
}

fn development() -> HttpWebhookSender {
    HttpWebhookSender::new(WebhookOptions::development()).expect("a sender")
}

/// As in development, but for public addresses alone.
fn public() -> WebhookOptions {
    let usual = WebhookOptions::development();
    let destinations = Destinations { private_networks: false, ..usual.destinations.clone() };
    WebhookOptions { destinations, ..usual }
}

/// Answers with each list of addresses in turn, and with the last for ever.
struct Names {
    answers: Vec<Vec<&'static str>>,
    asked: AtomicUsize,
}

impl Names {
    fn new(answers: &[&[&'static str]]) -> Arc<Self> {
        let answers = answers.iter().map(|addresses| addresses.to_vec()).collect();
        Arc::new(Self { answers, asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl NameResolver for Names {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let time = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        Ok(self.answers[time].iter().map(|text| text.parse().expect("an address")).collect())
    }
}

#[tokio::test]
async fn a_request_arrives_as_it_was_signed_and_its_answer_comes_back() {
    let receiver = Receiver::new(ok("{\"taken\":true}")).await;
    let answer = development().send(&request(format!("http://127.0.0.1:{}/hooks?a=1", receiver.port))).await;
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, answer.retry_after, &answer.body[..]), (200, None, &b"{\"taken\":true}"[..]));
    let [heard] = receiver.heard().try_into().expect("one request");
    let heard = heard.to_lowercase();
    assert!(heard.starts_with("post /hooks?a=1 http/1.1\r\n") && heard.ends_with("\r\n\r\n{\"id\":\"1\"}"), "{heard}");
    for line in ["content-type: application/json\r\n", "x-signature: sha256=ab\r\n", "user-agent: spotlight-webhooks/"]
    {
        assert!(heard.contains(line), "{heard}");
    }
}

#[tokio::test]
async fn a_receiver_hears_of_the_request_and_the_trace_that_a_request_is_made_for() {
    let receiver = Receiver::new(ok("")).await;
    let (sender, sent) = (development(), request(format!("http://127.0.0.1:{}/", receiver.port)));
    let trace = Trace::begin(Some("of-mine"), &SystemIds);
    trace.clone().scope(sender.send(&sent)).await.expect("an answer");
    sender.send(&sent).await.expect("an answer");
    let [told, untold] = receiver.heard().try_into().expect("two requests");
    let traceparent = format!("traceparent: {}\r\n", trace.traceparent());
    assert!(told.contains("x-request-id: of-mine\r\n") && told.contains(&traceparent), "{told}");
    assert!(!untold.contains("x-request-id") && !untold.contains("traceparent"), "{untold}");
}

#[tokio::test]
async fn a_name_that_answers_differently_the_second_time_gains_nothing() {
    let receiver = Receiver::new(ok("")).await;
    // Public when it is first asked, ours afterwards: whoever asks twice connects to what was never checked.
    let names = Names::new(&[&["192.0.2.1"], &["127.0.0.1"]]);
    let options = public();
    let sender = HttpWebhookSender::with_resolver(options, Arc::clone(&names) as Arc<dyn NameResolver>);
    let sender = sender.expect("a sender");
    let url = format!("http://rebind.example.com:{}/", receiver.port);
    for time in 1..=3 {
        let error = sender.send(&request(url.clone())).await.expect_err("it is refused");
        assert_eq!((error.kind(), names.asked()), (ErrorKind::Validation, time), "resolved once for each request");
    }
    assert_eq!(receiver.heard(), Vec::<String>::new());

    // The same with private networks allowed: the one answer that was checked is the one that is used.
    let names = Names::new(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let sender =
        HttpWebhookSender::with_resolver(WebhookOptions::development(), Arc::clone(&names) as Arc<dyn NameResolver>);
    assert_eq!(sender.expect("a sender").send(&request(url)).await.expect("an answer").status, 200);
    assert_eq!((receiver.heard().len(), names.asked()), (1, 1));
}

#[tokio::test]
async fn one_address_that_is_not_allowed_refuses_them_all() {
    let options = public();
    for addresses in [["1.1.1.1", "10.0.0.1"], ["::ffff:127.0.0.1", "1.1.1.1"], ["1.1.1.1", "64:ff9b::a9fe:a9fe"]] {
        let sender = HttpWebhookSender::with_resolver(options.clone(), Names::new(&[&addresses])).expect("a sender");
        let error = sender.send(&request("http://mixed.example.com/".to_owned())).await.expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::Validation, "{addresses:?}");
        assert!(!format!("{error:?}").contains("10.0.0.1"), "an address of ours is not told");
    }
}

#[tokio::test]
async fn addresses_in_urls_are_checked_however_they_are_written() {
    let receiver = Receiver::new(ok("")).await;
    let options = public();
    let sender = HttpWebhookSender::new(options).expect("a sender");
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "[::]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "169.254.169.254",
        "[64:ff9b::7f00:1]",
        "①②⑦.0.0.1",
    ] {
        let error = sender.send(&request(format!("http://{host}:{}/", receiver.port))).await.expect_err(host);
        // A name that this machine does not know is no answer either.
        assert!(matches!(error.kind(), ErrorKind::Validation | ErrorKind::Unavailable), "{host}: {error}");
    }
    assert_eq!(receiver.heard(), Vec::<String>::new());
    // To these they do not go even where private networks are allowed.
    for host in ["169.254.169.254", "[fd00:ec2::254]", "[fe80::1]", "0.0.0.0", "224.0.0.1", "255.255.255.255"] {
        let error = development().send(&request(format!("http://{host}/"))).await.expect_err(host);
        assert_eq!(error.kind(), ErrorKind::Validation, "{host}");
    }
}

#[tokio::test]
async fn schemes_ports_and_credentials_are_as_the_deployment_allows() {
    let usual = HttpWebhookSender::new(WebhookOptions::default()).expect("a sender");
    for url in [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://example.com:22/",
        "https://example.com:80/",
        "https://user:secret@example.com/",
        "https://",
        "nothing",
    ] {
        let error = usual.send(&request(url.to_owned())).await.expect_err(url);
        assert_eq!(error.kind(), ErrorKind::Validation, "{url}");
        assert!(!error.to_string().contains("secret"));
    }
    let usual = WebhookOptions::development();
    let destinations = Destinations { ports: Ports::These(vec![1]), ..usual.destinations.clone() };
    let options = WebhookOptions { destinations, ..usual };
    let sender = HttpWebhookSender::new(options).expect("a sender");
    let error = sender.send(&request("http://127.0.0.1:2/".to_owned())).await.expect_err("another port");
    assert_eq!(error.kind(), ErrorKind::Validation);
    let error = sender.send(&request("http://127.0.0.1:1/".to_owned())).await.expect_err("nobody listens there");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let target = Receiver::new(ok("")).await;
    let redirect = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:{}/\r\ncontent-length: 0\r\n\r\n",
        target.port
    );
    let receiver = Receiver::new(redirect).await;
    let answer = development().send(&request(format!("http://127.0.0.1:{}/", receiver.port))).await;
    assert_eq!(answer.expect("an answer").status, 307);
    assert_eq!(target.heard(), Vec::<String>::new());
}

#[tokio::test]
async fn a_receiver_that_says_nothing_or_never_ends_is_left() {
    let options = WebhookOptions { timeout: Duration::from_millis(300), ..WebhookOptions::development() };
    let sender = HttpWebhookSender::new(options).expect("a sender");
    let silent = Receiver::holding("", Duration::from_mins(1)).await;
    let error = sender.send(&request(format!("http://127.0.0.1:{}/", silent.port))).await.expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    // A body of which the end does not come: what has come is enough.
    let endless = "HTTP/1.1 202 Accepted\r\ncontent-length: 999\r\n\r\nbegun";
    let endless = Receiver::holding(endless, Duration::from_mins(1)).await;
    let answer = sender.send(&request(format!("http://127.0.0.1:{}/", endless.port))).await.expect("an answer");
    assert_eq!((answer.status, &answer.body[..]), (202, &b"begun"[..]));
    let large = Receiver::new(ok(&"x".repeat(100_000))).await;
    let answer = sender.send(&request(format!("http://127.0.0.1:{}/", large.port))).await.expect("an answer");
    assert_eq!(answer.body.len(), 4096);
    let broken = Receiver::new("this is not HTTP\r\n\r\n").await;
    let error = sender.send(&request(format!("http://127.0.0.1:{}/", broken.port))).await.expect_err("no HTTP");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_receiver_names_when_it_wants_to_be_asked_again() {
    let answered =
        |headers: &str| format!("HTTP/1.1 503 Busy\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n");
    let date = "date: Wed, 21 Oct 2015 07:28:00 GMT\r\n";
    for (headers, expected) in [
        ("retry-after: 120\r\n".to_owned(), Some(120)),
        (format!("{date}retry-after: Wed, 21 Oct 2015 07:30:00 GMT\r\n"), Some(120)),
        (format!("{date}retry-after: Wed, 21 Oct 2015 07:20:00 GMT\r\n"), Some(0)),
        ("retry-after: Wed, 21 Oct 2015 07:30:00 GMT\r\n".to_owned(), None),
        ("retry-after: soon\r\n".to_owned(), None),
        (String::new(), None),
    ] {
        let receiver = Receiver::new(answered(&headers)).await;
        let answer = development().send(&request(format!("http://127.0.0.1:{}/", receiver.port))).await;
        assert_eq!(answer.expect("an answer").retry_after, expected.map(Duration::from_secs), "{headers}");
    }
}

#[tokio::test]
async fn a_receiver_without_a_good_certificate_is_not_spoken_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    // It answers the first words of a handshake, which end with no brace, as if they were HTTP.
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read_buf(&mut Vec::with_capacity(4096)).await;
            let _ = stream.write_all(ok("").as_bytes()).await;
        }
    });
    let error = development().send(&request(format!("https://127.0.0.1:{port}/"))).await;
    let error = error.expect_err("it does not speak TLS");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!error.chain().contains("127.0.0.1"), "{}", error.chain());
}
