//! The committed descriptions of queries are those of the committed schema.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, Executor, SqlSafeStr};
use store_sqlite::SqliteStore;

/// What the compiler reads from `.sqlx` is what the migrated database says of each query: its parameters, columns,
/// types and which may be null. Fails after a migration that `prepare.sh` has not seen.
#[tokio::test]
async fn committed_queries_fit_the_schema() {
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("updraft.db");
    SqliteStore::open(&file).await.unwrap().close().await;
    let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(&file)).await.unwrap();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx");
    let mut checked = 0;
    for entry in fs::read_dir(committed).unwrap() {
        let path = entry.unwrap().path();
        let described: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let sql = described["query"].as_str().unwrap().to_owned();
        let now = connection.describe(AssertSqlSafe(sql).into_sql_str()).await.unwrap();
        let now = serde_json::to_value(now).unwrap();
        assert_eq!(now, described["describe"], "{} is out of date: run prepare.sh", path.display());
        checked += 1;
    }
    assert!(checked > 50, "only {checked} queries are committed");
}
