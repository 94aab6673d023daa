//! The schema keeps tenants apart by itself.

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::{Database, tenant_tables};

/// The columns of a unique index in their order, of each such index of a table.
async fn unique_indexes(connection: &mut SqliteConnection, table: &str) -> Vec<(bool, Vec<String>)> {
    let list = format!("SELECT name, origin = 'pk' FROM pragma_index_list('{table}') WHERE \"unique\" = 1");
    let indexes: Vec<(String, bool)> =
        sqlx::query_as(AssertSqlSafe(list)).fetch_all(&mut *connection).await.expect("the schema can be read");
    let mut columns = Vec::new();
    for (index, primary) in indexes {
        let info = format!("SELECT name FROM pragma_index_info('{index}') ORDER BY seqno");
        let names = sqlx::query_scalar(AssertSqlSafe(info)).fetch_all(&mut *connection).await;
        columns.push((primary, names.expect("the schema can be read")));
    }
    columns
}

#[tokio::test]
async fn an_organization_leads_every_key_of_its_tables() {
    let database = Database::new().await;
    let mut connection = database.connection().await;
    // Taken over the whole deployment, since it is looked up before the organization is known, or another's to give.
    let wide = [("api_tokens", "token_hash"), ("subscriptions", "external_id")];
    for table in tenant_tables(&mut connection).await {
        let indexes = unique_indexes(&mut connection, &table).await;
        let keys: Vec<_> = indexes.iter().map(|(_, columns)| columns.clone()).collect();
        assert!(!keys.is_empty(), "{table} has no key");
        for key in &keys {
            let known = wide.iter().any(|(wide, column)| *wide == table && key == &[*column]);
            assert!(known || key[0] == "organization_id", "{table} has a key of {key:?}");
        }
        // Where a number within the file is the primary key, the id is a key beside it.
        let numbered = !indexes.iter().any(|(primary, _)| *primary);
        assert!(!numbered || keys.contains(&vec!["organization_id".to_owned(), "id".to_owned()]), "{table}");
    }
}

#[tokio::test]
async fn references_stay_within_an_organization() {
    let database = Database::new().await;
    let mut connection = database.connection().await;
    let tenants = tenant_tables(&mut connection).await;
    let mut seen = 0;
    for table in &tenants {
        let list =
            format!("SELECT id, \"table\", \"from\", \"to\", on_delete, seq FROM pragma_foreign_key_list('{table}')");
        let rows = sqlx::query(AssertSqlSafe(list)).fetch_all(&mut connection).await.expect("the schema can be read");
        for row in rows.iter().filter(|row| row.get::<i64, _>("seq") == 0) {
            let (target, from, to): (String, String, String) = (row.get("table"), row.get("from"), row.get("to"));
            if tenants.contains(&target) {
                assert_eq!((from.as_str(), to.as_str()), ("organization_id", "organization_id"), "{table} to {target}");
                seen += 1;
            }
            assert_ne!(row.get::<String, _>("on_delete"), "SET NULL", "{table} to {target}");
        }
    }
    assert!(seen > 10, "{seen} references");
}

#[tokio::test]
async fn every_table_is_strict() {
    let database = Database::new().await;
    let mut connection = database.connection().await;
    let loose: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 \
         AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'",
    )
    .fetch_all(&mut connection)
    .await
    .expect("the schema can be read");
    assert_eq!(loose, Vec::<String>::new());
}
