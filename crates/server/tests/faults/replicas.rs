//! Two servers, two processes, one PostgreSQL and one directory for blobs.

use std::time::Duration;

use postgres_cluster::{Cluster, Database};
use testing::{Export, Publisher};
use tokio::time::Instant;

use crate::process::{Launch, ServerProcess};
use crate::say;
use crate::served::served;

/// A database of its own, and the servers on it.
pub struct Replicas {
    pub first: ServerProcess,
    pub second: ServerProcess,
    pub database: Database,
    directory: tempfile::TempDir,
}

impl Replicas {
    pub async fn start() -> Self {
        let database = Cluster::shared().database();
        let directory = tempfile::TempDir::new().unwrap();
        let launch = Self::launch(&directory, &database);
        // At once: both migrate, both make the first app, one of them wins each.
        let (first, second) = tokio::join!(launch.start(), launch.start());
        Self { first, second, database, directory }
    }

    fn launch(directory: &tempfile::TempDir, database: &Database) -> Launch {
        Launch::on(&directory.path().join("data")).set("UPDRAFT_DATABASE_URL", database.url())
    }

    /// A third server on the same.
    pub async fn one_more(&self) -> ServerProcess {
        Self::launch(&self.directory, &self.database).start().await
    }
}

/// What a device of the channel `production` is served: an update's id, or nothing.
async fn seen(server: &ServerProcess) -> Option<String> {
    served(&server.anonymous(), "android").await.map(|update| update.id)
}

async fn within(limit: Duration, what: &str, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < limit, "{what} took longer than {limit:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    started.elapsed()
}

/// Both see what either does, at once rather than at the next poll, and neither ever goes back.
#[tokio::test(flavor = "multi_thread")]
async fn each_follows_the_other() {
    let replicas = Replicas::start().await;
    let publishers = [replicas.first.publisher(), replicas.second.publisher()];
    let published = publishers[0].publish(&Export::small("1.0.0", "first"), "production").await;
    let id = |published: &api::Published| {
        published.updates.iter().find(|update| update.platform == "android").map(|update| update.id.clone())
    };
    let ids = [id(&published)];
    within(Duration::from_secs(2), "the first update", async || seen(&replicas.second).await == ids[0]).await;

    let mut took = Vec::new();
    for round in 0..60 {
        let (doing, other) =
            if round % 2 == 0 { (&publishers[0], &replicas.second) } else { (&publishers[1], &replicas.first) };
        let paused = round % 4 < 2;
        let asked = Instant::now();
        change(doing, paused).await;
        within(Duration::from_secs(4), "a change", async || seen(other).await.is_none() == paused).await;
        took.push(asked.elapsed());
    }
    took.sort_unstable();
    say(&format!(
        "operation to effect on the other server, {} operations: median {:?}, 99th percentile {:?}",
        took.len(),
        took[took.len() / 2],
        took[took.len() * 99 / 100],
    ));
    // Half of a poll's period would be the median without being told.
    assert!(took[took.len() / 2] < Duration::from_millis(500), "{took:?}");

    let third = replicas.one_more().await;
    assert_eq!(seen(&third).await, ids[0], "a later server begins where the others are");
}

async fn change(publisher: &Publisher, paused: bool) {
    let body = serde_json::to_vec(&api::ChangeChannel { branch: None, paused: Some(paused) }).unwrap();
    let answer = publisher.send(http::Method::PATCH, "/channels/production", &[], body.into()).await;
    assert!(answer.status.is_success(), "{answer:?}");
}
