//! Contracts of [`Replays`](crate::Replays) and of the intents that happen once.

use model::Millis;
use serde_json::{Value, json};

use super::Databases;
use super::world::{ANDROID, NOW, World, actor, at, entry, key, lane, request};
use crate::{
    AddKey, Commit, CommitError, Effect, IDEMPOTENCY_LIFETIME, Idempotency, KeyError, Once, PreparedPublish,
    ReplayError, SaveError, TokenId,
};

pub(super) async fn a_repeated_commit_gets_its_outcome(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let first = saved(&world, 1).await;
    assert_eq!(world.store.replay(&request("k"), NOW).await.unwrap(), None);
    let commit = under(&world, &first, request("k"), "first");
    assert!(matches!(world.store.commit(commit).await, Ok(Effect::Fresh(_))));
    let second = saved(&world, 2).await;
    let before = world.trace().await;

    // The request came again; it was prepared again before anybody noticed.
    let again = world.store.commit(under(&world, &second, request("k"), "second")).await.unwrap();

    assert_eq!(again, Effect::Replayed(json!("first")));
    assert_eq!(world.store.replay(&request("k"), NOW).await.unwrap(), Some(json!("first")));
    assert_eq!(world.trace().await, before);
    assert!(world.store.prepared(world.app, second.session, NOW).await.unwrap().is_some());
}

pub(super) async fn a_repeated_save_gets_its_outcome(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let save = async |prepared: &PreparedPublish, outcome: Value| {
        let once = Once { request: request("k"), outcome };
        world.store.save_prepared(prepared.clone(), Some(once), NOW).await.unwrap()
    };
    let (first, second) = (prepared(&world, 1), prepared(&world, 2));
    assert_eq!(save(&first, json!({ "n": 1 })).await, Effect::Fresh(()));
    assert_eq!(save(&second, json!({ "n": 2 })).await, Effect::Replayed(json!({ "n": 1 })));
    assert_eq!(world.store.prepared(world.app, second.session, NOW).await.unwrap(), None);
    assert!(world.store.prepared(world.app, first.session, NOW).await.unwrap().is_some());
}

pub(super) async fn a_repeated_key_gets_its_outcome(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let add = |id: &str, outcome: &str| AddKey {
        app: world.app,
        key: key(id),
        signatures: Vec::new(),
        at_version: 1,
        once: Some(Once { request: request("k"), outcome: json!(outcome) }),
        actor: actor(),
        now: NOW,
    };
    assert_eq!(world.store.add_key(add("main", "first")).await.unwrap(), Effect::Fresh(2));
    let before = world.trace().await;
    // The repetition comes with the old version and a new key: neither matters.
    let again = world.store.add_key(add("other", "second")).await.unwrap();
    assert_eq!(again, Effect::Replayed(json!("first")));
    assert_eq!(world.trace().await, before);
}

pub(super) async fn another_body_is_a_conflict(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let first = saved(&world, 1).await;
    world.store.commit(under(&world, &first, request("k"), "first")).await.unwrap();
    let other = Idempotency { body_hash: [2; 32], ..request("k") };
    let before = world.trace().await;

    let second = saved(&world, 2).await;
    let refused = world.store.commit(under(&world, &second, other.clone(), "second")).await;
    assert!(matches!(refused, Err(CommitError::Conflict(_))), "{refused:?}");
    let once = || Some(Once { request: other.clone(), outcome: json!("x") });
    let refused = world.store.save_prepared(prepared(&world, 3), once(), NOW).await;
    assert!(matches!(refused, Err(SaveError::Conflict(_))), "{refused:?}");
    let (app, at_version) = (world.app, world.version().await);
    let intent =
        AddKey { app, key: key("k"), signatures: Vec::new(), at_version, once: once(), actor: actor(), now: NOW };
    let refused = world.store.add_key(intent).await;
    assert!(matches!(refused, Err(KeyError::Conflict(_))), "{refused:?}");
    let refused = world.store.replay(&other, NOW).await;
    assert!(matches!(refused, Err(ReplayError::Conflict(_))), "{refused:?}");

    assert_eq!(world.trace().await, before);
    assert_eq!(world.store.replay(&request("k"), NOW).await.unwrap(), Some(json!("first")));
}

pub(super) async fn the_scope_is_token_method_path_and_key(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let first = saved(&world, 1).await;
    world.store.commit(under(&world, &first, request("k"), "first")).await.unwrap();
    let elsewhere = [
        Idempotency { token: TokenId(uuid::Uuid::from_u128(10)), ..request("k") },
        Idempotency { method: "PUT".into(), ..request("k") },
        Idempotency { path: "/api/v1/apps/other/publishes".into(), ..request("k") },
        request("l"),
    ];
    for (instant, mut scope) in (2..).zip(elsewhere) {
        scope.body_hash = [9; 32];
        assert_eq!(world.store.replay(&scope, NOW).await.unwrap(), None, "{scope:?}");
        let another = saved(&world, instant).await;
        let done = world.store.commit(under(&world, &another, scope, "other")).await;
        assert!(matches!(done, Ok(Effect::Fresh(_))), "{done:?}");
    }
    assert_eq!(world.store.replay(&request("k"), NOW).await.unwrap(), Some(json!("first")));
}

pub(super) async fn an_outcome_is_kept_for_a_day(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let first = saved(&world, 1).await;
    world.store.commit(under(&world, &first, request("k"), "first")).await.unwrap();
    let end = Millis(NOW.0 + IDEMPOTENCY_LIFETIME.0);
    let last = Millis(end.0 - 1);

    assert_eq!(world.store.replay(&request("k"), last).await.unwrap(), Some(json!("first")));
    // What another request leaves behind does not shorten that.
    commit_at(&world, 2, request("other"), last).await;
    assert_eq!(world.store.replay(&request("k"), last).await.unwrap(), Some(json!("first")));

    assert_eq!(world.store.replay(&request("k"), end).await.unwrap(), None);
    // The key is free again, for any body.
    commit_at(&world, 3, Idempotency { body_hash: [7; 32], ..request("k") }, end).await;
    let found = world.store.replay(&Idempotency { body_hash: [7; 32], ..request("k") }, end).await.unwrap();
    assert_eq!(found, Some(json!("late")));
    assert_eq!(world.store.replay(&request("other"), end).await.unwrap(), Some(json!("late")));
}

pub(super) async fn a_refused_intent_keeps_no_outcome(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let first = saved(&world, 1).await;
    world.issue_at(&lane(ANDROID, "1"), [5]).await;
    let refused = world.store.commit(under(&world, &first, request("k"), "refused")).await;
    assert!(matches!(refused, Err(CommitError::HeadMoved { .. })), "{refused:?}");
    assert_eq!(world.store.replay(&request("k"), NOW).await.unwrap(), None);

    let second = saved(&world, 6).await;
    let done = world.store.commit(under(&world, &second, request("k"), "taken")).await;
    assert!(matches!(done, Ok(Effect::Fresh(_))), "{done:?}");
    assert_eq!(world.store.replay(&request("k"), at(1)).await.unwrap(), Some(json!("taken")));
}

fn prepared(world: &World, instant: i64) -> PreparedPublish {
    world.session(vec![entry(&lane(ANDROID, "1"), instant)])
}

async fn saved(world: &World, instant: i64) -> PreparedPublish {
    let prepared = prepared(world, instant);
    world.save(&prepared).await;
    prepared
}

fn under(world: &World, prepared: &PreparedPublish, request: Idempotency, outcome: &str) -> Commit {
    Commit { idempotency: Some(request), outcome: json!(outcome), ..world.commit(prepared.session) }
}

async fn commit_at(world: &World, instant: i64, request: Idempotency, now: Millis) {
    let prepared = prepared(world, instant);
    world.store.save_prepared(prepared.clone(), None, now).await.unwrap();
    let commit = Commit { now, ..under(world, &prepared, request, "late") };
    assert!(matches!(world.store.commit(commit).await, Ok(Effect::Fresh(_))));
}
