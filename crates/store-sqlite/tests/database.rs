//! The file: migrations, durability, faults.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::path::{Path, PathBuf};

use model::{AppId, AppSlug, BlobHash, BranchId, BranchName, ChannelId, ChannelName, Millis};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Row};
use store::{
    Actor, Apps, Blobs, Bootstrap, Bootstrapped, NewBranch, NewChannel, Operate, ReadControl, ReadSnapshots, SessionId,
    StoreError,
};
use store_sqlite::SqliteStore;
use tempfile::TempDir;
use uuid::Uuid;

const NOW: Millis = Millis(1_800_000_000_000);
const APP: AppId = AppId(Uuid::from_u128(1));

/// An app with one update, an embedded one and a session that waits, as the first release stored them.
const OF_THE_FIRST_RELEASE: &str = "
    INSERT INTO apps VALUES (x'00000000000000000000000000000001', 'demo', 2, 0);
    INSERT INTO branches
        VALUES (x'00000000000000000000000000000003', x'00000000000000000000000000000001', 'main', 0);
    INSERT INTO channels (id, app_id, name, branch_id, created_at)
        VALUES (x'00000000000000000000000000000002', x'00000000000000000000000000000001', 'production',
            x'00000000000000000000000000000003', 0);
    INSERT INTO update_groups (id, app_id, branch_id, published_by, created_at)
        VALUES (x'00000000000000000000000000000005', x'00000000000000000000000000000001',
            x'00000000000000000000000000000003', 'token:ci', 0);
    INSERT INTO updates (id, app_id, group_id, branch_id, platform, runtime_version, created_at, kind, app_version,
            fingerprint, body)
        VALUES (x'00000000000000000000000000000006', x'00000000000000000000000000000001',
            x'00000000000000000000000000000005', x'00000000000000000000000000000003', 'ios', '1', 10, 'update', 2,
            zeroblob(32), CAST('the body' AS BLOB));
    INSERT INTO embedded_updates
        VALUES (x'00000000000000000000000000000001', x'0000000000000000000000000000000e', 'ios', '1', 55);
    INSERT INTO publish_sessions (id, app_id, branch_id, action, group_id, created_at)
        VALUES (x'00000000000000000000000000000007', x'00000000000000000000000000000001',
            x'00000000000000000000000000000003', 'publish', x'00000000000000000000000000000008', 0);
    INSERT INTO session_heads (session_id, platform, runtime_version)
        VALUES (x'00000000000000000000000000000007', 'ios', '1');
";

#[tokio::test]
async fn opening_again_migrates_nothing() {
    let (_directory, file) = scratch();
    open(&file).await.close().await;
    let before = applied(&file).await;
    assert!(!before.is_empty());
    open(&file).await.close().await;
    assert_eq!(applied(&file).await, before);
}

/// A data directory of the first release: nothing that was issued is lost, and it goes on.
#[tokio::test]
async fn a_file_of_the_first_release_is_brought_up_to_date() {
    let (directory, file) = scratch();
    let first_only = directory.path().join("migrations");
    std::fs::create_dir(&first_only).unwrap();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/0001_initial.sql");
    std::fs::copy(ours, first_only.join("0001_initial.sql")).unwrap();
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true).foreign_keys(true);
    let mut old = SqliteConnection::connect_with(&options).await.unwrap();
    Migrator::new(first_only).await.unwrap().run(&mut old).await.unwrap();
    sqlx::raw_sql(OF_THE_FIRST_RELEASE).execute(&mut old).await.unwrap();
    old.close().await.unwrap();

    let store = open(&file).await;

    let control = store.control(APP, NOW).await.unwrap().unwrap().control;
    assert_eq!(control.version, 2);
    assert_eq!(control.branches.iter().map(|branch| branch.pinned).collect::<Vec<_>>(), [false]);
    let issued: Vec<_> = control.entries.iter().map(|past| (past.entry.id.0.as_u128(), &past.entry.rule)).collect();
    assert_eq!(issued, [(6, &None)]);
    assert_eq!((control.embedded[0].launch_hash, &control.embedded[0].channel), (None, &None));
    assert_eq!(store.load(APP).await.unwrap().unwrap().entries[0].body, "the body");
    let session = SessionId(Uuid::from_u128(7));
    assert_eq!(store.prepared(APP, session, Millis(1)).await.unwrap(), None);
    assert_eq!(applied(&file).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let (_directory, file) = scratch();
    bootstrapped(&file).await.close().await;
    raw(
        &file,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (9000, 'of a later release', 1, x'00', 0);
        ALTER TABLE apps ADD COLUMN of_a_later_release TEXT",
    )
    .await;
    let before = applied(&file).await;
    let known = before[before.len() - 2];

    let refused = SqliteStore::open(&file).await;

    assert!(
        matches!(refused, Err(StoreError::SchemaNewer { found: 9000, known: told }) if told == known),
        "{refused:?}"
    );
    assert_eq!(applied(&file).await, before);
}

#[tokio::test]
async fn an_edited_migration_is_refused() {
    let (_directory, file) = scratch();
    open(&file).await.close().await;
    raw(&file, "UPDATE _sqlx_migrations SET checksum = x'00'").await;
    let refused = SqliteStore::open(&file).await;
    assert!(matches!(refused, Err(StoreError::Corrupt { table: "_sqlx_migrations", .. })), "{refused:?}");
}

#[tokio::test]
async fn a_file_of_something_else_is_refused() {
    let (_directory, file) = scratch();
    std::fs::write(&file, "no database at all, but long enough to be looked at".repeat(100)).unwrap();
    let refused = SqliteStore::open(&file).await;
    assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_missing_directory_is_told() {
    let (directory, _) = scratch();
    let refused = SqliteStore::open(&directory.path().join("nowhere/updraft.db")).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

/// The log is the file's own setting, so another connection sees it.
#[tokio::test]
async fn the_file_has_a_write_ahead_log() {
    let (_directory, file) = scratch();
    let _open = open(&file).await;
    let mut connection = connect(&file).await;
    let mode: String = sqlx::query("PRAGMA journal_mode").fetch_one(&mut connection).await.unwrap().get(0);
    assert_eq!(mode, "wal");
}

/// What another process writes for long is waited for, and it does not stop readers.
#[tokio::test]
async fn readers_go_on_beside_a_writer() {
    let (_directory, file) = scratch();
    let store = bootstrapped(&file).await;
    let mut other = connect(&file).await;
    sqlx::raw_sql("BEGIN IMMEDIATE; UPDATE apps SET version = 77").execute(&mut other).await.unwrap();
    assert_eq!(store.versions().await.unwrap(), [(APP, 1)]);
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    assert_eq!(store.versions().await.unwrap(), [(APP, 77)]);
}

/// A process that dies inside a transaction whose changes lie in the log already.
#[tokio::test]
async fn a_transaction_that_nobody_ends_leaves_nothing() {
    let (directory, file) = scratch();
    let store = bootstrapped(&file).await;
    let logged = || std::fs::metadata(with_suffix(&file, "-wal")).unwrap().len();
    let before = logged();
    let mut dying = connect(&file).await;
    // So small a cache spills into the log before the end.
    sqlx::raw_sql(
        "PRAGMA cache_size = 1;
        BEGIN IMMEDIATE;
        UPDATE apps SET version = 77;
        WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO api_tokens SELECT randomblob(16), randomblob(32), hex(randomblob(100)), 0 FROM n",
    )
    .execute(&mut dying)
    .await
    .unwrap();
    assert!(logged() > before + 100_000, "nothing of it lies in the log");
    // What the disk holds at this moment is what a later start finds.
    let after_crash = copied(&directory, &file);

    let found = open(&after_crash).await;

    assert_eq!(found.versions().await.unwrap(), [(APP, 1)]);
    assert_eq!(count(&after_crash, "SELECT count(*) FROM api_tokens").await, 0);
    drop(dying);
    assert_eq!(store.versions().await.unwrap(), [(APP, 1)]);
}

/// Acknowledged writes lie in the log, whatever happens to the process.
#[tokio::test]
async fn an_acknowledged_write_needs_no_orderly_end() {
    let (directory, file) = scratch();
    let store = bootstrapped(&file).await;
    let blob = BlobHash([1; 32]);
    store.record_blob(APP, blob, 10, NOW).await.unwrap();
    let after_crash = copied(&directory, &file);
    let found = open(&after_crash).await;
    assert_eq!(found.missing_blobs(APP, &[(blob, 10)]).await.unwrap(), []);
}

fn scratch() -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("updraft.db");
    (directory, file)
}

async fn open(file: &Path) -> SqliteStore {
    SqliteStore::open(file).await.unwrap()
}

async fn bootstrapped(file: &Path) -> SqliteStore {
    let store = open(file).await;
    let bootstrap = Bootstrap {
        app: APP,
        slug: AppSlug::parse("demo").unwrap(),
        channel: NewChannel { id: ChannelId(Uuid::from_u128(2)), name: ChannelName::parse("production").unwrap() },
        branch: NewBranch { id: BranchId(Uuid::from_u128(3)), name: BranchName::parse("main").unwrap() },
        key: None,
        token: None,
        actor: Actor("test".into()),
        now: NOW,
    };
    assert!(matches!(store.bootstrap(bootstrap).await.unwrap(), Bootstrapped::Created(_)));
    store
}

/// A connection beside the store's own.
async fn connect(file: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(file)).await.unwrap()
}

async fn raw(file: &Path, sql: &'static str) {
    let mut connection = connect(file).await;
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// The database and its log as they lie on the disk now.
fn copied(directory: &TempDir, file: &Path) -> PathBuf {
    let copy = directory.path().join("after-crash.db");
    for suffix in ["", "-wal"] {
        std::fs::copy(with_suffix(file, suffix), with_suffix(&copy, suffix)).unwrap();
    }
    copy
}

async fn count(file: &Path, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut connect(file).await).await.unwrap()
}

async fn applied(file: &Path) -> Vec<i64> {
    let mut connection = connect(file).await;
    let rows = sqlx::query("SELECT version FROM _sqlx_migrations ORDER BY version");
    rows.fetch_all(&mut connection).await.unwrap().into_iter().map(|row| row.get(0)).collect()
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
