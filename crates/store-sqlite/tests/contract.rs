//! SQLite keeps the store's contract.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use store::Store;
use store::contract::{Database, Databases, contracts};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

struct Directories;

struct Directory(TempDir);

#[async_trait]
impl Databases for Directories {
    async fn create(&self) -> Box<dyn Database> {
        Box::new(Directory(TempDir::new().unwrap()))
    }

    fn tells_changes(&self) -> bool {
        false
    }
}

#[async_trait]
impl Database for Directory {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.0.path().join("updraft.db")).await.unwrap())
    }
}

/// Each contract in a task of its own, so that one that is broken does not hide the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_the_contract() {
    let mut broken = Vec::new();
    for contract in contracts() {
        let checked = tokio::spawn(async move { contract.check(&Directories).await }).await;
        if checked.is_err() {
            broken.push(contract.name);
        }
    }
    assert!(broken.is_empty(), "broken contracts, told above: {broken:#?}");
}
