//! What every endpoint refuses, whatever it is for: asked of the table's rows, one after the other.

use std::sync::atomic::{AtomicU16, Ordering};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{Answer, Client, Target, account::browser, edge::head_answer};
use crate::{Endpoint, Group, Verb, endpoint::Access, endpoints, openapi};

/// Requests that a program makes before another goes on: no limit is reached.
const EACH: usize = 40;

/// Callers who may do everything, and are many.
struct Callers<'a> {
    target: &'a Target,
    program: Client,
    left: usize,
    browser: Client,
    addresses: AtomicU16,
}

impl<'a> Callers<'a> {
    async fn new(target: &'a Target) -> Self {
        let browser = browser(target, &target.owner.email, &target.owner.password).await;
        Self { target, program: target.nobody(), left: 0, browser, addresses: AtomicU16::new(0) }
    }

    /// Nobody, from an address that has asked for nothing before.
    fn nobody(&self) -> Client {
        let [high, low] = self.addresses.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        self.target.nobody().with("x-forwarded-for", format!("198.18.{high}.{low}"))
    }

    /// Somebody who may call an endpoint.
    async fn of(&mut self, endpoint: &Endpoint) -> Client {
        match endpoint.access {
            Access::Probe | Access::Open | Access::Signed => self.nobody(),
            Access::Session => self.browser.clone(),
            // One's own account is a person's.
            _ if endpoint.group == Group::Accounts => self.browser.clone(),
            Access::Team | Access::Visitor => {
                if self.left == 0 {
                    (self.program, self.left) = (self.with_scopes(&all_scopes()).await, EACH);
                }
                self.left -= 1;
                self.program.clone()
            }
        }
    }

    /// A new program.
    async fn with_scopes(&self, scopes: &Value) -> Client {
        let body = json!({"api_token": {"name": "Program", "scopes": scopes}});
        let made = self.target.owner().post("/api/v1/api_tokens", &body).await.expect(201);
        self.target.nobody().token(made.body["meta"]["secret"].as_str().expect("a secret"))
    }
}

fn all_scopes() -> Value {
    spotlight_core::domain::user::Scope::ALL.iter().map(|scope| scope.as_str()).collect()
}

/// The address of an endpoint's record that nobody has.
fn nowhere(endpoint: &Endpoint) -> String {
    let nobody = "00000000-0000-0000-0000-000000000000";
    let parts = endpoint.path.split('/').map(|part| if part.starts_with('{') { nobody } else { part });
    let path = parts.collect::<Vec<_>>().join("/");
    match endpoint.name {
        "availability" => format!("{path}?assistant_id={nobody}&from=2030-01-01T00:00:00Z&to=2030-01-02T00:00:00Z"),
        "live_events" => format!("{path}?channels=conversation:{nobody}"),
        _ => path,
    }
}

/// A request whose head is in order; of a socket, with what opens it.
fn asked(client: &Client, endpoint: &Endpoint, path: &str) -> RequestBuilder {
    let request = client.request(endpoint.verb.method(), path);
    if !endpoint.is_socket() {
        return request;
    }
    let handshake = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    handshake.into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

/// The media type and the text of a body that an endpoint reads.
fn body_of(endpoint: &Endpoint) -> Option<(&'static str, String)> {
    if let Some(streams) = &endpoint.streams {
        return Some(match streams.kind {
            "text/csv" => ("text/csv", "email\n".to_owned()),
            _ => ("multipart/form-data; boundary=cut", "--cut--\r\n".to_owned()),
        });
    }
    endpoint.carries?;
    let method = endpoint.verb.method().as_str().to_lowercase();
    let content = &openapi()["paths"][endpoint.path][method]["requestBody"]["content"]["application/json"];
    Some(("application/json", content["example"].to_string()))
}

/// The answer to a request that is in order.
async fn in_order(client: &Client, endpoint: &Endpoint, path: &str) -> Answer {
    let request = asked(client, endpoint, path);
    Client::answer(match body_of(endpoint) {
        Some((kind, body)) => request.header("content-type", kind).body(body),
        None => request,
    })
    .await
}

#[track_caller]
fn refused(answer: Answer, endpoint: &Endpoint, status: u16) -> Answer {
    assert_eq!(answer.status, status, "{endpoint:?}: {}", answer.text);
    assert_eq!(answer.body["errors"][0]["status"], status.to_string(), "{endpoint:?}: {}", answer.text);
    assert!(!answer.header("x-request-id").is_empty(), "{endpoint:?}");
    answer
}

/// Whoever is nobody, or not who they say, is told to sign in.
pub async fn without_credentials(target: &Target) {
    let callers = Callers::new(target).await;
    for endpoint in endpoints() {
        if matches!(endpoint.access, Access::Probe | Access::Open) {
            continue;
        }
        let answer = refused(in_order(&callers.nobody(), endpoint, &nowhere(endpoint)).await, endpoint, 401);
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{endpoint:?}");
        if endpoint.access != Access::Signed {
            let unknown = callers.nobody().token("spot_unknown");
            let wrong = in_order(&unknown, endpoint, &nowhere(endpoint)).await;
            refused(wrong, endpoint, if endpoint.access == Access::Session { 403 } else { 401 });
        }
    }
}

/// A token opens what its scopes say, and no more: whether there is a record is not told either.
pub async fn without_the_right(target: &Target) {
    let callers = Callers::new(target).await;
    let (mut reader, mut other) = (target.nobody(), target.nobody());
    let known = |endpoint: &&Endpoint| matches!(endpoint.access, Access::Session | Access::Team | Access::Visitor);
    for (at, endpoint) in endpoints().iter().filter(known).enumerate() {
        if at % EACH == 0 {
            reader = callers.with_scopes(&json!(["leads:read"])).await;
            other = callers.with_scopes(&json!(["assistants:read"])).await;
        }
        let caller =
            if matches!(endpoint.group, Group::Leads | Group::LeadTables | Group::Consents) { &other } else { &reader };
        let answer = in_order(caller, endpoint, &nowhere(endpoint)).await;
        // Anybody who is known may ask who they are and listen; what each channel allows is decided there.
        if !matches!(endpoint.name, "current_user" | "live") {
            refused(answer, endpoint, 403);
        }
    }
}

/// What is not there is not found, by whatever is asked of it.
pub async fn nothing_there(target: &Target) {
    let mut callers = Callers::new(target).await;
    for endpoint in endpoints().iter().filter(|endpoint| endpoint.error_statuses().contains(&404)) {
        let caller = callers.of(endpoint).await;
        // Stripe's address is there in this deployment.
        if endpoint.name != "receive_stripe" && endpoint.path.contains('{') {
            refused(in_order(&caller, endpoint, &nowhere(endpoint)).await, endpoint, 404);
        }
    }
}

/// Methods, forms and sizes that an address does not take.
pub async fn other_forms(target: &Target) {
    let mut callers = Callers::new(target).await;
    for endpoint in endpoints() {
        let path = nowhere(endpoint);
        let put = Client::answer(callers.nobody().request(Method::PUT, &path)).await;
        let allowed = refused(put, endpoint, 405).header("allow").to_owned();
        assert!(allowed.split(", ").any(|one| one == endpoint.verb.method().as_str()), "{endpoint:?}: {allowed}");
        let errors = endpoint.error_statuses();
        if errors.contains(&406) {
            let request = asked(&callers.nobody(), endpoint, &path).header("accept", "text/x-of-nobody");
            refused(Client::answer(request).await, endpoint, 406);
        }
        if errors.contains(&415) {
            let request =
                asked(&callers.of(endpoint).await, endpoint, &path).header("content-type", "text/x-of-nobody");
            refused(Client::answer(request.body("x")).await, endpoint, 415);
        }
        if errors.contains(&413) {
            let kind = body_of(endpoint).map_or("application/json", |(kind, _)| kind);
            let most = endpoint.streams.map_or(1024 * 1024, |streams| streams.most);
            let caller = callers.of(endpoint).await;
            let request = asked(&caller, endpoint, &path).header("content-type", kind);
            let head = format!("content-length: {}\r\nexpect: 100-continue\r\n", most + 1);
            assert_eq!(head_answer(target, request, &head, &[]).await, 413, "{endpoint:?}");
        }
    }
}

/// What cannot be read is malformed; a parameter that nobody knows is named.
pub async fn unreadable(target: &Target) {
    let mut callers = Callers::new(target).await;
    for endpoint in endpoints() {
        let path = nowhere(endpoint);
        if endpoint.access != Access::Probe {
            let known = path.contains('?');
            let path = format!("{path}{}of_nobody=1", if known { '&' } else { '?' });
            let answer = refused(in_order(&callers.of(endpoint).await, endpoint, &path).await, endpoint, 422);
            assert!(answer.problems().contains(&("of_nobody".into(), "unknown".into())), "{endpoint:?}");
        }
        if endpoint.versioned {
            let request = asked(&callers.of(endpoint).await, endpoint, &path).header("if-match", "3");
            refused(Client::answer(request).await, endpoint, 400);
        }
        // What is signed is read once its signature was looked at, and a form in its own time.
        if matches!(endpoint.verb, Verb::Post | Verb::Patch)
            && endpoint.streams.is_none()
            && endpoint.access != Access::Signed
        {
            let request =
                asked(&callers.of(endpoint).await, endpoint, &path).header("content-type", "application/json");
            let answer = Client::answer(request.body("{")).await;
            // Some look at the record first; `states` asks them about records that are there.
            if answer.status != 404 {
                refused(answer, endpoint, 400);
            }
        }
        if endpoint.keyed {
            let caller = callers.of(endpoint).await.with("idempotency-key", "two words");
            let answer = in_order(&caller, endpoint, &path).await;
            let place = ("Idempotency-Key".to_owned(), "format".to_owned());
            assert!(refused(answer, endpoint, 422).problems().contains(&place), "{endpoint:?}");
        }
    }
}

/// Whoever asks too often is told how long to wait, whatever they ask.
pub async fn too_often(target: &Target) {
    let callers = Callers::new(target).await;
    let person = browser(target, &target.stranger.email, &target.stranger.password).await;
    let person = person.with("origin", target.base.clone());
    for endpoint in endpoints().iter().filter(|endpoint| endpoint.access != Access::Probe) {
        // From an address of its own what is open to anybody; everything else as one person.
        let caller = match endpoint.access {
            Access::Open | Access::Signed => callers.nobody(),
            _ => person.clone(),
        };
        // A request that is let through does nothing: it has a parameter that nobody knows.
        let path = format!("{}?of_nobody=1", nowhere(endpoint).split('?').next().unwrap_or_default());
        let mut answer = in_order(&caller, endpoint, &path).await;
        let mut tries = 1;
        // As much again comes back while the first requests are made.
        while answer.status != 429 && tries < 3 * 100 {
            answer = in_order(&caller, endpoint, &path).await;
            tries += 1;
        }
        let answer = refused(answer, endpoint, 429);
        assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0), "{endpoint:?}");
        assert_eq!(answer.header("x-ratelimit-remaining"), "0", "{endpoint:?}");
    }
}
