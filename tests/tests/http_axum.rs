//! The HTTP contract on axum, over TCP, on every storage.

use std::sync::Arc;

use spotlight_core::{
    memory::MemoryStorage,
    ports::{Storage, SystemClock},
};
use spotlight_http::{
    Api, HttpPolicy,
    conformance::{Target, on, seed},
};
use tokio::{net::TcpListener, sync::oneshot};

/// Serves a platform on `storage` for as long as the target lives.
async fn serve(storage: Arc<dyn Storage>) -> Target {
    let platform = on(storage);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let target = seed(&platform, base).await;
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
        super::serve(Arc::new(MemoryStorage::new(Arc::new(SystemClock)))).await
    }

    spotlight_http::http_suite!(start);
}

mod sqlite {
    use std::{
        path::PathBuf,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use spotlight_storage::sqlite::{SqliteOptions, SqliteStorage};

    use super::{Arc, Target};

    /// A folder that goes with the test.
    struct Folder(PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            // What cannot be removed lies in the system's folder for such things.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    async fn start() -> Target {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = Folder(std::env::temp_dir().join(format!("spotlight-http-{}-{number}", std::process::id())));
        std::fs::create_dir_all(&folder.0).expect("a folder");
        let storage = SqliteStorage::open(SqliteOptions::new(folder.0.join("spotlight.db"))).await.expect("a database");
        super::serve(Arc::new(storage)).await.keeping(folder)
    }

    spotlight_http::http_suite!(start);
}

mod postgres {
    use spotlight_storage::postgres::{PgOptions, PgStorage};
    use spotlight_tests::postgres::TestDatabase;

    use super::{Arc, Target};

    async fn start() -> Target {
        let database = TestDatabase::fresh().await;
        let storage = PgStorage::connect(PgOptions::new(database.url())).await.expect("a database");
        super::serve(Arc::new(storage)).await.keeping(database)
    }

    spotlight_http::http_suite!(start);
}
