//! The way of a request through the edge.

use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures::{FutureExt, Stream, StreamExt};
use http::{HeaderName, Method, StatusCode, header};
use spotlight_core::{
    domain::{
        audit::Actor,
        deployment::{DeploymentSettings, Maintenance},
    },
    error::{Error, ErrorKind, Retry, Violation},
    metrics::Inside,
    ports::{Clock, Quota, Verdict},
    services::{Context, Spotlight},
    trace::Trace,
};
use spotlight_derive::RedactedDebug;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, timeout},
};
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};
use tracing::Instrument;

use crate::{
    authenticate::Authenticate,
    credentials::{self, Caller},
    endpoint::{Access, Answers, Endpoint, Verb},
    error::{Place, Refusal, respond, seconds_up},
    incoming::way,
    maintenance::{self, Meanwhile},
    plans::Plans,
    policy::{HttpPolicy, limit_key},
    precondition::{if_match, not_modified},
    query::Query,
    request::Request,
    resources::Call,
    response::{Body, Response},
    serving::{Served, allowed},
    socket,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
/// Headers that scripts of other origins may read.
const EXPOSED: &str = "X-Request-Id, Retry-After, Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset";
/// Headers that scripts of other origins may send.
const ACCEPTED: &str = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id";

/// The HTTP API over a platform. Cheap to clone.
#[derive(RedactedDebug, Clone)]
pub struct Api {
    platform: Spotlight,
    policy: Arc<HttpPolicy>,
    pub(crate) served: Arc<Served>,
    host: Option<Arc<dyn Authenticate>>,
    plans: Arc<Plans>,
    places: Arc<Semaphore>,
    paused: Arc<watch::Sender<Pause>>,
    /// Live connections that are open.
    live: TaskTracker,
}

/// Whether the API is on its way out.
#[derive(Debug, Default, Clone, Copy)]
struct Pause {
    /// Seconds after which clients come back; 0 while live connections are taken.
    seconds: u64,
    /// Nor are requests.
    refuses: bool,
}

/// What a connection needs that outlives its request.
pub(crate) struct Room {
    pub(crate) platform: Spotlight,
    pub(crate) policy: Arc<HttpPolicy>,
    plans: Arc<Plans>,
    pub(crate) request_id: String,
    pub(crate) stopping: Stopping,
    _open: TaskTrackerToken,
    _counted: Inside,
}

impl Room {
    /// Counts something that a caller asks of a connection as one of their requests.
    pub(crate) async fn count(&self, context: &Context) -> Result<(), Error> {
        let key = credentials::counted_as(context, IpAddr::from([0, 0, 0, 0]));
        let quota = quota_of(&self.platform, &self.policy, &self.plans, context).await;
        match self.platform.limiter().check(&key, quota).await {
            Ok(verdict) if !verdict.allowed => Err(too_many(verdict)),
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(error = error.chain(), "requests are not limited at the moment");
                Ok(())
            }
        }
    }
}

/// Hears of the server's end, and of maintenance.
pub(crate) struct Stopping {
    paused: watch::Receiver<Pause>,
    settings: watch::Receiver<Arc<DeploymentSettings>>,
    clock: Arc<dyn Clock>,
}

impl Stopping {
    /// Waits until connections are to be closed. Gives the seconds after which clients come back.
    ///
    /// # Cancel safety
    /// Nothing is lost with a dropped future.
    pub(crate) async fn wait(&mut self) -> u64 {
        let Self { paused, settings, clock } = self;
        // Without its API, a connection has nobody left to serve it.
        let paused = async { paused.wait_for(|pause| pause.seconds > 0).await.map_or(1, |pause| pause.seconds) };
        let maintenance = async {
            let known = settings.wait_for(|settings| settings.maintenance.is_some()).await;
            let maintenance = known.ok().and_then(|settings| settings.maintenance.clone());
            maintenance.map_or(1, |maintenance| seconds_up(maintenance.retry_after(clock.now())).max(1))
        };
        tokio::select! {
            pause = paused => pause,
            pause = maintenance => pause,
        }
    }
}

/// What is known of a request before anything is decided.
struct Arrival<'a> {
    endpoint: &'static Endpoint,
    request: &'a Request,
    request_id: &'a str,
    client: IpAddr,
}

/// What a limit said, for the headers.
type Counted = Option<(Quota, Verdict)>;

impl Api {
    /// The API over a platform, with a deployment's settings.
    pub fn new(platform: Spotlight, policy: HttpPolicy) -> Self {
        let plans = Arc::new(Plans::new(Arc::clone(platform.clock())));
        let places = Arc::new(Semaphore::new(policy.max_in_flight.min(Semaphore::MAX_PERMITS)));
        Self {
            platform,
            policy: Arc::new(policy),
            served: Arc::new(Served::without(&[])),
            host: None,
            plans,
            places,
            paused: Arc::default(),
            live: TaskTracker::new(),
        }
    }

    /// The same API with callers recognised by the application around it instead of by cookies and API tokens. What they
    /// may do is decided by the services all the same. Sessions cannot be listed or ended then, and the group
    /// [`Accounts`](crate::Group::Accounts) is better left out.
    #[must_use]
    pub fn authenticated_by(mut self, host: Arc<dyn Authenticate>) -> Self {
        self.host = Some(host);
        self
    }

    pub(crate) fn platform(&self) -> &Spotlight {
        &self.platform
    }

    /// Refuses everything but signs of life with 503 from now on, and closes live connections; clients are told to come
    /// back after `pause`. `/ready` says that no traffic is to be sent here.
    pub fn pause(&self, pause: Duration) {
        self.paused.send_replace(Pause { seconds: seconds_up(pause).max(1), refuses: true });
    }

    /// Whether a [`pause`](Self::pause) or [`wind_down`](Self::wind_down) is on: no traffic is to be sent here.
    pub fn is_paused(&self) -> bool {
        self.paused.borrow().seconds > 0
    }

    /// Closes live connections and takes no more of them; clients are told to come back after `pause`. Requests are
    /// answered as ever: this is how a server that is asked to stop takes its leave.
    pub fn wind_down(&self, pause: Duration) {
        self.paused.send_replace(Pause { seconds: seconds_up(pause).max(1), refuses: false });
    }

    /// Takes requests and live connections again after [`pause`](Self::pause) or [`wind_down`](Self::wind_down).
    pub fn resume(&self) {
        self.paused.send_replace(Pause::default());
    }

    /// Waits until no live connection is open, after [`wind_down`](Self::wind_down) or [`pause`](Self::pause). Those that are told of the end take a few
    /// seconds at most.
    ///
    /// # Cancel safety
    /// Nothing but the waiting ends.
    pub async fn drained(&self) {
        self.live.close();
        self.live.wait().await;
        self.live.reopen();
    }

    /// How many live connections are open.
    pub fn live_connections(&self) -> usize {
        self.live.len()
    }

    /// Refuses one more live connection where there are too many.
    pub(crate) fn admit(&self) -> Result<(), Error> {
        let leaving = self.paused.borrow().seconds;
        if leaving == 0 && self.live.len() < self.policy.max_live {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Unavailable, "no more live connections are taken at the moment");
        let after = if leaving > 0 { leaving } else { 5 };
        Err(error.with_retry(Retry::After(Duration::from_secs(after))))
    }

    pub(crate) fn room(&self, request_id: &str) -> Room {
        Room {
            platform: self.platform.clone(),
            policy: Arc::clone(&self.policy),
            plans: Arc::clone(&self.plans),
            request_id: request_id.to_owned(),
            stopping: Stopping {
                paused: self.paused.subscribe(),
                settings: self.platform.deployment().follow(),
                clock: Arc::clone(self.platform.clock()),
            },
            _open: self.live.token(),
            _counted: self.platform.metrics().live_connections.enter(),
        }
    }

    /// Answers a request that matches a row of [`endpoints`](crate::endpoints). The body is read when its turn comes:
    /// not before the caller is known, and never beyond the policy's limit.
    ///
    /// # Cancel safety
    /// Dropping the future abandons the request: what was committed stays, nothing is half done.
    pub async fn handle<S, E>(&self, endpoint: &'static Endpoint, request: Request, body: S) -> Response
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        let began = Instant::now();
        let request_id = self.request_id(&request);
        let client = self.policy.client(request.peer, request.list(&HeaderName::from_static("x-forwarded-for")));
        let arrival = Arrival { endpoint, request: &request, request_id: &request_id, client };
        let mut counted = None;
        // Every line that is logged on the way names the request and whose it is.
        let trace = self.trace(endpoint, &request, &request_id);
        let span = tracing::info_span!(
            "request",
            operation = endpoint.name,
            request_id,
            organization = tracing::field::Empty,
            trace_id = %trace.trace_id(),
            span_id = %trace.span_id(),
            parent_span_id = trace.parent().map(tracing::field::display),
            sampled = trace.is_sampled(),
            status = tracing::field::Empty,
        );
        let answer = trace.scope(self.answer(&arrival, body, &mut counted)).instrument(span.clone());
        span.in_scope(|| tracing::debug!("a request begins"));
        let answered = AssertUnwindSafe(answer).catch_unwind().await;
        let _request = span.enter();
        let mut response = match answered {
            Ok(Ok(response)) => response,
            Ok(Err(refusal)) => {
                log(&arrival, &refusal);
                if let (Some(pause), Some((_, verdict))) = (limited_for(&refusal), &mut counted) {
                    // A service counts what the edge cannot see, as by account: the headers must not speak of room.
                    verdict.remaining = 0;
                    verdict.reset_after = verdict.reset_after.max(pause);
                }
                respond(&refusal, endpoint.place(), &request_id)
            }
            Err(_) => {
                let refusal = Refusal::Core(Error::internal("a handler panicked"));
                log(&arrival, &refusal);
                respond(&refusal, endpoint.place(), &request_id)
            }
        };
        if let Answers::Download { disposition, .. } = endpoint.answers
            && response.status == StatusCode::OK
        {
            response.set(header::CONTENT_DISPOSITION, disposition);
        }
        not_modified(&request, &mut response);
        if let Some((quota, verdict)) = counted {
            response.set(LIMIT, quota.burst.to_string());
            response.set(REMAINING, verdict.remaining.to_string());
            response.set(RESET, seconds_up(verdict.reset_after).to_string());
        }
        self.finish(&request, &request_id, endpoint.crosses_origins(), &mut response);
        let status = response.status.as_u16();
        let took_ms = began.elapsed().as_secs_f64() * 1000.0;
        span.record("status", status);
        tracing::info!(operation = endpoint.name, status, took_ms, "answered");
        response
    }

    /// Answers a request that matches no path.
    pub fn not_found(&self, request: &Request) -> Response {
        self.refuse(request, &Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this address"))
    }

    /// Answers a request to a path with a method it does not have. `OPTIONS` is a browser's question whether
    /// a page of another origin may call, and is answered where it may.
    pub(crate) fn method_not_allowed(&self, rows: &[&'static Endpoint], request: &Request) -> Response {
        let methods = allowed(rows);
        if request.method == Method::OPTIONS && methods.ends_with("OPTIONS") {
            let mut response = Response::empty(StatusCode::NO_CONTENT)
                .with(header::ACCESS_CONTROL_ALLOW_METHODS, &methods)
                .with(header::ACCESS_CONTROL_ALLOW_HEADERS, ACCEPTED)
                .with(header::ACCESS_CONTROL_MAX_AGE, "7200");
            self.finish(request, &self.request_id(request), true, &mut response);
            return response;
        }
        let detail = format!("this address answers: {methods}");
        self.refuse(request, &Refusal::new(StatusCode::METHOD_NOT_ALLOWED, detail).with(header::ALLOW, methods))
    }

    pub(crate) fn refuse(&self, request: &Request, refusal: &Refusal) -> Response {
        let request_id = self.request_id(request);
        let mut response = respond(refusal, Place::Query, &request_id);
        self.finish(request, &request_id, false, &mut response);
        response
    }

    /// Where a request goes that must come over HTTPS and did not.
    pub(crate) fn elsewhere(&self, request: &Request) -> Option<Response> {
        let mut response = self.policy.security.elsewhere(&self.policy, request)?;
        self.finish(request, &self.request_id(request), false, &mut response);
        Some(response)
    }

    /// The caller's id of the request where it is a sound one, else a new one.
    fn request_id(&self, request: &Request) -> String {
        let sound = |id: &&str| {
            (1..=128).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        let given = request.header(&REQUEST_ID).filter(sound);
        given.map_or_else(|| self.platform.ids().uuid().to_string(), str::to_owned)
    }

    /// The request's place in a trace: in the one that it names, if it names one.
    fn trace(&self, endpoint: &Endpoint, request: &Request, request_id: &str) -> Trace {
        // More than one says nothing.
        let mut given = request.headers.get_all(TRACEPARENT).iter();
        let traceparent = given.next().filter(|_| given.next().is_none()).and_then(|value| value.to_str().ok());
        let trace = Trace::accept(request_id, traceparent, &**self.platform.ids());
        // Who asks every second whether it lives would fill every trace.
        if endpoint.access == Access::Probe { trace.unnoticed() } else { trace }
    }

    fn finish(&self, request: &Request, request_id: &str, crosses_origins: bool, response: &mut Response) {
        response.set(REQUEST_ID, request_id);
        self.policy.security.protect(crosses_origins, response);
        if !response.headers.contains_key(header::CACHE_CONTROL) {
            response.set(header::CACHE_CONTROL, "no-store");
        }
        if crosses_origins {
            response.set(header::VARY, "Origin");
            if let Some(origin) = request.header(&header::ORIGIN) {
                // Without `Allow-Credentials`: what another origin's page may do, it does with its token alone.
                response.set(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                response.set(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
            }
        }
        if request.method == Method::HEAD {
            without_body(response);
        }
    }

    async fn answer<S, E>(&self, arrival: &Arrival<'_>, body: S, counted: &mut Counted) -> Result<Response, Refusal>
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        let Arrival { endpoint, request, request_id, client } = *arrival;
        if endpoint.access == Access::Probe {
            let query = Query::parse(request.query.as_deref(), endpoint.query)?;
            let call = self.call(arrival, Caller::nobody(), query);
            return (endpoint.run)(call).await.map_err(Refusal::from);
        }
        let place = self.enter()?;
        let maintenance = self.maintenance().await.map(|known| (known, Meanwhile::of(endpoint)));
        let refused =
            |known: &Maintenance| Ok(maintenance::respond(known, request, request_id, self.platform.clock().now()));
        if let Some((known, Meanwhile::Nobody)) = &maintenance {
            return refused(known);
        }
        check_accept(request, endpoint)?;
        let mut caller = self.caller(arrival, counted).await?;
        if let Some((known, Meanwhile::Operators)) = &maintenance
            && !self.platform.deployment().is_operator(&caller.context).await?
        {
            return refused(known);
        }
        if endpoint.is_socket() {
            socket::check(request)?;
        }
        let context = &mut caller.context;
        tracing::Span::current().record("organization", tracing::field::display(context.organization));
        context.request_id = Some(request_id.to_owned());
        context.source_address = Some(client.to_string());
        // What streams in may take its time, as long as it comes.
        context.deadline = endpoint.streams.is_none().then(|| Instant::now() + self.policy.timeout);
        let expected_version = if_match(request, endpoint)?;
        let mut broken = Vec::new();
        let key = gather(idempotency_key(request, endpoint), &mut broken)?;
        context.idempotency_key = key.flatten();
        let query = gather(Query::parse(request.query.as_deref(), endpoint.query), &mut broken)?;
        let path = endpoint
            .path_values(&request.path)
            .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this address"))?;
        let mut streamed = None;
        let body = match endpoint.streams {
            Some(streams) => {
                streams.check(request)?;
                streamed = Some((streams, body));
                Bytes::new()
            }
            None if matches!(endpoint.verb, Verb::Post | Verb::Patch) => self.read(request, body).await?,
            None => Bytes::new(),
        };
        let Some(query) = query.filter(|_| broken.is_empty()) else {
            // What is signed is not read before its signature was checked.
            if endpoint.access != Access::Signed {
                gather(endpoint.check_body(&body), &mut broken)?;
            }
            return Err(Error::validation(broken).into());
        };
        let mut call = Call { path, body, expected_version, place: Some(place), ..self.call(arrival, caller, query) };
        if let Some((streams, body)) = streamed {
            let (outgoing, incoming) = way();
            call.incoming = Some(incoming);
            return streams.run(&self.policy, body, outgoing, (endpoint.run)(call)).await;
        }
        let run = async {
            if endpoint.carries.is_none() && endpoint.access != Access::Signed {
                endpoint.check_body(&call.body)?;
            }
            (endpoint.run)(call).await
        };
        timeout(self.policy.timeout, run)
            .await
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::Timeout, "the answer took too long")))
            .map_err(Refusal::from)
    }

    /// What an action is given of a request that names nothing and carries nothing.
    fn call<'a>(&'a self, arrival: &Arrival<'a>, caller: Caller, query: Query) -> Call<'a> {
        let Caller { context, session, until } = caller;
        Call {
            api: self,
            platform: &self.platform,
            policy: &self.policy,
            served: &self.served,
            endpoint: arrival.endpoint,
            request: arrival.request,
            request_id: arrival.request_id,
            context,
            session,
            until,
            query,
            path: Vec::new(),
            body: Bytes::new(),
            incoming: None,
            expected_version: None,
            place: None,
        }
    }

    /// A place among the requests in flight.
    fn enter(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let unavailable = |pause| {
            Refusal::Core(
                Error::new(ErrorKind::Unavailable, "requests are not taken at the moment")
                    .with_retry(Retry::After(Duration::from_secs(pause))),
            )
        };
        let pause = *self.paused.borrow();
        if pause.refuses {
            return Err(unavailable(pause.seconds));
        }
        Arc::clone(&self.places).try_acquire_owned().map_err(|_| unavailable(1))
    }

    /// The maintenance that is under way.
    async fn maintenance(&self) -> Option<Maintenance> {
        self.platform.maintenance().await.unwrap_or_else(|error| {
            // Whether there is any cannot be known, and requests fail by themselves.
            tracing::warn!(error = error.chain(), "whether there is maintenance cannot be read");
            None
        })
    }

    /// Who calls, once their limit allows it.
    async fn caller(&self, arrival: &Arrival<'_>, counted: &mut Counted) -> Result<Caller, Refusal> {
        let Arrival { endpoint, request, client, .. } = *arrival;
        if endpoint.access == Access::Signed {
            self.count(&format!("http:signed:{}", limit_key(client)), self.policy.signed, counted).await?;
            return Ok(Caller::nobody());
        }
        if endpoint.access == Access::Open {
            let caller = Caller::nobody();
            let (key, quota) = match endpoint.quota {
                Some(quota) => (format!("http:{}:{}", endpoint.name, limit_key(client)), quota),
                None => (credentials::counted_as(&caller.context, client), self.policy.open),
            };
            self.count(&key, quota, counted).await?;
            return Ok(caller);
        }
        match credentials::recognise(&self.platform, &self.policy, self.host.as_deref(), endpoint, request).await {
            Ok(caller) => {
                let quota = quota_of(&self.platform, &self.policy, &self.plans, &caller.context).await;
                self.count(&credentials::counted_as(&caller.context, client), quota, counted).await?;
                Ok(caller)
            }
            Err(refusal) => {
                // Whoever tries secrets out is slowed down by where they come from.
                if refusal.status() == StatusCode::UNAUTHORIZED {
                    self.count(&format!("http:refused:{}", limit_key(client)), self.policy.open, counted).await?;
                }
                Err(refusal)
            }
        }
    }

    async fn count(&self, key: &str, quota: Quota, counted: &mut Counted) -> Result<(), Refusal> {
        let verdict = match self.platform.limiter().check(key, quota).await {
            Ok(verdict) => verdict,
            Err(error) => {
                // A limiter that is away is no reason to turn everybody away.
                tracing::warn!(error = error.chain(), "requests are not limited at the moment");
                return Ok(());
            }
        };
        *counted = Some((quota, verdict));
        if verdict.allowed {
            return Ok(());
        }
        Err(too_many(verdict).into())
    }

    /// The body, as far as the policy lets it grow and take its time.
    async fn read<S, E>(&self, request: &Request, body: S) -> Result<Bytes, Refusal>
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        let most = self.policy.max_body;
        let too_large =
            || Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body must be at most {most} bytes"));
        let announced = request.header(&header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
        if announced.is_some_and(|length| length > most) {
            return Err(too_large());
        }
        let gather = async {
            let mut body = std::pin::pin!(body);
            let mut gathered = BytesMut::new();
            while let Some(part) = body.next().await {
                let part = part.map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "the body was cut off"))?;
                if gathered.len() + part.len() > most {
                    return Err(too_large());
                }
                gathered.extend_from_slice(&part);
            }
            Ok(gathered.freeze())
        };
        let gathered = timeout(self.policy.body_timeout, gather)
            .await
            .unwrap_or_else(|_| Err(Refusal::new(StatusCode::BAD_REQUEST, "the body took too long to arrive")))?;
        if !gathered.is_empty() {
            check_content_type(request)?;
        }
        Ok(gathered)
    }
}

/// Leaves the body out, and says how long it is where that is known. A stream ends before it begins.
fn without_body(response: &mut Response) {
    match &response.body {
        Body::Full(bytes) if !matches!(response.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) => {
            response.set(header::CONTENT_LENGTH, bytes.len().to_string());
            response.body = Body::Full(Bytes::new());
        }
        Body::Full(_) => {}
        Body::Stream(_) => response.body = Body::Stream(futures::stream::empty().boxed()),
        // A socket is asked for with GET alone.
        Body::Socket(_) => response.body = Body::Full(Bytes::new()),
    }
}

/// What the caller may ask in a while: a user or token, what their organization's plan allows.
async fn quota_of(platform: &Spotlight, policy: &HttpPolicy, plans: &Plans, context: &Context) -> Quota {
    if matches!(context.actor, Actor::Visitor(_)) {
        return policy.visitor;
    }
    let read = async { platform.billing().plan(context).await };
    plans.of(context.organization, read).await.map_or(policy.api, |plan| policy.api_of(plan))
}

fn too_many(verdict: Verdict) -> Error {
    let error = Error::new(ErrorKind::RateLimited, "too many requests; wait a moment");
    error.with_retry(Retry::After(verdict.retry_after))
}

/// The pause of a refusal for too many requests.
fn limited_for(refusal: &Refusal) -> Option<Duration> {
    match refusal {
        Refusal::Core(error) if error.kind() == ErrorKind::RateLimited => match error.retry() {
            Retry::After(pause) => Some(pause),
            _ => Some(Duration::ZERO),
        },
        _ => None,
    }
}

fn log(arrival: &Arrival<'_>, refusal: &Refusal) {
    if let Refusal::Core(error) = refusal
        && refusal.status().is_server_error()
    {
        let operation = arrival.endpoint.name;
        tracing::error!(operation, error = error.chain(), "a request failed");
    }
}

/// Refuses a caller who would not understand the answer.
fn check_accept(request: &Request, endpoint: &Endpoint) -> Result<(), Refusal> {
    if endpoint.is_socket() || !request.headers.contains_key(header::ACCEPT) {
        return Ok(());
    }
    let full = endpoint.media_type();
    let kinds = match &endpoint.answers {
        Answers::Download { kinds, .. } => *kinds,
        _ => std::slice::from_ref(&full),
    };
    let is_of = |kind: &str, name: &str| {
        let family = kind.split('/').next().unwrap_or_default();
        let of_family = name.strip_suffix("/*").is_some_and(|name| name.eq_ignore_ascii_case(family));
        of_family || name.eq_ignore_ascii_case(kind)
    };
    let understood = request.list(&header::ACCEPT).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused =
            parts.any(|part| part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0));
        !refused && (name == "*/*" || kinds.iter().any(|kind| is_of(kind, name)))
    });
    if understood || matches!(endpoint.answers, Answers::Nothing) {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::NOT_ACCEPTABLE, format!("this address answers with {}", kinds.join(" or "))))
}

fn check_content_type(request: &Request) -> Result<(), Refusal> {
    let given = request.header(&header::CONTENT_TYPE).unwrap_or_default();
    let mut parts = given.split(';').map(str::trim);
    let json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    let utf8 = parts
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.eq_ignore_ascii_case("charset"))
        .all(|(_, charset)| charset.trim_matches('"').eq_ignore_ascii_case("utf-8"));
    if json && utf8 {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send JSON in UTF-8 as `Content-Type: application/json`"))
}

/// The value of a part of the request; or nothing, and what is wrong with it among all that is.
fn gather<T>(read: Result<T, Error>, broken: &mut Vec<Violation>) -> Result<Option<T>, Error> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::Validation => {
            broken.extend_from_slice(error.violations());
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn idempotency_key(request: &Request, endpoint: &Endpoint) -> Result<Option<String>, Error> {
    if !endpoint.keyed || !request.headers.contains_key(&IDEMPOTENCY_KEY) {
        return Ok(None);
    }
    let sound = |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    match request.header(&IDEMPOTENCY_KEY).filter(sound) {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Error::invalid(
            "idempotency_key",
            "format",
            "Idempotency-Key must have 1 to 255 visible ASCII characters",
        )),
    }
}
