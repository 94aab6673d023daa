//! Requests whose client waits to be told to send its body.
//!
//! actix tells it so before the application has seen the request. Here the application begins first: when it answers
//! without the body, its answer is all that the client hears; when it asks for the body, the client is told to go on.

use std::{
    cell::RefCell,
    marker::PhantomData,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use actix_http::{
    ConnectionType, HttpMessage, Payload, Request, Response, StatusCode, body::BoxBody, error::PayloadError,
};
use actix_service::Service;
use bytes::Bytes;
use futures::{Stream, future::LocalBoxFuture};
use tokio::sync::oneshot;

use crate::connection::{Activity, Counted};

type Answer = Result<Response<Counted>, Response<BoxBody>>;
type Work = LocalBoxFuture<'static, Answer>;

/// The application, each of whose requests is in hand from its head until its answer is sent.
pub(crate) struct Application<S, B> {
    app: Rc<S>,
    /// The server takes its leave: each answer is its connection's last.
    leaving: Arc<AtomicBool>,
    sends: PhantomData<fn() -> B>,
}

/// An answer that has begun before its body was asked for.
struct Begun(RefCell<Option<Work>>);

impl<S, B> Application<S, B>
where
    S: Service<Request> + 'static,
    S::Response: Into<Response<B>>,
    S::Error: Into<actix_web::Error>,
    B: actix_http::body::MessageBody + 'static,
{
    pub(crate) fn new(app: &Rc<S>, leaving: &Arc<AtomicBool>) -> Self {
        Self { app: Rc::clone(app), leaving: Arc::clone(leaving), sends: PhantomData }
    }

    fn begin(&self, request: Request) -> Work {
        let in_hand = request.conn_data::<Rc<Activity>>().map(Activity::begin);
        let (answer, leaving) = (self.app.call(request), Arc::clone(&self.leaving));
        Box::pin(async move {
            match answer.await {
                Ok(response) => {
                    let mut response = response.into();
                    if leaving.load(Ordering::Relaxed) && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                        response.head_mut().set_connection_type(ConnectionType::Close);
                    }
                    Ok(response.map_body(|_, body| Counted { body: body.boxed(), _in_hand: in_hand }))
                }
                Err(error) => Err(error.into().error_response().into()),
            }
        })
    }
}

impl<S, B> Service<Request> for Application<S, B>
where
    S: Service<Request> + 'static,
    S::Response: Into<Response<B>>,
    S::Error: Into<actix_web::Error>,
    B: actix_http::body::MessageBody + 'static,
{
    type Response = Response<Counted>;
    type Error = Response<BoxBody>;
    type Future = Work;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.app.poll_ready(context).map_err(|error| error.into().error_response().into())
    }

    fn call(&self, request: Request) -> Work {
        let begun = request.extensions_mut().remove::<Begun>().and_then(|begun| begun.0.take());
        begun.unwrap_or_else(|| self.begin(request))
    }
}

/// What actix asks before it tells a client to go on.
pub(crate) struct Expect<S, B>(pub(crate) Application<S, B>);

impl<S, B> Service<Request> for Expect<S, B>
where
    S: Service<Request> + 'static,
    S::Response: Into<Response<B>>,
    S::Error: Into<actix_web::Error>,
    B: actix_http::body::MessageBody + 'static,
{
    type Response = Request;
    type Error = Response<BoxBody>;
    type Future = LocalBoxFuture<'static, Result<Request, Response<BoxBody>>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&self, mut request: Request) -> Self::Future {
        let (asks, mut asked) = oneshot::channel();
        let body = Asking { body: request.take_payload(), asks: Some(asks) };
        *request.payload() = Payload::Stream { payload: Box::pin(body) };
        let mut work = self.0.begin(request);
        Box::pin(async move {
            let asked = tokio::select! {
                biased;
                answered = &mut work => Err(answered),
                // An end without a question is not one: the answer comes.
                Ok(()) = &mut asked => Ok(()),
            };
            match asked {
                Ok(()) => {
                    let carrier = Request::new();
                    carrier.extensions_mut().insert(Begun(RefCell::new(Some(work))));
                    Ok(carrier)
                }
                Err(Ok(response)) => Err(response.map_body(|_, body| BoxBody::new(body))),
                Err(Err(response)) => Err(response),
            }
        })
    }
}

/// A body that says when it is first asked for.
struct Asking {
    body: Payload,
    asks: Option<oneshot::Sender<()>>,
}

impl Stream for Asking {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Some(asks) = this.asks.take() {
            // Nobody listens once the client goes on without having been told.
            let _ = asks.send(());
        }
        Pin::new(&mut this.body).poll_next(context)
    }
}
