//! From the arrival of a request to its answer.

use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{FutureExt, Stream};
use http::{HeaderName, StatusCode, header};
use spotlight_core::{
    domain::deployment::Maintenance,
    error::{Error, ErrorKind, Retry, Violation},
    ports::{Quota, Verdict},
};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout},
};
use tracing::Instrument;

use super::{
    Api,
    accept::{check_accept, idempotency_key},
    timing::Timing,
};
use crate::{
    credentials::Caller,
    endpoint::{Access, Answers, Endpoint, Verb},
    error::{Refusal, respond, seconds_up},
    incoming::way,
    maintenance::{self, Meanwhile},
    precondition::{if_match, not_modified},
    query::Query,
    request::Request,
    resources::Call,
    response::Response,
    socket,
};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// What is known of a request before anything is decided.
pub(super) struct Arrival<'a> {
    pub(super) endpoint: &'static Endpoint,
    pub(super) request: &'a Request,
    pub(super) request_id: &'a str,
    pub(super) client: IpAddr,
}

/// What a limit said.
pub(super) type Counted = Option<(Quota, Verdict)>;

/// What becomes known on the way, for the headers.
#[derive(Default)]
struct Known {
    counted: Counted,
    timing: Option<Timing>,
}

impl Api {
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
        let mut known = Known::default();
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
        let answer = trace.scope(self.answer(&arrival, body, began, &mut known)).instrument(span.clone());
        span.in_scope(|| tracing::debug!("a request begins"));
        let answered = AssertUnwindSafe(answer).catch_unwind().await;
        let _request = span.enter();
        let mut response = match answered {
            Ok(Ok(response)) => response,
            Ok(Err(refusal)) => {
                log(&arrival, &refusal);
                if let (Some(pause), Some((_, verdict))) = (limited_for(&refusal), &mut known.counted) {
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
        if let Some((quota, verdict)) = known.counted {
            response.set(LIMIT, quota.burst.to_string());
            response.set(REMAINING, verdict.remaining.to_string());
            response.set(RESET, seconds_up(verdict.reset_after).to_string());
        }
        self.finish(&request, &request_id, endpoint.crosses_origins(), &mut response);
        if let Some(timing) = known.timing {
            response.set(SERVER_TIMING, timing.tell(began.elapsed()));
        }
        let status = response.status.as_u16();
        let took_ms = began.elapsed().as_secs_f64() * 1000.0;
        span.record("status", status);
        tracing::info!(operation = endpoint.name, status, took_ms, "answered");
        response
    }

    async fn answer<S, E>(
        &self,
        arrival: &Arrival<'_>,
        body: S,
        began: Instant,
        known: &mut Known,
    ) -> Result<Response, Refusal>
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        let Arrival { endpoint, request, request_id, .. } = *arrival;
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
        let caller = self.caller(arrival, &mut known.counted).await?;
        if let Some((known, Meanwhile::Operators)) = &maintenance
            && !self.platform.deployment().is_operator(&caller.context).await?
        {
            return refused(known);
        }
        known.timing = Timing::of(&caller.context, began.elapsed());
        let work = self.work(arrival, caller, place, body);
        match &known.timing {
            Some(timing) => timing.watch(work).await,
            None => work.await,
        }
    }

    /// What is left once it is known who calls, and that they may.
    async fn work<S, E>(
        &self,
        arrival: &Arrival<'_>,
        mut caller: Caller,
        place: OwnedSemaphorePermit,
        body: S,
    ) -> Result<Response, Refusal>
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        let Arrival { endpoint, request, request_id, client } = *arrival;
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
