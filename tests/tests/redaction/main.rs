//! Personal data and secrets are hidden by type: every type there is, found in the sources, is held to it.

mod plant;
mod planted;
mod recipes;

use std::{collections::BTreeSet, path::Path};

use spotlight_tests::sources::{self, shown::Names};
use syn::Item;

/// `Debug` written by hand, and all that it prints.
const BY_HAND: &[(&str, &str)] = &[
    ("spotlight_core::caching::reader::CacheReader", "its name alone"),
    ("spotlight_core::decorators::breaker_cache::BreakerCache", "its name, and limits"),
    ("spotlight_core::decorators::fallback_chat::FallbackChatModel", "names of models that operators chose"),
    ("spotlight_core::decorators::fallback_limit::FallbackRateLimiter", "its name, and limits"),
    ("spotlight_core::decorators::fleet_cache::FleetCache", "another cache"),
    ("spotlight_core::decorators::two_level::TwoLevelCache", "another cache"),
    ("spotlight_core::decorators::two_level::near::Near", "another cache and a limit"),
    ("spotlight_core::domain::conversation::Given", "whether each is known"),
    ("spotlight_core::domain::money::Currency", "three letters"),
    ("spotlight_core::domain::second_factor::CodeSecret", "its name alone"),
    ("spotlight_core::domain::user::PasswordHash", "its name alone"),
    ("spotlight_core::domain::user::SecretHash", "its name alone"),
    ("spotlight_core::domain::webhook::SigningSecret", "its name alone"),
    ("spotlight_core::error::Error", "a kind and texts of the program"),
    ("spotlight_core::memory::cache::MemoryCache", "its name, and limits"),
    ("spotlight_core::memory::events::MemoryEventBus", "its name, and limits"),
    ("spotlight_core::memory::limit::MemoryRateLimiter", "its name, and limits"),
    ("spotlight_core::memory::storage::MemoryStorage", "its name, and limits"),
    ("spotlight_core::metrics::circuits::CircuitView", "a name of the program and a state"),
    ("spotlight_core::metrics::sources::Sources", "names of the program"),
    ("spotlight_core::ports::webhook::WebhookAnswer", "a status and a length"),
    ("spotlight_core::ports::webhook::WebhookRequest", "a length"),
    ("spotlight_core::services::health::Health", "names of checks"),
    ("spotlight_core::services::keys::Keys", "its name alone"),
    ("spotlight_core::services::live::connection::LiveConnection", "names of channels: a kind and an id"),
    ("spotlight_core::services::platform::Spotlight", "the name of a model that operators chose"),
    ("spotlight_http::endpoint::Endpoint", "a method and a template of a path"),
    ("spotlight_http::response::Body", "its kind and a length"),
    ("spotlight_http::serving::Served", "a number"),
    ("spotlight_http::socket::Socket", "its name alone"),
    ("spotlight_http::socket::Upgrade", "a limit"),
    ("spotlight_http::wire::Encryption", "its name alone"),
    ("spotlight_ops::config::sources::Layer", "the path of a file"),
    ("spotlight_ops::config::sources::Sources", "paths of files and names of variables"),
    ("spotlight_ops::credentials::key::MasterKey", "its name alone"),
    ("spotlight_ops::metrics::stores::OwnPool", "the name of a pool"),
    ("spotlight_ops::server::Server", "the address it listens at"),
    ("spotlight_ops::telemetry::Telemetry", "its name alone"),
    ("spotlight_ops::telemetry::traces::Client", "its name alone"),
    ("spotlight_ops::tls::pair::Pair", "what a certificate says, which everybody is shown"),
    ("spotlight_ops::tls::served::Certificate", "the same"),
    ("spotlight_ops::wiring::Deployment", "which storage, without who signs in"),
    ("spotlight_ops::wiring::operator::Operator", "which storage, without who signs in"),
    ("spotlight_storage::postgres::events::PgEventBus", "its options"),
    ("spotlight_storage::postgres::events::log::Log", "limits, and a name of the program"),
    ("spotlight_storage::postgres::options::PgOptions", "limits, and how it is called at the server"),
    ("spotlight_storage::postgres::queue::PgQueue", "its options"),
    ("spotlight_storage::postgres::storage::PgStorage", "its options"),
    ("spotlight_storage::redis::cache::RedisCache", "its options"),
    ("spotlight_storage::redis::client::RedisClient", "its options"),
    ("spotlight_storage::redis::events::RedisEventBus", "its options"),
    ("spotlight_storage::redis::limit::RedisRateLimiter", "its options"),
    ("spotlight_storage::redis::options::RedisOptions", "limits and a namespace"),
    ("spotlight_storage::redis::queue::RedisQueue", "its options"),
    ("spotlight_storage::sqlite::options::SqliteOptions", "limits, and the path of the file"),
];

fn crates() -> Vec<sources::Module> {
    sources::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates"))
}

#[test]
fn no_type_shows_what_can_hold_personal_data_or_a_secret() {
    let crates = crates();
    let leaks = Names::of(&crates).leaks(&crates);
    assert!(
        leaks.is_empty(),
        "these would print what people said or a secret; derive `RedactedDebug` of `spotlight-derive`, or say \
         `#[debug(hidden)]`, or `#[debug(shown = \"why\")]`:\n{}",
        leaks.join("\n")
    );
}

#[test]
fn every_debug_that_is_written_by_hand_is_known() {
    let crates = crates();
    let mut found = BTreeSet::new();
    for module in crates.iter().flat_map(sources::Module::all) {
        for item in &module.items {
            if let Item::Impl(item) = item
                && let Some((of, _)) = &item.trait_
                && of.segments.last().is_some_and(|last| last.ident == "Debug")
                && let syn::Type::Path(ty) = &*item.self_ty
                && let Some(last) = ty.path.segments.last()
            {
                found.insert(module.path_of(&last.ident.to_string()));
            }
        }
    }
    let known: Vec<_> = BY_HAND.iter().map(|(name, _)| *name).collect();
    let found: Vec<_> = found.iter().map(String::as_str).collect();
    assert_eq!(found, known, "say in BY_HAND why nothing of others is printed");
}

/// Macros that print what they make in another way than by `RedactedDebug`, and what that is.
const IN_MACROS: &[(&str, &str)] = &[
    ("spotlight_core::domain::contact::contact", "its name alone"),
    ("spotlight_core::domain::id::ids", "an id"),
    ("spotlight_core::domain::macros::words", "a word of the program"),
    ("spotlight_core::jobs::upkeep::rounds", "nothing: such a job carries none"),
    ("spotlight_core::trace::id::id", "an id"),
    ("spotlight_http::resources::groups", "a word of the program"),
];

/// Types that a macro makes are not seen in the sources, so the macro is held to it: bodies of requests and answers are
/// made so.
#[test]
fn macros_that_make_types_hide_or_are_known() {
    let crates = crates();
    let mut found = BTreeSet::new();
    for module in crates.iter().flat_map(sources::Module::all) {
        for item in &module.items {
            if let Item::Macro(item) = item
                && item.mac.path.is_ident("macro_rules")
                && let Some(name) = &item.ident
                && sources::prints_otherwise(&item.mac.tokens.to_string())
            {
                found.insert(module.path_of(&name.to_string()));
            }
        }
    }
    let known: Vec<_> = IN_MACROS.iter().map(|(name, _)| *name).collect();
    let found: Vec<_> = found.iter().map(String::as_str).collect();
    assert_eq!(found, known, "derive `RedactedDebug` there, or say in IN_MACROS what it prints");
    for body in ["crates/spotlight-http/src/input.rs", "crates/spotlight-http/src/output.rs"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(body);
        let text = std::fs::read_to_string(path).expect("it is there");
        assert!(text.contains("#[derive(spotlight_derive::RedactedDebug"), "{body} makes types that hide");
    }
}

#[test]
fn what_is_written_by_hand_prints_nothing_that_was_planted() {
    use spotlight_core::ports::{WebhookAnswer, WebhookRequest};
    use spotlight_storage::{postgres::PgOptions, redis::RedisOptions};
    let text = || "PLANTED".to_owned();
    let mut postgres = PgOptions::new("postgres://PLANTED:PLANTED@PLANTED/PLANTED");
    postgres.direct_url = Some(text().into());
    postgres.replicas = vec![text().into()];
    let request = WebhookRequest { url: text(), headers: vec![("a", text())], body: text().into() };
    let answer = WebhookAnswer { status: 200, retry_after: None, body: text().into() };
    let printed = format!("{postgres:?} {:?} {request:?} {answer:?}", RedisOptions::new("redis://:PLANTED@PLANTED/0"));
    assert!(!printed.contains("PLANTED") && printed.contains("max_connections"), "{printed}");
}
