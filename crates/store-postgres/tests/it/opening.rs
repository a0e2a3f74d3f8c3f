//! Migrations, and addresses that lead nowhere.

use std::error::Error;
use std::fmt::Write;

use futures_util::future;
use postgres_cluster::Cluster;
use sqlx::Row;
use store::{Apps, Bootstrapped, ReadControl, StoreError};
use store_postgres::{PostgresStore, Time};

use crate::scene::{APP, NOW, Scene, bootstrap, connect, open};

#[tokio::test]
async fn opening_again_migrates_nothing() {
    let database = Cluster::shared().database();
    open(&database).await.close().await;
    let before = applied(database.url()).await;
    assert!(!before.is_empty());
    open(&database).await.close().await;
    assert_eq!(applied(database.url()).await, before);
}

/// One migrates, the others wait for it; one creates the first app, the others find it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_start_at_once_find_one_database() {
    let database = Cluster::shared().database();
    let starting = (0..4).map(|number| {
        let url = database.url().to_owned();
        tokio::spawn(async move {
            let store = PostgresStore::open(&url, Time::Caller).await.unwrap();
            let mut first = bootstrap();
            first.app.0 = uuid::Uuid::from_u128(100 + number);
            first.branch.id.0 = uuid::Uuid::from_u128(200 + number);
            first.channel.id.0 = uuid::Uuid::from_u128(300 + number);
            store.bootstrap(first).await.unwrap()
        })
    });
    let started: Vec<Bootstrapped> = future::join_all(starting).await.into_iter().map(Result::unwrap).collect();
    let created: Vec<_> = started.iter().filter(|one| matches!(one, Bootstrapped::Created(_))).collect();
    assert_eq!(created.len(), 1, "{started:?}");
    let Bootstrapped::Created(app) = created[0] else { unreachable!() };
    assert!(
        started
            .iter()
            .all(|one| matches!(one, Bootstrapped::Created(told) | Bootstrapped::Existed(told) if told == app))
    );
    assert_eq!(open(&database).await.apps().await.unwrap(), std::slice::from_ref(app));
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let scene = Scene::new().await;
    scene
        .raw(
            r"INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
            VALUES (9000, 'of a later release', true, '\x00', 0);
            ALTER TABLE apps ADD COLUMN of_a_later_release text",
        )
        .await;
    let before = applied(scene.database.url()).await;
    let known = before[before.len() - 2];

    // Again and again: nothing, such as a lock, is left by the first refusal.
    for _ in 0..2 {
        let refused = PostgresStore::open(scene.database.url(), Time::Caller).await;
        assert!(
            matches!(refused, Err(StoreError::SchemaNewer { found: 9000, known: told }) if told == known),
            "{refused:?}"
        );
    }
    assert_eq!(applied(scene.database.url()).await, before);
}

#[tokio::test]
async fn an_edited_migration_is_refused() {
    let scene = Scene::new().await;
    scene.raw(r"UPDATE _sqlx_migrations SET checksum = '\x00'").await;
    let refused = PostgresStore::open(scene.database.url(), Time::Caller).await;
    assert!(matches!(refused, Err(StoreError::Corrupt { table: "_sqlx_migrations", .. })), "{refused:?}");
}

#[tokio::test]
async fn a_migration_of_something_else_is_refused() {
    let scene = Scene::new().await;
    scene.raw("UPDATE _sqlx_migrations SET version = 0 WHERE version = 1").await;
    let refused = PostgresStore::open(scene.database.url(), Time::Caller).await;
    assert!(matches!(refused, Err(StoreError::Corrupt { table: "_sqlx_migrations", .. })), "{refused:?}");
}

/// A database that has tables of the same names from elsewhere keeps them.
#[tokio::test]
async fn a_failed_migration_leaves_nothing() {
    let database = Cluster::shared().database();
    let mut owner = connect(database.url()).await;
    sqlx::raw_sql("CREATE TABLE audit_log (of_something_else text)").execute(&mut owner).await.unwrap();
    PostgresStore::open(database.url(), Time::Caller).await.unwrap_err();
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            .fetch_all(&mut owner)
            .await
            .unwrap();
    assert_eq!(tables, ["_sqlx_migrations", "audit_log"]);
}

/// Neither errors nor the store itself repeat the password.
#[tokio::test]
async fn passwords_are_never_told() {
    let database = Cluster::shared().database();
    let with_password = database.url().replacen("updraft@", "updraft:swordfish@", 1);
    let store = PostgresStore::open(&with_password, Time::Caller).await.unwrap();
    assert!(!format!("{store:?} {store:#?}").contains("swordfish"), "{store:?}");
    for unreachable in [
        with_password.replace("scratch_", "nowhere_"),
        with_password.replace("updraft:", "nobody:"),
        with_password.replace("%2D", "x"),
        format!("{with_password}?sslmode=swordfish"),
        "postgresql://updraft:swordfish@127.0.0.1:1/updraft".to_owned(),
        "postgresql://updraft:swordfish@host:port/updraft".to_owned(),
        "swordfish".to_owned(),
    ] {
        let refused = PostgresStore::open(&unreachable, Time::Caller).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
        let mut told = format!("{refused:?}");
        let mut cause: Option<&dyn Error> = Some(&refused);
        while let Some(error) = cause {
            write!(told, " {error} {error:?}").unwrap();
            cause = error.source();
        }
        // What is not an address at all is told as it is.
        let spoken = unreachable.contains("sslmode=swordfish");
        assert!(spoken || !told.contains("swordfish"), "{told}");
        assert!(!told.contains("PoolTimedOut"), "it does not say why: {told}");
    }
}

/// Servers whose own clocks differ issue by one.
#[tokio::test]
async fn the_clock_is_the_databases() {
    let scene = Scene::new().await;
    assert_eq!(scene.store.control(APP, NOW).await.unwrap().unwrap().now, NOW);
    let store = PostgresStore::open(scene.database.url(), Time::Database).await.unwrap();
    let told = store.control(APP, NOW).await.unwrap().unwrap().now;
    let mut connection = connect(scene.database.url()).await;
    let age: i64 = sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint - $1")
        .bind(told.0)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!((0..60_000).contains(&age), "{age} ms old");
}

async fn applied(url: &str) -> Vec<i64> {
    let rows = sqlx::query("SELECT version FROM _sqlx_migrations ORDER BY version");
    rows.fetch_all(&mut connect(url).await).await.unwrap().into_iter().map(|row| row.get(0)).collect()
}
