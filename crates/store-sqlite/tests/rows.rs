//! Rows that no intent makes yet, and rows that no version of this program makes.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::path::PathBuf;

use model::{
    AppId, AppSlug, BasisPoints, BranchId, BranchName, ChannelId, ChannelName, EmbeddedUpdate, EntryKind, Millis,
    Platform, RuntimeVersion, Salt, Target, UpdateGroupId, UpdateId,
};
use serde_json::json;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use store::{
    Actor, Apps, AuditAction, Bootstrap, Commit, CommitError, ContentFingerprint, Destination, Effect, History, LaneId,
    NewBranch, NewChannel, NewEntry, NewGroup, Prepare, PrepareError, PreparedPublish, Publish, ReadSnapshots,
    SessionId, StoreError,
};
use store_sqlite::SqliteStore;
use tempfile::TempDir;
use uuid::Uuid;

const NOW: Millis = Millis(1_800_000_000_000);
const APP: AppId = AppId(Uuid::from_u128(1));
const OLD: BranchId = BranchId(Uuid::from_u128(3));
const NEW: BranchId = BranchId(Uuid::from_u128(4));

#[tokio::test]
async fn a_split_channel_serves_both_branches_and_takes_no_publish() {
    let scene = Scene::new().await;
    scene
        .raw(
            "INSERT INTO branches (id, app_id, name, created_at)
            VALUES (x'00000000000000000000000000000004', x'00000000000000000000000000000001', 'next', 0);
            UPDATE channels SET split_branch_id = x'00000000000000000000000000000004', split_share = 1234,
                split_salt = x'00000000000000000000000000000009'",
        )
        .await;
    scene.issue(NEW, 10, None).await;

    let snapshot = scene.store.load(APP).await.unwrap().unwrap().snapshot;

    let share = BasisPoints::try_from(1234).unwrap();
    let split = Target::Split { old: OLD, new: NEW, share, salt: Salt(Uuid::from_u128(9)) };
    assert_eq!(snapshot.channels[&production()].target, split);
    assert_eq!(snapshot.branches[&NEW].name.as_str(), "next");
    assert!(snapshot.branches.contains_key(&OLD));
    let question = Prepare { app: APP, destination: Destination::Channel(production()), lanes: Vec::new(), now: NOW };
    let refused = scene.store.prepare(question).await;
    assert!(matches!(&refused, Err(PrepareError::ChannelIsSplit(name)) if *name == production()), "{refused:?}");
}

#[tokio::test]
async fn a_branch_without_a_channel_is_not_loaded_but_its_updates_are_known() {
    let scene = Scene::new().await;
    scene
        .raw(
            "INSERT INTO branches (id, app_id, name, created_at)
            VALUES (x'00000000000000000000000000000004', x'00000000000000000000000000000001', 'next', 0)",
        )
        .await;
    let hidden = scene.issue(NEW, 10, None).await;
    let state = scene.store.load(APP).await.unwrap().unwrap();
    assert_eq!(state.snapshot.branches.keys().collect::<Vec<_>>(), [&OLD]);
    assert!(state.entries.is_empty());
    assert_eq!(state.snapshot.known[&hidden].branch, NEW);
}

#[tokio::test]
async fn a_paused_channel_is_loaded_as_paused() {
    let scene = Scene::new().await;
    scene.raw("UPDATE channels SET paused = 1").await;
    assert!(scene.store.load(APP).await.unwrap().unwrap().snapshot.channels[&production()].paused);
    assert!(scene.store.channels(APP).await.unwrap()[0].paused);
}

#[tokio::test]
async fn a_disabled_entry_is_known_but_not_served() {
    let scene = Scene::new().await;
    let first = scene.issue(OLD, 10, None).await;
    let second = scene.issue(OLD, 11, None).await;
    scene.raw("UPDATE updates SET disabled = 1 WHERE created_at = 1800000000011").await;

    let state = scene.store.load(APP).await.unwrap().unwrap();

    let lane = &state.snapshot.branches[&OLD].android[&lane().runtime_version];
    assert_eq!(lane.entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [first]);
    assert!(state.snapshot.known.contains_key(&second));
    let told = scene.store.lanes(APP, OLD).await.unwrap();
    assert_eq!((told[0].head.entry.id, told[0].head.entry.disabled), (second, true));
}

/// architecture.md §4 *Rollouts*: disabling a rolling entry ends its rollout.
#[tokio::test]
async fn a_disabled_rollout_is_over() {
    let scene = Scene::new().await;
    let rollout = model::Rollout { share: BasisPoints::NONE, salt: Salt(Uuid::from_u128(9)) };
    scene.issue(OLD, 10, Some(rollout)).await;
    let refused = scene.try_issue(OLD, 11, None).await;
    assert!(matches!(refused, Err(CommitError::RolloutActive(_))), "{refused:?}");
    scene.raw("UPDATE updates SET disabled = 1").await;
    scene.issue(OLD, 12, Some(rollout)).await;
}

#[tokio::test]
async fn two_rollouts_of_a_lane_do_not_fit_into_one_commit() {
    let scene = Scene::new().await;
    let rollout = Some(model::Rollout { share: BasisPoints::NONE, salt: Salt(Uuid::from_u128(9)) });
    let prepared = session(OLD, vec![entry(10, rollout), entry(11, rollout)]);
    scene.store.save_prepared(prepared.clone(), None, NOW).await.unwrap();
    let refused = scene.store.commit(commit(prepared.session)).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Constraint(_)))), "{refused:?}");
}

#[tokio::test]
async fn embedded_updates_are_loaded() {
    let scene = Scene::new().await;
    scene
        .raw(
            "INSERT INTO embedded_updates (app_id, id, platform, runtime_version, created_at)
            VALUES (x'00000000000000000000000000000001', x'0000000000000000000000000000000e', 'ios', '1', 55)",
        )
        .await;
    let embedded = scene.store.load(APP).await.unwrap().unwrap().snapshot.embedded;
    let expected = EmbeddedUpdate { created_at: Millis(55) };
    assert_eq!(embedded.into_iter().collect::<Vec<_>>(), [(UpdateId(Uuid::from_u128(14)), expected)]);
}

/// Each is told as bad data of its table: no panic, no fault of the driver, no silent default.
#[tokio::test]
async fn bad_rows_are_told_with_their_table() {
    let spoilers: [(&str, &str, &str); 6] = [
        ("apps", "slug", "UPDATE apps SET slug = 'Not A Slug'"),
        ("apps", "version", "UPDATE apps SET version = -1"),
        ("branches", "name", "UPDATE branches SET name = ''"),
        ("channels", "name", "UPDATE channels SET name = x'0a' || ''"),
        ("updates", "runtime version", "UPDATE updates SET runtime_version = char(7)"),
        ("updates", "group", "PRAGMA foreign_keys = OFF; UPDATE updates SET group_id = x'01'"),
    ];
    for (table, what, sql) in spoilers {
        let scene = Scene::new().await;
        scene.issue(OLD, 10, None).await;
        scene.raw(sql).await;
        let told = scene.store.load(APP).await;
        assert!(
            matches!(&told, Err(StoreError::Corrupt { table: named, .. }) if *named == table),
            "{table} {what}: {told:?}"
        );
    }
    let scene = Scene::new().await;
    let prepared = session(OLD, vec![entry(10, None)]);
    scene.store.save_prepared(prepared.clone(), None, NOW).await.unwrap();
    scene.raw("UPDATE publish_sessions SET action = 'dance'").await;
    let told = scene.store.prepared(APP, prepared.session, NOW).await;
    assert!(matches!(told, Err(StoreError::Corrupt { table: "publish_sessions", .. })), "{told:?}");
    scene.raw("UPDATE publish_sessions SET action = 'publish', outcome = '{', committed_at = 0").await;
    let told = scene.store.commit(commit(prepared.session)).await;
    assert!(matches!(told, Err(CommitError::Store(StoreError::Corrupt { table: "publish_sessions", .. }))), "{told:?}");
}

/// A lane that no commit could have made.
#[tokio::test]
async fn a_lane_too_deep_is_bad_data() {
    let scene = Scene::new().await;
    for instant in 0..33 {
        scene.issue(OLD, instant, None).await;
    }
    scene
        .raw(
            "DROP INDEX one_open_rollout_of_a_lane;
            UPDATE updates SET rollout_share = 1, rollout_salt = x'00000000000000000000000000000009'",
        )
        .await;
    let told = scene.store.load(APP).await;
    assert!(matches!(told, Err(StoreError::Corrupt { table: "updates", .. })), "{told:?}");
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
            channel: NewChannel { id: ChannelId(Uuid::from_u128(2)), name: production() },
            branch: NewBranch { id: OLD, name: BranchName::parse("main").unwrap() },
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

    async fn issue(&self, branch: BranchId, instant: i64, rollout: Option<model::Rollout>) -> UpdateId {
        self.try_issue(branch, instant, rollout).await.unwrap()
    }

    async fn try_issue(
        &self,
        branch: BranchId,
        instant: i64,
        rollout: Option<model::Rollout>,
    ) -> Result<UpdateId, CommitError> {
        let entry = entry(instant, rollout);
        let id = entry.id;
        let prepared = session(branch, vec![entry]);
        self.store.save_prepared(prepared.clone(), None, NOW).await.unwrap();
        let done = self.store.commit(commit(prepared.session)).await?;
        assert!(matches!(done, Effect::Fresh(_)));
        Ok(id)
    }
}

fn production() -> ChannelName {
    ChannelName::parse("production").unwrap()
}

fn lane() -> LaneId {
    LaneId { platform: Platform::Android, runtime_version: RuntimeVersion::parse("1").unwrap() }
}

fn id(instant: i64) -> Uuid {
    Uuid::from_u128(0x1000 + u128::try_from(instant).unwrap())
}

fn entry(instant: i64, rollout: Option<model::Rollout>) -> NewEntry {
    NewEntry {
        id: UpdateId(id(instant)),
        lane: lane(),
        created_at: Millis(NOW.0 + instant),
        kind: EntryKind::Update,
        body: "{}".into(),
        fingerprint: ContentFingerprint([0; 32]),
        origin: None,
        held: false,
        rollout,
        assets: Vec::new(),
    }
}

/// One session for each first entry.
fn session(branch: BranchId, entries: Vec<NewEntry>) -> PreparedPublish {
    PreparedPublish {
        session: SessionId(entries[0].id.0),
        app: APP,
        branch,
        action: AuditAction::Publish,
        group: NewGroup {
            id: UpdateGroupId(entries[0].id.0),
            channel: None,
            message: None,
            git_commit: None,
            git_branch: None,
            git_dirty: None,
        },
        entries,
        expected_heads: Vec::new(),
    }
}

fn commit(session: SessionId) -> Commit {
    Commit {
        app: APP,
        session,
        signatures: Vec::new(),
        outcome: json!(null),
        idempotency: None,
        actor: Actor("test".into()),
        now: NOW,
    }
}
