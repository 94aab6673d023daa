//! Files below a folder keep every promise of their port, and what only a disk can break.

use std::{fs, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use spotlight_core::{
    ErrorKind,
    conformance::files::FileStoreFixture,
    domain::{OrganizationId, contact::Email},
    local::{FolderMailer, LocalFileStore, MAIL_KEPT_DAYS},
    ports::{Attachment, Clock, FileStore, IdGenerator, Mailer, Message, SystemClock, SystemIds},
};

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("spotlight-files-{}", SystemIds.uuid())))
    }

    fn store(&self) -> LocalFileStore {
        LocalFileStore::new(&self.0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays does no harm, and a failed test has more to say.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[async_trait]
impl FileStoreFixture for Folder {
    async fn fresh(&self) -> Arc<dyn FileStore> {
        Arc::new(LocalFileStore::new(self.0.join(SystemIds.uuid().to_string())))
    }
}

spotlight_core::file_store_conformance!(Folder::new());

fn organization() -> OrganizationId {
    OrganizationId::from_uuid(SystemIds.uuid())
}

#[tokio::test]
async fn a_key_can_begin_another_and_outlives_the_store() {
    let (folder, organization) = (Folder::new(), organization());
    let long = "k".repeat(200);
    let files = [("a", "first"), ("a/b", "second"), (".", "third"), ("/a", "fourth"), ("a/", "fifth"), (&long, "")];
    for (key, body) in files {
        folder.store().put(organization, key, Bytes::from_static(body.as_bytes())).await.expect("a file is kept");
    }
    for (key, body) in files {
        let found = folder.store().get(organization, key).await.expect("a file is read");
        assert_eq!(found, Some(Bytes::from_static(body.as_bytes())), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_file_is_the_old_or_the_new_one() {
    let (folder, organization) = (Folder::new(), organization());
    let store = Arc::new(folder.store());
    let bodies = [b'a', b'b'].map(|letter| Bytes::from(vec![letter; 100_000]));
    store.put(organization, "k", bodies[0].clone()).await.expect("a file is kept");
    let writers = bodies.clone().map(|body| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for _ in 0..20 {
                store.put(organization, "k", body.clone()).await.expect("a file is replaced");
            }
        })
    });
    for _ in 0..40 {
        let found = store.get(organization, "k").await.expect("a file is read").expect("it is there");
        assert!(bodies.contains(&found));
    }
    for writer in writers {
        writer.await.expect("no writer panics");
    }
    let left = fs::read_dir(folder.0.join(organization.to_string())).expect("the folder is there");
    assert_eq!(left.count(), 1, "nothing half-written stays");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_unavailable() {
    let folder = Folder::new();
    fs::write(&folder.0, "in the way").expect("a file can be made");
    let refused = folder.store().put(organization(), "k", Bytes::new()).await.expect_err("there is no folder");
    fs::remove_file(&folder.0).expect("a file can be removed");
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn mail_goes_from_its_folder_when_it_is_old() {
    let folder = Folder::new();
    let mailer = FolderMailer::new(&folder.0);
    let now = SystemClock.now();
    assert_eq!(mailer.remove_before(now).await.expect("there is no folder yet"), 0);
    for id in ["old", "new"] {
        let message = Message {
            id: id.to_owned(),
            to: Email::parse("ana@example.com").expect("an address"),
            subject: "Booked".to_owned(),
            text: "Monday".to_owned(),
            attachments: vec![Attachment {
                file_name: "invitation.ics".to_owned(),
                content_type: "text/calendar".to_owned(),
                body: Bytes::from_static(b"BEGIN:VCALENDAR\r\n"),
            }],
        };
        mailer.send(&message).await.expect("a message is written");
    }
    let long_ago = now - chrono::Duration::days(MAIL_KEPT_DAYS + 1);
    for name in ["old.json", "old-invitation.ics"] {
        let file = fs::File::options().write(true).open(folder.0.join(name)).expect("the file is there");
        file.set_modified(long_ago.into()).expect("its time is changed");
    }
    // The first look is at once.
    let tidying = tokio::spawn(mailer.tidy(Arc::new(SystemClock)));
    let gone = async {
        while folder.0.join("old.json").exists() || folder.0.join("old-invitation.ics").exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), gone).await.expect("old files go");
    tidying.abort();
    for name in ["new.json", "new-invitation.ics"] {
        assert!(folder.0.join(name).exists(), "{name}");
    }
}
