//! Starts that must not succeed: each says which setting is to blame, and leaves alone what belongs to others.

use std::path::Path;

use server::StartError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Row};
use store::StoreError;
use tempfile::TempDir;
use testing::Export;
use tokio::net::TcpListener;

use crate::served::served;
use crate::start::{anonymous, publisher, settings, start, whole};

/// A legal one that sealed nothing.
const MASTER_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

#[tokio::test]
async fn a_second_server_on_one_data_directory() {
    let data = TempDir::new().unwrap();
    let first = start(data.path()).await.unwrap();
    publisher(&first).publish(&Export::small("1.0.0", "first"), "production").await;

    let second = refused(start(data.path()).await);
    assert!(matches!(&second, StartError::InUse { path } if path == data.path()), "{second:?}");
    assert!(whole(&second).starts_with("data_dir: "), "{}", whole(&second));

    assert!(served(&anonymous(&first), "ios").await.is_some(), "the first goes on");
    publisher(&first).publish(&Export::small("1.0.0", "second"), "production").await;
    first.stop().await;
    start(data.path()).await.unwrap().stop().await;
}

#[tokio::test]
async fn an_address_that_is_taken() {
    let data = TempDir::new().unwrap();
    let holder = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = holder.local_addr().unwrap();
    let settings = settings(data.path(), &[("UPDRAFT_LISTEN", &address.to_string())]);
    let error = refused(server::start(settings).await);
    assert!(matches!(&error, StartError::Listen { address: told, .. } if *told == address), "{error:?}");
    let text = whole(&error);
    assert!(text.starts_with("listen: ") && text.contains(&address.to_string()), "{text}");
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0, "the data of who can listen is not touched");
}

#[tokio::test]
async fn a_data_directory_that_is_a_file_or_lies_beneath_one() {
    let scratch = TempDir::new().unwrap();
    let file = scratch.path().join("file");
    std::fs::write(&file, "somebody's").unwrap();
    for data_dir in [file.clone(), file.join("beneath")] {
        let error = refused(start(&data_dir).await);
        assert!(matches!(&error, StartError::DataDir { path, .. } if *path == data_dir), "{error:?}");
        let text = whole(&error);
        assert!(text.starts_with("data_dir: ") && text.contains(&*data_dir.to_string_lossy()), "{text}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "somebody's");
}

#[tokio::test]
async fn a_master_key_that_cannot_be_read() {
    let scratch = TempDir::new().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = scratch.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let directory = scratch.path().display().to_string();
    for (what, variable, value, blamed) in [
        ("missing", "FILE", scratch.path().join("missing").display().to_string(), "signing.master_key_file: "),
        ("a directory", "FILE", directory, "signing.master_key_file: "),
        ("no text", "FILE", file("binary", &[0xff; 32]), "signing.master_key_file: "),
        ("too short", "FILE", file("short", b"c2hvcnQ="), "signing.master_key_file: "),
        ("empty", "FILE", file("empty", b""), "signing.master_key_file: "),
        ("not base64", "", "?".repeat(44), "signing.master_key: "),
    ] {
        let data = scratch.path().join("data");
        let variable =
            if variable.is_empty() { "UPDRAFT_SIGNING_MASTER_KEY" } else { "UPDRAFT_SIGNING_MASTER_KEY_FILE" };
        let error = refused(server::start(settings(&data, &[(variable, &value)])).await);
        assert!(matches!(error, StartError::MasterKey(_)), "{what}: {error:?}");
        let text = whole(&error);
        assert!(text.starts_with(blamed), "{what}: {text}");
        assert_eq!(text.contains(&value), blamed.contains("file"), "{what}: the file is named, the key is not: {text}");
        let reason = text.rsplit(": ").next().unwrap();
        assert_eq!(text.matches(reason).count(), 1, "{what}: said once: {text}");
        assert!(!data.join("updraft.sqlite").exists(), "{what}");
    }
}

/// It could start, but the next publish would find out; by then nobody remembers what was changed.
#[tokio::test]
async fn another_master_key_than_the_one_that_sealed_the_signing_keys() {
    let data = TempDir::new().unwrap();
    let first = start(data.path()).await.unwrap();
    let live = publisher(&first).publish(&Export::small("1.0.0", "live"), "production").await;
    first.stop().await;
    let right = std::fs::read(data.path().join("master.key")).unwrap();

    let other = [("UPDRAFT_SIGNING_MASTER_KEY", MASTER_KEY)];
    let error = refused(server::start(settings(data.path(), &other)).await);
    let text = whole(&error);
    assert!(text.starts_with("signing.master_key: ") && text.contains("was sealed with the master key"), "{text}");
    assert!(!text.contains(MASTER_KEY), "{text}");

    // A database without its master key, as after restoring half a backup: one that was made now would not fit either.
    let file = data.path().join("master.key");
    std::fs::remove_file(&file).unwrap();
    let text = whole(&refused(start(data.path()).await));
    assert!(text.starts_with("signing.master_key_file: ") && text.contains("master.key"), "{text}");
    assert!(!file.exists());

    std::fs::write(&file, right).unwrap();
    let again = start(data.path()).await.unwrap();
    assert_eq!(served(&anonymous(&again), "android").await.unwrap().id, live.updates[0].id);
    publisher(&again).publish(&Export::small("1.0.0", "next"), "production").await;
    again.stop().await;
}

#[tokio::test]
async fn a_database_of_a_newer_release() {
    let data = TempDir::new().unwrap();
    start(data.path()).await.unwrap().stop().await;
    let mut database = open(data.path()).await;
    sqlx::raw_sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (9000, 'of a later release', 1, x'00', 0)",
    )
    .execute(&mut database)
    .await
    .unwrap();
    let before = versions(&mut database).await;
    let error = refused(start(data.path()).await);
    assert!(matches!(error, StartError::Store(StoreError::SchemaNewer { found: 9000, .. })), "{error:?}");
    let text = whole(&error);
    assert!(text.starts_with("data_dir, database.url: ") && text.contains("schema version 9000"), "{text}");
    assert_eq!(versions(&mut database).await, before);
}

#[tokio::test]
async fn a_database_that_is_none() {
    let data = TempDir::new().unwrap();
    std::fs::write(data.path().join("updraft.sqlite"), "no database, but long enough for one".repeat(200)).unwrap();
    let key = [("UPDRAFT_SIGNING_MASTER_KEY", MASTER_KEY)];
    let error = refused(server::start(settings(data.path(), &key)).await);
    assert!(matches!(error, StartError::Store(StoreError::Corrupt { .. })), "{error:?}");
}

fn refused(start: Result<server::RunningServer, StartError>) -> StartError {
    start.err().expect("a start that is refused")
}

async fn open(data_dir: &Path) -> SqliteConnection {
    let file = SqliteConnectOptions::new().filename(data_dir.join("updraft.sqlite"));
    SqliteConnection::connect_with(&file).await.unwrap()
}

async fn versions(database: &mut SqliteConnection) -> Vec<i64> {
    let rows = sqlx::query("SELECT version FROM _sqlx_migrations ORDER BY version").fetch_all(database).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
