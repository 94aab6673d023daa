//! The HTTP contract over TCP, on every framework and every storage.

use std::sync::Arc;

use spotlight_core::{memory::MemoryStorage, ports::SystemClock};
use spotlight_http::conformance::{
    Seen, Target, cases,
    garbage::{Ground, garbage_is_refused_and_leaves_nothing},
    on, policy, seed, seen_by, with_mailbox,
};
use spotlight_tests::{
    contents,
    deployment::{Stores, in_postgres, in_sqlite},
    framework::{self, Framework},
};

/// Generated bodies per database; memory takes more in the contract's own crate.
fn bodies() -> usize {
    spotlight_core::conformance::rounds(2_000, 10_000) as usize
}

/// Serves a platform on `storage` for as long as the target lives.
async fn serve(framework: Framework, (storage, queue): Stores) -> Target {
    let (platform, mailbox) = with_mailbox(storage, queue);
    let mut target = seed(&platform, "").await.reading(mailbox);
    let server = framework::start(framework, platform, policy()).await;
    target.base.clone_from(&server.url);
    target.keeping(server)
}

/// The suite on each storage.
macro_rules! storages {
    ($name:ident = $framework:expr) => {
        mod $name {
            mod memory {
                async fn start() -> super::super::Target {
                    super::super::serve($framework, super::super::memory()).await
                }

                spotlight_http::http_suite!(start);
            }

            mod sqlite {
                async fn start() -> super::super::Target {
                    let (stores, folder) = super::super::sqlite::open().await;
                    super::super::serve($framework, stores).await.keeping(folder)
                }

                spotlight_http::http_suite!(start);
            }

            mod postgres {
                async fn start() -> super::super::Target {
                    let (stores, database) = super::super::postgres::open().await;
                    super::super::serve($framework, stores).await.keeping(database)
                }

                spotlight_http::http_suite!(start);
            }
        }
    };
}

storages!(axum = super::super::Framework::Axum);
storages!(actix = super::super::Framework::Actix);

/// All cases together come by every endpoint, every documented error and every documented header, and by nothing else:
/// the table says what is answered, and the suite has seen it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_sees_all_that_the_table_says() {
    let mut seen = Seen::default();
    for case in cases() {
        let target = serve(Framework::Axum, memory()).await;
        seen.add(seen_by(case.run(&target)).await);
    }
    let differences = seen.differences();
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

fn memory() -> Stores {
    let storage = MemoryStorage::new(Arc::new(SystemClock));
    let queue = Arc::new(storage.queue());
    (Arc::new(storage), queue)
}

/// Generated bodies in process, which are the same for every framework.
mod sqlite {
    use std::{
        path::PathBuf,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use spotlight_storage::sqlite::SqliteOptions;

    use super::{Ground, Stores, contents, garbage_is_refused_and_leaves_nothing, in_sqlite, on};

    /// A folder that goes with the test.
    pub(super) struct Folder(PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            // What cannot be removed lies in the system's folder for such things.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    pub(super) async fn open() -> (Stores, Folder) {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = Folder(std::env::temp_dir().join(format!("spotlight-http-{}-{number}", std::process::id())));
        std::fs::create_dir_all(&folder.0).expect("a folder");
        let stores = in_sqlite(SqliteOptions::new(folder.0.join("spotlight.db"))).await;
        (stores, folder)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn garbage() {
        garbage_is_refused_and_leaves_nothing(ground, super::bodies()).await;
    }

    async fn ground() -> Ground {
        let ((storage, queue), folder) = open().await;
        let file = folder.0.join("spotlight.db");
        let contents = move || -> futures::future::LocalBoxFuture<'static, _> {
            let file = file.clone();
            Box::pin(async move { contents::of_sqlite(&file).await })
        };
        Ground { platform: on(storage, queue), contents: Box::new(contents), keep: Box::new(folder) }
    }
}

/// The same on Postgres.
mod postgres {
    use spotlight_storage::postgres::PgOptions;
    use spotlight_tests::postgres::TestDatabase;

    use super::{Arc, Ground, Stores, contents, garbage_is_refused_and_leaves_nothing, in_postgres, on};

    pub(super) async fn open() -> (Stores, TestDatabase) {
        let database = TestDatabase::fresh().await;
        (in_postgres(PgOptions::new(database.url())).await, database)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn garbage() {
        garbage_is_refused_and_leaves_nothing(ground, super::bodies()).await;
    }

    async fn ground() -> Ground {
        let ((storage, queue), database) = open().await;
        let connection = Arc::new(tokio::sync::Mutex::new(database.connect().await));
        let contents = move || -> futures::future::LocalBoxFuture<'static, _> {
            let connection = Arc::clone(&connection);
            Box::pin(async move { contents::of_postgres(&mut *connection.lock().await).await })
        };
        Ground { platform: on(storage, queue), contents: Box::new(contents), keep: Box::new(database) }
    }
}
