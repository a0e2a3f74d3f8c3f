//! What lies beneath the server: files of blobs, a second app, and states that no operation makes yet.

use std::path::{Path, PathBuf};

use model::{AppId, AppSlug, BranchId, BranchName, ChannelId, ChannelName};
use publishing::ports::Clock;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use store::{Actor, Bootstrap, NewBranch, NewChannel};
use uuid::Uuid;

use crate::TestServer;

impl TestServer {
    /// Every file of the blob store, unfinished ones too.
    pub fn blob_files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        gather(&self.data_dir().join("blobs"), &mut files);
        files.sort();
        files
    }

    /// A second app, as the operation that creates apps will make it: with the channel `production`, without a key.
    pub async fn add_app(&self, slug: &str) {
        let id = |number: u128| Uuid::from_u128(u128::from(u64::MAX) << 64 | number);
        let bootstrap = Bootstrap {
            app: AppId(id(1)),
            slug: AppSlug::parse(slug).expect("a slug"),
            channel: NewChannel { id: ChannelId(id(2)), name: ChannelName::parse("production").expect("a name") },
            branch: NewBranch { id: BranchId(id(3)), name: BranchName::parse("production").expect("a name") },
            key: None,
            token: None,
            actor: Actor("test".into()),
            now: self.clock.now(),
        };
        self.store.bootstrap(bootstrap).await.expect("a second app");
        self.running().delivery.reload_all().await.expect("a snapshot of it");
    }

    /// Changes rows as an operation that does not exist yet will (pausing, disabling, rollouts, registering embedded
    /// updates): the app's version is raised with it, and the snapshot is swapped.
    pub async fn change_rows(&self, sql: &str) {
        self.spoil_rows(&format!("{sql}; UPDATE apps SET version = version + 1")).await;
        self.running().delivery.reload_all().await.expect("the new snapshot");
    }

    /// Changes rows behind the server's back.
    pub async fn spoil_rows(&self, sql: &str) {
        let path = self.data_dir().join("updraft.sqlite");
        let mut database = SqliteConnection::connect(&path.display().to_string()).await.expect("the database");
        let sql = format!("BEGIN IMMEDIATE; {sql}; COMMIT");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut database).await.expect("the statement");
        database.close().await.expect("the database's end");
    }
}

fn gather(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("the blob store's directory") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() { gather(&path, files) } else { files.push(path) }
    }
}
