//! Several servers change one app at once.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::{self, BoxFuture};
use model::{Millis, Platform};
use serde_json::json;
use store::{
    CommitError, Effect, Idempotency, Operate, ReadAudit, ReadControl, ReadSnapshots, Seal, SessionId, TokenId,
};
use store_postgres::{PostgresStore, Time};
use uuid::Uuid;

use crate::scene::{APP, NOW, Scene, publish, publish_as, seal};

/// One attempt; whether it was stored.
type Write = for<'s> fn(&'s PostgresStore, Uuid) -> BoxFuture<'s, bool>;

const WRITERS: u128 = 8;
const EACH: u128 = 10;

/// Plans on what it read, and again when something else came first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_at_a_version_lose_nothing() {
    all_write(|store, id| {
        Box::pin(async move {
            let read = store.control(APP, Millis(0)).await.unwrap().unwrap();
            let mut operation = publish_as(id, read.control.next_instant(Platform::Android, read.now));
            operation.at_version = Some(read.control.version);
            match store.apply(operation, Seal { now: read.now, ..seal() }).await {
                Ok(_) => true,
                Err(CommitError::VersionMoved { expected, actual }) if expected < actual => false,
                Err(error) => panic!("{error:?}"),
            }
        })
    })
    .await;
}

/// Prepares, and again when the head has moved.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_prepared_publishes_lose_nothing() {
    static SESSIONS: AtomicU64 = AtomicU64::new(0);
    all_write(|store, id| {
        Box::pin(async move {
            let read = store.control(APP, Millis(0)).await.unwrap().unwrap();
            let operation = publish_as(id, read.control.next_instant(Platform::Android, read.now));
            let session = SessionId(Uuid::from_u64_pair(9, SESSIONS.fetch_add(1, Ordering::Relaxed)));
            store.save_prepared(session, operation, read.now).await.unwrap();
            match store.commit(APP, session, Seal { now: read.now, ..seal() }).await {
                Ok(_) => true,
                Err(CommitError::HeadMoved { platform: Platform::Android }) => false,
                Err(error) => panic!("{error:?}"),
            }
        })
    })
    .await;
}

/// The second finds what the first one stored, although both were under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_that_arrives_twice_at_once_takes_effect_once() {
    let scene = Scene::new().await;
    let other = scene.other().await;
    for round in 0..10 {
        let request = |outcome: &str| Seal {
            outcome: json!(outcome),
            idempotency: Some(Idempotency {
                token: TokenId(Uuid::nil()),
                method: "POST".into(),
                path: "/".into(),
                key: format!("round {round}"),
                body_hash: [0; 32],
            }),
            ..seal()
        };
        let (one, two) = future::join(
            scene.store.apply(publish(2 * round), request("one")),
            other.apply(publish(2 * round + 1), request("two")),
        )
        .await;
        match (one.unwrap(), two.unwrap()) {
            (Effect::Fresh(_), Effect::Replayed(told)) => assert_eq!(told, "one"),
            (Effect::Replayed(told), Effect::Fresh(_)) => assert_eq!(told, "two"),
            both => panic!("{both:?}"),
        }
    }
    assert_eq!(scene.store.versions().await.unwrap(), [(APP, 11)]);
}

/// Whoever forgets what is too old waits for nobody who forgets the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn old_sessions_and_outcomes_are_forgotten_by_many_at_once() {
    let scene = Scene::new().await;
    for number in 0..200_u128 {
        let id = Uuid::from_u128(0x5000 + number);
        scene.store.save_prepared(SessionId(id), publish_as(id, NOW), NOW).await.unwrap();
    }
    let late = Millis(NOW.0 + 100 * 60 * 60 * 1000);
    let stores = future::join_all((0..4).map(|_| scene.other())).await;
    let saves = stores.iter().zip(0x6000_u128..).map(|(store, number)| {
        let id = Uuid::from_u128(number);
        store.save_prepared(SessionId(id), publish_as(id, late), late)
    });
    for saved in future::join_all(saves).await {
        saved.unwrap();
    }
    let mut connection = crate::scene::connect(scene.database.url()).await;
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM publish_sessions").fetch_one(&mut connection).await.unwrap();
    assert_eq!(left, 4);
}

/// Writers on two servers, each until its own are stored: every instant is later than the one of the version before,
/// nothing is lost, and the audit log has one line for each effect.
async fn all_write(write: Write) {
    let scene = Scene::new().await;
    let mut servers = Vec::new();
    for _ in 0..2 {
        servers.push(PostgresStore::open(scene.database.url(), Time::Database).await.unwrap());
    }
    let writers = (0..WRITERS).zip(servers.iter().cycle()).map(|(writer, server)| {
        let server = server.clone();
        tokio::spawn(async move {
            for number in 0..EACH {
                while !write(&server, Uuid::from_u128(0x1000 + writer * EACH + number)).await {}
            }
        })
    });
    for writer in future::join_all(writers).await {
        writer.unwrap();
    }
    let control = scene.store.control(APP, NOW).await.unwrap().unwrap().control;
    let all = usize::try_from(WRITERS * EACH).unwrap();
    assert_eq!((control.entries.len(), control.version), (all, u64::try_from(all).unwrap() + 1));
    for pair in control.entries.windows(2) {
        assert!(pair[0].entry.created_at > pair[1].entry.created_at);
        assert_eq!(pair[0].version, pair[1].version + 1);
    }
    let lines = scene.store.audit(APP, None, u32::MAX).await.unwrap();
    let told: Vec<String> =
        lines[..all].iter().map(|line| line.detail["update"].as_str().unwrap().to_owned()).collect();
    let stored: Vec<String> = control.entries.iter().map(|past| past.entry.id.to_string()).collect();
    assert_eq!((told, lines.len()), (stored, all + 1));
}
