//! The HTTP contract on axum, over TCP, on every storage.

use std::sync::Arc;

use spotlight_core::{memory::MemoryStorage, ports::SystemClock};
use spotlight_http::{
    Api, HttpPolicy,
    conformance::{
        Target,
        garbage::{Ground, garbage_is_refused_and_leaves_nothing},
        on, seed, with_mailbox,
    },
};
use spotlight_tests::{
    contents,
    deployment::{Stores, in_postgres, in_sqlite},
};
use tokio::{net::TcpListener, sync::oneshot};

/// Generated bodies per database; memory takes more in the contract's own crate.
fn garbage() -> usize {
    spotlight_core::conformance::rounds(2_000, 10_000) as usize
}

/// Serves a platform on `storage` for as long as the target lives.
async fn serve((storage, queue): Stores) -> Target {
    let (platform, mailbox) = with_mailbox(storage, queue);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let target = seed(&platform, base).await.reading(mailbox);
    let (stop, stopped) = oneshot::channel::<()>();
    let router = spotlight_http_axum::router(Api::new(platform, HttpPolicy::development()));
    tokio::spawn(spotlight_http_axum::serve(listener, router, async move {
        let _ = stopped.await;
    }));
    target.keeping(stop)
}

mod memory {
    use super::{Arc, MemoryStorage, SystemClock, Target};

    async fn start() -> Target {
        let storage = MemoryStorage::new(Arc::new(SystemClock));
        let queue = Arc::new(storage.queue());
        super::serve((Arc::new(storage), queue)).await
    }

    spotlight_http::http_suite!(start);
}

mod sqlite {
    use std::{
        path::PathBuf,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use spotlight_storage::sqlite::SqliteOptions;

    use super::{Ground, Stores, Target, contents, garbage_is_refused_and_leaves_nothing, in_sqlite, on};

    /// A folder that goes with the test.
    struct Folder(PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            // What cannot be removed lies in the system's folder for such things.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    async fn open() -> (Stores, Folder) {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = Folder(std::env::temp_dir().join(format!("spotlight-http-{}-{number}", std::process::id())));
        std::fs::create_dir_all(&folder.0).expect("a folder");
        let stores = in_sqlite(SqliteOptions::new(folder.0.join("spotlight.db"))).await;
        (stores, folder)
    }

    async fn start() -> Target {
        let (stores, folder) = open().await;
        super::serve(stores).await.keeping(folder)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn garbage() {
        garbage_is_refused_and_leaves_nothing(ground, super::garbage()).await;
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

    spotlight_http::http_suite!(start);
}

mod postgres {
    use spotlight_storage::postgres::PgOptions;
    use spotlight_tests::postgres::TestDatabase;

    use super::{Arc, Ground, Stores, Target, contents, garbage_is_refused_and_leaves_nothing, in_postgres, on};

    async fn open() -> (Stores, TestDatabase) {
        let database = TestDatabase::fresh().await;
        (in_postgres(PgOptions::new(database.url())).await, database)
    }

    async fn start() -> Target {
        let (stores, database) = open().await;
        super::serve(stores).await.keeping(database)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn garbage() {
        garbage_is_refused_and_leaves_nothing(ground, super::garbage()).await;
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

    spotlight_http::http_suite!(start);
}
