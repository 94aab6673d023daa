use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;

use super::organization;
use crate::{
    error::ErrorKind,
    local::LocalFileStore,
    memory::MemoryFileStore,
    ports::{FileStore, IdGenerator, SystemIds},
};

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("spotlight-files-{}", SystemIds.uuid())))
    }

    fn files(&self) -> usize {
        let folders = std::fs::read_dir(&self.0).unwrap();
        folders.map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count()).sum()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn keeps_files_apart(store: &dyn FileStore) {
    let (one, other) = (organization(1), organization(2));
    let body = |text: &'static str| Bytes::from_static(text.as_bytes());
    assert_eq!(store.get(one, "a").await.unwrap(), None);
    // A key can be the beginning of another.
    for (key, text) in [("a", "first"), ("a/b", "second"), (".", "third"), ("/a", "fourth"), ("a", "replaced")] {
        store.put(one, key, body(text)).await.unwrap();
    }
    for (key, text) in [("a", "replaced"), ("a/b", "second"), (".", "third"), ("/a", "fourth")] {
        assert_eq!(store.get(one, key).await.unwrap(), Some(body(text)), "{key}");
        assert_eq!(store.get(other, key).await.unwrap(), None);
    }
    assert!(!store.delete(other, "a").await.unwrap());
    assert!(store.delete(one, "a").await.unwrap());
    assert!(!store.delete(one, "a").await.unwrap());
    assert_eq!(store.get(one, "a/b").await.unwrap(), Some(body("second")));
    let long = "k".repeat(200);
    store.put(one, &long, Bytes::new()).await.unwrap();
    assert_eq!(store.get(one, &long).await.unwrap(), Some(Bytes::new()));
    for key in ["", "..", "a/../b", "A", "a b", "a%b", "ä", &"k".repeat(201)] {
        assert_eq!(store.put(one, key, Bytes::new()).await.unwrap_err().kind(), ErrorKind::Validation, "{key}");
        assert_eq!(store.get(one, key).await.unwrap_err().kind(), ErrorKind::Validation, "{key}");
        assert_eq!(store.delete(one, key).await.unwrap_err().kind(), ErrorKind::Validation, "{key}");
    }
}

#[tokio::test]
async fn memory_keeps_files_apart() {
    keeps_files_apart(&MemoryFileStore::new()).await;
}

#[tokio::test]
async fn a_folder_keeps_files_apart() {
    let folder = Folder::new();
    keeps_files_apart(&LocalFileStore::new(&folder.0)).await;
    let again = LocalFileStore::new(&folder.0);
    assert_eq!(again.get(organization(1), "a/b").await.unwrap(), Some(Bytes::from_static(b"second")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_of_a_file_that_is_replaced_see_one_of_the_two() {
    let folder = Folder::new();
    let store = Arc::new(LocalFileStore::new(&folder.0));
    let bodies = [b'a', b'b'].map(|letter| Bytes::from(vec![letter; 100_000]));
    store.put(organization(1), "k", bodies[0].clone()).await.unwrap();
    let writers = bodies.clone().map(|body| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for _ in 0..20 {
                store.put(organization(1), "k", body.clone()).await.unwrap();
            }
        })
    });
    for _ in 0..40 {
        let found = store.get(organization(1), "k").await.unwrap().unwrap();
        assert!(bodies.contains(&found));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(folder.files(), 1, "nothing half-written stays");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_unavailable() {
    let folder = Folder::new();
    std::fs::write(&folder.0, "a file").unwrap();
    let store = LocalFileStore::new(&folder.0);
    let refused = store.put(organization(1), "k", Bytes::new()).await.unwrap_err();
    std::fs::remove_file(&folder.0).unwrap();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
}
