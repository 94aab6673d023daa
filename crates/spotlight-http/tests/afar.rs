//! Requests that come in on another runtime than the platform's own, as actix's workers have them.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Value, json};
use spotlight_core::error::{Error, ErrorKind, Result};
use spotlight_http::{
    Api, Authenticate, Body, HttpPolicy, Request, Response, Vouched,
    conformance::{Target, in_memory, seed},
};
use tokio::{
    runtime::{Builder, Handle, Id, Runtime},
    sync::Notify,
    time::timeout,
};

const LONG: Duration = Duration::from_secs(20);

fn home() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

fn worker() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// An API whose platform was built on `home`.
fn api(home: &Runtime, policy: HttpPolicy) -> (Api, Target) {
    home.block_on(async {
        let platform = in_memory();
        let target = seed(&platform, "").await;
        (Api::new(platform, policy), target)
    })
}

async fn send(api: &Api, method: Method, path: &str, token: &str, body: &Value) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).expect("a token"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let request = Request {
        method,
        path: path.to_owned(),
        prefix: 0,
        query: None,
        headers,
        peer: [203, 0, 113, 7].into(),
        encrypted: false,
    };
    let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    // In small parts, and not to be sent to another thread.
    let parts: Vec<_> = bytes.chunks(7).map(Bytes::copy_from_slice).collect();
    let here = std::rc::Rc::new(());
    let body = stream::iter(parts).map(move |part| {
        let _ = &here;
        Ok::<_, Infallible>(part)
    });
    api.respond(request, body).await
}

async fn document(response: Response) -> Value {
    let bytes = match response.body {
        Body::Full(bytes) => bytes.to_vec(),
        Body::Stream(parts) => parts.map(|part| part.expect("a part").to_vec()).concat().await,
        Body::Socket(_) => unreachable!("nothing here asks for a socket"),
    };
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

/// Tells where it was asked, and never answers.
#[derive(Debug, Default)]
struct Waits {
    asked_on: Mutex<Option<Id>>,
    asked: Notify,
    waiting: Arc<AtomicUsize>,
}

struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Authenticate for Waits {
    async fn authenticate(&self, request: &Request) -> Result<Vouched> {
        *self.asked_on.lock().expect("no panic") = Some(Handle::current().id());
        if request.method == Method::GET {
            return Err(Error::new(ErrorKind::Unauthenticated, "nobody"));
        }
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waiting = Waiting(Arc::clone(&self.waiting));
        self.asked.notify_one();
        std::future::pending().await
    }
}

#[test]
fn the_work_is_done_on_the_platforms_own_runtime_and_ends_when_the_caller_goes_away() {
    let (home, worker) = (home(), worker());
    let (api, _) = api(&home, HttpPolicy::development());
    let host = Arc::new(Waits::default());
    let api = api.authenticated_by(Arc::clone(&host) as Arc<dyn Authenticate>);
    worker.block_on(async {
        assert_eq!(send(&api, Method::GET, "/api/v1/leads", "x", &Value::Null).await.status, 401);
        assert_eq!(*host.asked_on.lock().expect("no panic"), Some(home.handle().id()));
        {
            let lead = json!({"lead": {}});
            let waits = send(&api, Method::POST, "/api/v1/leads", "x", &lead);
            tokio::select! {
                _ = waits => panic!("it is never answered"),
                asked = timeout(LONG, host.asked.notified()) => asked.expect("it is asked"),
            }
        }
        let gone = async {
            while host.waiting.load(Ordering::SeqCst) > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LONG, gone).await.expect("the work has ended");
    });
}

#[test]
fn bodies_and_streams_go_over_and_a_stream_that_is_dropped_ends() {
    let (home, worker) = (home(), worker());
    let mut policy = HttpPolicy::development();
    policy.max_in_flight = 1;
    let (api, target) = api(&home, policy);
    let token = &target.owner.token;
    worker.block_on(async {
        let made = send(&api, Method::POST, "/api/v1/assistants", token, &seed_assistant()).await;
        assert_eq!(made.status, 201);
        let assistant = document(made).await["data"]["id"].clone();
        let body = json!({"conversation": {"assistant_id": assistant}});
        let begun = document(send(&api, Method::POST, "/api/v1/conversations", token, &body).await).await;
        let turns = format!("/api/v1/conversations/{}/turns", begun["data"]["id"].as_str().expect("an id"));
        let turn = json!({"turn": {"text": "Hello, what do you offer?"}});
        let streamed = send(&api, Method::POST, &turns, token, &turn).await;
        let Body::Stream(parts) = streamed.body else { panic!("a stream") };
        let text = parts.map(|part| part.expect("a part").to_vec()).concat().await;
        assert!(String::from_utf8_lossy(&text).contains("event: done"));
        let free = async || {
            while send(&api, Method::GET, "/api/v1/user", token, &Value::Null).await.status != 200 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LONG, free()).await.expect("its place is free once it has ended");
        let streamed = send(&api, Method::POST, &turns, token, &turn).await;
        assert_eq!(streamed.status, 200);
        drop(streamed);
        timeout(LONG, free()).await.expect("its place is free once it is dropped");
    });
}

fn seed_assistant() -> Value {
    spotlight_http::conformance::seed::assistant()
}

#[test]
fn a_platform_that_has_stopped_is_said_in_the_form_of_the_api() {
    let (home, worker) = (home(), worker());
    let (api, target) = api(&home, HttpPolicy::development());
    home.shutdown_timeout(LONG);
    worker.block_on(async {
        let refused = send(&api, Method::GET, "/api/v1/leads", &target.owner.token, &Value::Null).await;
        assert_eq!((refused.status.as_u16(), &refused.headers["retry-after"]), (503, &HeaderValue::from_static("1")));
        assert_eq!(document(refused).await["errors"][0]["meta"]["code"], "unavailable");
    });
}

#[test]
fn an_unread_body_is_read_a_little_and_else_the_connection_closes() {
    let home = home();
    let (api, target) = api(&home, HttpPolicy::development());
    let ask = async |name: &'static str, value: &'static str, length: usize, ends: bool| {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        headers.insert(name, HeaderValue::from_static(value));
        let path = "/api/v1/leads".to_owned();
        let peer = [203, 0, 113, 7].into();
        let request = Request { method: Method::POST, path, prefix: 0, query: None, headers, peer, encrypted: false };
        let parts = vec![Ok::<_, Infallible>(Bytes::from(vec![b'x'; length]))];
        let rest = if ends { stream::empty().left_stream() } else { stream::pending().right_stream() };
        let answered = api.respond(request, stream::iter(parts).chain(rest)).await;
        (answered.status.as_u16(), answered.close)
    };
    home.block_on(async {
        assert_eq!(ask("x-nothing", "", 100, true).await, (401, false));
        assert_eq!(ask("x-nothing", "", 64 * 1024, true).await, (401, false));
        assert_eq!(ask("x-nothing", "", 64 * 1024 + 1, true).await, (401, true));
        assert_eq!(ask("x-nothing", "", 100, false).await, (401, true), "the rest does not come");
        assert_eq!(ask("expect", "100-continue", 100, true).await, (401, true), "it is not asked for in vain");
        assert_eq!(ask("connection", "close", 100, true).await, (401, true));
        assert!(!target.owner.token.is_empty());
    });
}
