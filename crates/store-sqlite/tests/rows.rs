//! Rows that no version of this program makes.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::path::PathBuf;

use model::control::ContentFingerprint;
use model::{
    AppId, AppSlug, BranchId, BranchName, ChannelId, ChannelName, EntryKind, LaneId, Millis, Platform, RuntimeVersion,
    UpdateGroupId, UpdateId,
};
use serde_json::json;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use store::{
    Actor, Apps, AuditAction, Bootstrap, CommitError, History, NewBranch, NewChannel, NewEntry, NewGroup, Operate,
    Operation, ReadControl, ReadSnapshots, Seal, SessionId, StoreError,
};
use store_sqlite::SqliteStore;
use tempfile::TempDir;
use uuid::Uuid;

const NOW: Millis = Millis(1_800_000_000_000);
const APP: AppId = AppId(Uuid::from_u128(1));
const BRANCH: BranchId = BranchId(Uuid::from_u128(3));

/// Each is told as bad data of its table: no panic, no fault of the driver, no silent default.
#[tokio::test]
async fn bad_rows_are_told_with_their_table() {
    let embedded = "INSERT INTO embedded_updates (app_id, id, platform, runtime_version, created_at, channel)
        SELECT id, id, 'ios', '1', 0, '' FROM apps";
    let spoilers: [(&str, &str, &str); 9] = [
        ("apps", "slug", "UPDATE apps SET slug = 'Not A Slug'"),
        ("apps", "version", "UPDATE apps SET version = -1"),
        ("branches", "name", "UPDATE branches SET name = ''"),
        ("channels", "name", "UPDATE channels SET name = x'0a' || ''"),
        ("updates", "runtime version", "UPDATE updates SET runtime_version = char(7)"),
        ("updates", "group", "PRAGMA foreign_keys = OFF; UPDATE updates SET group_id = x'01'"),
        ("updates", "rule", "UPDATE updates SET rule = '{\"weekday\":\"monday\"}'"),
        ("updates", "rule of nobody", "UPDATE updates SET rule = '{\"device_in\":[]}'"),
        ("embedded_updates", "channel", embedded),
    ];
    for (table, what, sql) in spoilers {
        let scene = Scene::new().await;
        scene.issue(10).await;
        scene.raw(sql).await;
        let loaded = scene.store.load(APP).await.map(|_| ());
        let control = scene.store.control(APP, NOW).await.map(|_| ());
        for told in [loaded, control] {
            assert!(
                matches!(&told, Err(StoreError::Corrupt { table: named, .. }) if *named == table),
                "{table} {what}: {told:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_bad_group_is_told() {
    let scene = Scene::new().await;
    let operation = publish(10);
    scene.store.apply(operation.clone(), seal()).await.unwrap();
    scene.raw("UPDATE update_groups SET channel = ''").await;
    let told = scene.store.groups(APP, &[operation.groups[0].id]).await;
    assert!(matches!(told, Err(StoreError::Corrupt { table: "update_groups", .. })), "{told:?}");
}

#[tokio::test]
async fn bad_sessions_are_told() {
    let spoilers = [
        "UPDATE publish_sessions SET action = 'dance'",
        "UPDATE publish_sessions SET detail = '{'",
        "UPDATE publish_sessions SET at_version = -1",
        "UPDATE publish_sessions SET edits = '[{\"edit\":\"dance\"}]'",
    ];
    for sql in spoilers {
        let scene = Scene::new().await;
        let session = SessionId(Uuid::from_u128(77));
        scene.store.save_prepared(session, publish(10), NOW).await.unwrap();
        scene.raw(sql).await;
        let told = scene.store.prepared(APP, session, NOW).await;
        assert!(matches!(told, Err(StoreError::Corrupt { table: "publish_sessions", .. })), "{sql}: {told:?}");
        let told = scene.store.commit(APP, session, seal()).await;
        let corrupt = matches!(told, Err(CommitError::Store(StoreError::Corrupt { table: "publish_sessions", .. })));
        assert!(corrupt, "{sql}: {told:?}");
        scene.raw("UPDATE publish_sessions SET outcome = '{', committed_at = 0").await;
        let told = scene.store.commit(APP, session, seal()).await;
        let corrupt = matches!(told, Err(CommitError::Store(StoreError::Corrupt { table: "publish_sessions", .. })));
        assert!(corrupt, "{sql}: {told:?}");
    }
}

/// A lane that no operation could have made.
#[tokio::test]
async fn a_lane_too_deep_is_bad_data() {
    let scene = Scene::new().await;
    for instant in 0..33 {
        scene.issue(instant).await;
    }
    scene
        .raw(
            "DROP INDEX one_open_rollout_of_a_lane;
            UPDATE updates SET rollout_share = 1, rollout_salt = x'00000000000000000000000000000009'",
        )
        .await;
    let told = scene.store.load(APP).await;
    assert!(matches!(told, Err(StoreError::Corrupt { table: "updates", .. })), "{told:?}");
    // Operators see it all the same, and can mend it.
    assert_eq!(scene.store.control(APP, NOW).await.unwrap().unwrap().control.entries.len(), 33);
}

struct Scene {
    _directory: TempDir,
    file: PathBuf,
    store: SqliteStore,
}

impl Scene {
    async fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("updraft.db");
        let store = SqliteStore::open(&file).await.unwrap();
        let bootstrap = Bootstrap {
            app: APP,
            slug: AppSlug::parse("demo").unwrap(),
            channel: NewChannel { id: ChannelId(Uuid::from_u128(2)), name: ChannelName::parse("production").unwrap() },
            branch: NewBranch { id: BRANCH, name: BranchName::parse("main").unwrap() },
            key: None,
            token: None,
            actor: Actor("test".into()),
            now: NOW,
        };
        store.bootstrap(bootstrap).await.unwrap();
        Self { _directory: directory, file, store }
    }

    async fn raw(&self, sql: &'static str) {
        let options = SqliteConnectOptions::new().filename(&self.file);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn issue(&self, instant: i64) {
        self.store.apply(publish(instant), seal()).await.unwrap();
    }
}

fn publish(instant: i64) -> Operation {
    let id = Uuid::from_u128(0x1000 + u128::try_from(instant).unwrap());
    let group = NewGroup {
        id: UpdateGroupId(id),
        branch: BRANCH,
        channel: None,
        message: None,
        git_commit: None,
        git_branch: None,
        git_dirty: None,
    };
    let entry = NewEntry {
        id: UpdateId(id),
        group: group.id,
        lane: LaneId { platform: Platform::Android, runtime_version: RuntimeVersion::parse("1").unwrap() },
        created_at: Millis(NOW.0 + instant),
        kind: EntryKind::Update,
        body: "{}".into(),
        content: ContentFingerprint([0; 32]),
        origin: None,
        held: false,
        disabled: false,
        rollout: None,
        rule: None,
        assets: Vec::new(),
    };
    Operation {
        app: APP,
        action: AuditAction::Publish,
        detail: json!({}),
        at_version: None,
        edits: Vec::new(),
        groups: vec![group],
        entries: vec![entry],
    }
}

fn seal() -> Seal {
    Seal { signatures: Vec::new(), outcome: json!(null), idempotency: None, actor: Actor("test".into()), now: NOW }
}
