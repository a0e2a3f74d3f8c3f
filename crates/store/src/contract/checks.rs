//! Contracts of what refuses an operation, at once and when it was prepared.

use model::control::Edit;
use model::{AppId, BranchId, UpdateGroupId, UpdateId};
use serde_json::json;

use super::Databases;
use super::world::{
    ANDROID, IOS, NOW, World, asset, at, blob, branch_name, directive, entry, fresh, key, key_id, lane, request,
    rolling, rule, ruled, seal, signature, signed, tenth, under,
};
use crate::{CommitError, Idempotency, NewEntry, NewKey, Operation, SaveError, Seal, StoreError};

/// An operation that everything is wrong with; what is told first is mended, then what is told next.
pub(super) async fn checks_come_in_their_order(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let (asked, beside) = (lane(ANDROID, "1"), lane(ANDROID, "2"));
    world.issue_one(rolling(&asked, 5)).await;
    world.issue(&world.publish((10..41).map(|instant| ruled(&beside, instant)).collect())).await;
    world.add_key(key("main")).await;
    world.store.apply(neighbour.edits(Vec::new()).await, under(request("k"), json!("first"))).await.unwrap();
    let app = world.app;
    let pause = Edit::PauseChannel { channel: neighbour.channel, paused: true };
    let early = vec![ruled(&beside, 40), NewEntry { assets: vec![asset(blob(1), "a")], ..entry(&asked, 40) }];
    let mut operation = world.publish_to(neighbour.branch, early);
    (operation.app, operation.at_version, operation.edits) = (AppId(fresh()), Some(1), vec![pause]);
    let stranger = signature(&entry(&asked, 0), "main");
    let mut seal =
        Seal { idempotency: Some(Idempotency { body_hash: [2; 32], ..request("k") }), ..signed(vec![stranger]) };
    macro_rules! refused_as {
        ($why:pat) => {
            let refused = world.refused_at_once(&operation, &seal).await;
            assert!(matches!(refused, $why), "{refused:?} instead of {}", stringify!($why));
        };
    }

    refused_as!(CommitError::Conflict(_));
    seal.idempotency = None;
    refused_as!(CommitError::UnknownApp);
    operation.app = app;
    refused_as!(CommitError::VersionMoved { expected: 1, actual: 4 });
    operation.at_version = Some(4);
    refused_as!(CommitError::OutOfOrder(ANDROID));
    operation.entries[1].created_at = at(50);
    refused_as!(CommitError::HeadMoved { platform: ANDROID });
    operation.entries[0].created_at = at(41);
    refused_as!(CommitError::UnknownTarget);
    operation.edits = vec![Edit::PinBranch { branch: world.branch, pinned: true }];
    refused_as!(CommitError::UnknownTarget);
    operation.groups[0].branch = world.branch;
    refused_as!(CommitError::RolloutActive(_));
    operation.entries[1].lane = beside.clone();
    refused_as!(CommitError::MissingBlob(_));
    world.upload(blob(1), 10).await;
    refused_as!(CommitError::StraySignature { .. });
    seal.signatures.clear();
    refused_as!(CommitError::MissingSignature { .. });
    seal.signatures = operation.entries.iter().map(|sent| signature(sent, "main")).collect();
    operation.entries[1].rule = Some(rule());
    refused_as!(CommitError::TooManyConditionalEntries(_));
    operation.entries[1].rule = None;
    world.store.apply(operation, seal).await.unwrap();

    // A pin that nobody reckoned with comes after the instants and before the edits.
    let mut unplanned = world.publish(vec![entry(&beside, 40)]);
    unplanned.edits = vec![Edit::DeleteBranch { branch: neighbour.branch }];
    let refused = async |operation: &Operation| world.refused_at_once(operation, &super::world::seal()).await;
    let told = refused(&unplanned).await;
    assert!(matches!(told, CommitError::HeadMoved { .. }), "{told:?}");
    unplanned.entries[0].created_at = at(60);
    let told = refused(&unplanned).await;
    assert!(matches!(told, CommitError::HeadMoved { .. }), "{told:?}");
    unplanned.entries[0].held = true;
    let told = refused(&unplanned).await;
    assert!(matches!(told, CommitError::UnknownTarget), "{told:?}");
}

pub(super) async fn a_moved_version_is_refused(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let mut operation = world.publish(vec![entry(&lane(ANDROID, "1"), 10)]);
    // Behind, after an operation that has nothing to do with it, and ahead.
    world.edit(vec![Edit::CreateBranch { id: BranchId(fresh()), name: branch_name("beta") }]).await;
    for version in [1, 3] {
        operation.at_version = Some(version);
        let refused = world.refused(&operation, &seal()).await;
        let moved = matches!(refused, CommitError::VersionMoved { expected, actual: 2 } if expected == version);
        assert!(moved, "{refused:?}");
    }
    operation.at_version = Some(2);
    let session = world.save(&operation).await;
    world.try_commit(session).await.unwrap();
}

pub(super) async fn instants_must_rise(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let (one, two) = (lane(ANDROID, "1"), lane(ANDROID, "2"));
    for (first, second) in [(5, 5), (6, 5)] {
        // Also with an entry of the other platform between them, and across runtime versions.
        let operation = world.publish(vec![entry(&one, first), entry(&lane(IOS, "1"), 9), entry(&two, second)]);
        let refused = world.refused_at_once(&operation, &seal()).await;
        assert!(matches!(refused, CommitError::OutOfOrder(ANDROID)), "{refused:?}");
        let refused = world.store.save_prepared(crate::SessionId(fresh()), operation, NOW).await;
        assert!(matches!(refused, Err(SaveError::OutOfOrder(ANDROID))), "{refused:?}");
    }
    // Platforms do not order each other.
    let entries = vec![entry(&one, 5), entry(&lane(IOS, "1"), 5), entry(&two, 6), entry(&lane(IOS, "2"), 6)];
    world.issue(&world.publish(entries)).await;
}

/// architecture.md §4 *Order*: a device has one time line over all branches and runtime versions.
pub(super) async fn entries_are_later_than_all_of_their_platform(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let other = world.beside("beta").await;
    let asked = lane(ANDROID, "1");
    world.issue(&world.publish_to(other, vec![entry(&lane(ANDROID, "2"), 15)])).await;
    // Of the other platform and the other app: no matter.
    world.issue_at(&lane(IOS, "1"), [30]).await;
    neighbour.issue_at(&asked, [30]).await;
    for instant in [10, 15] {
        // Alone, first of several, after one of the other platform.
        for entries in [
            vec![entry(&asked, instant)],
            vec![entry(&asked, instant), entry(&asked, 40)],
            vec![entry(&lane(IOS, "1"), 50), entry(&asked, instant)],
        ] {
            let mut operation = world.publish(entries);
            for at_version in [None, Some(world.version().await)] {
                operation.at_version = at_version;
                let refused = world.refused(&operation, &seal()).await;
                assert!(matches!(refused, CommitError::HeadMoved { platform: ANDROID }), "{refused:?}");
            }
        }
    }
    world.issue_at(&asked, [16]).await;
    assert_eq!(world.version().await, 5);
}

/// Someone pinned or unpinned the branch of a publish that names no version.
pub(super) async fn a_publish_is_held_just_when_its_branch_is_pinned(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let other = world.beside("beta").await;
    let (asked, of_ios) = (lane(ANDROID, "1"), lane(IOS, "1"));
    let held = |lane, instant| NewEntry { held: true, ..entry(lane, instant) };
    let refused_for = async |operation: &Operation, expected| {
        let refused = world.refused(operation, &seal()).await;
        assert!(matches!(refused, CommitError::HeadMoved { platform } if platform == expected), "{refused:?}");
    };
    refused_for(&world.publish(vec![entry(&asked, 10), held(&of_ios, 10)]), IOS).await;
    world.edit(vec![Edit::PinBranch { branch: world.branch, pinned: true }]).await;
    refused_for(&world.publish(vec![entry(&asked, 10)]), ANDROID).await;
    refused_for(&world.publish(vec![held(&of_ios, 10), entry(&asked, 10)]), ANDROID).await;
    world.issue(&world.publish(vec![held(&asked, 20)])).await;
    world.issue(&world.publish_to(other, vec![entry(&asked, 30)])).await;
    // An operation that was planned at this version knows what it does: pinning issues the pinned group.
    let mut planned = world.publish(vec![entry(&asked, 40)]);
    planned.at_version = Some(world.version().await);
    world.issue(&planned).await;
    assert_eq!(world.load().await.entries.len(), 2);
}

pub(super) async fn groups_go_to_branches_of_the_app(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    for branch in [neighbour.branch, BranchId(fresh())] {
        let mut operation = world.publish(vec![entry(&lane(ANDROID, "1"), 1)]);
        let stranger = world.publish_to(branch, vec![entry(&lane(IOS, "1"), 1)]);
        operation.groups.extend(stranger.groups);
        operation.entries.extend(stranger.entries);
        let refused = world.refused_at_once(&operation, &seal()).await;
        assert!(matches!(refused, CommitError::UnknownTarget), "{refused:?}");
        let refused = world.store.save_prepared(crate::SessionId(fresh()), operation, NOW).await;
        assert!(matches!(refused, Err(SaveError::UnknownBranch)), "{refused:?}");
    }
    // Deleted between prepare and commit.
    let other = world.beside("beta").await;
    let channel = world.control().await.channels[0].id;
    let session = world.save(&world.publish_to(other, vec![entry(&lane(ANDROID, "1"), 1)])).await;
    world.edit(vec![Edit::DeleteChannel { channel }, Edit::DeleteBranch { branch: other }]).await;
    let refused = world.try_commit(session).await;
    assert!(matches!(refused, Err(CommitError::UnknownTarget)), "{refused:?}");
}

/// Nothing stays of what came under a taken id. A group's, an unknown origin and an entry of no group are mistakes of the
/// caller.
pub(super) async fn ids_are_used_once(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let first = world.publish(vec![entry(&asked, 1)]);
    world.issue(&first).await;
    let neighbour = world.neighbour().await;
    let theirs = neighbour.issue_at(&asked, [1]).await[0];
    for id in [first.entries[0].id, theirs] {
        let taken = NewEntry { id, ..entry(&asked, 11) };
        let refused = world.refused(&world.publish(vec![entry(&asked, 10), taken]), &seal()).await;
        assert!(matches!(refused, CommitError::IdTaken(taken) if taken == id), "{refused:?}");
    }
    // The second entry is refused after the first was written.
    let one = entry(&asked, 10);
    let twice = NewEntry { created_at: at(11), ..one.clone() };
    let refused = world.refused_at_once(&world.publish(vec![one, twice]), &seal()).await;
    assert!(matches!(refused, CommitError::Store(StoreError::Constraint(_))), "{refused:?}");
    let mut again = world.publish(vec![entry(&asked, 10)]);
    again.groups[0].id = first.groups[0].id;
    again.entries[0].group = first.groups[0].id;
    let refused = world.refused(&again, &seal()).await;
    assert!(matches!(refused, CommitError::Store(StoreError::Constraint(_))), "{refused:?}");
    let unknown_origin = NewEntry { origin: Some(UpdateId(fresh())), ..entry(&asked, 10) };
    let refused = world.refused(&world.publish(vec![unknown_origin]), &seal()).await;
    assert!(matches!(refused, CommitError::Store(StoreError::Constraint(_))), "{refused:?}");
    for group in [UpdateGroupId(fresh()), first.groups[0].id] {
        let mut groupless = world.publish(vec![entry(&asked, 10)]);
        groupless.entries[0].group = group;
        let refused = world.refused_at_once(&groupless, &seal()).await;
        assert!(matches!(refused, CommitError::Store(StoreError::Constraint(_))), "{refused:?}");
        let refused = world.store.save_prepared(crate::SessionId(fresh()), groupless, NOW).await;
        assert!(matches!(refused, Err(SaveError::Store(StoreError::Constraint(_)))), "{refused:?}");
    }
}

pub(super) async fn an_open_rollout_closes_its_lane_only(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let other = world.beside("beta").await;
    let asked = lane(ANDROID, "1");
    let open = world.issue_one(rolling(&asked, 1)).await;
    // The second lane is the closed one.
    let operation = world.publish(vec![entry(&lane(IOS, "1"), 10), directive(&asked, 10)]);

    let refused = world.refused(&operation, &seal()).await;

    assert!(matches!(&refused, CommitError::RolloutActive(closed) if *closed == asked), "{refused:?}");
    // A full share is still an open rollout.
    let all = model::Rollout { share: model::BasisPoints::ALL, ..tenth() };
    world.edit(vec![Edit::SetRollout { update: open, rollout: Some(all) }]).await;
    let refused = world.refused(&operation, &seal()).await;
    assert!(matches!(&refused, CommitError::RolloutActive(closed) if *closed == asked), "{refused:?}");
    world.issue(&world.publish(vec![entry(&lane(ANDROID, "2"), 10), entry(&lane(IOS, "1"), 10)])).await;
    world.issue(&world.publish_to(other, vec![entry(&asked, 20)])).await;
    world.edit(vec![Edit::SetRollout { update: open, rollout: None }]).await;
    world.issue_at(&asked, [30]).await;
}

/// It waits behind a pin: served to nobody, it is not in the way of what is served, nor is anything in its way.
pub(super) async fn a_held_rollout_closes_nothing(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let pin = |pinned| vec![Edit::PinBranch { branch: world.branch, pinned }];
    world.edit(pin(true)).await;
    let held = [1, 2].map(|instant| NewEntry { held: true, ..rolling(&asked, instant) });
    let update = held[0].id;
    for held in held {
        world.issue_one(held).await;
    }
    world.edit(pin(false)).await;
    let open = world.issue_one(rolling(&asked, 3)).await;
    // Released, it is open beside the one that is.
    let release = || vec![Edit::ReleaseUpdate { update }];
    let refused = world.refused_at_once(&world.edits(release()).await, &seal()).await;
    assert!(matches!(refused, CommitError::Store(StoreError::Constraint(_))), "{refused:?}");
    world.edit(vec![Edit::SetRollout { update: open, rollout: None }]).await;
    world.edit(release()).await;
    let refused = world.refused(&world.publish(vec![entry(&asked, 4)]), &seal()).await;
    assert!(matches!(&refused, CommitError::RolloutActive(closed) if *closed == asked), "{refused:?}");
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
        let operation = world.publish(vec![entry(&lane(IOS, "1"), instant), with(missing, instant)]);
        let session = world.save(&operation).await;

        let refused = world.refused(&operation, &seal()).await;

        assert!(matches!(refused, CommitError::MissingBlob(hash) if hash == blob(missing)), "{refused:?}");
        // The same session goes through once the bytes are there.
        world.upload(blob(missing), 10).await;
        world.try_commit(session).await.unwrap();
    }
}

pub(super) async fn every_key_signs_every_entry(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.neighbour().await.add_key(key("theirs")).await;
    world.add_key(key("main")).await;
    let (android, ios) = (entry(&lane(ANDROID, "1"), 10), directive(&lane(IOS, "1"), 10));
    let operation = world.publish(vec![android.clone(), ios.clone()]);
    let session = world.save(&operation).await;
    // Added between prepare and commit; its private part is elsewhere.
    world.add_key(NewKey { sealed: None, ..key("ci") }).await;
    let full =
        vec![signature(&android, "main"), signature(&ios, "main"), signature(&android, "ci"), signature(&ios, "ci")];
    for without in 0..full.len() {
        let mut signatures = full.clone();
        let left_out = signatures.remove(without);

        let refused = world.refused(&operation, &signed(signatures)).await;

        let named = matches!(&refused, CommitError::MissingSignature { update, key_id }
            if *update == left_out.update && *key_id == left_out.key_id);
        assert!(named, "{refused:?}");
    }
    world.store.commit(world.app, session, signed(full)).await.unwrap();
    for stored in world.load().await.entries {
        let keys: Vec<_> = stored.signatures.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["ci", "main"]);
        for (key, bytes) in stored.signatures {
            assert_eq!(bytes, format!("{key} signs {}", stored.id));
        }
    }
}

pub(super) async fn stray_signatures_are_refused(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    world.add_key(key("main")).await;
    let asked = lane(ANDROID, "1");
    let sent = entry(&asked, 10);
    let theirs = entry(&asked, 1);
    neighbour.issue(&neighbour.publish(vec![theirs.clone()])).await;
    let operation = world.publish(vec![sent.clone()]);
    let strays = [
        signature(&sent, "unknown"),
        signature(&entry(&asked, 0), "main"),
        signature(&theirs, "main"),
        signature(&sent, "main"),
    ];
    for stray in strays {
        let seal = signed(vec![signature(&sent, "main"), stray.clone()]);
        let refused = world.refused(&operation, &seal).await;
        let named = matches!(&refused, CommitError::StraySignature { update, key_id }
            if *update == stray.update && *key_id == stray.key_id);
        assert!(named, "{refused:?}");
    }
}

/// What an operation makes reachable again may have been issued before a key was added.
pub(super) async fn stored_entries_are_signed_too(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let (old, new) = (entry(&asked, 1), entry(&asked, 2));
    world.issue(&world.publish(vec![old.clone(), new.clone()])).await;
    world.add_key(key("a")).await;
    world.add_key(key("b")).await;
    let signatures = vec![signature(&old, "b"), signature(&old, "a"), signature(&new, "b")];
    let disable = world.edits(vec![Edit::DisableUpdate { update: new.id, disabled: true }]).await;

    world.store.apply(disable, signed(signatures)).await.unwrap();

    let signatures_of_old = async || {
        let mut entries = world.load().await.entries;
        assert_eq!(entries.len(), 1);
        entries.remove(0).signatures
    };
    let before = signatures_of_old().await;
    let keys: Vec<_> = before.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["a", "b"]);
    let missing = world.store.missing_signatures(world.app, &[old.id, new.id]).await.unwrap();
    assert_eq!(missing, [(new.id, key_id("a"))]);
    // What is there stays as it is; what is not is added.
    let mut again = signature(&old, "a");
    again.signature = "another".into();
    let seal = signed(vec![again.clone(), signature(&new, "a"), again]);
    world.store.apply(world.edits(Vec::new()).await, seal).await.unwrap();
    assert_eq!(signatures_of_old().await, before);
    assert_eq!(world.store.missing_signatures(world.app, &[new.id]).await.unwrap(), []);
}
