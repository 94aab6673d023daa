//! Who calls: a cookie, a token, or the visitor of a conversation.

use std::net::IpAddr;

use http::{HeaderName, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use spotlight_core::{
    domain::{OrganizationId, audit::Actor, time::Timestamp, user::Session},
    services::{Context, Spotlight, accounts::Authenticated, mutation},
};
use uuid::Uuid;

use crate::{
    authenticate::Authenticate,
    endpoint::{Access, Endpoint, Verb},
    error::Refusal,
    policy::HttpPolicy,
    request::Request,
    socket::TOKEN_PROTOCOL,
};

/// Carries the token that a browser was given at sign-in.
pub(crate) const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");

/// Begins a conversation token; everything else is an API token.
const VISIT: &str = "visit.";
/// Longest secret looked at.
const MAX_SECRET: usize = 512;

/// Somebody recognised.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) context: Context,
    pub(crate) session: Option<Session>,
    /// When a visitor's token ends.
    pub(crate) until: Option<Timestamp>,
}

impl Caller {
    /// Nobody in particular. Services that serve them find the organization themselves.
    pub(crate) fn nobody() -> Self {
        let context = Context::new(Actor::Anonymous, OrganizationId::from_uuid(Uuid::nil()), None);
        Self { context, session: None, until: None }
    }
}

impl From<Authenticated> for Caller {
    fn from(found: Authenticated) -> Self {
        Self { context: found.context, session: found.session, until: None }
    }
}

/// Recognises the caller of an endpoint that is not open to anybody.
///
/// # Errors
/// 401 without credentials or with wrong ones; 403 where they are of the wrong kind, or a browser's change does not
/// carry its token.
pub(crate) async fn recognise(
    platform: &Spotlight,
    policy: &HttpPolicy,
    host: Option<&dyn Authenticate>,
    endpoint: &Endpoint,
    request: &Request,
) -> Result<Caller, Refusal> {
    if let Some(host) = host {
        return by_host(platform, host, endpoint, request).await;
    }
    if request.headers.contains_key(header::AUTHORIZATION) || offered(endpoint, request).is_some() {
        return by_token(platform, endpoint, request).await;
    }
    let cookie = request.cookie(policy.cookie()).filter(|secret| secret.len() <= MAX_SECRET);
    let Some(secret) = cookie else {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "sign in, or send an API token as `Authorization: Bearer`"));
    };
    // No token protects a socket: browsers open it from any page, with the cookie, and say from which.
    if endpoint.is_socket()
        && !request.header(&header::ORIGIN).is_some_and(|origin| policy.is_own(origin, request.header(&header::HOST)))
        && !mutation::off()
    {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "a socket with a cookie is for pages of this origin alone"));
    }
    let accounts = platform.accounts();
    let found = accounts.authenticate_session(&SecretString::from(secret)).await?;
    if let Some(session) = &found.session
        && endpoint.verb != Verb::Get
        && !request.header(&CSRF).is_some_and(|sent| accounts.check_csrf(session, sent))
        && !mutation::off()
    {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "the header X-CSRF-Token is missing or wrong; GET /api/v1/user gives it in `meta.csrf_token`",
        ));
    }
    Ok(found.into())
}

/// Asks the application around the API. A visitor's token is the platform's own all the same: there is no account behind
/// it that anybody else could know.
async fn by_host(
    platform: &Spotlight,
    host: &dyn Authenticate,
    endpoint: &Endpoint,
    request: &Request,
) -> Result<Caller, Refusal> {
    if bearer(request).is_some_and(|secret| secret.expose_secret().starts_with(VISIT)) {
        return by_token(platform, endpoint, request).await;
    }
    if endpoint.access == Access::Session && !mutation::off() {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "people sign in elsewhere here"));
    }
    let vouched = host.authenticate(request).await?;
    let mut context = platform.accounts().vouched(vouched.user, vouched.organization).await?;
    context.scopes = vouched.scopes;
    Ok(Caller { context, session: None, until: None })
}

async fn by_token(platform: &Spotlight, endpoint: &Endpoint, request: &Request) -> Result<Caller, Refusal> {
    let Some(secret) = bearer(request).or_else(|| offered(endpoint, request)) else {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "the header Authorization must be `Bearer` and a token"));
    };
    if endpoint.access == Access::Session && !mutation::off() {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "only a browser that is signed in can do this"));
    }
    let secret = secret.expose_secret();
    if secret.starts_with(VISIT) {
        let (context, until) = platform.public().authenticate_until(secret, origin(request).as_deref())?;
        return if endpoint.access == Access::Visitor || mutation::off() {
            Ok(Caller { context, session: None, until: Some(until) })
        } else {
            Err(Refusal::new(StatusCode::FORBIDDEN, "a conversation token opens its own conversation only"))
        };
    }
    Ok(platform.accounts().authenticate_token(&SecretString::from(secret)).await?.into())
}

fn bearer(request: &Request) -> Option<SecretString> {
    let (scheme, secret) = request.header(&header::AUTHORIZATION)?.split_once(' ')?;
    let secret = secret.trim();
    (scheme.eq_ignore_ascii_case("bearer") && (1..=MAX_SECRET).contains(&secret.len())).then(|| secret.into())
}

/// The token that a browser offers as a protocol of a socket.
fn offered(endpoint: &Endpoint, request: &Request) -> Option<SecretString> {
    if !endpoint.is_socket() {
        return None;
    }
    let secret = request.list(&header::SEC_WEBSOCKET_PROTOCOL).find_map(|one| one.strip_prefix(TOKEN_PROTOCOL))?;
    (1..=MAX_SECRET).contains(&secret.len()).then(|| secret.into())
}

/// The web origin of the page that calls. Browsers leave `Origin` out of reads from the same origin, and name the page
/// in `Referer` then.
pub(crate) fn origin(request: &Request) -> Option<String> {
    if let Some(origin) = request.header(&header::ORIGIN) {
        return Some(origin.to_owned());
    }
    let (scheme, rest) = request.header(&header::REFERER)?.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty())?;
    Some(format!("{scheme}://{host}"))
}

/// The key and the name under which the caller's requests are counted.
pub(crate) fn counted_as(context: &Context, client: IpAddr) -> String {
    match context.actor.id() {
        Some(id) => format!("http:{}:{id}", context.actor.kind()),
        None => format!("http:ip:{}", crate::policy::limit_key(client)),
    }
}

/// The header that hands a session to the browser.
pub(crate) fn cookie(policy: &HttpPolicy, secret: &SecretString, lasts_s: Option<i64>) -> String {
    let secure = if policy.secure_cookies { "; Secure" } else { "" };
    let lasts = lasts_s.map(|seconds| format!("; Max-Age={}", seconds.max(0))).unwrap_or_default();
    format!("{}={}; Path=/; HttpOnly; SameSite=Lax{secure}{lasts}", policy.cookie(), secret.expose_secret())
}
