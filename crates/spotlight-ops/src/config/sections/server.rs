//! Where requests come in.

use std::{net::SocketAddr, time::Duration};

use spotlight_derive::RedactedDebug;

use crate::config::{Environment, Section, Variable, parse, reader::Reader};

pub(crate) static LISTEN: Variable = Variable::new(
    "SPOTLIGHT_LISTEN",
    "server.listen",
    "address to serve on; 127.0.0.1:3000 in development, 0.0.0.0:3000 in production, unless given",
    "0.0.0.0:3000",
);
pub(crate) static HTTP: Variable =
    Variable::new("SPOTLIGHT_HTTP", "server.http", "web framework to serve with: axum or actix", "actix").or("axum");
pub(crate) static ROLE: Variable = Variable::new(
    "SPOTLIGHT_ROLE",
    "server.role",
    "part of the work that this process does: all, web (requests) or worker (jobs); the last two need Postgres",
    "worker",
)
.or("all");
pub(crate) static PUBLIC_URL: Variable = Variable::new(
    "SPOTLIGHT_PUBLIC_URL",
    "server.public_url",
    "where browsers reach this server; decides whether cookies are for HTTPS alone, which they are without it unless the \
     server listens on this machine only",
    "https://app.example.com",
);
pub(crate) static TRUSTED_PROXIES: Variable = Variable::new(
    "SPOTLIGHT_TRUSTED_PROXIES",
    "server.trusted_proxies",
    "proxies whose X-Forwarded-For is believed, as addresses or networks",
    "127.0.0.1,10.0.0.0/8",
);
static FORCE_SSL: Variable = Variable::new(
    "FORCE_SSL",
    "server.force_ssl",
    "send plain HTTP to HTTPS and have browsers come over HTTPS alone; usual in production, unless SPOTLIGHT_PUBLIC_URL is \
     plain. A proxy that speaks HTTPS for this server must be in SPOTLIGHT_TRUSTED_PROXIES",
    "false",
);
static GRACE: Variable = Variable::new(
    "SPOTLIGHT_GRACE",
    "server.grace",
    "how long requests and jobs may take to end once the process is told to stop",
    "30s",
)
.or("25s");
pub(super) const SECTION: Section =
    Section { title: "Server", variables: &[&LISTEN, &HTTP, &ROLE, &PUBLIC_URL, &TRUSTED_PROXIES, &FORCE_SSL, &GRACE] };

/// Where requests come in.
#[derive(RedactedDebug, Clone)]
pub struct Server {
    /// Address to serve on.
    pub listen: SocketAddr,
    /// Web framework to serve with.
    pub framework: Framework,
    /// Part of the work that this process does.
    pub role: Role,
    /// Where browsers reach this server: scheme and host.
    pub public_url: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
    /// Plain HTTP is sent to HTTPS.
    pub force_ssl: bool,
    /// How long requests and jobs may take to end.
    pub grace: Duration,
}

/// A web framework.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    /// axum.
    #[default]
    Axum,
    /// actix-web.
    Actix,
}

/// Part of the work that a process does.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Requests and jobs.
    #[default]
    All,
    /// Requests alone; needs Postgres, and a worker beside it.
    Web,
    /// Jobs alone; needs Postgres.
    Worker,
}

impl Server {
    pub(in crate::config) fn read(reader: &mut Reader<'_>, environment: Environment) -> Self {
        let listen = reader.value(&LISTEN, parse::of("give an address and a port"));
        let host = if environment.is_strict() { [0, 0, 0, 0] } else { [127, 0, 0, 1] };
        let public_url = reader.value(&PUBLIC_URL, parse::origin);
        let plain = public_url.as_ref().is_some_and(|url| url.starts_with("http://"));
        Self {
            force_ssl: reader.value(&FORCE_SSL, parse::boolean).unwrap_or(environment.is_strict() && !plain),
            listen: listen.unwrap_or_else(|| SocketAddr::from((host, 3000))),
            framework: reader.usual(&HTTP, parse::one_of(&[("axum", Framework::Axum), ("actix", Framework::Actix)])),
            role: reader
                .usual(&ROLE, parse::one_of(&[("all", Role::All), ("web", Role::Web), ("worker", Role::Worker)])),
            public_url,
            trusted_proxies: reader.usual(&TRUSTED_PROXIES, parse::networks),
            grace: reader.usual(&GRACE, parse::span),
        }
    }
}
