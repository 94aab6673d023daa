//! Twelve visitors in several languages, over HTTP, on every storage.

mod bought;
mod difficult;
mod people;

use std::sync::Arc;

use spotlight_storage::{postgres::PgOptions, sqlite::SqliteOptions};
use spotlight_tests::{
    deployment::{Deployment, Stores, TestClock, in_memory, in_postgres, in_sqlite},
    postgres::TestDatabase,
};

/// A Wednesday before noon in Berlin; summer time begins on Sunday.
const START: &str = "2026-03-25T10:00:00Z";

/// What a storage needs for as long as it is used.
enum Keep {
    Nothing,
    Folder(std::path::PathBuf),
    Database { _database: TestDatabase },
}

impl Drop for Keep {
    fn drop(&mut self) {
        if let Self::Folder(folder) = self {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

async fn memory(clock: Arc<TestClock>, _name: &str) -> (Stores, Keep) {
    (in_memory(clock), Keep::Nothing)
}

async fn sqlite(clock: Arc<TestClock>, name: &str) -> (Stores, Keep) {
    let folder = std::env::temp_dir().join(format!("spotlight-visitors-{}-{name}", std::process::id()));
    let options = SqliteOptions { clock, ..SqliteOptions::new(folder.join("spotlight.db")) };
    (in_sqlite(options).await, Keep::Folder(folder))
}

async fn postgres(clock: Arc<TestClock>, _name: &str) -> (Stores, Keep) {
    let database = TestDatabase::fresh().await;
    let options = PgOptions { clock, ..PgOptions::new(database.url()) };
    (in_postgres(options).await, Keep::Database { _database: database })
}

macro_rules! visitors {
    ($($module:ident::$name:ident),+ $(,)?) => {
        visitors! { @on memory: $($module::$name),+ }
        visitors! { @on sqlite: $($module::$name),+ }
        visitors! { @on postgres: $($module::$name),+ }
    };
    (@on $storage:ident: $($module:ident::$name:ident),+) => {
        mod $storage {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let clock = super::TestClock::at(super::START);
                    let (stores, _keep) = super::$storage(clock.clone(), stringify!($name)).await;
                    let deployment = super::Deployment::start(stores, clock).await;
                    super::$module::$name(&deployment).await;
                }
            )+
        }
    };
}

visitors! {
    bought::eager_buyer,
    bought::price_shopper,
    bought::returns_the_next_day,
    bought::switches_time_zone,
    bought::books_over_a_clock_change,
    bought::asks_three_questions,
    difficult::not_interested,
    difficult::rambling,
    difficult::wrong_address_then_corrected,
    difficult::prompt_injection,
    difficult::abusive,
    difficult::silent,
}
