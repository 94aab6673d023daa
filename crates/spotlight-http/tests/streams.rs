//! Bodies that stream in: in process, where their pace and their end can be chosen.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use spotlight_http::{
    Api, Body, Endpoint, HttpPolicy, Request, Response,
    conformance::{Target, in_memory, seed},
};

async fn start(policy: HttpPolicy) -> (Api, Target) {
    let platform = in_memory();
    let target = seed(&platform, "").await;
    (Api::new(platform, policy), target)
}

fn head(name: &str, target: &Target, more: &[(&'static str, &str)]) -> Request {
    let endpoint = Endpoint::named(name).expect("an endpoint");
    let mut headers = HeaderMap::new();
    let token = format!("Bearer {}", target.owner.token);
    let usual = [("authorization", token.as_str()), ("content-type", "text/csv")];
    for (name, value) in usual.iter().chain(more) {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
    }
    Request {
        method: endpoint.verb.method(),
        path: endpoint.path.to_owned(),
        prefix: 0,
        query: None,
        headers,
        peer: [203, 0, 113, 7].into(),
        encrypted: false,
    }
}

async fn import<E>(api: &Api, request: Request, body: impl Stream<Item = Result<Bytes, E>>) -> Response {
    api.handle(Endpoint::named("import_leads").expect("an endpoint"), request, body).await
}

async fn document(response: Response) -> Value {
    let bytes = match response.body {
        Body::Full(bytes) => bytes.to_vec(),
        Body::Stream(parts) => parts.map(|part| part.expect("a part").to_vec()).concat().await,
        Body::Socket(_) => panic!("no socket was asked for"),
    };
    serde_json::from_slice(&bytes).expect("JSON")
}

fn rows(from: usize, to: usize) -> Bytes {
    let lines: Vec<_> = (from..to).map(|number| format!("p{number}@x.example\n")).collect();
    lines.concat().into()
}

/// Parts that come one after the other, each after a while.
fn slowly(parts: Vec<Bytes>, pause: Duration) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::iter(parts).then(move |part| async move {
        tokio::time::sleep(pause).await;
        Ok(part)
    })
}

#[tokio::test(start_paused = true)]
async fn an_import_that_goes_on_may_take_longer_than_an_answer() {
    let (api, target) = start(HttpPolicy::development()).await;
    // Each part is what must come within the time of a body: with less, it would drip.
    let first = Bytes::from([&b"email\n"[..], &rows(0, 1200)].concat());
    let parts = (1..11).map(|part| rows(part * 1200, part * 1200 + 1200));
    let parts = std::iter::once(first).chain(parts).collect();
    let began = tokio::time::Instant::now();
    let done = import(&api, head("import_leads", &target, &[]), slowly(parts, Duration::from_secs(15))).await;
    assert_eq!(done.status, 200);
    assert!(began.elapsed() > Duration::from_secs(150), "far longer than an answer may take");
    assert_eq!(document(done).await["data"]["attributes"]["created"], 13_200);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_or_drips_is_not_waited_for() {
    let (api, target) = start(HttpPolicy::development()).await;
    let stops = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"email\n"))]).chain(stream::pending());
    assert_eq!(import(&api, head("import_leads", &target, &[]), stops).await.status, 400);
    let drop = || Bytes::from_static(b"a");
    let drips = slowly((0..100).map(|_| drop()).collect(), Duration::from_secs(5));
    let began = tokio::time::Instant::now();
    assert_eq!(import(&api, head("import_leads", &target, &[]), drips).await.status, 400);
    assert!(began.elapsed() < Duration::from_mins(1));
}

#[tokio::test]
async fn a_cut_leaves_whole_chunks_and_the_key_goes_on() {
    let (api, target) = start(HttpPolicy::development()).await;
    let keyed = || head("import_leads", &target, &[("idempotency-key", "k")]);
    let (first, rest) = (rows(0, 5000), rows(5000, 5300));
    let cut = [Ok(Bytes::from_static(b"email\n")), Ok(first.clone()), Err("reset")];
    let refused = import(&api, keyed(), stream::iter(cut)).await;
    assert_eq!(refused.status, 400);
    let whole = [Bytes::from_static(b"email\n"), first, rest].map(Ok::<_, Infallible>);
    let done = document(import(&api, keyed(), stream::iter(whole)).await).await;
    let report = &done["data"]["attributes"];
    assert_eq!((&report["created"], &report["skipped"], &report["failed"]), (&5300.into(), &0.into(), &0.into()));
    let line = report["resumed_after_line"].as_u64().expect("it has gone on");
    assert!(line > 4000 && line <= 5001 && (line - 1) % 200 == 0, "{line}");
}

#[tokio::test]
async fn a_body_too_large_is_refused_before_and_within() {
    let (api, target) = start(HttpPolicy::development()).await;
    let unread = stream::once(async { panic!("a body that was announced too large was read") });
    let unread = unread.map(|()| Ok::<Bytes, Infallible>(Bytes::new()));
    let announced = head("import_leads", &target, &[("content-length", "2147483648")]);
    assert_eq!(import(&api, announced, unread).await.status, 413);
    let form = Endpoint::named("take_audio_turn").expect("an endpoint");
    let request = Request {
        path: "/api/v1/conversations/00000000-0000-0000-0000-000000000000/audio".to_owned(),
        ..head("take_audio_turn", &target, &[("content-type", "multipart/form-data; boundary=cut")])
    };
    let endless = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from(vec![b'x'; 65536])));
    let answered = api.handle(form, request, endless).await;
    assert_eq!(answered.status, 404, "nobody's sound is read for a conversation that is not theirs");
}

#[tokio::test]
async fn what_the_action_does_not_take_is_not_read() {
    let (api, target) = start(HttpPolicy::development()).await;
    let read = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = {
        let read = Arc::clone(&read);
        stream::repeat_with(move || {
            read.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok::<_, Infallible>(Bytes::from(vec![b'x'; 65536]))
        })
    };
    // The header is too long, which the import says at once.
    let refused = import(&api, head("import_leads", &target, &[]), counted);
    let refused = tokio::time::timeout(Duration::from_mins(1), refused).await.expect("it is not waited for");
    assert_eq!(refused.status, 422);
    assert!(read.load(std::sync::atomic::Ordering::Relaxed) < 16);
}

#[tokio::test]
async fn an_export_keeps_its_place_and_a_failure_breaks_it_off() {
    let mut policy = HttpPolicy::development();
    policy.max_in_flight = 1;
    let platform = in_memory();
    let target = seed(&platform, "").await;
    let api = Api::new(platform.clone(), policy);
    let table = [Bytes::from_static(b"email\n"), rows(0, 250)].map(Ok::<_, Infallible>);
    assert_eq!(import(&api, head("import_leads", &target, &[]), stream::iter(table)).await.status, 200);
    let export = Endpoint::named("export_leads").expect("an endpoint");
    let empty = || stream::empty::<Result<Bytes, Infallible>>();
    let exporting = api.handle(export, head("export_leads", &target, &[]), empty()).await;
    assert_eq!(exporting.status, 200);
    assert_eq!(api.handle(export, head("export_leads", &target, &[]), empty()).await.status, 503);
    let Body::Stream(mut parts) = exporting.body else { panic!("a table streams") };
    assert!(parts.next().await.expect("a header").is_ok());
    assert!(parts.next().await.expect("a part").is_ok());
    platform.storage().close().await;
    assert!(parts.next().await.expect("an end").is_err(), "a short table must not end well");
    assert!(parts.next().await.is_none());
    drop(parts);
}

/// A reader of events that takes nothing while more come than are kept: its stream holds no more for it, says why it
/// ends, and ends.
#[tokio::test]
async fn a_reader_of_events_that_is_too_slow_hears_why_it_is_let_go() {
    let platform = in_memory();
    let target = seed(&platform, "").await;
    let api = Api::new(platform.clone(), HttpPolicy::development());
    let mut request = head("live_events", &target, &[]);
    request.query = Some("channels=leads".to_owned());
    let endpoint = Endpoint::named("live_events").expect("an endpoint");
    let response = api.handle(endpoint, request, stream::empty::<Result<Bytes, Infallible>>()).await;
    assert_eq!(response.status, 200);
    let Body::Stream(mut frames) = response.body else { panic!("a stream") };
    let first = frames.next().await.expect("a frame").expect("no error");
    assert!(first.windows(10).any(|part| part == b"subscribed"), "{first:?}");
    let caller = platform.accounts().authenticate_token(&target.owner.token.clone().into()).await.expect("a token");
    for _ in 0..1100 {
        let event = spotlight_core::ports::Event {
            id: 0,
            event_type: "lead.updated".to_owned(),
            conversation_id: None,
            data: serde_json::json!({}),
            at: platform.clock().now(),
        };
        let id = platform.ids().uuid();
        platform.events().publish(caller.context.organization, "leads", id, event).await.expect("published");
        // The process hears it; the reader does not.
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
    }
    let rest: Vec<_> = frames.map(|frame| frame.expect("no error")).collect().await;
    let last = std::str::from_utf8(rest.last().expect("a reason")).expect("text");
    assert!(last.starts_with("event: error\n") && last.contains("\"429\""), "{last}");
    assert_eq!(rest.len(), 1, "nothing was kept for it");
    assert_eq!(api.live_connections(), 0);
}
