//! Settings, a file for each concern.

mod billing;
mod database;
mod files;
mod general;
mod health;
mod jobs;
mod logs;
mod mail;
mod models;
mod monitoring;
mod performance;
mod redis;
mod secrets;
mod server;
mod tls;
mod voice;
mod webhooks;

pub(super) use self::general::flags;
pub use self::{
    billing::Billing,
    database::Database,
    files::Files,
    general::General,
    health::Health,
    jobs::{Adapter, Jobs},
    logs::{LogFormat, Logs},
    mail::Mail,
    models::Models,
    monitoring::Monitoring,
    performance::Performance,
    redis::Redis,
    secrets::Secrets,
    server::{Framework, Role, Server},
    tls::Tls,
    voice::Voice,
    webhooks::Webhooks,
};
use super::Section;

/// Settings that the command line says too.
pub(crate) mod arguments {
    pub(crate) use super::{
        database::{DIRECT_URL as DATABASE_DIRECT_URL, POOLER as DATABASE_POOLER, URL as DATABASE_URL},
        general::{DATA_DIR, TIME_ZONE},
        redis::URL as REDIS_URL,
        secrets::{CREDENTIALS, MASTER_KEY, SECRET_KEY_BASE},
        server::{HTTP, LISTEN, PUBLIC_URL, ROLE, TRUSTED_PROXIES},
        webhooks::{PLAIN_HTTP, PORTS, PRIVATE_NETWORKS},
    };
}

/// Every setting, by concern, in the order of the reference.
pub const SECTIONS: &[Section] = &[
    general::SECTION,
    secrets::SECTION,
    server::SECTION,
    tls::SECTION,
    database::SECTION,
    redis::SECTION,
    models::SECTION,
    voice::SECTION,
    billing::SECTION,
    mail::SECTION,
    files::SECTION,
    webhooks::SECTION,
    performance::SECTION,
    logs::SECTION,
    health::SECTION,
    monitoring::SECTION,
];
