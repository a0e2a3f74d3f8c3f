//! Hearing what other servers change.

use std::time::Duration;

use futures_util::FutureExt;
use postgres_cluster::Cluster;
use store::{Change, Changes, Operate, StoreError, Watch};
use tokio::time::timeout;

use crate::scene::{APP, Scene, publish, seal};

#[tokio::test]
async fn each_change_is_told_with_its_version() {
    let scene = Scene::new().await;
    let mut changes = scene.other().await.changes().await.unwrap();
    for instant in 1..4 {
        scene.issue(instant).await;
        let version = u64::try_from(instant).unwrap() + 1;
        assert_eq!(changes.next().await.unwrap(), Change::App { app: APP, version });
    }
}

/// What is taken back was never a change.
#[tokio::test]
async fn a_refused_operation_is_not_told() {
    let scene = Scene::new().await;
    let mut changes = scene.other().await.changes().await.unwrap();
    scene.raw("ALTER TABLE audit_log ADD CONSTRAINT closed CHECK (action = 'create_app')").await;
    scene.store.apply(publish(1), seal()).await.unwrap_err();
    scene.raw("ALTER TABLE audit_log DROP CONSTRAINT closed").await;
    scene.issue(2).await;
    assert_eq!(changes.next().await.unwrap(), Change::App { app: APP, version: 2 });
    assert!(changes.next().now_or_never().is_none());
}

/// What changed meanwhile is not told, but that something may have.
#[tokio::test]
async fn a_cut_connection_is_made_again_and_told() {
    let scene = Scene::new().await;
    let mut changes = scene.other().await.changes().await.unwrap();
    for instant in [1, 3] {
        assert_eq!(scene.cut("LISTEN%").await, 1);
        scene.issue(instant).await;
        assert_eq!(changes.next().await.unwrap(), Change::Missed);
        scene.issue(instant + 1).await;
        let version = u64::try_from(instant).unwrap() + 2;
        assert_eq!(changes.next().await.unwrap(), Change::App { app: APP, version });
    }
}

#[tokio::test]
async fn a_crash_of_the_server_is_waited_for() {
    let cluster = Cluster::start();
    let scene = Scene::on(&cluster).await;
    let mut changes = scene.store.changes().await.unwrap();
    cluster.stop();
    let mut waiting = tokio::spawn(async move { (changes.next().await, changes) });
    // It is trying, not failing.
    let still = timeout(Duration::from_millis(300), &mut waiting).await;
    assert!(still.is_err(), "{:?}", still.map(|done| done.map(|(told, _)| told)));
    cluster.resume();
    let (told, mut changes): (_, Box<dyn Changes>) = waiting.await.unwrap();
    assert_eq!(told.unwrap(), Change::Missed);
    scene.issue(1).await;
    assert_eq!(changes.next().await.unwrap(), Change::App { app: APP, version: 2 });
}

/// Anybody may notify; only that something changed is known then.
#[tokio::test]
async fn a_strange_payload_is_a_reason_to_ask() {
    let scene = Scene::new().await;
    let mut changes = scene.store.changes().await.unwrap();
    scene.raw("NOTIFY updraft, 'something else'").await;
    assert_eq!(changes.next().await.unwrap(), Change::Missed);
}

#[tokio::test]
async fn who_cannot_listen_is_told_so() {
    let cluster = Cluster::start();
    let scene = Scene::on(&cluster).await;
    cluster.stop();
    assert!(matches!(scene.store.changes().await, Err(StoreError::Unavailable(_))));
}
