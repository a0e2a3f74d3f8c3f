//! Contracts of [`Replays`](crate::Replays) and of the operations that happen once.

use futures_util::future;
use model::Millis;
use model::control::Edit;
use serde_json::json;

use super::Databases;
use super::world::{ANDROID, NOW, World, at, entry, lane, request, under};
use crate::{
    CommitError, Committed, Effect, IDEMPOTENCY_LIFETIME, Idempotency, Operation, ReplayError, Seal, SessionId, TokenId,
};

pub(super) async fn a_repeated_operation_gets_its_outcome(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let pause = world.edits(vec![Edit::PauseChannel { channel: world.channel, paused: true }]).await;
    let outcome = json!({ "z": 1, "a": [null, 2.5, "ü\n", 9_007_199_254_740_993_u64] });
    assert_eq!(world.store.replay(&request("k"), NOW).await.unwrap(), None);
    let done = world.store.apply(pause.clone(), under(request("k"), outcome.clone())).await.unwrap();
    assert_eq!(done, Effect::Fresh(Committed { version: 2 }));
    let before = world.trace().await;

    // The repetition comes with the old version, and was planned again or not.
    for again in [pause, world.edits(Vec::new()).await] {
        let again = world.store.apply(again, under(request("k"), "second")).await.unwrap();
        assert_eq!(again, Effect::Replayed(outcome.clone()));
    }

    assert_eq!(world.store.replay(&request("k"), NOW).await.unwrap(), Some(outcome));
    assert_eq!(world.trace().await, before);
}

pub(super) async fn a_repeated_commit_gets_its_outcome(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let first = saved(&world, 1).await;
    let done = world.store.commit(world.app, first, under(request("k"), "first")).await;
    assert!(matches!(done, Ok(Effect::Fresh(_))), "{done:?}");
    let second = saved(&world, 2).await;
    let before = world.trace().await;

    // The request came again; it was prepared again before anybody noticed.
    let again = world.store.commit(world.app, second, under(request("k"), "second")).await.unwrap();

    assert_eq!(again, Effect::Replayed(json!("first")));
    assert_eq!(world.store.replay(&request("k"), NOW).await.unwrap(), Some(json!("first")));
    assert_eq!(world.trace().await, before);
    assert!(world.waits(second).await);
    // The key speaks before the session does: this one is unknown.
    let unknown = SessionId(super::world::fresh());
    let again = world.store.commit(world.app, unknown, under(request("k"), "third")).await.unwrap();
    assert_eq!(again, Effect::Replayed(json!("first")));
}

/// A caller that gave up waiting asks again, of another server, while the first still works.
pub(super) async fn a_request_that_came_twice_at_once_takes_effect_once(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let other = world.reopened().await;
    for round in 1..=10_i64 {
        let key = request(&format!("key {round}"));
        let attempt = async |world: &World, outcome: &str| {
            let operation = publish(world, round);
            world.store.apply(operation, under(key.clone(), outcome)).await.unwrap()
        };
        let version = u64::try_from(round).unwrap() + 1;
        match future::join(attempt(&world, "mine"), attempt(&other, "theirs")).await {
            (Effect::Fresh(done), Effect::Replayed(told)) => assert_eq!((done.version, told), (version, json!("mine"))),
            (Effect::Replayed(told), Effect::Fresh(done)) => {
                assert_eq!((done.version, told), (version, json!("theirs")));
            }
            neither => panic!("not exactly one: {neither:?}"),
        }
    }
    assert_eq!(world.control().await.entries.len(), 10);
}

pub(super) async fn another_body_is_a_conflict(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let first = saved(&world, 1).await;
    world.store.commit(world.app, first, under(request("k"), "first")).await.unwrap();
    let other = || under(Idempotency { body_hash: [2; 32], ..request("k") }, "second");
    let before = world.trace().await;

    let second = saved(&world, 2).await;
    // A committed session speaks after the key, too.
    for session in [second, first] {
        let refused = world.store.commit(world.app, session, other()).await;
        assert!(matches!(refused, Err(CommitError::Conflict(_))), "{refused:?}");
    }
    let refused = world.store.apply(publish(&world, 3), other()).await;
    assert!(matches!(refused, Err(CommitError::Conflict(_))), "{refused:?}");
    let refused = world.store.replay(&other().idempotency.unwrap(), NOW).await;
    assert!(matches!(refused, Err(ReplayError::Conflict(_))), "{refused:?}");

    assert_eq!(world.trace().await, before);
    assert!(world.waits(second).await);
    assert_eq!(world.store.replay(&request("k"), NOW).await.unwrap(), Some(json!("first")));
}

pub(super) async fn the_scope_is_token_method_path_and_key(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.store.apply(publish(&world, 1), under(request("k"), "first")).await.unwrap();
    let elsewhere = [
        Idempotency { token: TokenId(uuid::Uuid::from_u128(10)), ..request("k") },
        Idempotency { method: "PUT".into(), ..request("k") },
        Idempotency { path: "/api/v1/apps/other/publishes".into(), ..request("k") },
        request("l"),
    ];
    for (instant, mut scope) in (2..).zip(elsewhere) {
        scope.body_hash = [9; 32];
        assert_eq!(world.store.replay(&scope, NOW).await.unwrap(), None, "{scope:?}");
        let done = world.store.apply(publish(&world, instant), under(scope, "other")).await;
        assert!(matches!(done, Ok(Effect::Fresh(_))), "{done:?}");
    }
    assert_eq!(world.store.replay(&request("k"), NOW).await.unwrap(), Some(json!("first")));
}

pub(super) async fn an_outcome_is_kept_for_a_day(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.store.apply(publish(&world, 1), under(request("k"), "first")).await.unwrap();
    let end = Millis(NOW.0 + IDEMPOTENCY_LIFETIME.0);
    let last = Millis(end.0 - 1);

    assert_eq!(world.store.replay(&request("k"), last).await.unwrap(), Some(json!("first")));
    // What another request leaves behind does not shorten that.
    apply_at(&world, 2, request("other"), last).await;
    assert_eq!(world.store.replay(&request("k"), last).await.unwrap(), Some(json!("first")));

    assert_eq!(world.store.replay(&request("k"), end).await.unwrap(), None);
    // The key is free again, for any body.
    apply_at(&world, 3, Idempotency { body_hash: [7; 32], ..request("k") }, end).await;
    let found = world.store.replay(&Idempotency { body_hash: [7; 32], ..request("k") }, end).await.unwrap();
    assert_eq!(found, Some(json!("late")));
    assert_eq!(world.store.replay(&request("other"), end).await.unwrap(), Some(json!("late")));
}

pub(super) async fn a_refused_operation_keeps_no_outcome(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let first = saved(&world, 1).await;
    world.issue_at(&lane(ANDROID, "1"), [5]).await;
    let refused = world.store.commit(world.app, first, under(request("k"), "refused")).await;
    assert!(matches!(refused, Err(CommitError::HeadMoved { .. })), "{refused:?}");
    let refused = world.store.apply(publish(&world, 2), under(request("k"), "refused")).await;
    assert!(matches!(refused, Err(CommitError::HeadMoved { .. })), "{refused:?}");
    assert_eq!(world.store.replay(&request("k"), NOW).await.unwrap(), None);

    let second = saved(&world, 6).await;
    let done = world.store.commit(world.app, second, under(request("k"), "taken")).await;
    assert!(matches!(done, Ok(Effect::Fresh(_))), "{done:?}");
    assert_eq!(world.store.replay(&request("k"), at(1)).await.unwrap(), Some(json!("taken")));
}

fn publish(world: &World, instant: i64) -> Operation {
    world.publish(vec![entry(&lane(ANDROID, "1"), instant)])
}

async fn saved(world: &World, instant: i64) -> SessionId {
    world.save(&publish(world, instant)).await
}

async fn apply_at(world: &World, instant: i64, request: Idempotency, now: Millis) {
    let seal = Seal { now, ..under(request, "late") };
    assert!(matches!(world.store.apply(publish(world, instant), seal).await, Ok(Effect::Fresh(_))));
}
