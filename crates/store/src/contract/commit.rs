//! Contracts of [`Operate::apply`](crate::Operate::apply) and [`Operate::commit`](crate::Operate::commit): what they
//! make, once and whole.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use futures_util::future;
use model::control::Edit;
use model::{AppId, BranchId, LaneId, UpdateId};
use serde_json::json;

use super::Databases;
use super::world::{
    ANDROID, IOS, NOW, World, asset, at, blob, branch_name, directive, entry, fresh, key, key_id, lane, seal, signature,
};
use crate::{
    Actor, AuditAction, CommitError, Committed, Effect, NewEntry, Operation, SESSION_LIFETIME, Seal, SessionId,
};

pub(super) async fn the_whole_group_appears_at_once(databases: &dyn Databases) {
    for prepared in [false, true] {
        let world = World::new(databases).await;
        world.add_key(key("main")).await;
        world.upload(blob(1), 10).await;
        let android = NewEntry { assets: vec![asset(blob(1), "a")], ..entry(&lane(ANDROID, "1"), 10) };
        let operation = world.publish(vec![android, directive(&lane(IOS, "1"), 10)]);
        let detail = json!({ "before": null, "after": "both" });
        let operation = Operation { action: AuditAction::RollBack, detail: detail.clone(), ..operation };
        let signatures = operation.entries.iter().map(|sent| signature(sent, "main")).collect();
        let seal = Seal { signatures, now: at(77), actor: Actor("token:ci".into()), ..seal() };

        let done = if prepared {
            let session = world.save(&operation).await;
            world.store.commit(world.app, session, seal).await.unwrap()
        } else {
            world.store.apply(operation.clone(), seal).await.unwrap()
        };

        assert_eq!(done, Effect::Fresh(Committed { version: 3 }));
        let state = world.load().await;
        assert_eq!(state.snapshot.version, 3);
        for sent in operation.entries {
            let branch = &state.snapshot.branches[&world.branch];
            let lane = &branch.lanes(sent.lane.platform)[&sent.lane.runtime_version];
            assert_eq!(lane.entries.len(), 1);
            let served = &lane.entries[0];
            assert_eq!((served.id, served.kind, served.created_at), (sent.id, sent.kind, sent.created_at));
            assert_eq!((served.group, served.disabled, served.held), (sent.group, false, false));
            let stored = state.entries.iter().find(|stored| stored.id == sent.id).unwrap();
            assert_eq!(stored.body, sent.body);
            assert_eq!(stored.signatures, [(key_id("main"), Bytes::from(format!("main signs {}", sent.id)))]);
        }
        let line = world.last_line().await;
        assert_eq!((line.at, line.actor.0.as_str(), line.action), (at(77), "token:ci", AuditAction::RollBack));
        assert_eq!(line.detail, detail);
        let record = world.group(operation.groups[0].id).await.unwrap();
        assert_eq!((record.issued_at, record.issued_by.0.as_str()), (at(77), "token:ci"));
    }
}

pub(super) async fn other_apps_do_not_see_it(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let before = neighbour.trace().await;
    world.issue_at(&lane(ANDROID, "1"), [1]).await;
    let session = world.save(&world.publish(vec![entry(&lane(ANDROID, "1"), 2)])).await;
    world.try_commit(session).await.unwrap();
    assert_eq!(neighbour.trace().await, before);
    assert_eq!(world.version().await, 3);
}

pub(super) async fn unknown_sessions_are_refused(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let session = world.save(&world.publish(vec![entry(&lane(ANDROID, "1"), 1)])).await;
    let before = world.trace().await;
    for (app, session) in [(world.app, SessionId(fresh())), (AppId(fresh()), session)] {
        let refused = world.store.commit(app, session, seal()).await;
        assert!(matches!(refused, Err(CommitError::UnknownSession)), "{refused:?}");
    }
    assert_eq!(world.trace().await, before);
}

pub(super) async fn an_expired_session_is_refused(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let session = world.save(&world.publish(vec![entry(&lane(ANDROID, "1"), 1)])).await;
    let before = world.trace().await;
    let late = |left| Seal { now: at(SESSION_LIFETIME.0 - left), ..seal() };
    let refused = world.store.commit(world.app, session, late(0)).await;
    assert!(matches!(refused, Err(CommitError::UnknownSession)), "{refused:?}");
    assert_eq!(world.trace().await, before);
    world.store.commit(world.app, session, late(1)).await.unwrap();
}

pub(super) async fn a_session_is_of_one_app(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let session = world.save(&world.publish(vec![entry(&lane(ANDROID, "1"), 1)])).await;
    let refused = neighbour.try_commit(session).await;
    assert!(matches!(refused, Err(CommitError::UnknownSession)), "{refused:?}");
    assert!(matches!(world.try_commit(session).await, Ok(Effect::Fresh(_))));
    // Its outcome is the app's own business, too.
    let refused = neighbour.try_commit(session).await;
    assert!(matches!(refused, Err(CommitError::UnknownSession)), "{refused:?}");
}

pub(super) async fn the_second_commit_gets_the_first_outcome(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let mut operation = world.publish(vec![entry(&asked, 1)]);
    operation.at_version = Some(1);
    let session = world.save(&operation).await;
    let outcome = json!({ "z": 1, "a": [null, 2.5, "ü\n"], "version": 9_007_199_254_740_993_u64 });
    world.store.commit(world.app, session, Seal { outcome: outcome.clone(), ..seal() }).await.unwrap();
    // Later publishes do not matter to a repetition.
    world.issue_at(&asked, [5]).await;
    let before = world.trace().await;

    let again = Seal { outcome: json!("another"), now: at(60_000), ..seal() };
    let answered = world.store.commit(world.app, session, again).await.unwrap();

    assert_eq!(answered, Effect::Replayed(outcome));
    assert_eq!(world.trace().await, before);
}

pub(super) async fn twenty_thousand_assets_are_one_update(databases: &dyn Databases) {
    let world = World::new(databases).await;
    for number in 0..100 {
        world.upload(blob(number), 10).await;
    }
    for (prepared, instant) in [(false, 1), (true, 2)] {
        let numbers = (0..100_u8).cycle().take(20_000);
        let assets: Vec<_> = numbers.enumerate().map(|(n, number)| asset(blob(number), &format!("key {n}"))).collect();
        let sent = NewEntry { assets, ..entry(&lane(ANDROID, "1"), instant) };
        let operation = world.publish(vec![sent.clone()]);
        if prepared {
            let session = world.save(&operation).await;
            world.try_commit(session).await.unwrap();
        } else {
            world.issue(&operation).await;
        }
        let told = world.store.update(world.app, sent.id).await.unwrap().unwrap();
        assert!(told.assets.iter().map(|told| &told.key).eq(sent.assets.iter().map(|sent| &sent.key)));
        assert_eq!(world.store.assets(world.app, 0).await.unwrap().len(), 100);
    }
}

pub(super) async fn an_unheard_caller_leaves_all_or_nothing(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.upload(blob(1), 10).await;
    let asked = lane(ANDROID, "1");
    let (mut finished, mut given_up) = (0, 0);
    for polls in 1_i64.. {
        let sent = NewEntry { assets: vec![asset(blob(1), "a")], ..entry(&asked, polls) };
        let mut operation = world.publish(vec![sent.clone()]);
        let name = branch_name(&format!("after {polls} polls"));
        operation.edits = vec![Edit::CreateBranch { id: BranchId(fresh()), name }];
        let session = if polls % 2 == 0 { Some(world.save(&operation).await) } else { None };
        let before = world.trace().await;

        let answer = match session {
            Some(session) => give_up_after(polls, world.try_commit(session)).await,
            None => give_up_after(polls, world.try_apply(&operation)).await,
        };

        let control = world.control().await;
        let there = control.entry(sent.id).is_some();
        match answer {
            Some(answer) => {
                assert_eq!(answer.unwrap(), Effect::Fresh(Committed { version: control.version }));
                assert!(there, "an acknowledged operation is not there");
                finished += 1;
            }
            None if there => {
                assert_eq!(control.entries[0].version, control.version);
                assert_eq!(world.store.audit(world.app, None, 10_000).await.unwrap().len() as u64, control.version);
                assert_eq!(control.branches.len(), control.entries.len() + 1);
            }
            None => {
                assert_eq!(world.trace().await, before, "given up after {polls} polls, and a part stayed");
                if let Some(session) = session {
                    assert!(world.waits(session).await, "given up after {polls} polls, and the session is gone");
                }
                given_up += 1;
            }
        }
        if finished == 4 {
            break;
        }
        assert!(polls < 5_000, "the operation never finishes");
    }
    assert!(given_up > 3, "the operation was never given up half-way");
}

/// Two writers, each with connections of its own, publish to one lane until each has got thirty in.
pub(super) async fn two_publishers_lose_nothing(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let other = world.reopened().await;
    let asked = lane(ANDROID, "1");

    let (mine, theirs) = future::join(thirty(&world, &asked), thirty(&other, &asked)).await;

    let history = world.control().await.entries;
    assert_eq!(history.len(), 60);
    assert!(history.is_sorted_by(|newer, older| newer.entry.created_at > older.entry.created_at));
    assert!(history.is_sorted_by(|newer, older| newer.version > older.version));
    let mut stored: Vec<UpdateId> = history.iter().map(|past| past.entry.id).collect();
    let mut sent: Vec<UpdateId> = mine.into_iter().chain(theirs).collect();
    stored.sort();
    sent.sort();
    assert_eq!(stored, sent);
    assert_eq!((world.version().await, other.version().await), (61, 61));
    assert_eq!(world.store.audit(world.app, None, 100).await.unwrap().len(), 61);
}

/// By turns at once and prepared.
async fn thirty(world: &World, asked: &LaneId) -> Vec<UpdateId> {
    let mut ids = Vec::new();
    while ids.len() < 30 {
        // The clock stands still, so that nothing but the rule keeps the order.
        let instant = world.control().await.next_instant(ANDROID, NOW);
        let sent = NewEntry { created_at: instant, ..entry(asked, 0) };
        let operation = world.publish(vec![sent.clone()]);
        let done = if ids.len() % 2 == 0 {
            world.try_apply(&operation).await
        } else {
            let session = world.save(&operation).await;
            world.try_commit(session).await
        };
        match done {
            Ok(Effect::Fresh(_)) => ids.push(sent.id),
            Err(CommitError::HeadMoved { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    ids
}

/// Two operators plan at one version, each with connections of their own, again and again.
pub(super) async fn one_of_two_at_a_version_wins(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let other = world.reopened().await;
    for round in 1..=20_u64 {
        let attempt = async |world: &World| {
            let name = branch_name(&format!("round {round}"));
            let mut operation = world.edits(vec![Edit::CreateBranch { id: BranchId(fresh()), name }]).await;
            operation.at_version = Some(round);
            world.try_apply(&operation).await
        };
        match future::join(attempt(&world), attempt(&other)).await {
            (Ok(Effect::Fresh(won)), Err(CommitError::VersionMoved { expected, actual }))
            | (Err(CommitError::VersionMoved { expected, actual }), Ok(Effect::Fresh(won))) => {
                assert_eq!((won.version, expected, actual), (round + 1, round, round + 1));
            }
            neither => panic!("not exactly one: {neither:?}"),
        }
    }
    assert_eq!(world.control().await.branches.len(), 21);
    assert_eq!(world.store.audit(world.app, None, 100).await.unwrap().len(), 21);
}

pub(super) async fn a_session_is_committed_once(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let other = world.reopened().await;
    for round in 1..=10_i64 {
        let session = world.save(&world.publish(vec![entry(&lane(ANDROID, "1"), round)])).await;
        match future::join(world.try_commit(session), other.try_commit(session)).await {
            (Ok(Effect::Fresh(done)), Ok(Effect::Replayed(told)))
            | (Ok(Effect::Replayed(told)), Ok(Effect::Fresh(done))) => {
                assert_eq!((done.version, told), (u64::try_from(round).unwrap() + 1, seal().outcome));
            }
            neither => panic!("not exactly one: {neither:?}"),
        }
    }
    assert_eq!(world.control().await.entries.len(), 10);
}

/// Polls that often, then drops the future, as a server does whose caller hung up.
async fn give_up_after<F: Future>(polls: i64, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}
