//! Generated requests: never a panic, never a 500, and whatever is refused has stored nothing. In process, where what is
//! stored can be counted before and after.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use super::seed::{assistant, seed};
use crate::{Api, Body, ENDPOINTS, Endpoint, HttpPolicy, Operation, Request, Response, openapi};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Map, Value, json};
use spotlight_core::{
    domain::OrganizationId,
    ports::page::{Order, Paging, Sort},
    ports::{AppointmentFilter, AssistantFilter, AuditFilter, ConversationFilter, LeadFilter, Quota, ReadConsistency},
    services::Spotlight,
};

/// A small generator, so that a failure can be repeated from the number it prints.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most as u64).expect("a small number")
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const WORDS: &[&str] = &[
    "",
    " ",
    "a",
    "ok",
    "true",
    "null",
    "0",
    "-1",
    "1e400",
    "fresh",
    "contacted",
    "professional",
    "chat",
    "completed",
    "en",
    "Europe/Berlin",
    "2026-03-29T02:30:00+01:00",
    "9999-12-31T23:59:59Z",
    "0000-01-01T00:00:00Z",
    "2026-02-30",
    "+493012345678",
    "name@example.com",
    "\u{0}",
    "\u{202e}evil",
    "🦀🦀🦀",
    "%00",
    "../../etc/passwd",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "{\"a\":",
    "\u{fffd}",
    "ﬀ",
    "İ",
    "{{7*7}}",
    "$where",
    "a,b,,c",
    "asc",
    "\"1\"",
    "\"7\"",
    "desc",
];

const INSTANTS: &[&str] = &[
    "2026-12-01T10:00:00Z",
    "2026-12-01T10:00:00.123456789+05:45",
    "2016-12-31T23:59:60Z",
    "0000-01-01T00:00:00Z",
    "0000-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59",
];

const DAYS: &[&str] =
    &["2026-03-29", "1900-01-01", "2999-12-31", "-0001-01-01", "+262142-12-31", "0000-01-01", "9999-12-31"];

fn word(dice: &mut Dice) -> String {
    if dice.one_in(12) {
        return "long ".repeat(dice.below(600));
    }
    if dice.one_in(6) {
        return (0..dice.below(12)).filter_map(|_| char::from_u32(u32::try_from(dice.below(0x1_1000)).ok()?)).collect();
    }
    (*dice.pick(WORDS)).to_owned()
}

/// Ids of records that exist or existed, by their type.
struct Ids(BTreeMap<String, Vec<String>>);

impl Ids {
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
    fn learn(&mut self, document: &Value) {
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
        _ => json!("words ".repeat(1 + usize::try_from(schema["minLength"].as_u64().unwrap_or(1)).unwrap_or(1) / 6)),
    }
}

fn body(dice: &mut Dice, endpoint: &Endpoint, keys: &[String], ids: &Ids) -> Vec<u8> {
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

fn path(dice: &mut Dice, endpoint: &Endpoint, ids: &Ids) -> String {
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

fn query(dice: &mut Dice, endpoint: &Endpoint, ids: &Ids) -> Option<String> {
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

/// Percent-encodes what no address can hold.
fn form(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-._~:".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

/// What is stored, as far as requests can store anything.
async fn stored(platform: &Spotlight, organization: OrganizationId) -> [Option<u64>; 5] {
    let repos = platform.storage().read(ReadConsistency::Strong);
    let page = Paging::Page { page: 1, per_page: 1 };
    let o = organization;
    [
        repos.assistants().list(o, &AssistantFilter::default(), Sort::default(), &page).await.expect("a list").total,
        repos.leads().list(o, &LeadFilter::default(), Sort::default(), &page).await.expect("a list").total,
        repos
            .conversations()
            .list(o, &ConversationFilter::default(), Sort::default(), &page)
            .await
            .expect("a list")
            .total,
        repos.appointments().list(o, &AppointmentFilter::default(), Order::Asc, &page).await.expect("a list").total,
        repos.audit().list(o, &AuditFilter::default(), &page).await.expect("a list").total,
    ]
}

async fn text(response: Response) -> String {
    let bytes = match response.body {
        Body::Full(bytes) => bytes.to_vec(),
        Body::Stream(parts) => parts.map(|part| part.expect("a part").to_vec()).concat().await,
    };
    String::from_utf8(bytes).expect("answers are text")
}

fn request(method: Method, path: String, query: Option<String>, headers: &[(&'static str, &str)]) -> Request {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap_or(HeaderValue::from_static("")));
    }
    Request { method, path, query, headers: map, peer: [203, 0, 113, 7].into() }
}

/// Sends `requests` generated requests to an API over `platform`, which must be empty.
pub async fn garbage_is_refused_and_leaves_nothing(platform: &Spotlight, requests: usize) {
    let target = seed(platform, "").await;
    let organization = platform.organizations().first().await.expect("storage").expect("an organization");
    let vast = Quota { burst: 1_000_000, period: Duration::from_secs(1) };
    let mut policy = HttpPolicy::development();
    (policy.api, policy.open, policy.visitor) = (vast, vast, vast);
    let api = Api::new(platform.clone(), policy);
    let token = format!("Bearer {}", target.owner.token);
    let send = async |endpoint: &'static Endpoint, request: Request, body: Vec<u8>| {
        api.handle(endpoint, request, stream::iter([Ok::<_, Infallible>(Bytes::from(body))])).await
    };

    let mut ids = Ids(BTreeMap::new());
    for (operation, body) in [(Operation::CreateAssistant, assistant()), (Operation::CreateLead, json!({"lead": {}}))] {
        let endpoint = operation.endpoint();
        let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
        let made = send(
            endpoint,
            request(Method::POST, endpoint.path.to_owned(), None, &headers),
            body.to_string().into_bytes(),
        );
        ids.learn(&serde_json::from_str(&text(made.await).await).expect("a resource"));
    }
    let mut keys: Vec<String> = openapi()["components"]["schemas"]
        .as_object()
        .expect("schemas")
        .values()
        .flat_map(|schema| schema["properties"].as_object().into_iter().flat_map(|map| map.keys().cloned()))
        .collect();
    keys.sort();
    keys.dedup();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut counts = BTreeMap::<u16, usize>::new();
    for number in 0..requests {
        let endpoint = dice.pick(ENDPOINTS);
        let path = path(&mut dice, endpoint, &ids);
        let query = query(&mut dice, endpoint, &ids);
        let body = body(&mut dice, endpoint, &keys, &ids);
        let (key, tag, kind) = (word(&mut dice), word(&mut dice), word(&mut dice));
        let mut headers = vec![("authorization", token.as_str()), ("content-type", "application/json")];
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
        let shown = format!("#{number} {endpoint:?} {path}?{query:?} {}", String::from_utf8_lossy(&body));
        let before = stored(platform, organization).await;
        let response = send(endpoint, request(endpoint.verb.method(), path, query, &headers), body).await;
        let status = response.status.as_u16();
        *counts.entry(status).or_default() += 1;
        let text = text(response).await;
        assert!(status < 500, "{status} {text}\n{shown}");
        if status >= 400 {
            let document: Value = serde_json::from_str(&text).unwrap_or_default();
            let errors = document["errors"].as_array().map_or(0, Vec::len);
            assert!((1..=100).contains(&errors), "{status} {text}\n{shown}");
            // A turn of an earlier request may still be writing; a refused one never begins to.
            platform.storage().ping().await.expect("memory");
            assert_eq!(before, stored(platform, organization).await, "{status}\n{shown}");
        } else if let Ok(document) = serde_json::from_str::<Value>(&text) {
            ids.learn(&document);
        }
    }
    // The generator is worth something only while it reaches both sides of every check.
    let often = [200, 201, 404, 422];
    let rarely = [204, 400, 406, 409, 412, 415];
    for status in often.iter().chain(rarely.iter().filter(|_| requests >= 10_000)) {
        assert!(counts.contains_key(status), "no {status} among {counts:?}");
    }
}
