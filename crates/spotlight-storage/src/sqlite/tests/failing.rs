//! A disk that is full.

use spotlight_core::{
    ErrorKind,
    domain::{flag::FeatureFlag, time::Timestamp},
    ports::{ReadConsistency, Storage},
};

use super::Database;

#[tokio::test]
async fn a_full_disk_breaks_its_unit_and_no_other() {
    let database = Database::new().await;
    let storage = &database.storage;
    {
        // The file may not grow any more, as far as this connection goes.
        let mut connection = storage.writer().connection().await.expect("there is a writer");
        sqlx::raw_sql("PRAGMA max_page_count = 1").execute(&mut *connection).await.expect("the limit is set");
    }
    let flag = |number: u32| FeatureFlag {
        key: format!("{number:0>4000}"),
        enabled: true,
        percentage: 20,
        updated_at: Timestamp::UNIX_EPOCH,
    };
    let unit = storage.begin().await.expect("a unit begins");
    let mut full = None;
    for number in 0..100 {
        if let Err(error) = unit.flags().set(&flag(number)).await {
            full = Some(error);
            break;
        }
    }
    assert_eq!(full.expect("the disk is full").kind(), ErrorKind::Unavailable);
    // SQLite has rolled back by itself: what came now would be outside of any transaction.
    let after = unit.flags().set(&flag(200)).await.expect_err("the unit is broken");
    assert_eq!(after.kind(), ErrorKind::Conflict);
    let ended = unit.commit().await.expect_err("the unit cannot commit");
    assert_eq!(ended.kind(), ErrorKind::Conflict);
    assert_eq!(storage.read(ReadConsistency::Strong).flags().list().await.expect("it can be read"), []);

    // The next unit gets a connection of its own, without the limit.
    for number in 0..3 {
        let unit = storage.begin().await.expect("the next unit begins");
        unit.flags().set(&flag(number)).await.expect("there is room");
        unit.commit().await.expect("it commits");
    }
    assert_eq!(storage.read(ReadConsistency::Strong).flags().list().await.expect("it can be read").len(), 3);
}
