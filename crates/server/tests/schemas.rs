//! Both stores keep the same: their migrated schemas have the same tables, columns, keys and references.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use postgres_cluster::Cluster;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, Row};
use store_postgres::{PostgresStore, Time};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

/// What a table promises, in words that both databases share.
#[derive(Debug, Default, PartialEq)]
struct Table {
    /// By name: the type, and whether a value must be there.
    columns: BTreeMap<String, (Kind, bool)>,
    /// Columns in order.
    primary_key: Vec<String>,
    /// Columns in order, and the condition in the words of both databases.
    unique: BTreeSet<(Vec<String>, Option<String>)>,
    /// Columns, the table, its columns and what a deletion there does.
    references: BTreeSet<(Vec<String>, String, Vec<String>, String)>,
    /// Columns of indices that only make reading quick.
    indices: BTreeSet<Vec<String>>,
}

/// What a column holds. SQLite knows neither ids nor truth values, so there they are bytes and numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Number,
    Text,
    Bytes,
}

type Schema = BTreeMap<String, Table>;

#[tokio::test]
async fn both_stores_have_the_same_schema() {
    let (sqlite, postgres) = (sqlite().await, postgres().await);
    assert_eq!(names(&sqlite), names(&postgres));
    assert!(sqlite.len() > 10, "{:?}", names(&sqlite));
    for (name, table) in &sqlite {
        assert_eq!(table, &postgres[name], "{name}: left SQLite, right PostgreSQL");
    }
    // What is compared is there at all.
    let updates = &postgres["updates"];
    assert_eq!(updates.columns["rule"], (Kind::Text, false));
    assert_eq!(updates.primary_key, ["id"]);
    assert!(updates.unique.iter().any(|(_, condition)| condition.is_some()), "{updates:#?}");
    assert!(updates.references.len() > 3, "{updates:#?}");
}

fn names(schema: &Schema) -> Vec<&str> {
    schema.keys().map(String::as_str).collect()
}

async fn sqlite() -> Schema {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("updraft.sqlite");
    SqliteStore::open(&file).await.unwrap().close().await;
    let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(&file)).await.unwrap();
    let tables = sqlx::query_scalar::<_, String>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%'",
    );
    let mut schema = Schema::new();
    for name in tables.fetch_all(&mut connection).await.unwrap() {
        let table = sqlite_table(&mut connection, &name).await;
        schema.insert(name, table);
    }
    schema
}

async fn sqlite_table(connection: &mut SqliteConnection, name: &str) -> Table {
    let mut table = Table::default();
    let mut key = BTreeMap::new();
    for row in pragma(connection, "table_info", name).await {
        let column: String = row.get("name");
        let kind = match row.get::<String, _>("type").as_str() {
            "INTEGER" => Kind::Number,
            "TEXT" => Kind::Text,
            "BLOB" => Kind::Bytes,
            other => panic!("{name}.{column} is a {other}"),
        };
        let place: i64 = row.get("pk");
        if place > 0 {
            key.insert(place, column.clone());
        }
        // A row's number is a primary key that SQLite does not call NOT NULL, and always there.
        let required = row.get::<bool, _>("notnull") || (place > 0 && kind == Kind::Number);
        table.columns.insert(column, (kind, required));
    }
    table.primary_key = key.into_values().collect();
    for index in pragma(connection, "index_list", name).await {
        let (index_name, origin): (String, String) = (index.get("name"), index.get("origin"));
        let columns = pragma(connection, "index_info", &index_name).await;
        let columns: Vec<String> = columns.iter().map(|row| row.get("name")).collect();
        if !index.get::<bool, _>("unique") {
            table.indices.insert(columns);
        } else if origin != "pk" {
            let condition = condition_in_sqlite(connection, &index_name).await;
            table.unique.insert((columns, condition));
        }
    }
    let mut references: BTreeMap<i64, (Vec<String>, String, Vec<String>, String)> = BTreeMap::new();
    for row in pragma(connection, "foreign_key_list", name).await {
        let (to, deletion): (String, String) = (row.get("table"), row.get("on_delete"));
        let reference = references.entry(row.get("id")).or_insert((Vec::new(), to, Vec::new(), deletion));
        reference.0.push(row.get("from"));
        reference.2.push(row.get("to"));
    }
    table.references = references.into_values().collect();
    table
}

async fn pragma(connection: &mut SqliteConnection, what: &str, of: &str) -> Vec<sqlx::sqlite::SqliteRow> {
    sqlx::query(AssertSqlSafe(format!("PRAGMA {what}('{of}')"))).fetch_all(connection).await.unwrap()
}

async fn condition_in_sqlite(connection: &mut SqliteConnection, index: &str) -> Option<String> {
    let sql: Option<String> = sqlx::query_scalar("SELECT sql FROM sqlite_master WHERE name = ?")
        .bind(index)
        .fetch_one(connection)
        .await
        .unwrap();
    sql.as_deref().and_then(|sql| sql.split_once("WHERE")).map(|(_, condition)| plain(condition))
}

async fn postgres() -> Schema {
    let database = Cluster::shared().database();
    PostgresStore::open(database.url(), Time::Caller).await.unwrap().close().await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let mut schema = Schema::new();
    for row in rows(&mut connection, COLUMNS).await {
        let (table, column): (String, String) = (row.get("table"), row.get("column"));
        let kind = match row.get::<String, _>("type").as_str() {
            "bigint" | "boolean" => Kind::Number,
            "text" => Kind::Text,
            "bytea" | "uuid" => Kind::Bytes,
            other => panic!("{table}.{column} is a {other}"),
        };
        schema.entry(table).or_default().columns.insert(column, (kind, row.get("required")));
    }
    for row in rows(&mut connection, INDICES).await {
        let table = schema.get_mut(&row.get::<String, _>("table")).unwrap();
        let columns: Vec<String> = row.get("columns");
        if row.get("is_primary") {
            table.primary_key = columns;
        } else if row.get("is_unique") {
            let condition: Option<String> = row.get("condition");
            table.unique.insert((columns, condition.as_deref().map(plain)));
        } else {
            table.indices.insert(columns);
        }
    }
    for row in rows(&mut connection, REFERENCES).await {
        let table = schema.get_mut(&row.get::<String, _>("table")).unwrap();
        let deletion = match row.get::<String, _>("deletion").as_str() {
            "a" => "NO ACTION",
            "c" => "CASCADE",
            other => panic!("nobody deletes by {other}"),
        };
        table.references.insert((row.get("columns"), row.get("to"), row.get("to_columns"), deletion.to_owned()));
    }
    schema
}

async fn rows(connection: &mut PgConnection, sql: &'static str) -> Vec<sqlx::postgres::PgRow> {
    sqlx::query(sql).fetch_all(connection).await.unwrap()
}

const COLUMNS: &str = r#"
    SELECT relname::text AS "table", attname::text AS "column", format_type(atttypid, NULL) AS "type",
        attnotnull AS required
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
        AND relname NOT LIKE '\_sqlx%'
"#;

const INDICES: &str = r#"
    SELECT relname::text AS "table", indisprimary AS is_primary, indisunique AS is_unique,
        pg_get_expr(indpred, indrelid) AS condition,
        ARRAY (
            SELECT attname::text FROM unnest(indkey::smallint[]) WITH ORDINALITY AS key (number, place)
            JOIN pg_attribute ON attrelid = indrelid AND attnum = number ORDER BY place
        ) AS columns
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
    WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE '\_sqlx%'
"#;

const REFERENCES: &str = r#"
    SELECT here.relname::text AS "table", there.relname::text AS "to", confdeltype::text AS deletion,
        ARRAY (
            SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS key (number, place)
            JOIN pg_attribute ON attrelid = conrelid AND attnum = number ORDER BY place
        ) AS columns,
        ARRAY (
            SELECT attname::text FROM unnest(confkey) WITH ORDINALITY AS key (number, place)
            JOIN pg_attribute ON attrelid = confrelid AND attnum = number ORDER BY place
        ) AS to_columns
    FROM pg_constraint
    JOIN pg_class AS here ON here.oid = conrelid
    JOIN pg_class AS there ON there.oid = confrelid
    WHERE contype = 'f'
"#;

/// A condition without what the databases write in their own ways.
fn plain(condition: &str) -> String {
    let spaced =
        condition.replace(['(', ')'], " ").replace("disabled = 0", "NOT disabled").replace("held = 0", "NOT held");
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}
