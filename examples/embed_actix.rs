//! The HTTP API inside an actix application, below a path and beside a page of the application's own:
//! `cargo run -p spotlight-examples --example embed_actix`.

use std::sync::Arc;

use actix_web::{
    App,
    web::{self, Data},
};
use spotlight_core::{
    Error, ErrorKind, Result, Spotlight,
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryStorage},
    ports::{Clock, SystemClock},
    scripted::ScriptedChatModel,
};
use spotlight_http::{Api, Group, HttpPolicy, Patience};
use tokio::net::TcpListener;

/// What the application's own pages know.
#[derive(Clone)]
struct Shop {
    name: &'static str,
}

/// A platform that keeps everything in memory; see `src/wiring.rs` for one that does not.
fn platform() -> Result<Spotlight> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Spotlight::builder()
        .memory(Arc::new(MemoryStorage::new(Arc::clone(&clock))))
        .chat(Arc::new(ScriptedChatModel::new()))
        .events(Arc::new(MemoryEventBus::new(Arc::clone(&clock))))
        .mailer(Arc::new(MemoryMailer::new()))
        .files(Arc::new(MemoryFileStore::new()))
        .limiter(Arc::new(MemoryRateLimiter::new(clock)))
        .build()
}

/// The application: its own page at `/`, and the API below `/sales` without the group of figures.
async fn run(listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
    // Made once, here: workers only carry requests to it.
    let api = Api::new(platform()?, HttpPolicy::development()).without(&[Group::Analytics]);
    let app = move || {
        App::new()
            .app_data(Data::new(Shop { name: "Bike Shop" }))
            .route("/", web::get().to(async |shop: Data<Shop>| shop.name))
            .service(web::scope("/sales").configure(spotlight_http_actix::configure(api.clone())))
    };
    spotlight_http_actix::serve_with(listener, app, Patience::default(), stop).await
}

#[tokio::main]
async fn main() -> Result<()> {
    let busy = |error| Error::new(ErrorKind::Misconfigured, "port 3000 is taken").with_source(error);
    let listener = TcpListener::bind("127.0.0.1:3000").await.map_err(busy)?;
    run(listener, async {
        let _ = tokio::signal::ctrl_c().await;
    })
    .await
}

#[cfg(test)]
mod tests {
    use spotlight_http::conformance::Client;
    use tokio::{net::TcpListener, sync::oneshot};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn page_and_api_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(super::run(listener, async move {
            let _ = stopped.await;
        }));
        let client = Client::new(&url);
        let ask = async |path: &str| {
            let answer = client.get(path).await;
            (answer.status, answer.text)
        };
        assert_eq!(ask("/").await, (200, "Bike Shop".to_owned()));
        assert_eq!(ask("/sales/up").await.0, 200);
        assert_eq!(ask("/sales/api/v1/leads").await.0, 401);
        assert_eq!(ask("/sales/api/v1/analytics/dashboard").await.0, 404);
        assert!(ask("/sales/api/v1/openapi.json").await.1.contains("\"servers\":[{\"url\":\"/sales\"}]"));
        stop.send(()).expect("it runs");
        running.await.expect("no panic").expect("it ends well");
    }
}
