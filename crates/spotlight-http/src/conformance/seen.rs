//! What of the contract the suite has come by: which endpoints were asked, and what they answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use reqwest::{Method, header::HeaderMap};
use serde_json::Value;

use crate::{
    Endpoint, endpoints, openapi,
    serving::{Route, Served},
};

/// What the suite does not come by, with the reason. `*` stands for every endpoint.
const UNSEEN: &[(&str, u16, &str)] = &[
    ("*", 500, "a fault of ours: `tests/edge.rs` makes one"),
    ("*", 503, "a pause, an overload or a storage that is away: `tests/edge.rs` makes each"),
    ("metrics", 401, "the suite's server shows figures to its own machine: `tests/metrics.rs` sets a token"),
    ("metrics", 404, "the same: `tests/metrics.rs` asks from elsewhere"),
    ("begin_checkout", 200, "no billing provider is behind the suite"),
    ("open_billing_portal", 200, "no billing provider is behind the suite"),
    ("receive_stripe", 404, "the suite has a secret of Stripe's; the access matrix asks without"),
    ("accept_invitation", 402, "open invitations have their seats kept: only a plan that shrinks takes one away"),
    ("set_feature_flag", 412, "changes that meet again and again"),
    ("clear_feature_flag", 412, "changes that meet again and again"),
    ("rotate_webhook_secret", 412, "rotations that meet"),
    ("rotate_source_secret", 412, "rotations that meet"),
    ("import_leads", 409, "imports that meet"),
    ("import_leads", 400, "a table that is cut off, of which parsers differ: `tests/streams.rs` cuts some off"),
    ("disable_second_factor", 409, "the access matrix asks for it"),
];

/// The answers that were seen.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    answers: BTreeMap<(&'static str, u16), BTreeSet<String>>,
    /// Endpoints that have refused a key that was used for another request.
    keys: BTreeSet<&'static str>,
}

tokio::task_local! {
    static SEEN: Arc<Mutex<Seen>>;
}

/// What is seen while `case` runs. Requests of tasks that it spawns are not.
pub async fn seen_by(case: impl Future<Output = ()>) -> Seen {
    let seen = Arc::<Mutex<Seen>>::default();
    SEEN.scope(Arc::clone(&seen), case).await;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.clone()
}

/// Where a request goes in a server that serves everything.
fn rows(method: &Method, path: &str) -> Vec<&'static Endpoint> {
    static SERVED: LazyLock<Served> = LazyLock::new(|| Served::without(&[]));
    match SERVED.route(method, path) {
        Route::Endpoint(endpoint) => vec![endpoint],
        Route::Path(rows) => rows.to_vec(),
        Route::Nowhere => Vec::new(),
    }
}

/// Notes an answer, where somebody wants to know.
pub(super) fn note(method: &Method, path: &str, status: u16, headers: &HeaderMap) {
    change(|seen| {
        // Of a request that only reads a head, the answer has no body and tells nothing new.
        for endpoint in rows(method, path).into_iter().filter(|_| *method != Method::HEAD && *method != Method::OPTIONS)
        {
            let named = seen.answers.entry((endpoint.name, status)).or_default();
            named.extend(headers.keys().map(ToString::to_string));
        }
    });
}

/// Notes that a key was refused.
pub(super) fn note_key(method: &Method, path: &str) {
    change(|seen| seen.keys.extend(rows(method, path).into_iter().map(|endpoint| endpoint.name)));
}

fn change(change: impl FnOnce(&mut Seen)) {
    // Outside of `seen_by` nobody wants to know.
    let _ = SEEN.try_with(|seen| change(&mut seen.lock().unwrap_or_else(PoisonError::into_inner)));
}

impl Seen {
    /// Adds what another case has seen.
    pub fn add(&mut self, other: Self) {
        for (answer, headers) in other.answers {
            self.answers.entry(answer).or_default().extend(headers);
        }
        self.keys.extend(other.keys);
    }

    /// What the table says and nobody has seen, and what was seen and the table does not say: a line for each.
    pub fn differences(&self) -> Vec<String> {
        let mut all = Vec::new();
        let mut needed = BTreeSet::new();
        for endpoint in endpoints() {
            let statuses = self.of(endpoint.name);
            let good = endpoint.good_status();
            if !statuses.contains(&good) {
                match excused(endpoint, good) {
                    Some(excuse) => drop(needed.insert(excuse)),
                    None => all.push(format!("{}: nobody was answered {good}", endpoint.name)),
                }
            }
            let errors = endpoint.error_statuses();
            for status in errors.iter().filter(|status| !statuses.contains(status)) {
                match excused(endpoint, *status) {
                    Some(excuse) => drop(needed.insert(excuse)),
                    None => all.push(format!("{}: nobody was refused with {status}", endpoint.name)),
                }
            }
            for status in statuses.iter().filter(|status| !matches!(status, 304) && **status != good) {
                if !errors.contains(status) {
                    all.push(format!("{}: {status} was answered, and is not documented", endpoint.name));
                }
            }
            if endpoint.keyed && !endpoint.blind && !self.keys.contains(endpoint.name) {
                all.push(format!("{}: no key was refused that another request had used", endpoint.name));
            }
        }
        for excuse in UNSEEN {
            if !needed.contains(excuse) {
                all.push(format!("{excuse:?} is seen, or not documented: it needs no excuse"));
            }
        }
        all.extend(self.headers());
        all
    }

    /// The statuses that an endpoint has answered.
    fn of(&self, name: &str) -> BTreeSet<u16> {
        self.answers.keys().filter(|(of, _)| *of == name).map(|(_, status)| *status).collect()
    }

    /// Headers that are documented and that nobody has seen.
    fn headers(&self) -> Vec<String> {
        let mut errors: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
        for ((_, status), headers) in &self.answers {
            errors.entry(*status).or_default().extend(headers.iter().map(String::as_str));
        }
        let mut all = Vec::new();
        let mut ask = |what: String, documented: &Value, seen: &dyn Fn(&str) -> bool| {
            for name in documented.as_object().into_iter().flat_map(|headers| headers.keys()) {
                if !seen(&name.to_lowercase()) {
                    all.push(format!("{what}: nobody was shown {name}"));
                }
            }
        };
        for endpoint in endpoints().iter().filter(|endpoint| endpoint.is_documented()) {
            let good = endpoint.good_status();
            let method = endpoint.verb.method().as_str().to_lowercase();
            let answer = &openapi()["paths"][endpoint.path][method]["responses"][good.to_string()];
            // What nobody was answered is told above.
            let Some(shown) = self.answers.get(&(endpoint.name, good)) else { continue };
            let shown = |name: &str| shown.contains(name);
            ask(endpoint.name.to_owned(), &answer["headers"], &shown);
        }
        // Of an answer that was read as bytes no header is noted.
        for (status, shown) in errors.into_iter().filter(|(_, shown)| !shown.is_empty()) {
            let answer = &openapi()["components"]["responses"][format!("Error{status}")];
            ask(status.to_string(), &answer["headers"], &|name| shown.contains(name));
        }
        all
    }
}

/// Why a documented error is not seen, where that is so.
fn excused(endpoint: &Endpoint, status: u16) -> Option<(&'static str, u16, &'static str)> {
    if status == 409 && endpoint.keyed && !endpoint.refuses.contains(&409) {
        return Some(AT_ONCE);
    }
    UNSEEN.iter().copied().find(|(name, of, _)| *of == status && (*name == "*" || *name == endpoint.name))
}

/// A request that comes while one with its key is being answered. Whether two meet is chance.
const AT_ONCE: (&str, u16, &str) = ("", 409, "two requests that meet");
