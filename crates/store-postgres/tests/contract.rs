//! PostgreSQL keeps the store's contract.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use postgres_cluster::Cluster;
use store::Store;
use store::contract::{Database, Databases, contracts};
use store_postgres::{PostgresStore, Time};
use tokio::task::spawn_blocking;

/// More would only wait for the same two cores; each contract may open three stores of up to twelve connections.
const AT_ONCE: usize = 4;

struct Private;

struct Scratch(Option<postgres_cluster::Database>);

#[async_trait]
impl Databases for Private {
    async fn create(&self) -> Box<dyn Database> {
        Box::new(Scratch(Some(spawn_blocking(|| Cluster::shared().database()).await.unwrap())))
    }

    fn tells_changes(&self) -> bool {
        true
    }
}

#[async_trait]
impl Database for Scratch {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(PostgresStore::open(self.0.as_ref().unwrap().url(), Time::Caller).await.unwrap())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Dropping a database waits for the server.
        let database = self.0.take();
        spawn_blocking(move || drop(database));
    }
}

/// Each contract in a task of its own, so that one that is broken does not hide the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_the_contract() {
    let checks = stream::iter(contracts()).map(async |contract| {
        let checked = tokio::spawn(async move { contract.check(&Private).await }).await;
        checked.is_err().then_some(contract.name)
    });
    let broken: Vec<&str> = checks.buffer_unordered(AT_ONCE).filter_map(async |broken| broken).collect().await;
    assert!(broken.is_empty(), "broken contracts, told above: {broken:#?}");
}
