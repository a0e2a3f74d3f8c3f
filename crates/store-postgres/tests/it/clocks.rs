//! Clocks of servers that share a database differ: all of them go by the database's.

use model::{KeyId, Millis};
use serde_json::json;
use store::{
    Actor, AddKey, Effect, Idempotency, Keys, NewKey, Operate, ReadAudit, ReadControl, Replays, Seal, SessionId,
    TokenId,
};
use store_postgres::{PostgresStore, Time};
use uuid::Uuid;

use crate::scene::{APP, Scene, publish_as, seal};

const DAY: i64 = 24 * 60 * 60 * 1000;
const CENTURY: i64 = 100 * 365 * DAY;

/// What a server saves, commits and replays is judged by one clock, however wrong its own is.
#[tokio::test]
async fn a_server_whose_clock_is_wrong_goes_by_the_databases() {
    let scene = Scene::new().await;
    let store = PostgresStore::open(scene.database.url(), Time::Database).await.unwrap();
    let database = store.control(APP, Millis(0)).await.unwrap().unwrap().now;
    let wrong = [2 * DAY, -2 * DAY, CENTURY, -CENTURY].map(|off| Millis(database.0 + off));
    for (number, (saved, committed)) in (0_u128..).zip(wrong.into_iter().zip(wrong.into_iter().rev())) {
        let (session, id) = (SessionId(Uuid::from_u128(0x500 + number)), Uuid::from_u128(0x1000 + number));
        let operation = publish_as(id, Millis(database.0 + i64::try_from(number).unwrap()));
        store.save_prepared(session, operation.clone(), saved).await.unwrap();
        assert_eq!(store.prepared(APP, session, committed).await.unwrap(), Some(operation));

        let done = store.commit(APP, session, at(committed, number)).await.unwrap();

        assert!(matches!(done, Effect::Fresh(_)), "{done:?}");
        // Whoever forgets what is too old does not forget what others know.
        for known in 0..=number {
            for now in wrong {
                let request = at(now, known).idempotency.unwrap();
                assert_eq!(store.replay(&request, now).await.unwrap(), Some(json!("done")), "{known} at {now:?}");
                let again = store.apply(publish_as(Uuid::nil(), now), at(now, known)).await.unwrap();
                assert!(matches!(again, Effect::Replayed(_)), "{again:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_told_of_the_past_is_of_one_clock() {
    let scene = Scene::new().await;
    let store = PostgresStore::open(scene.database.url(), Time::Database).await.unwrap();
    let now = async || store.control(APP, Millis(0)).await.unwrap().unwrap().now;
    let before = now().await;
    let issued = publish_as(Uuid::from_u128(0x1000), before);
    store.apply(issued, Seal { now: Millis(7), ..seal() }).await.unwrap();
    let key =
        NewKey { key_id: KeyId::parse("main").unwrap(), certificate_pem: String::new(), chain_pem: None, sealed: None };
    let actor = Actor("test".into());
    let intent = AddKey { app: APP, key, signatures: Vec::new(), at_version: 2, actor, now: Millis(7) };
    store.add_key(intent).await.unwrap();
    let after = now().await;

    let lines = store.audit(APP, None, 2).await.unwrap();
    let mut told: Vec<Millis> = lines.iter().map(|line| line.at).collect();
    told.extend(store.keys(APP).await.unwrap().iter().map(|key| key.created_at));
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|at| (before..=after).contains(at)), "{told:?} is not in {before:?}..={after:?}");
}

/// A seal of a request that is told by its number.
fn at(now: Millis, number: u128) -> Seal {
    let idempotency = Idempotency {
        token: TokenId(Uuid::nil()),
        method: "POST".into(),
        path: "/".into(),
        key: number.to_string(),
        body_hash: [0; 32],
    };
    Seal { idempotency: Some(idempotency), now, ..seal() }
}
