//! Requests as bytes, generated from the table and a seed: to be sent to two servers whose answers are compared.

use serde_json::{Value, json};

use super::{
    dice::{Dice, word},
    garbage::{Ids, body, names, path, query},
    seed::{Target, assistant},
};
use crate::{Endpoint, Verb, endpoint::Answers, endpoints};

/// Makes requests, one after the other. What an answer tells of records that exist is used by later ones.
pub struct Recorder {
    dice: Dice,
    ids: Ids,
    keys: Vec<String>,
    token: String,
    reader: String,
    /// What a browser sends in which the owner has signed in.
    browser: Vec<String>,
    first: Vec<Vec<u8>>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE", "get"];

const KINDS: &[&str] = &[
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=\"UTF-8\"",
    "APPLICATION/JSON",
    "application/json; charset=latin1",
    "text/plain",
    "multipart/form-data; boundary=x",
    "",
    "\u{e9}",
];

impl Recorder {
    /// A recorder of requests to a seeded server, where the owner has signed in with a session of this secret and CSRF
    /// token.
    pub fn new(seed: u64, target: &Target, session: &str, csrf_token: &str) -> Self {
        let token = format!("Bearer {}", target.owner.token);
        let post = |path: &str, body: &Value| {
            let body = body.to_string();
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: here\r\nauthorization: {token}\r\ncontent-type: application/json\r\n"
            );
            format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
        };
        let lead = json!({"lead": {"name": "Grace Hopper", "email": "grace@example.com"}});
        let first = vec![post("/api/v1/assistants", &assistant()), post("/api/v1/leads", &lead)];
        let reader = format!("Bearer {}", target.owner.reader);
        let browser = vec![format!("cookie: spotlight_session={session}"), format!("x-csrf-token: {csrf_token}")];
        Self { dice: Dice::new(seed), ids: Ids::none(), keys: names(), token, reader, browser, first }
    }

    /// Remembers the record that an answer shows.
    pub fn learn(&mut self, answer: &[u8]) {
        if let Ok(document) = serde_json::from_slice(answer) {
            self.ids.learn(&document);
        }
    }

    /// The next request, head and body.
    pub fn request(&mut self) -> Vec<u8> {
        if !self.first.is_empty() {
            return self.first.remove(0);
        }
        let answered: Vec<_> = endpoints().iter().filter(|endpoint| !goes_on(endpoint)).collect();
        let endpoint = *self.dice.pick(&answered);
        let target = self.target(endpoint);
        let dice = &mut self.dice;
        let own = endpoint.verb.method();
        let method = if dice.one_in(10) { *dice.pick(METHODS) } else { own.as_str() };
        let version = if dice.one_in(40) { "1.0" } else { "1.1" };
        let mut lines = vec![format!("{method} {target} HTTP/{version}"), "host: here".to_owned()];
        match dice.below(12) {
            0 => {}
            1 => lines.push("authorization: Basic b3duZXI6c2VjcmV0".to_owned()),
            2 => lines.push("authorization: Bearer spot_unknown".to_owned()),
            3 => lines.push(format!("authorization: {}", self.reader)),
            // Whoever could do it would be the last to ask.
            4..=11 if ends_the_session(endpoint) => lines.push(format!("authorization: {}", self.reader)),
            4..=6 => lines.extend(self.browser.iter().cloned()),
            _ => lines.push(format!("authorization: {}", self.token)),
        }
        for (name, chance) in [
            ("accept", 12),
            ("if-match", 12),
            ("idempotency-key", 12),
            ("x-request-id", 12),
            ("x-forwarded-for", 20),
            ("x-csrf-token", 40),
            ("cookie", 40),
            ("referer", 20),
            ("accept-encoding", 8),
            ("if-none-match", 20),
        ] {
            // A name in two lines is two values.
            for _ in 0..if dice.one_in(chance) { 1 + dice.below(2) } else { 0 } {
                lines.push(format!("{name}: {}", text(&word(dice))));
            }
        }
        if dice.one_in(6) {
            lines.push("origin: https://shop.example".to_owned());
        }
        if dice.one_in(20) {
            lines.push("connection: close".to_owned());
        }
        let body = self.body(endpoint);
        self.framed(lines, &body, version)
    }

    fn target(&mut self, endpoint: &Endpoint) -> String {
        let path = path(&mut self.dice, endpoint, &self.ids);
        let query = query(&mut self.dice, endpoint, &self.ids).map_or(String::new(), |query| format!("?{query}"));
        let dice = &mut self.dice;
        if !dice.one_in(8) {
            return format!("{path}{query}");
        }
        let odd = match dice.below(12) {
            0 => format!("{path}/"),
            1 => format!("/{path}"),
            2 => path.replacen("/v1", "//v1", 1),
            3 => path.replacen("/v1", "/./v1", 1),
            4 => path.replacen("/v1", "/v1/../v1", 1),
            5 => path.replacen("api", "%61pi", 1),
            6 => path.to_uppercase(),
            7 => format!("{path}%2F"),
            8 => format!("{path}/%ff"),
            9 => format!("http://here{path}"),
            10 => format!("{path};a=b"),
            _ => format!("{path}/%00"),
        };
        format!("{odd}{query}")
    }

    fn body(&mut self, endpoint: &Endpoint) -> Vec<u8> {
        let reads = matches!(endpoint.verb, Verb::Get | Verb::Delete);
        match self.dice.below(40) {
            0 => vec![b'x'; 1_100_000],
            1 => vec![b'y'; 70_000],
            2..=8 => Vec::new(),
            _ if reads => Vec::new(),
            _ => body(&mut self.dice, endpoint, &self.keys, &self.ids),
        }
    }

    /// Head and body, by length or in chunks.
    fn framed(&mut self, mut lines: Vec<String>, body: &[u8], version: &str) -> Vec<u8> {
        let dice = &mut self.dice;
        if !body.is_empty() && !dice.one_in(16) {
            let kind = if dice.one_in(8) { *dice.pick(KINDS) } else { KINDS[0] };
            lines.push(format!("content-type: {kind}"));
            if dice.one_in(30) {
                lines.push("content-type: text/plain".to_owned());
            }
        }
        let waits = !body.is_empty() && dice.one_in(16);
        if waits {
            lines.push("expect: 100-continue".to_owned());
        }
        let chunked = version == "1.1" && dice.one_in(6);
        let mut sent = Vec::new();
        if chunked {
            lines.push("transfer-encoding: chunked".to_owned());
            let size = 1 + dice.below(body.len().max(8));
            for part in body.chunks(size) {
                sent.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
                sent.extend_from_slice(part);
                sent.extend_from_slice(b"\r\n");
            }
            sent.extend_from_slice(b"0\r\n\r\n");
        } else {
            if !body.is_empty() || dice.one_in(3) || version == "1.0" {
                lines.push(format!("content-length: {}", body.len()));
            }
            sent.extend_from_slice(body);
        }
        let mut request = lines.join("\r\n").into_bytes();
        request.extend_from_slice(b"\r\n\r\n");
        request.extend_from_slice(&sent);
        request
    }
}

/// True for what is read for as long as somebody listens.
fn goes_on(endpoint: &Endpoint) -> bool {
    endpoint.verb == Verb::Get && matches!(endpoint.answers, Answers::Events { .. })
}

/// True for what would leave a browser, or the programs beside it, nothing to ask.
fn ends_the_session(endpoint: &Endpoint) -> bool {
    matches!(
        endpoint.name,
        "sign_out"
            | "delete_organization"
            | "remove_member"
            | "revoke_api_token"
            | "revoke_session"
            | "revoke_sessions"
            | "update_member"
            | "update_user"
    )
}

/// What a header can hold of a text.
fn text(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(2_000).collect()
}
