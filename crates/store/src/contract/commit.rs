//! Contracts of [`Publish::commit`](crate::Publish::commit).

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use futures_util::future;
use model::{BranchId, ChannelId, EntryKind, Millis, UpdateId};
use serde_json::json;

use super::Databases;
use super::world::{
    ANDROID, IOS, NOW, World, actor, asset, at, blob, channel_name, entry, fresh, key, key_id, lane, rolling, signature,
};
use crate::{
    AddKey, AuditAction, CommitError, Committed, Effect, ExpectedHead, LaneId, NewChannel, NewEntry, SESSION_LIFETIME,
    SessionId, StoreError,
};

pub(super) async fn the_whole_group_appears_at_once(databases: &dyn Databases) {
    let world = World::new(databases).await;
    add_key(&world, "main").await;
    world.upload(blob(1), 10).await;
    let android = NewEntry { assets: vec![asset(blob(1), "a")], ..entry(&lane(ANDROID, "1"), 10) };
    let ios = NewEntry { kind: EntryKind::RollBackToEmbedded, ..entry(&lane(IOS, "1"), 10) };
    let mut prepared = world.session(vec![android.clone(), ios.clone()]);
    prepared.action = AuditAction::RollBack;
    world.save(&prepared).await;
    let mut commit = world.commit(prepared.session);
    commit.signatures = vec![signature(&android, "main"), signature(&ios, "main")];
    (commit.now, commit.actor.0) = (at(77), "token:ci".into());

    let done = world.store.commit(commit).await.unwrap();

    assert_eq!(done, Effect::Fresh(Committed { version: 3 }));
    let state = world.load().await;
    assert_eq!(state.snapshot.version, 3);
    for sent in [android, ios] {
        let branch = &state.snapshot.branches[&world.branch];
        let lane = &branch.lanes(sent.lane.platform)[&sent.lane.runtime_version];
        assert_eq!(lane.entries.len(), 1);
        let served = &lane.entries[0];
        assert_eq!((served.id, served.kind, served.created_at), (sent.id, sent.kind, sent.created_at));
        assert_eq!((served.group, served.disabled, served.held), (prepared.group.id, false, false));
        let stored = state.entries.iter().find(|stored| stored.id == sent.id).unwrap();
        assert_eq!(stored.body, sent.body);
        let signed = Bytes::from(format!("main signs {}", sent.id));
        assert_eq!(stored.signatures, [(key_id("main"), signed)]);
    }
    let audit = &world.store.audit(world.app, 1).await.unwrap()[0];
    assert_eq!((audit.at, audit.actor.0.as_str(), audit.action), (at(77), "token:ci", AuditAction::RollBack));
}

pub(super) async fn other_apps_do_not_see_it(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let before = neighbour.trace().await;
    world.issue_at(&lane(ANDROID, "1"), [1, 2]).await;
    assert_eq!(neighbour.trace().await, before);
    assert_eq!(world.version().await, 3);
}

pub(super) async fn a_later_entry_of_the_platform_moves_the_head(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let beta = NewChannel { id: ChannelId(fresh()), name: channel_name("beta") };
    let other_branch = BranchId(fresh());
    world.store.ensure_channel(world.app, beta, other_branch, &actor(), NOW).await.unwrap();
    let prepared = world.session(vec![entry(&lane(ANDROID, "1"), 10)]);
    world.save(&prepared).await;
    // Another branch and another runtime version: the device has one time line for all of them.
    let mut elsewhere = world.session(vec![entry(&lane(ANDROID, "2"), 11)]);
    elsewhere.branch = other_branch;
    world.issue(&elsewhere).await;

    refused_as_moved(&world, prepared.session).await;
}

pub(super) async fn an_equal_instant_moves_the_head(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let prepared = world.session(vec![entry(&lane(ANDROID, "1"), 10)]);
    world.save(&prepared).await;
    world.issue_at(&lane(ANDROID, "1"), [10]).await;
    refused_as_moved(&world, prepared.session).await;
}

pub(super) async fn the_other_platform_does_not_move_the_head(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let prepared = world.session(vec![entry(&lane(ANDROID, "1"), 10)]);
    world.save(&prepared).await;
    world.issue_at(&lane(IOS, "1"), [10, 11]).await;
    neighbour.issue_at(&lane(ANDROID, "1"), [10, 11]).await;
    world.issue_at(&lane(ANDROID, "1"), [9]).await;
    assert_eq!(world.try_commit(prepared.session).await.unwrap(), Effect::Fresh(Committed { version: 5 }));
}

pub(super) async fn every_entry_must_be_later(databases: &dyn Databases) {
    let world = World::new(databases).await;
    // Only the first of three is too early.
    let entries = vec![entry(&lane(ANDROID, "1"), 10), entry(&lane(ANDROID, "2"), 20), entry(&lane(IOS, "1"), 30)];
    let prepared = world.session(entries);
    world.save(&prepared).await;
    world.issue_at(&lane(ANDROID, "3"), [15]).await;
    refused_as_moved(&world, prepared.session).await;
}

pub(super) async fn an_expected_head_must_still_be_there(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let seen = world.issue_at(&asked, [1, 2]).await[1];
    let mut prepared = world.session(vec![entry(&asked, 10)]);
    prepared.expected_heads = vec![ExpectedHead { lane: asked.clone(), head: Some(seen) }];
    world.save(&prepared).await;
    let mut second = world.session(vec![entry(&asked, 20)]);
    second.expected_heads.clone_from(&prepared.expected_heads);
    world.save(&second).await;

    // Earlier than the prepared instant, so only the expectation tells.
    world.issue_at(&asked, [3]).await;
    refused_as_moved(&world, prepared.session).await;

    let mut fitting = world.session(vec![entry(&asked, 30)]);
    let head = world.look_at(&asked, NOW).await.head.unwrap().entry.id;
    // The same platform and runtime version of another branch is another lane.
    let beta = NewChannel { id: ChannelId(fresh()), name: channel_name("beta") };
    let other_branch = BranchId(fresh());
    world.store.ensure_channel(world.app, beta, other_branch, &actor(), NOW).await.unwrap();
    let mut elsewhere = world.session(vec![entry(&asked, 25)]);
    elsewhere.branch = other_branch;
    world.issue(&elsewhere).await;
    fitting.expected_heads = vec![ExpectedHead { lane: asked, head: Some(head) }];
    world.issue(&fitting).await;
}

pub(super) async fn an_expected_empty_lane_must_still_be_empty(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let expected = vec![ExpectedHead { lane: asked.clone(), head: None }];
    let (mut early, mut late) = (world.session(vec![entry(&asked, 10)]), world.session(vec![entry(&asked, 20)]));
    early.expected_heads.clone_from(&expected);
    late.expected_heads = expected;
    world.save(&late).await;
    // Entries of other lanes are no matter.
    world.issue_at(&lane(ANDROID, "2"), [1]).await;
    world.issue(&early).await;
    refused_as_moved(&world, late.session).await;
}

pub(super) async fn an_unexpected_head_does_not_matter(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let prepared = world.session(vec![entry(&asked, 10)]);
    world.save(&prepared).await;
    world.issue_at(&asked, [3]).await;
    assert_eq!(world.try_commit(prepared.session).await.unwrap(), Effect::Fresh(Committed { version: 3 }));
}

pub(super) async fn an_open_rollout_closes_its_lane_only(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.issue_one(rolling(&lane(ANDROID, "1"), 1)).await;
    // The second lane is the closed one.
    let prepared = world.session(vec![entry(&lane(IOS, "1"), 10), entry(&lane(ANDROID, "1"), 10)]);
    world.save(&prepared).await;
    let before = world.trace().await;

    let refused = world.try_commit(prepared.session).await;

    assert!(
        matches!(&refused, Err(CommitError::RolloutActive(closed)) if *closed == lane(ANDROID, "1")),
        "{refused:?}"
    );
    assert_eq!(world.trace().await, before);
    let beside = world.session(vec![entry(&lane(ANDROID, "2"), 10), entry(&lane(IOS, "1"), 10)]);
    world.issue(&beside).await;
}

pub(super) async fn blobs_must_be_the_apps_own(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    world.upload(blob(1), 10).await;
    neighbour.upload(blob(2), 10).await;
    let with = |number, instant| NewEntry {
        assets: vec![asset(blob(1), "a"), asset(blob(number), "b")],
        ..entry(&lane(ANDROID, "1"), instant)
    };
    for (missing, instant) in [(2, 10), (3, 20)] {
        let prepared = world.session(vec![entry(&lane(IOS, "1"), instant), with(missing, instant)]);
        world.save(&prepared).await;
        let before = world.trace().await;

        let refused = world.try_commit(prepared.session).await;

        assert!(matches!(refused, Err(CommitError::MissingBlob(hash)) if hash == blob(missing)), "{refused:?}");
        assert_eq!(world.trace().await, before);
        // The same session goes through once the bytes are there.
        world.upload(blob(missing), 10).await;
        assert!(matches!(world.try_commit(prepared.session).await, Ok(Effect::Fresh(_))));
    }
}

pub(super) async fn every_key_signs_every_entry(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.neighbour().await;
    add_key(&world, "main").await;
    let (android, ios) = (entry(&lane(ANDROID, "1"), 10), entry(&lane(IOS, "1"), 10));
    let prepared = world.session(vec![android.clone(), ios.clone()]);
    world.save(&prepared).await;
    // Added between prepare and commit; its private part is elsewhere.
    let elsewhere = crate::NewKey { sealed: None, ..key("ci") };
    add(&world, elsewhere).await;
    let before = world.trace().await;
    let full =
        vec![signature(&android, "main"), signature(&ios, "main"), signature(&android, "ci"), signature(&ios, "ci")];
    for without in 0..full.len() {
        let mut commit = world.commit(prepared.session);
        commit.signatures.clone_from(&full);
        let left_out = commit.signatures.remove(without);

        let refused = world.store.commit(commit).await;

        match refused {
            Err(CommitError::MissingSignature { update, key_id }) => {
                assert_eq!((update, key_id), (left_out.update, left_out.key_id));
            }
            other => panic!("taken without a signature: {other:?}"),
        }
    }
    assert_eq!(world.trace().await, before);
    let mut commit = world.commit(prepared.session);
    commit.signatures = full;
    assert!(matches!(world.store.commit(commit).await, Ok(Effect::Fresh(_))));
}

pub(super) async fn stray_signatures_are_refused(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    add_key(&neighbour, "theirs").await;
    add_key(&world, "main").await;
    let sent = entry(&lane(ANDROID, "1"), 10);
    let prepared = world.session(vec![sent.clone()]);
    world.save(&prepared).await;
    let before = world.trace().await;
    // Of another app's key, over another entry, and a second one of the same key.
    let another = entry(&lane(ANDROID, "1"), 11);
    for stray in [signature(&sent, "theirs"), signature(&another, "main"), signature(&sent, "main")] {
        let mut commit = world.commit(prepared.session);
        commit.signatures = vec![signature(&sent, "main"), stray.clone()];
        let refused = world.store.commit(commit).await;
        match refused {
            Err(CommitError::StraySignature { update, key_id }) => {
                assert_eq!((update, key_id), (stray.update, stray.key_id));
            }
            other => panic!("a stray signature was taken: {other:?}"),
        }
    }
    assert_eq!(world.trace().await, before);
}

pub(super) async fn unknown_sessions_are_refused(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let refused = world.try_commit(SessionId(fresh())).await;
    assert!(matches!(refused, Err(CommitError::UnknownSession)), "{refused:?}");
}

pub(super) async fn an_expired_session_is_refused(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let end = Millis(NOW.0 + SESSION_LIFETIME.0);
    for (instant, now, taken) in [(1, Millis(end.0 - 1), true), (2, end, false)] {
        let prepared = world.session(vec![entry(&lane(ANDROID, "1"), instant)]);
        world.save(&prepared).await;
        let mut commit = world.commit(prepared.session);
        commit.now = now;
        match world.store.commit(commit).await {
            Ok(Effect::Fresh(_)) if taken => {}
            Err(CommitError::UnknownSession) if !taken => {}
            other => panic!("at {now:?}: {other:?}"),
        }
    }
}

pub(super) async fn a_session_is_of_one_app(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let prepared = world.session(vec![entry(&lane(ANDROID, "1"), 1)]);
    world.save(&prepared).await;

    let refused = neighbour.try_commit(prepared.session).await;
    assert!(matches!(refused, Err(CommitError::UnknownSession)), "{refused:?}");
    assert!(matches!(world.try_commit(prepared.session).await, Ok(Effect::Fresh(_))));
    // Its outcome is the app's own business, too.
    let refused = neighbour.try_commit(prepared.session).await;
    assert!(matches!(refused, Err(CommitError::UnknownSession)), "{refused:?}");
}

pub(super) async fn the_second_commit_gets_the_first_outcome(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let prepared = world.session(vec![entry(&asked, 1)]);
    world.save(&prepared).await;
    let mut first = world.commit(prepared.session);
    let outcome = json!({ "z": 1, "a": [null, 2.5, "ü\n"], "version": 9_007_199_254_740_993_u64 });
    first.outcome = outcome.clone();
    world.store.commit(first).await.unwrap();
    // Later publishes do not matter to a repetition.
    world.issue_at(&asked, [5]).await;
    let before = world.trace().await;

    let mut again = world.commit(prepared.session);
    again.outcome = json!("another");
    again.now = at(60_000);
    let answered = world.store.commit(again).await.unwrap();

    assert_eq!(answered, Effect::Replayed(outcome));
    assert_eq!(world.trace().await, before);
}

pub(super) async fn an_id_is_used_once(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let taken = world.issue_at(&asked, [1]).await[0];
    // The second entry is refused after the first was written.
    let prepared = world.session(vec![entry(&asked, 10), NewEntry { id: taken, ..entry(&asked, 11) }]);
    world.save(&prepared).await;
    let before = world.trace().await;

    let refused = world.try_commit(prepared.session).await;

    assert!(matches!(refused, Err(CommitError::Store(StoreError::Constraint(_)))), "{refused:?}");
    assert_eq!(world.trace().await, before);
    assert_eq!(world.store.prepared(world.app, prepared.session, NOW).await.unwrap(), Some(prepared));
}

pub(super) async fn twenty_thousand_assets_are_one_update(databases: &dyn Databases) {
    let world = World::new(databases).await;
    for number in 0..100 {
        world.upload(blob(number), 10).await;
    }
    let numbers = (0..100_u8).cycle().take(20_000);
    let assets: Vec<_> = numbers.enumerate().map(|(n, number)| asset(blob(number), &format!("key {n}"))).collect();
    let sent = NewEntry { assets, ..entry(&lane(ANDROID, "1"), 1) };
    world.issue_one(sent.clone()).await;
    let told = world.store.update(world.app, sent.id).await.unwrap().unwrap();
    assert!(told.assets.iter().map(|told| &told.key).eq(sent.assets.iter().map(|sent| &sent.key)));
    assert_eq!(world.store.assets(world.app, 0).await.unwrap().len(), 100);
}

pub(super) async fn an_unheard_caller_leaves_all_or_nothing(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.upload(blob(1), 10).await;
    let asked = lane(ANDROID, "1");
    let (mut finished, mut given_up) = (0, 0);
    for polls in 1_i64.. {
        let sent = NewEntry { assets: vec![asset(blob(1), "a")], ..entry(&asked, polls) };
        let prepared = world.session(vec![sent.clone()]);
        world.save(&prepared).await;
        let before = world.trace().await;

        let answer = give_up_after(polls, world.try_commit(prepared.session)).await;

        let there = world.load().await.snapshot.known.contains_key(&sent.id);
        match answer {
            Some(answer) => {
                assert_eq!(answer.unwrap(), Effect::Fresh(Committed { version: world.version().await }));
                assert!(there, "an acknowledged commit is not there");
                finished += 1;
            }
            None if there => assert_eq!(world.version().await, before_version(&world, &sent.id).await),
            None => {
                assert_eq!(world.trace().await, before, "given up after {polls} polls, and a part stayed");
                assert_eq!(world.store.prepared(world.app, prepared.session, NOW).await.unwrap(), Some(prepared));
                given_up += 1;
            }
        }
        if finished == 3 {
            break;
        }
        assert!(polls < 5_000, "the commit never finishes");
    }
    assert!(given_up > 3, "the commit was never given up half-way");
}

/// Two writers, each with connections of its own, publish to one lane until each has got fifty in.
pub(super) async fn two_writers_lose_nothing(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let other = world.reopened().await;
    let asked = lane(ANDROID, "1");

    let (mine, theirs) = future::join(fifty(&world, &asked), fifty(&other, &asked)).await;

    let history = world.store.lane(world.app, world.branch, ANDROID, &asked.runtime_version).await.unwrap();
    assert_eq!(history.len(), 100);
    assert!(history.is_sorted_by(|newer, older| newer.entry.created_at > older.entry.created_at));
    assert!(history.is_sorted_by(|newer, older| newer.version > older.version));
    let mut stored: Vec<UpdateId> = history.iter().map(|issued| issued.entry.id).collect();
    let mut sent: Vec<UpdateId> = mine.into_iter().chain(theirs).collect();
    stored.sort();
    sent.sort();
    assert_eq!(stored, sent);
    assert_eq!((world.version().await, other.version().await), (101, 101));
}

async fn fifty(world: &World, asked: &LaneId) -> Vec<UpdateId> {
    let mut ids = Vec::new();
    while ids.len() < 50 {
        // The clock stands still, so that nothing but the rule keeps the order.
        let instant = world.look_at(asked, NOW).await.next_instant;
        let sent = NewEntry { created_at: instant, ..entry(asked, 0) };
        let prepared = world.session(vec![sent.clone()]);
        world.save(&prepared).await;
        match world.try_commit(prepared.session).await {
            Ok(Effect::Fresh(_)) => ids.push(sent.id),
            Err(CommitError::HeadMoved { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    ids
}

async fn refused_as_moved(world: &World, session: SessionId) {
    let before = world.trace().await;
    let refused = world.try_commit(session).await;
    assert!(matches!(refused, Err(CommitError::HeadMoved { platform: ANDROID })), "{refused:?}");
    assert_eq!(world.trace().await, before);
    assert!(world.store.prepared(world.app, session, NOW).await.unwrap().is_some(), "the session is gone");
}

async fn add_key(world: &World, id: &str) {
    add(world, key(id)).await;
}

async fn add(world: &World, key: crate::NewKey) {
    let intent = AddKey {
        app: world.app,
        key,
        signatures: Vec::new(),
        at_version: world.version().await,
        once: None,
        actor: actor(),
        now: NOW,
    };
    world.store.add_key(intent).await.unwrap();
}

/// The version that brought the entry.
async fn before_version(world: &World, id: &UpdateId) -> u64 {
    world.store.update(world.app, *id).await.unwrap().unwrap().issued.version
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
