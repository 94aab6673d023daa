//! Generated requests: never a panic, never a 500, and whatever is refused has changed nothing that is stored. In process,
//! where all of it can be looked at before and after.
//!
//! The seed is new in each full run, the same in all others, and printed; `SPOTLIGHT_GARBAGE_SEED` repeats one.

use std::{any::Any, collections::BTreeMap, convert::Infallible, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, future::LocalBoxFuture, stream};
use http::{HeaderMap, HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use spotlight_core::{
    ports::{IdGenerator, Quota, SystemIds},
    services::{Context, Spotlight, accounts::SignIn},
};

use super::{
    dice::{DAYS, Dice, INSTANTS, form, word},
    seed::{Target, assistant, seed},
};
use crate::{Api, Body, Endpoint, Group, HttpPolicy, Request, Response, endpoints, openapi};

/// Ids of records that exist or existed, by their type.
pub(super) struct Ids(BTreeMap<String, Vec<String>>);

impl Ids {
    pub(super) fn none() -> Self {
        Self(BTreeMap::new())
    }

    const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

    /// An id of the kind a name like `lead_id` or `leads` asks for, mostly.
    fn pick(&self, dice: &mut Dice, name: &str) -> String {
        let kind = name.trim_end_matches("_id").trim_end_matches('s');
        match self.0.get(kind) {
            Some(ids) if !dice.one_in(8) => dice.pick(ids).clone(),
            _ => Self::NOBODY.to_owned(),
        }
    }

    /// Remembers the resource of an answer.
    pub(super) fn learn(&mut self, document: &Value) {
        let (kind, id) = (&document["data"]["type"], &document["data"]["id"]);
        if let (Some(kind), Some(id)) = (kind.as_str(), id.as_str())
            && id.len() == Self::NOBODY.len()
        {
            let known = self.0.entry(kind.to_owned()).or_default();
            if !known.iter().any(|known| known == id) {
                known.push(id.to_owned());
            }
        }
    }
}

fn value(dice: &mut Dice, keys: &[String], ids: &Ids, depth: usize) -> Value {
    match dice.below(if depth == 0 { 8 } else { 11 }) {
        0 => Value::Null,
        1 => json!(dice.one_in(2)),
        2 => json!(dice.next()),
        3 => json!(i64::MIN),
        4 => json!(f64::MAX * if dice.one_in(2) { 1.0 } else { -1.0 }),
        5 => json!(ids.pick(dice, "lead")),
        6 | 7 => json!(word(dice)),
        8 => Value::Array((0..dice.below(4)).map(|_| value(dice, keys, ids, depth - 1)).collect()),
        _ => object(dice, keys, ids, depth - 1),
    }
}

fn object(dice: &mut Dice, keys: &[String], ids: &Ids, depth: usize) -> Value {
    let mut map = Map::new();
    for _ in 0..dice.below(6) {
        let key = if keys.is_empty() || dice.one_in(8) { word(dice) } else { dice.pick(keys).clone() };
        let value = value(dice, keys, ids, depth);
        map.insert(key, value);
    }
    Value::Object(map)
}

/// A value that a schema accepts, more or less.
fn plausible(dice: &mut Dice, name: &str, schema: &Value, ids: &Ids) -> Value {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => openapi().pointer(&reference[1..]).expect("a schema"),
        None => schema,
    };
    if let Some(words) = schema["enum"].as_array() {
        return dice.pick(words).clone();
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or_default();
    match (kind, schema["format"].as_str()) {
        ("object", _) => {
            let mut map = Map::new();
            for (inner, part) in schema["properties"].as_object().into_iter().flatten() {
                let required = schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == inner));
                if required || dice.one_in(3) {
                    map.insert(inner.clone(), plausible(dice, inner, part, ids));
                }
            }
            Value::Object(map)
        }
        ("array", _) => (0..dice.below(3)).map(|_| plausible(dice, name, &schema["items"], ids)).collect(),
        ("boolean", _) => json!(dice.one_in(2)),
        ("integer" | "number", _) => schema["minimum"].clone(),
        (_, Some("uuid")) => json!(ids.pick(dice, name)),
        (_, Some("date-time")) => json!(dice.pick(INSTANTS)),
        (_, Some("date")) => json!(dice.pick(DAYS)),
        (_, Some("iana-time-zone")) => json!("Europe/Berlin"),
        (_, Some("email")) => json!(format!("person{}@example.com", dice.below(50))),
        _ => json!("words ".repeat(1 + usize::try_from(schema["minLength"].as_u64().unwrap_or(1)).unwrap_or(1) / 6)),
    }
}

pub(super) fn body(dice: &mut Dice, endpoint: &Endpoint, keys: &[String], ids: &Ids) -> Vec<u8> {
    if dice.one_in(20) {
        return (0..dice.below(64)).map(|_| u8::try_from(dice.below(256)).expect("a byte")).collect();
    }
    if dice.one_in(40) {
        return "[".repeat(dice.below(5000)).into_bytes();
    }
    let method = endpoint.verb.method().as_str().to_lowercase();
    let schema = &openapi()["paths"][endpoint.path][&method]["requestBody"]["content"]["application/json"]["schema"];
    let mut body = if schema.is_null() { json!({}) } else { plausible(dice, "", schema, ids) };
    for _ in 0..if dice.one_in(2) { 0 } else { dice.below(4) } {
        let spoiled = value(dice, keys, ids, 3);
        let target = match body.as_object_mut() {
            Some(map) if !map.is_empty() && !dice.one_in(6) => map.values_mut().next().expect("a member"),
            _ => &mut body,
        };
        match target.as_object_mut() {
            Some(map) => drop(map.insert(if dice.one_in(4) { word(dice) } else { dice.pick(keys).clone() }, spoiled)),
            None => *target = spoiled,
        }
    }
    body.to_string().into_bytes()
}

pub(super) fn path(dice: &mut Dice, endpoint: &Endpoint, ids: &Ids) -> String {
    let mut before = "";
    let mut parts = Vec::new();
    for part in endpoint.path.split('/') {
        parts.push(match part.starts_with('{') {
            false => part.to_owned(),
            true if dice.one_in(8) => form(&word(dice)),
            true => ids.pick(dice, before),
        });
        before = part;
    }
    parts.join("/")
}

pub(super) fn query(dice: &mut Dice, endpoint: &Endpoint, ids: &Ids) -> Option<String> {
    let method = endpoint.verb.method().as_str().to_lowercase();
    let named = &openapi()["paths"][endpoint.path][&method]["parameters"];
    let names: Vec<_> = named.as_array().into_iter().flatten().filter(|one| one["in"] == "query").cloned().collect();
    if !dice.one_in(3) {
        return None;
    }
    let mut pairs = Vec::new();
    for _ in 0..dice.below(4) {
        if names.is_empty() || dice.one_in(8) {
            pairs.push(format!("{}={}", form(&word(dice)), form(&word(dice))));
            continue;
        }
        let one = dice.pick(&names).clone();
        let given = if dice.one_in(3) {
            json!(word(dice))
        } else {
            plausible(dice, one["name"].as_str().unwrap_or_default(), &one["schema"], ids)
        };
        let given = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
        pairs.push(format!("{}={}", one["name"].as_str().unwrap_or_default(), form(&given)));
    }
    if dice.one_in(20) {
        pairs.push("%ff=%zz&&&=".to_owned());
    }
    Some(pairs.join("&"))
}

/// How long a stream that says nothing is listened to.
const SILENCE: std::time::Duration = std::time::Duration::from_secs(2);

async fn text(response: Response) -> String {
    let bytes = match response.body {
        Body::Full(bytes) => bytes.to_vec(),
        Body::Socket(_) => Vec::new(),
        Body::Stream(mut parts) => {
            let mut bytes = Vec::new();
            // A stream of live messages has no end.
            while let Ok(Some(part)) = tokio::time::timeout(SILENCE, parts.next()).await {
                bytes.extend_from_slice(&part.expect("a part"));
            }
            bytes
        }
    };
    String::from_utf8(bytes).expect("answers are text")
}

fn request(method: Method, path: String, query: Option<String>, headers: &[(&'static str, &str)]) -> Request {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap_or(HeaderValue::from_static("")));
    }
    Request { method, path, prefix: 0, query, headers: map, peer: [203, 0, 113, 7].into(), encrypted: false }
}

/// Names the seed of a run that is to be repeated.
const SEED_VARIABLE: &str = "SPOTLIGHT_GARBAGE_SEED";
/// The seed of every other run: what a change breaks is found by the change, and not by luck.
const USUAL_SEED: u64 = 20_261_126;
/// Bodies after which the next go to a fresh platform, so that looking at everything stays cheap.
const PER_GROUND: usize = 250;

/// A platform with nothing in it, and a way to see all that it stores.
pub struct Ground {
    /// The platform.
    pub platform: Spotlight,
    /// Everything that is stored, table by table. What only notes that somebody was there can be left out: when a token
    /// or session was last used.
    pub contents: Box<dyn Fn() -> LocalBoxFuture<'static, BTreeMap<String, String>> + Send + Sync>,
    /// What must live as long: a folder, a database.
    pub keep: Box<dyn Any + Send + Sync>,
}

impl std::fmt::Debug for Ground {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ground").finish_non_exhaustive()
    }
}

/// What a run came to.
#[derive(Debug, Default)]
struct Counts {
    statuses: BTreeMap<u16, usize>,
    /// Bodies that an endpoint has read as its resource.
    read: BTreeMap<&'static str, usize>,
}

impl Counts {
    fn bodies(&self) -> usize {
        self.read.values().sum()
    }

    /// Counts an answer. Refusals that come before the body is looked at are no bodies read.
    fn add(&mut self, endpoint: &Endpoint, status: u16) {
        *self.statuses.entry(status).or_default() += 1;
        if endpoint.carries.is_some() && matches!(status, 200..=299 | 400 | 402 | 409 | 412 | 422) {
            *self.read.entry(endpoint.name).or_default() += 1;
        }
    }
}

/// Sends generated requests until endpoints have read `bodies` bodies as the resources they carry. `fresh` gives a
/// ground as often as it is asked to.
///
/// # Panics
/// When a promise is broken, with the seed and the request.
pub async fn garbage_is_refused_and_leaves_nothing(fresh: impl AsyncFn() -> Ground, bodies: usize) {
    let given = std::env::var(SEED_VARIABLE).ok();
    let seed = match given {
        Some(text) => text.parse().expect("SPOTLIGHT_GARBAGE_SEED is a whole number"),
        None if spotlight_core::conformance::rounds(0, 1) == 1 => SystemIds.uuid().as_u64_pair().1,
        None => USUAL_SEED,
    };
    say(&format!("garbage: {bodies} bodies, {SEED_VARIABLE}={seed}"));
    let mut dice = Dice::new(seed);
    let mut counts = Counts::default();
    while counts.bodies() < bodies {
        let until = bodies.min(counts.bodies() + PER_GROUND);
        round(&fresh().await, &mut dice, &mut counts, until, seed).await;
    }
    say(&format!("garbage: answers {:?}, bodies read {:?}", counts.statuses, counts.read));
    // The generator is worth something only while it reaches both sides of every check.
    let often = [200, 201, 404, 422];
    let rarely = [204, 400, 406, 409, 412, 415];
    for status in often.iter().chain(rarely.iter().filter(|_| bodies >= 2_000)) {
        assert!(counts.statuses.contains_key(status), "no {status} among {counts:?}");
    }
    for endpoint in endpoints().iter().filter(|endpoint| endpoint.carries.is_some()) {
        // Sign-ins are five a minute, and every round starts a new minute.
        let least = if endpoint.quota.is_some() { 0 } else { bodies / 200 };
        let read = counts.read.get(endpoint.name).copied().unwrap_or_default();
        assert!(read >= least, "{endpoint:?} has read {read} bodies: {counts:?}");
    }
}

#[expect(clippy::print_stdout, reason = "a failure is repeated by the seed that its test has printed")]
fn say(text: &str) {
    println!("{text}");
}

/// The cookie and the token of a browser in which the owner has signed in.
async fn browser(platform: &Spotlight, target: &Target) -> (String, String) {
    let request = SignIn::new(&target.owner.email, SecretString::from(target.owner.password.as_str()));
    let signed_in = platform.accounts().sign_in(&Context::anonymous(), request).await.expect("a session");
    (format!("spotlight_session={}", signed_in.secret.expose_secret()), signed_in.csrf_token)
}

async fn round(ground: &Ground, dice: &mut Dice, counts: &mut Counts, until: usize, seed_of_run: u64) {
    let target = seed(&ground.platform, "").await;
    let vast = Quota { burst: 1_000_000, period: Duration::from_secs(1) };
    let mut policy = HttpPolicy::development();
    (policy.api, policy.open, policy.visitor) = (vast, vast, vast);
    let api = Api::new(ground.platform.clone(), policy);
    let token = format!("Bearer {}", target.owner.token);
    let browser = browser(&ground.platform, &target).await;
    let send = async |endpoint: &'static Endpoint, request: Request, body: Vec<u8>| {
        api.handle(endpoint, request, stream::iter([Ok::<_, Infallible>(Bytes::from(body))])).await
    };
    let mut ids = Ids(BTreeMap::new());
    for (name, body) in [("create_assistant", assistant()), ("create_lead", json!({"lead": {}}))] {
        let endpoint = Endpoint::named(name).expect("an endpoint");
        let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
        let request = request(Method::POST, endpoint.path.to_owned(), None, &headers);
        let made = send(endpoint, request, body.to_string().into_bytes()).await;
        ids.learn(&serde_json::from_str(&text(made).await).expect("a resource"));
    }
    let keys = names();
    let carrying: Vec<_> = endpoints().iter().filter(|endpoint| endpoint.carries.is_some()).collect();
    let mut before = (ground.contents)().await;
    while counts.bodies() < until {
        let endpoint = if dice.one_in(8) { dice.pick(endpoints()) } else { *dice.pick(&carrying) };
        let path = path(dice, endpoint, &ids);
        let query = query(dice, endpoint, &ids);
        let body = body(dice, endpoint, &keys, &ids);
        let (key, tag, kind) = (word(dice), word(dice), word(dice));
        let mut headers = vec![("content-type", "application/json")];
        // One's own account by a browser, save what would end its session.
        if endpoint.group == Group::Accounts && endpoint.carries.is_some() {
            headers.extend([("cookie", browser.0.as_str()), ("x-csrf-token", browser.1.as_str())]);
        } else {
            headers.push(("authorization", token.as_str()));
        }
        for (name, value) in [
            ("idempotency-key", &key),
            ("if-match", &tag),
            ("content-type", &kind),
            ("accept", &kind),
            ("x-request-id", &key),
        ] {
            if dice.one_in(25) {
                headers.push((name, value));
            }
        }
        let version = format!("\"{}\"", dice.below(4));
        if dice.one_in(10) {
            headers.push(("if-match", &version));
        }
        let shown = format!(
            "{SEED_VARIABLE}={seed_of_run} {endpoint:?} {path}?{query:?} {headers:?} {}",
            String::from_utf8_lossy(&body)
        );
        let response = send(endpoint, request(endpoint.verb.method(), path, query, &headers), body).await;
        let status = response.status.as_u16();
        counts.add(endpoint, status);
        let text = text(response).await;
        assert!(status < 500, "{status} {text}\n{shown}");
        if status < 400 {
            if let Ok(document) = serde_json::from_str::<Value>(&text) {
                ids.learn(&document);
            }
            // What the request left running must not be taken for a change by the next one.
            ground.platform.drain().await;
            before = (ground.contents)().await;
            continue;
        }
        let document: Value = serde_json::from_str(&text).unwrap_or_default();
        let errors = document["errors"].as_array().map_or(0, Vec::len);
        assert!((1..=100).contains(&errors), "{status} {text}\n{shown}");
        let after = (ground.contents)().await;
        if endpoint.name == "sign_in" {
            // A wrong password is counted at the account: that is what it is refused with.
            before = after;
            continue;
        }
        for (table, rows) in &after {
            assert_eq!(before.get(table), Some(rows), "{table} has changed: {status} {text}\n{shown}");
        }
    }
}

/// The names of every member of every resource.
pub(super) fn names() -> Vec<String> {
    let mut keys: Vec<String> = openapi()["components"]["schemas"]
        .as_object()
        .expect("schemas")
        .values()
        .flat_map(|schema| schema["properties"].as_object().into_iter().flat_map(|map| map.keys().cloned()))
        .collect();
    keys.sort();
    keys.dedup();
    keys
}
