//! A database with one app, and the words that tests are written in.

use model::control::ContentFingerprint;
use model::{
    AppId, AppSlug, BranchId, BranchName, ChannelId, ChannelName, EntryKind, LaneId, Millis, Platform, RuntimeVersion,
    UpdateGroupId, UpdateId,
};
use postgres_cluster::{Cluster, Database};
use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use store::{Actor, Apps, AuditAction, Bootstrap, NewBranch, NewChannel, NewEntry, NewGroup, Operate, Operation, Seal};
use store_postgres::{PostgresStore, Time};
use uuid::Uuid;

pub const NOW: Millis = Millis(1_800_000_000_000);
pub const APP: AppId = AppId(Uuid::from_u128(1));
pub const BRANCH: BranchId = BranchId(Uuid::from_u128(3));

pub struct Scene {
    pub database: Database,
    pub store: PostgresStore,
}

impl Scene {
    pub async fn new() -> Self {
        Self::on(Cluster::shared()).await
    }

    pub async fn on(cluster: &Cluster) -> Self {
        let database = cluster.database();
        let store = open(&database).await;
        store.bootstrap(bootstrap()).await.unwrap();
        Self { database, store }
    }

    /// The same database as another server sees it.
    pub async fn other(&self) -> PostgresStore {
        open(&self.database).await
    }

    /// As the owner of the database, beside the store.
    pub async fn raw(&self, sql: &str) {
        let mut connection = connect(self.database.url()).await;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    pub async fn issue(&self, instant: i64) {
        self.store.apply(publish(instant), seal()).await.unwrap();
    }

    /// Cuts the connections of all stores to this database whose last statement is like this; returns how many.
    pub async fn cut(&self, statement: &str) -> i64 {
        let mut superuser = connect(&self.database.superuser_url()).await;
        sqlx::query_scalar(
            "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE $1",
        )
        .bind(statement)
        .fetch_one(&mut superuser)
        .await
        .unwrap()
    }
}

pub async fn open(database: &Database) -> PostgresStore {
    PostgresStore::open(database.url(), Time::Caller).await.unwrap()
}

/// A connection beside the store's own.
pub async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

pub fn bootstrap() -> Bootstrap {
    Bootstrap {
        app: APP,
        slug: AppSlug::parse("demo").unwrap(),
        channel: NewChannel { id: ChannelId(Uuid::from_u128(2)), name: ChannelName::parse("production").unwrap() },
        branch: NewBranch { id: BRANCH, name: BranchName::parse("main").unwrap() },
        key: None,
        token: None,
        actor: Actor("test".into()),
        now: NOW,
    }
}

/// One update, `instant` milliseconds after [`NOW`], which also makes its ids.
pub fn publish(instant: i64) -> Operation {
    let id = Uuid::from_u128(0x1000 + u128::try_from(instant).unwrap());
    publish_as(id, Millis(NOW.0 + instant))
}

pub fn publish_as(id: Uuid, created_at: Millis) -> Operation {
    let group = UpdateGroupId(id);
    Operation {
        app: APP,
        action: AuditAction::Publish,
        detail: json!({ "update": id }),
        at_version: None,
        edits: Vec::new(),
        groups: vec![NewGroup {
            id: group,
            branch: BRANCH,
            channel: None,
            message: None,
            git_commit: None,
            git_branch: None,
            git_dirty: None,
        }],
        entries: vec![NewEntry {
            id: UpdateId(id),
            group,
            lane: LaneId { platform: Platform::Android, runtime_version: RuntimeVersion::parse("1").unwrap() },
            created_at,
            kind: EntryKind::Update,
            body: "{}".into(),
            content: ContentFingerprint([0; 32]),
            origin: None,
            held: false,
            disabled: false,
            rollout: None,
            rule: None,
            assets: Vec::new(),
        }],
    }
}

pub fn seal() -> Seal {
    Seal { signatures: Vec::new(), outcome: json!("done"), idempotency: None, actor: Actor("test".into()), now: NOW }
}
