//! Connections that break, and a server that goes and comes back.

use futures_util::future;
use model::BlobHash;
use postgres_cluster::Cluster;
use store::{Blobs, Effect, Operate, ReadControl, ReadSnapshots, SessionId, StoreError};
use uuid::Uuid;

use crate::scene::{APP, NOW, Scene, connect, publish, seal};

/// Nobody who asks after the cut meets a connection of before it.
#[tokio::test]
async fn cut_connections_are_replaced() {
    let scene = Scene::new().await;
    // Several connections at once, so that several are cut.
    let loads = future::join_all((0..6).map(|_| scene.store.load(APP))).await;
    assert!(loads.into_iter().all(|load| load.is_ok()));
    for instant in 0..3 {
        assert!(scene.cut("%").await > 0);
        assert_eq!(scene.store.versions().await.unwrap().len(), 1);
        assert!(scene.cut("%").await > 0);
        scene.store.apply(publish(instant), seal()).await.unwrap();
    }
    assert_eq!(scene.store.control(APP, NOW).await.unwrap().unwrap().control.entries.len(), 3);
}

/// It is told as a fault that is worth another try, nothing acknowledged is lost, and it is over when the server is back.
#[tokio::test]
async fn a_crash_of_the_server_is_survived() {
    let cluster = Cluster::start();
    let scene = Scene::on(&cluster).await;
    scene.issue(1).await;
    cluster.stop();
    let refused = scene.store.versions().await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    cluster.resume();
    scene.issue(2).await;
    assert_eq!(scene.store.control(APP, NOW).await.unwrap().unwrap().control.entries.len(), 2);
}

/// An operation of one app is in nobody's way but that of the app's other operations.
#[tokio::test]
async fn uploads_and_reads_go_on_beside_an_operation() {
    let scene = Scene::new().await;
    let mut operating = connect(scene.database.url()).await;
    sqlx::raw_sql("BEGIN; UPDATE apps SET version = version + 1").execute(&mut operating).await.unwrap();
    scene.store.record_blob(APP, BlobHash([1; 32]), 10, NOW).await.unwrap();
    scene.store.save_prepared(SessionId(Uuid::from_u128(7)), publish(1), NOW).await.unwrap();
    assert_eq!(scene.store.load(APP).await.unwrap().unwrap().snapshot.version, 1);

    let store = scene.store.clone();
    let second = tokio::spawn(async move { store.apply(publish(1), seal()).await });
    scene.until_one_waits().await;
    sqlx::raw_sql("COMMIT").execute(&mut operating).await.unwrap();

    let Effect::Fresh(done) = second.await.unwrap().unwrap() else { panic!("it was not stored") };
    assert_eq!(done.version, 3);
}

impl Scene {
    /// Until a statement of another connection waits for a lock.
    async fn until_one_waits(&self) {
        let mut superuser = connect(&self.database.superuser_url()).await;
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut superuser).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
    }
}
