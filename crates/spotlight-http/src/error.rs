//! Errors on the wire: the one map from kinds to statuses, and the error document.

use std::time::Duration;

use http::{HeaderName, StatusCode, header};
use serde::Serialize;
use spotlight_core::error::{Error, ErrorKind, Retry, Violation};
use spotlight_derive::RedactedDebug;

use crate::response::Response;

/// Most problems named in one document; what a person can use ends well before.
const MOST: usize = 100;

/// Why a request is refused: by the services, or by the edge itself.
#[derive(RedactedDebug)]
pub(crate) enum Refusal {
    /// An error of the SDK.
    Core(Error),
    /// A refusal that only HTTP knows.
    Http {
        /// The status.
        status: StatusCode,
        /// What was wrong, and what would be accepted.
        detail: String,
        /// A header that goes with the status.
        header: Option<(HeaderName, String)>,
    },
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::Http { status, detail: detail.into(), header: None }
    }

    pub(crate) fn with(self, name: HeaderName, value: impl Into<String>) -> Self {
        match self {
            Self::Http { status, detail, .. } => Self::Http { status, detail, header: Some((name, value.into())) },
            core @ Self::Core(_) => core,
        }
    }

    /// The status it is answered with.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Core(error) => status_of(error.kind()),
            Self::Http { status, .. } => *status,
        }
    }
}

/// The status of each kind of error. Nothing else in the SDK decides a status.
pub(crate) fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Malformed => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::PlanLimit => StatusCode::PAYMENT_REQUIRED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::StaleVersion => StatusCode::PRECONDITION_FAILED,
        ErrorKind::Validation => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable | ErrorKind::Timeout => StatusCode::SERVICE_UNAVAILABLE,
        // Corrupt, Misconfigured, Internal, and kinds that come later until they are placed here.
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What an error of each status is called.
pub(crate) fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "Malformed Request",
        401 => "Not Signed In",
        402 => "Plan Limit Reached",
        403 => "Not Allowed",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        409 => "Conflict",
        412 => "Changed Meanwhile",
        413 => "Body Too Large",
        415 => "Unsupported Media Type",
        422 => "Validation Error",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        503 => "Unavailable",
        _ => "Internal Error",
    }
}

/// A word for programs, stable over releases.
fn code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "malformed",
        401 => "unauthenticated",
        402 => "plan_limit",
        403 => "forbidden",
        404 => "not_found",
        405 => "method_not_allowed",
        406 => "not_acceptable",
        409 => "conflict",
        412 => "stale_version",
        413 => "too_large",
        415 => "unsupported_media_type",
        422 => "validation",
        426 => "upgrade_required",
        429 => "rate_limited",
        503 => "unavailable",
        _ => "internal",
    }
}

/// Begins the field of a violation that the edge found in a query. What it found in a body is a JSON pointer.
pub(crate) const PARAMETER: char = '?';

/// Where the fields of a service's violations stand: services name fields, and do not know how they came.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// In the body, below this member.
    Body(&'static str),
    /// In the query.
    Query,
}

#[derive(Serialize)]
struct Problem {
    status: String,
    title: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    meta: Meta,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    Pointer(String),
    Parameter(String),
    Header(&'static str),
}

#[derive(Serialize)]
struct Meta {
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct ErrorDocument {
    errors: Vec<Problem>,
}

/// The document of a refusal.
pub(crate) fn document(refusal: &Refusal, place: Place, request_id: &str) -> ErrorDocument {
    let status = refusal.status();
    let violations = match refusal {
        Refusal::Core(error) => error.violations(),
        Refusal::Http { .. } => &[],
    };
    if !violations.is_empty() {
        return ErrorDocument { errors: violations.iter().take(MOST).map(|one| problem(one, status, place)).collect() };
    }
    let detail = match refusal {
        _ if status == StatusCode::INTERNAL_SERVER_ERROR => {
            "Something went wrong on our side; when you report it, give the request id".to_owned()
        }
        _ if status == StatusCode::SERVICE_UNAVAILABLE => "This cannot be answered at the moment; try again".to_owned(),
        Refusal::Core(error) => sentence(&error.to_string()),
        Refusal::Http { detail, .. } => sentence(detail),
    };
    let request_id = status.is_server_error().then(|| request_id.to_owned());
    let meta = Meta { field: None, code: code(status), request_id };
    let problem = Problem { status: status.as_str().to_owned(), title: title(status), detail, source: None, meta };
    ErrorDocument { errors: vec![problem] }
}

/// The document of whoever is refused during maintenance. Programs tell it from other 503s by its code.
pub(crate) fn maintenance(message: &str, request_id: &str) -> ErrorDocument {
    let meta = Meta { field: None, code: "maintenance", request_id: Some(request_id.to_owned()) };
    let status = StatusCode::SERVICE_UNAVAILABLE.as_str().to_owned();
    let problem = Problem { status, title: "Maintenance", detail: message.to_owned(), source: None, meta };
    ErrorDocument { errors: vec![problem] }
}

fn problem(violation: &Violation, status: StatusCode, place: Place) -> Problem {
    let field = &violation.field;
    let (source, name) = if field == "idempotency_key" {
        (Source::Header("Idempotency-Key"), field.clone())
    } else if let Some(parameter) = field.strip_prefix(PARAMETER) {
        (Source::Parameter(parameter.to_owned()), parameter.to_owned())
    } else if let Some(rest) = field.strip_prefix('/') {
        let inner = match place {
            Place::Body(key) => rest.strip_prefix(key).and_then(|rest| rest.strip_prefix('/')),
            Place::Query => None,
        };
        (Source::Pointer(field.clone()), inner.unwrap_or(rest).replace('/', "."))
    } else {
        match place {
            Place::Query => (Source::Parameter(field.clone()), field.clone()),
            Place::Body(key) => (Source::Pointer(format!("/{key}/{}", field.replace('.', "/"))), field.clone()),
        }
    };
    Problem {
        status: status.as_str().to_owned(),
        title: title(status),
        detail: violation.detail.clone(),
        source: Some(source),
        meta: Meta { field: Some(name), code: violation.code, request_id: None },
    }
}

/// The response of a refusal.
pub(crate) fn respond(refusal: &Refusal, place: Place, request_id: &str) -> Response {
    let status = refusal.status();
    let body = document(refusal, place, request_id);
    let mut response = Response::json(status, &body).unwrap_or_else(|_| Response::empty(status));
    if let Some(pause) = pause(refusal) {
        response.set(header::RETRY_AFTER, pause.to_string());
    }
    if status == StatusCode::UNAUTHORIZED {
        response.set(header::WWW_AUTHENTICATE, "Bearer realm=\"spotlight\"");
    }
    if let Refusal::Http { header: Some((name, value)), .. } = refusal {
        response.set(name.clone(), value);
    }
    response
}

/// Whole seconds after which another try makes sense.
fn pause(refusal: &Refusal) -> Option<u64> {
    let status = refusal.status();
    let known = match refusal {
        Refusal::Core(error) => match error.retry() {
            Retry::After(pause) => Some(seconds_up(pause)),
            Retry::Now => Some(0),
            Retry::Backoff | Retry::Never => None,
        },
        Refusal::Http { .. } => None,
    };
    let needed = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    known.or_else(|| needed.then_some(1)).map(|pause| if needed { pause.max(1) } else { pause })
}

/// Seconds, rounded up: a client that waits as long as it was told must not come too early.
pub(crate) fn seconds_up(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shown(refusal: &Refusal, place: Place) -> Value {
        serde_json::to_value(document(refusal, place, "req-1")).expect("a document")
    }

    #[test]
    fn every_kind_has_its_status() {
        let expected = [
            (ErrorKind::Validation, 422),
            (ErrorKind::Malformed, 400),
            (ErrorKind::Unauthenticated, 401),
            (ErrorKind::Forbidden, 403),
            (ErrorKind::NotFound, 404),
            (ErrorKind::Conflict, 409),
            (ErrorKind::StaleVersion, 412),
            (ErrorKind::PlanLimit, 402),
            (ErrorKind::RateLimited, 429),
            (ErrorKind::Unavailable, 503),
            (ErrorKind::Timeout, 503),
            (ErrorKind::Corrupt, 500),
            (ErrorKind::Misconfigured, 500),
            (ErrorKind::Internal, 500),
        ];
        for (kind, status) in expected {
            assert_eq!(status_of(kind).as_u16(), status, "{kind:?}");
        }
    }

    #[test]
    fn violations_of_services_and_of_the_edge_point_into_the_body() {
        let error = Error::validation(vec![
            Violation::new("name", "length", "Name must have 2 to 100 characters"),
            Violation::new("voice.speed", "range", "Speed must be 0.7 to 1.2"),
            Violation::new("/lead/metadata/a~1b", "format", "A text must not contain NUL"),
            Violation::new("/other", "unknown", "`other` is not a member of this request"),
        ]);
        let shown = shown(&error.into(), Place::Body("lead"));
        assert_eq!(
            shown["errors"][0],
            json!({
                "status": "422", "title": "Validation Error", "detail": "Name must have 2 to 100 characters",
                "source": {"pointer": "/lead/name"}, "meta": {"field": "name", "code": "length"},
            })
        );
        assert_eq!(shown["errors"][1]["source"]["pointer"], "/lead/voice/speed");
        assert_eq!(shown["errors"][1]["meta"]["field"], "voice.speed");
        assert_eq!(shown["errors"][2]["source"]["pointer"], "/lead/metadata/a~1b");
        assert_eq!(shown["errors"][2]["meta"]["field"], "metadata.a~1b");
        assert_eq!(shown["errors"][3]["source"]["pointer"], "/other");
    }

    #[test]
    fn a_violation_stands_where_it_was_found_whatever_the_endpoint_carries() {
        let source = |field: &str, place| {
            let error = Error::invalid(field, "range", "Page must be at least 1");
            shown(&error.into(), place)["errors"][0].clone()
        };
        assert_eq!(source("to", Place::Query)["source"], json!({"parameter": "to"}));
        for place in [Place::Query, Place::Body("lead")] {
            let problem = source("?page", place);
            assert_eq!(
                (&problem["source"], &problem["meta"]["field"]),
                (&json!({"parameter": "page"}), &json!("page"))
            );
            let problem = source("/active", place);
            assert_eq!(
                (&problem["source"], &problem["meta"]["field"]),
                (&json!({"pointer": "/active"}), &json!("active"))
            );
        }
    }

    #[test]
    fn a_fault_of_ours_shows_the_request_and_nothing_else() {
        let error = Error::internal("table leads is missing").with_source(std::io::Error::other("password=hunter2"));
        let refusal = Refusal::from(error);
        let text = shown(&refusal, Place::Query).to_string();
        assert!(text.contains("req-1") && !text.contains("leads") && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_pause_is_rounded_up_and_never_missing_where_it_is_promised() {
        let after = |pause| Error::new(ErrorKind::RateLimited, "slow").with_retry(Retry::After(pause));
        let header = |error: Error| {
            let response = respond(&error.into(), Place::Query, "r");
            response.headers.get(header::RETRY_AFTER).map(|value| value.to_str().expect("text").to_owned())
        };
        assert_eq!(header(after(Duration::from_millis(1500))).as_deref(), Some("2"));
        assert_eq!(header(after(Duration::ZERO)).as_deref(), Some("1"));
        assert_eq!(header(Error::new(ErrorKind::Unavailable, "down")).as_deref(), Some("1"));
        assert_eq!(header(Error::conflict("busy").with_retry(Retry::Now)).as_deref(), Some("0"));
        assert_eq!(header(Error::not_found("lead")), None);
    }
}
