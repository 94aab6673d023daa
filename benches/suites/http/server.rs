//! The processes that serve, and ours among them.

use std::{process::Stdio, sync::Arc, time::Duration};

use spotlight_benches::Instantly;
use spotlight_core::{
    decorators::{FleetCache, TwoLevelSettings},
    ports::{Quota, SystemClock, SystemIds},
};
use spotlight_http::{Api, HttpPolicy, conformance::builder};
use spotlight_storage::postgres::{PgEventBus, PgOptions, PgQueue, PgStorage};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
    runtime::Runtime,
};
use uuid::Uuid;

use crate::{bare::Bare, by_actix, by_axum, setting, world::World};

/// A web framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framework {
    Axum,
    Actix,
}

impl Framework {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Axum => "axum",
            Self::Actix => "actix",
        }
    }

    pub(crate) fn of(name: &str) -> Self {
        match name {
            "axum" => Self::Axum,
            "actix" => Self::Actix,
            _ => panic!("{name} is neither axum nor actix"),
        }
    }

    /// Those that `BENCH_FRAMEWORK` names; both unless it is set.
    pub(crate) fn chosen() -> Vec<Self> {
        std::env::var("BENCH_FRAMEWORK").map_or_else(|_| vec![Self::Axum, Self::Actix], |name| vec![Self::of(&name)])
    }
}

/// Who serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Ours,
    Bare,
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Bare => "bare",
        }
    }

    pub(crate) fn of(name: &str) -> Self {
        if name == "ours" { Self::Ours } else { Self::Bare }
    }
}

/// A process that serves until this is dropped.
pub(crate) struct Server {
    pub(crate) address: String,
    _process: Child,
}

impl Server {
    pub(crate) async fn start(framework: Framework, side: Side, world: &World) -> Self {
        let [reads, writes] = world.tenants.map(|tenant| tenant.to_string());
        let mut process = Command::new(std::env::current_exe().expect("a program"))
            .args(["serve", framework.name(), side.name(), &world.url, &reads, &writes])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let address = lines.next_line().await.expect("text").expect("the server tells its address");
        Self { address, _process: process }
    }
}

/// Tells the client where to ask.
#[expect(clippy::print_stdout, reason = "the client reads it")]
async fn listen() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    listener
}

/// Serves until the process is ended. Every runtime has as many threads as it has by default.
pub(crate) fn serve(framework: Framework, side: Side, given: &[String]) {
    let [url, tenants @ ..] = given else { panic!("a database and two tenants") };
    let mut options = PgOptions::new(url.clone());
    options.max_connections = setting("BENCH_POOL", 10);
    let tenants: Vec<Uuid> = tenants.iter().map(|tenant| tenant.parse().expect("a tenant")).collect();
    let tenants = [tenants[0], tenants[1]];
    let runtime = || Runtime::new().expect("a runtime");
    match (side, framework) {
        (Side::Ours, Framework::Axum) => runtime().block_on(async {
            let router = spotlight_http_axum::router(ours(options).await);
            spotlight_http_axum::serve(listen().await, router, std::future::pending()).await.expect("it serves");
        }),
        (Side::Ours, Framework::Actix) => runtime().block_on(async {
            let api = ours(options).await;
            spotlight_http_actix::serve(listen().await, api, std::future::pending()).await.expect("it serves");
        }),
        (Side::Bare, Framework::Axum) => runtime().block_on(async {
            let bare = Arc::new(Bare::connect(&options, tenants).await);
            by_axum::serve(listen().await, bare).await;
        }),
        (Side::Bare, Framework::Actix) => actix_web::rt::System::new().block_on(async {
            let bare = Arc::new(Bare::connect(&options, tenants).await);
            by_actix::serve(listen().await, bare).await;
        }),
    }
}

/// Our API as a deployment on Postgres has it, with all of its checks. Limits count every request and refuse none.
async fn ours(options: PgOptions) -> Api {
    let storage = Arc::new(PgStorage::connect(options.clone()).await.expect("the storage"));
    let queue = Arc::new(PgQueue::connect(options.clone()).await.expect("the queue"));
    let events = Arc::new(PgEventBus::connect(options).await.expect("the bus"));
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let cache = FleetCache::new(Arc::clone(&events) as Arc<_>, clock, ids, TwoLevelSettings::default().max_bytes);
    let built = builder(storage, queue).chat(Arc::new(Instantly)).events(events).cache(Arc::new(cache)).build();
    let plenty = Quota { burst: 1_000_000, period: Duration::from_secs(1) };
    let mut policy = HttpPolicy::development();
    (policy.api, policy.open) = (plenty, plenty);
    policy.plans.clear();
    Api::new(built.expect("every port is there"), policy)
}
