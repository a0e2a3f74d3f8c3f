//! What lies beneath the server: files of blobs, rows, a second app.

use std::path::{Path, PathBuf};

use model::{AppId, AppSlug, BranchId, BranchName, ChannelId, ChannelName};
use publishing::ports::Clock;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
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

    /// A second app with the channel `production` and, unlike one that an operator creates, without a key.
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

    /// Changes rows behind the server's back, by one statement that both databases understand.
    pub async fn spoil_rows(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        if let Some(url) = self.postgres_url() {
            let mut database = PgConnection::connect(url).await.expect("the database");
            sqlx::raw_sql(sql).execute(&mut database).await.expect("the statement");
            return database.close().await.expect("the database's end");
        }
        let path = self.data_dir().join("updraft.sqlite");
        let mut database = SqliteConnection::connect(&path.display().to_string()).await.expect("the database");
        sqlx::raw_sql(sql).execute(&mut database).await.expect("the statement");
        database.close().await.expect("the database's end");
    }
}

fn gather(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("the blob store's directory") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() { gather(&path, files) } else { files.push(path) }
    }
}
