//! File stores: one line, `spotlight_core::file_store_conformance!(MyFixture::new());`.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    samples::Samples,
    support::{refused, rivals},
};
use crate::{domain::OrganizationId, error::ErrorKind, ports::FileStore};

/// Gives file stores to the suite.
#[async_trait]
pub trait FileStoreFixture: Send + Sync + 'static {
    /// A fresh, empty store. It lives as long as the fixture.
    async fn fresh(&self) -> Arc<dyn FileStore>;
}

/// One test per promise of a [`FileStore`](crate::ports::FileStore), from an expression that makes a
/// [`FileStoreFixture`](crate::conformance::files::FileStoreFixture). The tests stand in a module of their own,
/// `files`.
#[macro_export]
macro_rules! file_store_conformance {
    ($fixture:expr) => {
        fn file_store_conformance_fixture() -> impl $crate::conformance::files::FileStoreFixture {
            $fixture
        }

        $crate::__conformance_tests! {
            (file_store_conformance_fixture)
            files {
                a_file_is_kept_until_it_is_replaced
                a_file_is_removed
                keys_are_checked
                organizations_keep_their_own_files
                a_file_is_whole
            }
        }
    };
}

async fn bench(fixture: &dyn FileStoreFixture) -> (Arc<dyn FileStore>, OrganizationId, OrganizationId) {
    let samples = Samples::new();
    (fixture.fresh().await, samples.organization().id, samples.organization().id)
}

/// A file comes back as it is, until it is replaced.
pub async fn a_file_is_kept_until_it_is_replaced(fixture: &dyn FileStoreFixture) {
    let (files, org, _) = bench(fixture).await;
    assert_eq!(files.get(org, "a.txt").await.unwrap(), None);
    let binary: Bytes = (0..=255).cycle().take(1_000_000).collect::<Vec<u8>>().into();
    let longest = format!("deep/{}", "a".repeat(195));
    for (key, body) in [
        ("a.txt", Bytes::from_static(b"one")),
        ("recordings/2026/a-b_c.ogg", binary.clone()),
        ("recordings", Bytes::from_static(b"a file may have the name of a folder")),
        ("empty", Bytes::new()),
        (&*longest, Bytes::from_static(b"long")),
    ] {
        files.put(org, key, body.clone()).await.unwrap();
        assert_eq!(files.get(org, key).await.unwrap(), Some(body), "{key}");
    }
    assert_eq!(files.get(org, "a.txt").await.unwrap().as_deref(), Some(b"one".as_slice()));
    files.put(org, "a.txt", binary.clone()).await.unwrap();
    assert_eq!(files.get(org, "a.txt").await.unwrap(), Some(binary));
    files.put(org, "a.txt", Bytes::from_static(b"x")).await.unwrap();
    assert_eq!(
        files.get(org, "a.txt").await.unwrap().as_deref(),
        Some(b"x".as_slice()),
        "nothing is left of the longer"
    );
}

/// A file is removed once, and can be put again.
pub async fn a_file_is_removed(fixture: &dyn FileStoreFixture) {
    let (files, org, _) = bench(fixture).await;
    files.put(org, "recordings/a.ogg", Bytes::from_static(b"one")).await.unwrap();
    files.put(org, "recordings/b.ogg", Bytes::from_static(b"two")).await.unwrap();
    assert!(files.delete(org, "recordings/a.ogg").await.unwrap());
    assert!(!files.delete(org, "recordings/a.ogg").await.unwrap());
    assert!(!files.delete(org, "never/there").await.unwrap());
    assert_eq!(files.get(org, "recordings/a.ogg").await.unwrap(), None);
    assert!(files.get(org, "recordings/b.ogg").await.unwrap().is_some());
    files.put(org, "recordings/a.ogg", Bytes::from_static(b"again")).await.unwrap();
    assert_eq!(files.get(org, "recordings/a.ogg").await.unwrap().as_deref(), Some(b"again".as_slice()));
}

/// A bad key is `Validation`, whatever it is for.
pub async fn keys_are_checked(fixture: &dyn FileStoreFixture) {
    let (files, org, _) = bench(fixture).await;
    let long = "a".repeat(201);
    for key in ["", "..", "../a", "a/../b", "a..b", "A", "ä", "a b", "a\\b", "a\0", "a\n", "a%2f", "c:a", &long] {
        refused(files.put(org, key, Bytes::from_static(b"bad")).await, ErrorKind::Validation);
        refused(files.get(org, key).await, ErrorKind::Validation);
        refused(files.delete(org, key).await, ErrorKind::Validation);
    }
}

/// One organization's files are nothing to another.
pub async fn organizations_keep_their_own_files(fixture: &dyn FileStoreFixture) {
    let (files, org, other) = bench(fixture).await;
    files.put(org, "a", Bytes::from_static(b"mine")).await.unwrap();
    assert_eq!(files.get(other, "a").await.unwrap(), None);
    assert!(!files.delete(other, "a").await.unwrap());
    files.put(other, "a", Bytes::from_static(b"theirs")).await.unwrap();
    assert!(files.delete(other, "a").await.unwrap());
    assert_eq!(files.get(org, "a").await.unwrap().as_deref(), Some(b"mine".as_slice()));
}

/// A reader sees the old file or the new one, whole.
pub async fn a_file_is_whole(fixture: &dyn FileStoreFixture) {
    let (files, org, _) = bench(fixture).await;
    let write = |byte: u8| {
        let files = Arc::clone(&files);
        async move {
            for _ in 0..30 {
                files.put(org, "a", Bytes::from(vec![byte; 200_000])).await.unwrap();
                let read = files.get(org, "a").await.unwrap().expect("it was put");
                assert!(read.len() == 200_000 && read.iter().all(|found| *found == read[0]), "a file in halves");
            }
        }
    };
    rivals(write(b'a'), write(b'b')).await;
}
