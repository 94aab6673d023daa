//! How reports leave the process: over a client and a thread of their own, so that they go out while everything else waits,
//! and after it has ended.

use std::{sync::Arc, thread, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use spotlight_core::{Error, ErrorKind, Result};
use spotlight_derive::RedactedDebug;
use tokio::{runtime, sync::oneshot};

/// The longest that one report may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Sends reports. Dropping the last handle ends its thread.
#[derive(RedactedDebug)]
pub(super) struct Outlet {
    runtime: runtime::Handle,
    #[debug(hidden)]
    client: reqwest::Client,
    _open: oneshot::Sender<()>,
}

impl Outlet {
    /// # Errors
    /// `Misconfigured` when the client cannot be built, or there is no thread for it.
    pub(super) fn open() -> Result<Arc<Self>> {
        let unusable = |error: std::io::Error| {
            Error::new(ErrorKind::Misconfigured, "there is no thread for what is reported elsewhere").with_source(error)
        };
        let client = spotlight_providers::client::builder()?
            .timeout(LIMIT)
            .user_agent(concat!("Spotlight/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                let text = "the client of what is reported elsewhere cannot be built";
                Error::new(ErrorKind::Misconfigured, text).with_source(error)
            })?;
        let own = runtime::Builder::new_current_thread().enable_all().build().map_err(unusable)?;
        let (handle, (open, closed)) = (own.handle().clone(), oneshot::channel::<()>());
        let work = move || {
            // Nothing is ever sent: it ends with the sender.
            let _ = own.block_on(closed);
        };
        thread::Builder::new().name("spotlight-reports".to_owned()).spawn(work).map_err(unusable)?;
        Ok(Arc::new(Self { runtime: handle, client, _open: open }))
    }

    /// Sends a request and gives what was answered. Can be awaited anywhere.
    pub(super) async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>> {
        let lost = || Error::new(ErrorKind::Unavailable, "what is reported elsewhere cannot be sent any more");
        let client = self.client.clone();
        // What went wrong can name the address, with the key in it.
        let failed =
            |_: reqwest::Error| Error::new(ErrorKind::Unavailable, "the receiver of reports cannot be reached");
        let sent = async move {
            let request = reqwest::Request::try_from(request).map_err(failed)?;
            let answer = client.execute(request).await.map_err(failed)?;
            let mut heard = Response::builder().status(answer.status());
            if let Some(headers) = heard.headers_mut() {
                headers.clone_from(answer.headers());
            }
            let body = answer.bytes().await.map_err(failed)?;
            heard.body(body).map_err(|error| Error::internal("an answer cannot be read").with_source(error))
        };
        self.runtime.spawn(sent).await.map_err(|_| lost())?
    }

    /// Sends a request when there is time for it.
    pub(super) fn post(
        self: &Arc<Self>,
        request: Request<Bytes>,
        done: impl FnOnce(Result<Response<Bytes>>) + Send + 'static,
    ) {
        let own = Arc::clone(self);
        self.runtime.spawn(async move { done(own.send(request).await) });
    }
}
