//! The committed descriptions of queries are those of the committed schema.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};

use crate::scene::{Scene, connect};

/// What the compiler reads from `.sqlx` is what the migrated database says of each query: its parameters, columns,
/// types and which may be null. Fails after a migration that `prepare.sh` has not seen.
#[tokio::test]
async fn committed_queries_fit_the_schema() {
    let scene = Scene::new().await;
    let mut connection = connect(scene.database.url()).await;
    let queries = committed();
    assert!(queries.len() > 50, "only {} queries are committed", queries.len());
    for (sql, described) in queries {
        let now = connection.describe(AssertSqlSafe(sql.clone()).into_sql_str()).await.unwrap();
        assert_eq!(serde_json::to_value(now).unwrap(), described, "run prepare.sh: {sql}");
    }
}

/// No query walks through a table that grows, but for the lists of apps. Indices are part of the schema's promise. The
/// planner is told to walk only where it cannot do otherwise.
#[tokio::test]
async fn queries_find_rows_by_index() {
    let scene = Scene::new().await;
    let mut connection = connect(scene.database.url()).await;
    sqlx::raw_sql("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
        .execute(&mut connection)
        .await
        .unwrap();
    let mut walking = Vec::new();
    for (sql, described) in committed() {
        let plan = plan(&mut connection, &sql, &described).await;
        if plan.iter().any(|step| step.contains("Seq Scan on")) && !sql.contains("FROM apps ORDER BY") {
            walking.push(format!("{sql}: {plan:#?}"));
        }
    }
    assert!(walking.is_empty(), "{walking:#?}");
}

/// What PostgreSQL would do, step by step, whatever the parameters.
async fn plan(connection: &mut PgConnection, sql: &str, described: &Value) -> Vec<String> {
    let parameters = described["parameters"]["Left"].as_array().unwrap().len();
    let nulls = match parameters {
        0 => String::new(),
        _ => format!("({})", vec!["NULL"; parameters].join(", ")),
    };
    sqlx::raw_sql(AssertSqlSafe(format!("PREPARE asked AS {sql}"))).execute(&mut *connection).await.unwrap();
    let plan = sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN EXECUTE asked {nulls}")))
        .persistent(false)
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    sqlx::raw_sql("DEALLOCATE asked").execute(&mut *connection).await.unwrap();
    plan
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
