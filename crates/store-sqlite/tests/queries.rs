//! The committed descriptions of queries are those of the committed schema.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::fs;
use std::path::Path;

use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, Executor, Row, SqlSafeStr};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

/// What the compiler reads from `.sqlx` is what the migrated database says of each query: its parameters, columns,
/// types and which may be null. Fails after a migration that `prepare.sh` has not seen.
#[tokio::test]
async fn committed_queries_fit_the_schema() {
    let mut database = Migrated::new().await;
    let queries = committed();
    assert!(queries.len() > 50, "only {} queries are committed", queries.len());
    for (sql, described) in queries {
        let now = database.connection.describe(AssertSqlSafe(sql.clone()).into_sql_str()).await.unwrap();
        assert_eq!(serde_json::to_value(now).unwrap(), described, "run prepare.sh: {sql}");
    }
}

/// No query walks through a table that grows, but for the lists of apps. Indices are part of the schema's promise.
#[tokio::test]
async fn queries_find_rows_by_index() {
    let mut database = Migrated::new().await;
    let mut walking = Vec::new();
    for (sql, _) in committed() {
        for step in database.plan(&sql).await {
            let walks = step.starts_with("SCAN ") && !step.contains("VIRTUAL TABLE") && !step.contains("CONSTANT ROW");
            if walks && !sql.contains("FROM apps ORDER BY") {
                walking.push(format!("{step}: {sql}"));
            }
        }
    }
    assert!(walking.is_empty(), "{walking:#?}");
}

/// The types of an update's 20,000 assets are found one by one, each by its hash, not by reading all of them each time.
#[tokio::test]
async fn an_operation_finds_types_by_hash() {
    let mut database = Migrated::new().await;
    let (sql, _) = committed().into_iter().find(|(sql, _)| sql.starts_with("UPDATE app_blobs")).unwrap();
    let plan = database.plan(&sql).await;
    let by_hash = |step: &String| step.contains("SEARCH app_blobs") && step.contains("app_id=? AND hash=?");
    assert!(plan.iter().any(by_hash), "{plan:#?}");
}

struct Migrated {
    _directory: TempDir,
    connection: SqliteConnection,
}

impl Migrated {
    async fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("updraft.db");
        SqliteStore::open(&file).await.unwrap().close().await;
        let options = SqliteConnectOptions::new().filename(&file);
        let connection = SqliteConnection::connect_with(&options).await.unwrap();
        Self { _directory: directory, connection }
    }

    /// What SQLite would do, step by step. Parameters that are not given are null to it.
    async fn plan(&mut self, sql: &str) -> Vec<String> {
        let rows = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
        let rows = rows.fetch_all(&mut self.connection).await.unwrap();
        rows.into_iter().map(|row| row.get("detail")).collect()
    }
}

/// Every committed query with its description.
fn committed() -> Vec<(String, Value)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx");
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let mut file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            (file["query"].as_str().unwrap().to_owned(), file["describe"].take())
        })
        .collect()
}
