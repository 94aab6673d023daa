//! What protects those who talk to us: HTTPS, and what browsers are told. One value for every framework.

use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use spotlight_derive::RedactedDebug;

use crate::{policy::HttpPolicy, request::Request, response::Response};

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// One year, for every host below, in browsers' own lists: as the deployment guide has it.
const HSTS: &str = "max-age=31536000; includeSubDomains; preload";
/// What an answer that is no page may do in a browser: nothing.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";
/// Voice needs the microphone, of our own pages alone.
const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(self), payment=(), usb=()";

/// How browsers and plain HTTP are dealt with.
#[derive(RedactedDebug, Clone)]
pub struct Security {
    /// Requests that did not come over HTTPS are sent there; probes and metrics are answered all the same. HTTPS is what a
    /// trusted proxy says in `X-Forwarded-Proto`, and a connection that is encrypted itself.
    pub force_https: bool,
    /// Browsers are told to come over HTTPS alone for a year, to every host below too.
    pub hsts: bool,
    /// The host that people know, as `app.example.com`; what a request names in `Host` unless given.
    pub host: Option<String>,
    page: HeaderValue,
}

impl Default for Security {
    fn default() -> Self {
        Self { force_https: false, hsts: true, host: None, page: page(None) }
    }
}

impl Security {
    /// The policy of a development server on plain HTTP.
    pub fn development() -> Self {
        Self { hsts: false, ..Self::default() }
    }

    /// The same for a deployment that is reached at this host: where plain HTTP is sent, and sockets of pages may go.
    #[must_use]
    pub fn reached_at(mut self, host: &str) -> Self {
        self.page = page(Some(host));
        self.host = Some(host.to_owned());
        self
    }

    /// Puts on an answer what browsers are to know of it.
    pub(crate) fn protect(&self, crosses_origins: bool, response: &mut Response) {
        let headers = &mut response.headers;
        let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        let policy = if is_page { self.page.clone() } else { HeaderValue::from_static(NO_PAGE) };
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        let mut say = |name, value| drop(headers.insert(name, HeaderValue::from_static(value)));
        say(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        say(header::REFERRER_POLICY, "strict-origin-when-cross-origin");
        say(PERMISSIONS_POLICY, PERMISSIONS);
        say(OPENER_POLICY, "same-origin");
        say(RESOURCE_POLICY, if crosses_origins { "cross-origin" } else { "same-origin" });
        // For browsers that do not know `frame-ancestors`.
        say(header::X_FRAME_OPTIONS, "DENY");
        if self.hsts {
            say(header::STRICT_TRANSPORT_SECURITY, HSTS);
        }
    }

    /// Where a request over plain HTTP is sent. None for one that is fine as it is.
    ///
    /// Reading is sent on for good (301); everything else keeps its method and body (308). A request that names no host we
    /// could send it to gets 400.
    pub(crate) fn elsewhere(&self, policy: &HttpPolicy, request: &Request) -> Option<Response> {
        if !self.force_https || is_https(policy, request) {
            return None;
        }
        let Some(host) = self.host.as_deref().or_else(|| named(request)) else {
            return Some(Response::empty(StatusCode::BAD_REQUEST));
        };
        let query = request.query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
        let reads = matches!(request.method, Method::GET | Method::HEAD);
        let status = if reads { StatusCode::MOVED_PERMANENTLY } else { StatusCode::PERMANENT_REDIRECT };
        let there = format!("https://{host}{}{query}", request.path);
        Some(Response::empty(status).with(header::LOCATION, there))
    }
}

/// What a page of ours may load. It begins from the deployment guide's policy and leaves out what no page of ours needs:
/// scripts and styles from anywhere but here, inline ones, and frames around us. Voice needs `media-src` and `worker-src`.
fn page(host: Option<&str>) -> HeaderValue {
    // Browsers take `'self'` for the socket too; older ones want it said.
    let socket = host.map(|host| format!(" wss://{host}")).unwrap_or_default();
    let text = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; font-src 'self' data:; \
         connect-src 'self'{socket}; media-src 'self' blob:; worker-src 'self' blob:; manifest-src 'self'; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(NO_PAGE))
}

/// Whether the client spoke HTTPS, as far as that can be believed.
fn is_https(policy: &HttpPolicy, request: &Request) -> bool {
    // Each proxy appends what it saw: the last word is that of the one who spoke to us. That one's own connection may be
    // encrypted while its client's is not.
    let said = request.list(&FORWARDED_PROTO).last().filter(|_| policy.trusts(request.peer));
    said.map_or(request.encrypted, |proto| proto.eq_ignore_ascii_case("https"))
}

/// The host that a request names, without its port: HTTPS is on another.
fn named(request: &Request) -> Option<&str> {
    let host = request.header(&header::HOST)?;
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b".-[]:".contains(&byte);
    (!host.is_empty() && host.bytes().all(fine)).then_some(host)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn request(method: Method, headers: &[(&'static str, &'static str)]) -> Request {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        Request {
            method,
            path: "/api/v1/leads".to_owned(),
            prefix: 0,
            query: Some("page=2".to_owned()),
            headers: map,
            peer: [10, 0, 0, 1].into(),
            encrypted: false,
        }
    }

    fn forced() -> Security {
        Security { force_https: true, ..Security::default() }
    }

    fn sent(security: &Security, policy: &HttpPolicy, request: &Request) -> Option<(u16, String)> {
        security.elsewhere(policy, request).map(|response| {
            let there = response.headers.get(header::LOCATION).map(|there| there.to_str().expect("text").to_owned());
            (response.status.as_u16(), there.unwrap_or_default())
        })
    }

    #[test]
    fn plain_http_is_sent_to_https() {
        let policy = HttpPolicy::default();
        let there = "https://app.example.com/api/v1/leads?page=2".to_owned();
        let host = [("host", "app.example.com:3000")];
        assert_eq!(sent(&forced(), &policy, &request(Method::GET, &host)), Some((301, there.clone())));
        assert_eq!(sent(&forced(), &policy, &request(Method::POST, &host)), Some((308, there.clone())));
        assert_eq!(sent(&Security::default(), &policy, &request(Method::GET, &host)), None);
        // Whoever sends the header must not choose where others are led.
        let known = forced().reached_at("app.example.com");
        assert_eq!(sent(&known, &policy, &request(Method::GET, &[("host", "evil.example")])), Some((301, there)));
        for host in ["", "evil.example/x", "a b"] {
            assert_eq!(sent(&forced(), &policy, &request(Method::GET, &[("host", host)])), Some((400, String::new())));
        }
    }

    #[test]
    fn only_a_trusted_proxy_says_that_it_was_https() {
        let said = request(Method::GET, &[("host", "app.example.com"), ("x-forwarded-proto", "https")]);
        assert!(sent(&forced(), &HttpPolicy::default(), &said).is_some(), "anybody can say so");
        let trusting = HttpPolicy::default().trust(&["10.0.0.0/8"]).expect("a network");
        assert_eq!(sent(&forced(), &trusting, &said), None);
        let plain = request(Method::GET, &[("host", "app.example.com"), ("x-forwarded-proto", "https, http")]);
        assert!(sent(&forced(), &trusting, &plain).is_some(), "the last proxy was spoken to plainly");
    }

    #[test]
    fn an_encrypted_connection_is_https_whatever_a_stranger_says() {
        let of = |headers: &[(&'static str, &'static str)]| Request {
            encrypted: true,
            ..request(Method::GET, &[&[("host", "app.example.com")], headers].concat())
        };
        let stranger = HttpPolicy::default();
        assert_eq!(sent(&forced(), &stranger, &of(&[])), None);
        assert_eq!(sent(&forced(), &stranger, &of(&[("x-forwarded-proto", "http")])), None);
        let trusting = HttpPolicy::default().trust(&["10.0.0.0/8"]).expect("a network");
        assert_eq!(sent(&forced(), &trusting, &of(&[])), None);
        assert_eq!(sent(&forced(), &trusting, &of(&[("x-forwarded-proto", "https")])), None);
        let plain = sent(&forced(), &trusting, &of(&[("x-forwarded-proto", "http")]));
        assert!(plain.is_some(), "the proxy was spoken to plainly, and encrypts its own way");
    }

    #[test]
    fn what_browsers_are_told() {
        let mut answer = Response::empty(StatusCode::OK).with(header::CONTENT_TYPE, "application/json");
        Security::default().protect(false, &mut answer);
        let expected = [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("permissions-policy", "camera=(), geolocation=(), microphone=(self), payment=(), usb=()"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ];
        for (name, value) in expected {
            assert_eq!(answer.headers.get(name).and_then(|header| header.to_str().ok()), Some(value), "{name}");
        }
        let mut page = Response::empty(StatusCode::OK).with(header::CONTENT_TYPE, "text/html; charset=utf-8");
        Security::development().reached_at("app.example.com").protect(true, &mut page);
        assert!(page.headers.get(header::STRICT_TRANSPORT_SECURITY).is_none());
        assert_eq!(page.headers["cross-origin-resource-policy"], "cross-origin");
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
        assert!(!policy.contains("unsafe") && policy.contains("connect-src 'self' wss://app.example.com;"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("object-src 'none'"), "{policy}");
    }
}
