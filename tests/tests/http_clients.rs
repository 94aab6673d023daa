//! Clients that go away, on every framework: the work they asked for ends.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use spotlight_core::error::Result;
use spotlight_http::{Api, Authenticate, HttpPolicy, Request, Vouched, conformance::in_memory};
use spotlight_tests::framework::{self, Framework};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::Notify,
    time::{sleep, timeout},
};

const LONG: Duration = Duration::from_secs(20);

/// Recognises nobody, and takes for ever to find out.
#[derive(Debug, Default)]
struct Waits {
    asked: Notify,
    waiting: Arc<AtomicUsize>,
}

struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Authenticate for Waits {
    async fn authenticate(&self, _: &Request) -> Result<Vouched> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waiting = Waiting(Arc::clone(&self.waiting));
        self.asked.notify_one();
        std::future::pending().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_away_ends_the_work() {
    for framework in Framework::ALL {
        let host = Arc::new(Waits::default());
        let api = Api::new(in_memory(), HttpPolicy::development());
        let api = api.authenticated_by(Arc::clone(&host) as Arc<dyn Authenticate>);
        let server = framework::serve(framework, api).await;
        let mut client = TcpStream::connect(server.url.trim_start_matches("http://")).await.expect("it listens");
        client.write_all(b"GET /api/v1/leads HTTP/1.1\r\nhost: here\r\n\r\n").await.expect("it is sent");
        timeout(LONG, host.asked.notified()).await.expect("the request is in hand");
        assert_eq!(host.waiting.load(Ordering::SeqCst), 1);
        drop(client);
        let ended = async {
            while host.waiting.load(Ordering::SeqCst) > 0 {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LONG, ended).await.unwrap_or_else(|_| panic!("the work goes on under {framework:?}"));
        server.stop().await;
    }
}
