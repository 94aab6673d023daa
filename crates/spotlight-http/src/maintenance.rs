//! What is answered during maintenance: probes as ever, the operator's administration, and 503 to everything else.

use bytes::Bytes;
use chrono::SecondsFormat;
use http::{HeaderName, StatusCode, header};
use spotlight_core::domain::{deployment::Maintenance, time::Timestamp};

use crate::{
    endpoint::{Access, Endpoint},
    error::{maintenance as document, seconds_up},
    request::Request,
    resources::Group,
    response::{Body, Response},
};

/// What people read when nobody has said more.
const USUAL: &str = "We are working on this service. It will be back soon.";
/// The page loads nothing and does nothing.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What it takes to sign in and out: nobody is known as the operator before.
const SESSIONS: [&str; 3] = ["sign_in", "sign_out", "current_user"];

/// Whom an endpoint answers during maintenance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meanwhile {
    /// Everybody, as ever.
    Everybody,
    /// The deployment's operator.
    Operators,
    /// Nobody.
    Nobody,
}

impl Meanwhile {
    /// Decided for every endpoint here, and nowhere else; `docs/operations.md` says the same.
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        match endpoint.group {
            _ if endpoint.access == Access::Probe => Self::Everybody,
            Group::Accounts if SESSIONS.contains(&endpoint.name) => Self::Everybody,
            Group::Audit | Group::Flags | Group::Jobs => Self::Operators,
            _ => Self::Nobody,
        }
    }
}

/// The answer to whoever is refused: a page for people, the error document for programs.
pub(crate) fn respond(maintenance: &Maintenance, request: &Request, request_id: &str, now: Timestamp) -> Response {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let message = maintenance.message.as_deref().unwrap_or(USUAL);
    let response = if wants_page(request) {
        let mut response = Response::empty(status)
            .with(header::CONTENT_TYPE, "text/html; charset=utf-8")
            .with(header::CONTENT_SECURITY_POLICY, POLICY);
        response.body = Body::Full(Bytes::from(page(message, maintenance.until.filter(|until| *until > now))));
        response
    } else {
        Response::json(status, &document(message, request_id)).unwrap_or_else(|_| Response::empty(status))
    };
    response.with(header::RETRY_AFTER, seconds_up(maintenance.retry_after(now)).max(1).to_string())
}

/// A browser that goes somewhere names pages among what it accepts; scripts and programs do not.
fn wants_page(request: &Request) -> bool {
    let weight = |wanted: &str| weight(request, &header::ACCEPT, wanted).unwrap_or(0.0);
    let page = weight("text/html");
    page > 0.0 && page >= weight("application/json")
}

fn weight(request: &Request, name: &HeaderName, wanted: &str) -> Option<f32> {
    request.list(name).find_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
        named.then_some(weight)
    })
}

fn page(message: &str, until: Option<Timestamp>) -> String {
    let message = escaped(message);
    let expected = until.map(|until| {
        let (exact, read) = (until.to_rfc3339_opts(SecondsFormat::Secs, true), until.format("%-d %B %Y, %H:%M UTC"));
        format!("<p>Expected to be over: <time datetime=\"{exact}\">{read}</time>.</p>\n")
    });
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>Maintenance</title>\n</head>\n<body>\n<main>\n\
         <h1>Maintenance</h1>\n<p>{message}</p>\n{}</main>\n</body>\n</html>\n",
        expected.unwrap_or_default()
    )
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};

    use super::*;
    use crate::resources::endpoints;

    fn accepting(accept: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        let peer = std::net::IpAddr::from([127, 0, 0, 1]);
        wants_page(&Request {
            method: Method::GET,
            path: "/".to_owned(),
            prefix: 0,
            query: None,
            headers,
            peer,
            encrypted: false,
        })
    }

    #[test]
    fn browsers_get_a_page_and_programs_do_not() {
        assert!(accepting("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(accepting("application/json;q=0.5, TEXT/HTML"));
        for program in ["*/*", "application/json", "application/json, text/html;q=0.9", "text/html;q=0", "text/*", ""] {
            assert!(!accepting(program), "{program}");
        }
    }

    #[test]
    fn a_message_stays_text() {
        let page = page("<script>alert('\"&')</script>", None);
        assert!(page.contains("<p>&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;</p>"), "{page}");
        assert!(!page.contains("<script") && !page.contains("style"));
    }

    /// Reads like the list in `docs/operations.md`.
    #[test]
    fn everything_is_refused_but_what_is_named() {
        let of = |wanted| {
            let rows = endpoints().iter().filter(move |row| Meanwhile::of(row) == wanted);
            rows.map(|row| row.name).collect::<Vec<_>>()
        };
        let everybody = of(Meanwhile::Everybody);
        assert!(["up", "health", "sign_in", "sign_out", "current_user"].iter().all(|name| everybody.contains(name)));
        assert!(everybody.len() < 10, "{everybody:?}");
        for row in endpoints().iter().filter(|row| Meanwhile::of(row) == Meanwhile::Operators) {
            assert!(["audit_log", "feature_flags", "jobs"].contains(&row.tag()), "{}", row.name);
        }
        assert!(of(Meanwhile::Nobody).len() > 100);
    }
}
