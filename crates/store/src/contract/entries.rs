//! Contracts of edits to entries and groups.

use model::control::{DeletedEntry, Edit};
use model::{BasisPoints, Rollout, Salt, UpdateId};
use uuid::Uuid;

use super::Databases;
use super::world::{
    ANDROID, IOS, World, asset, blob, directive, entry, key, lane, rolling, ruled, seal, signature, signed, tenth,
};
use crate::{CommitError, NewEntry, StoreError};

pub(super) async fn a_disabled_rollout_is_over(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let first = world.issue_one(rolling(&asked, 1)).await;
    world.edit(vec![Edit::DisableUpdate { update: first, disabled: true }]).await;
    // The lane is open again, and the first cannot come back beside the second.
    world.issue_one(rolling(&asked, 2)).await;
    let enable = vec![Edit::DisableUpdate { update: first, disabled: false }];
    let refused = world.refused_at_once(&world.edits(enable).await, &seal()).await;
    assert!(matches!(refused, CommitError::Store(StoreError::Constraint(_))), "{refused:?}");
    assert!(world.control().await.entry(first).unwrap().entry.disabled);
}

pub(super) async fn one_rollout_is_open_in_a_lane(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let beta = world.beside("beta").await;
    let asked = lane(ANDROID, "1");
    let first = world.issue_at(&asked, [1]).await[0];
    world.issue_one(rolling(&asked, 2)).await;
    let start = vec![Edit::SetRollout { update: first, rollout: Some(tenth()) }];
    let refused = world.refused_at_once(&world.edits(start).await, &seal()).await;
    assert!(matches!(refused, CommitError::Store(StoreError::Constraint(_))), "{refused:?}");
    let both = world.publish(vec![rolling(&lane(IOS, "1"), 1), rolling(&lane(IOS, "1"), 2)]);
    let refused = world.refused(&both, &seal()).await;
    assert!(matches!(refused, CommitError::Store(StoreError::Constraint(_))), "{refused:?}");
    // Other lanes and other branches have their own.
    world.issue(&world.publish(vec![rolling(&lane(IOS, "1"), 3), rolling(&lane(ANDROID, "2"), 3)])).await;
    world.issue(&world.publish_to(beta, vec![rolling(&asked, 4)])).await;
}

pub(super) async fn a_rollout_is_changed_in_place(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let id = world.issue_one(rolling(&lane(ANDROID, "1"), 1)).await;
    let rollout = async || world.control().await.entry(id).unwrap().entry.rollout;
    for share in [BasisPoints::NONE, BasisPoints::ALL] {
        let raised = Some(Rollout { share, salt: Salt(Uuid::max()) });
        world.edit(vec![Edit::SetRollout { update: id, rollout: raised }]).await;
        assert_eq!(rollout().await, raised);
    }
    world.edit(vec![Edit::SetRollout { update: id, rollout: None }]).await;
    assert_eq!(rollout().await, None);
}

pub(super) async fn a_message_is_changed_or_taken_away(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let mut sent = world.publish(vec![entry(&lane(ANDROID, "1"), 1)]);
    sent.groups[0].message = Some("first".into());
    sent.groups[0].git_commit = Some("c0ffee".into());
    world.issue(&sent).await;
    let beside = world.publish(vec![entry(&lane(ANDROID, "1"), 2)]);
    world.issue(&beside).await;
    let theirs = neighbour.publish(vec![entry(&lane(ANDROID, "1"), 2)]);
    neighbour.issue(&theirs).await;
    let (id, mut expected) = (sent.groups[0].id, sent.groups[0].clone());
    for message in [Some("second\nü'".to_owned()), None] {
        world.edit(vec![Edit::SetMessage { group: id, message: message.clone() }]).await;
        expected.message = message;
        assert_eq!(world.group(id).await.unwrap().group, expected);
    }
    assert_eq!(world.group(beside.groups[0].id).await.unwrap().group, beside.groups[0]);
    assert_eq!(neighbour.group(theirs.groups[0].id).await.unwrap().group, theirs.groups[0]);
}

/// With its signatures and its references to assets; what repeated it stays, and the assets do.
pub(super) async fn a_deleted_update_is_gone(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.add_key(key("main")).await;
    world.upload(blob(1), 10).await;
    let asked = lane(ANDROID, "1");
    let assets = vec![asset(blob(1), "a"), asset(blob(1), "b")];
    let first = NewEntry { assets: assets.clone(), ..entry(&asked, 1) };
    let beside = entry(&lane(IOS, "1"), 1);
    let copy = NewEntry { origin: Some(first.id), assets, ..entry(&asked, 2) };
    let of_copy = NewEntry { origin: Some(copy.id), ..entry(&asked, 3) };
    let group = world.publish(vec![first.clone(), beside.clone()]);
    let signatures = [&first, &beside].map(|sent| signature(sent, "main"));
    world.store.apply(group.clone(), signed(signatures.to_vec())).await.unwrap();
    for sent in [&copy, &of_copy] {
        let seal = signed(vec![signature(sent, "main")]);
        world.store.apply(world.publish(vec![sent.clone()]), seal).await.unwrap();
    }
    let mut expected = world.control().await;

    let delete = Edit::DeleteUpdate { update: first.id };
    expected.apply(&delete).unwrap();
    expected.version += 1;
    world.edit(vec![delete]).await;

    assert_eq!(world.control().await, expected);
    assert_eq!(expected.entry(copy.id).unwrap().origin, None);
    assert_eq!(expected.entry(of_copy.id).unwrap().origin, Some(copy.id));
    assert_eq!(world.store.update(world.app, first.id).await.unwrap(), None);
    assert_eq!(world.store.update(world.app, copy.id).await.unwrap().unwrap().assets.len(), 2);
    assert_eq!(world.store.assets(world.app, 0).await.unwrap().len(), 1);
    let (id, message) = (group.groups[0].id, None);
    assert!(world.group(id).await.is_some(), "the group went before its last entry");

    world.edit(vec![Edit::DeleteUpdate { update: beside.id }]).await;

    assert_eq!(world.group(id).await, None);
    let edit = vec![Edit::SetMessage { group: id, message }];
    let refused = world.refused_at_once(&world.edits(edit).await, &seal()).await;
    assert!(matches!(refused, CommitError::UnknownTarget), "{refused:?}");
    // A signature over what is gone belongs to nothing.
    let late = signed(vec![signature(&first, "main")]);
    let refused = world.refused_at_once(&world.edits(Vec::new()).await, &late).await;
    assert!(matches!(refused, CommitError::StraySignature { update, .. } if update == first.id), "{refused:?}");
}

pub(super) async fn what_is_left_of_a_deleted_update_is_told(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let theirs = neighbour.issue_at(&lane(ANDROID, "1"), [1]).await[0];
    neighbour.edit(vec![Edit::DeleteUpdate { update: theirs }]).await;
    let beta = world.beside("beta").await;
    let [main, ios] = [directive(&lane(ANDROID, "1"), 1), entry(&lane(IOS, "2"), 5)];
    world.issue(&world.publish(vec![main.clone(), ios.clone()])).await;
    let elsewhere = entry(&lane(ANDROID, "1"), 3);
    world.issue(&world.publish_to(beta, vec![elsewhere.clone()])).await;
    world.issue_at(&lane(ANDROID, "1"), [9]).await;
    assert_eq!(world.control().await.deleted, []);
    let newest_first = [(world.branch, &ios), (beta, &elsewhere), (world.branch, &main)];
    // Neither in the order in which they were issued, nor in that of their ids.
    for (_, gone) in [newest_first[1], newest_first[0], newest_first[2]] {
        world.edit(vec![Edit::DeleteUpdate { update: gone.id }]).await;
    }
    let expected = newest_first.map(|(branch, gone)| {
        let NewEntry { id, lane, created_at, kind, .. } = gone.clone();
        DeletedEntry { id, branch, lane, created_at, kind }
    });
    assert_eq!(world.control().await.deleted, expected);
}

/// Devices may run it: what comes after it is later, and nothing else is called like it.
pub(super) async fn a_deleted_update_is_still_counted_with(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let gone = world.issue_at(&asked, [10]).await[0];
    world.edit(vec![Edit::DeleteUpdate { update: gone }]).await;
    for instant in [9, 10] {
        let refused = world.refused(&world.publish(vec![entry(&lane(ANDROID, "2"), instant)]), &seal()).await;
        assert!(matches!(refused, CommitError::HeadMoved { platform: ANDROID }), "{refused:?}");
    }
    world.issue_at(&lane(IOS, "1"), [9]).await;
    let again = NewEntry { id: gone, ..entry(&asked, 12) };
    let refused = world.refused(&world.publish(vec![entry(&lane(ANDROID, "2"), 11), again]), &seal()).await;
    assert!(matches!(refused, CommitError::IdTaken(taken) if taken == gone), "{refused:?}");
    world.issue_at(&asked, [11]).await;
}

/// Deleting, enabling, releasing or opening may make more reachable than a walk looks at.
pub(super) async fn an_edit_fills_no_lane_too_far(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    // 16 conditional entries, one for everyone, 16 conditional ones, newest last.
    let ruled_at = |instants: std::ops::Range<i64>| instants.map(|instant| ruled(&asked, instant)).collect::<Vec<_>>();
    let floor = entry(&asked, 100);
    world.issue(&world.publish(ruled_at(1..17))).await;
    world.issue_one(floor.clone()).await;
    world.issue(&world.publish(ruled_at(101..117))).await;
    world.edit(vec![Edit::PinBranch { branch: world.branch, pinned: true }]).await;
    let held = world.issue_one(NewEntry { held: true, ..ruled(&asked, 200) }).await;
    world.edit(vec![Edit::PinBranch { branch: world.branch, pinned: false }]).await;
    let more = world.publish(ruled_at(201..217));
    let refused = world.refused(&more, &seal()).await;
    assert!(matches!(&refused, CommitError::TooManyConditionalEntries(full) if *full == asked), "{refused:?}");
    world.issue(&world.publish(ruled_at(201..216))).await;

    // 31 conditional ones above the floor: as full as a lane may be.
    assert_eq!(world.load().await.entries.len(), 32);
    let update = floor.id;
    let too_far: [Vec<Edit>; 4] = [
        vec![Edit::DisableUpdate { update, disabled: true }],
        vec![Edit::DeleteUpdate { update }],
        vec![Edit::SetRollout { update, rollout: Some(tenth()) }],
        vec![Edit::ReleaseUpdate { update: held }],
    ];
    for edits in too_far {
        let refused = world.refused_at_once(&world.edits(edits.clone()).await, &seal()).await;
        let full = matches!(&refused, CommitError::TooManyConditionalEntries(full) if *full == asked);
        assert!(full, "{edits:?}: {refused:?}");
    }
    // One step less far is fine: what is disabled, or rolled out to all, ends the walk or is passed over.
    let newest = world.control().await.entries[0].entry.id;
    let disable = Edit::DisableUpdate { update: newest, disabled: true };
    world.edit(vec![disable, Edit::ReleaseUpdate { update: held }]).await;
    let all = Some(Rollout { share: BasisPoints::ALL, salt: tenth().salt });
    world.edit(vec![Edit::SetRollout { update, rollout: all }]).await;
    let enable = vec![Edit::DisableUpdate { update: newest, disabled: false }];
    let refused = world.refused_at_once(&world.edits(enable).await, &seal()).await;
    assert!(matches!(refused, CommitError::TooManyConditionalEntries(_)), "{refused:?}");
}

/// An operation that ends in a lane that fits is fine, whatever lies between.
pub(super) async fn only_the_end_of_an_operation_counts(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let full: Vec<NewEntry> = (1..33).map(|instant| ruled(&asked, instant)).collect();
    let ids: Vec<UpdateId> = full.iter().map(|sent| sent.id).collect();
    world.issue(&world.publish(full)).await;
    let mut operation = world.publish(vec![ruled(&asked, 40), entry(&asked, 41), ruled(&asked, 42)]);
    world.issue(&operation).await;
    operation = world.publish((50..81).map(|instant| ruled(&asked, instant)).collect());
    operation.edits = vec![Edit::DeleteUpdate { update: ids[0] }];
    operation.at_version = Some(world.version().await);
    let refused = world.refused(&operation, &seal()).await;
    assert!(matches!(refused, CommitError::TooManyConditionalEntries(_)), "{refused:?}");
    operation.entries.push(NewEntry { group: operation.groups[0].id, ..entry(&asked, 90) });
    world.issue(&operation).await;
    assert_eq!(world.load().await.entries.len(), 1);
}
