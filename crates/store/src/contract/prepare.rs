//! Contracts of [`Publish::prepare`](crate::Publish::prepare).

use model::{AppId, BranchId, ChannelId, Millis};

use super::Databases;
use super::world::{ANDROID, IOS, NOW, World, actor, at, branch_name, channel_name, entry, fresh, lane, rolling};
use crate::{Destination, NewChannel, NewEntry, Prepare, PrepareError};

pub(super) async fn a_channel_names_its_branch(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.neighbour().await;
    let lanes = vec![lane(IOS, "2.0.0+ios/ü %"), lane(ANDROID, "1")];
    for destination in [Destination::Channel(channel_name("production")), Destination::Branch(branch_name("main"))] {
        let question = Prepare { app: world.app, destination, lanes: lanes.clone(), now: at(4) };

        let prepared = world.store.prepare(question).await.unwrap();

        assert_eq!((prepared.branch, prepared.branch_name), (world.branch, branch_name("main")));
        assert_eq!(prepared.version, 1);
        assert_eq!(prepared.lanes.iter().map(|before| before.lane.clone()).collect::<Vec<_>>(), lanes);
        for before in prepared.lanes {
            assert_eq!((before.next_instant, before.head, before.rollout_active), (at(4), None, false));
        }
    }
}

pub(super) async fn unknown_places_are_refused(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let ask = |app, destination| world.store.prepare(Prepare { app, destination, lanes: Vec::new(), now: NOW });

    let refused = ask(AppId(fresh()), Destination::Branch(branch_name("main"))).await;
    assert!(matches!(refused, Err(PrepareError::UnknownApp)), "{refused:?}");
    // A branch's name is no channel's, nor the other way round.
    let refused = ask(world.app, Destination::Channel(channel_name("main"))).await;
    assert!(matches!(&refused, Err(PrepareError::UnknownChannel(name)) if name.as_str() == "main"), "{refused:?}");
    let refused = ask(world.app, Destination::Branch(branch_name("production"))).await;
    assert!(matches!(&refused, Err(PrepareError::UnknownBranch(name)) if name.as_str() == "production"), "{refused:?}");

    // What the neighbour has does not count.
    let neighbour = world.neighbour().await;
    let beta = NewChannel { id: ChannelId(fresh()), name: channel_name("beta") };
    world.store.ensure_channel(neighbour.app, beta, BranchId(fresh()), &actor(), NOW).await.unwrap();
    for destination in [Destination::Channel(channel_name("beta")), Destination::Branch(branch_name("beta"))] {
        assert!(ask(world.app, destination.clone()).await.is_err());
        assert!(ask(neighbour.app, destination).await.is_ok());
    }
}

/// architecture.md §4 *Order*.
pub(super) async fn the_next_instant_is_later_than_all_of_the_platform(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let beta = NewChannel { id: ChannelId(fresh()), name: channel_name("beta") };
    let other_branch = BranchId(fresh());
    world.store.ensure_channel(world.app, beta, other_branch, &actor(), NOW).await.unwrap();
    let asked = lane(ANDROID, "1");
    let next = async |now: Millis| world.look_at(&asked, now).await.next_instant;
    assert_eq!(next(NOW).await, NOW);

    // Another runtime version, a held entry, another branch: each counts.
    world.issue_one(NewEntry { held: true, ..entry(&lane(ANDROID, "2"), 10) }).await;
    assert_eq!(next(NOW).await, at(11));
    let mut elsewhere = world.session(vec![entry(&asked, 20)]);
    elsewhere.branch = other_branch;
    world.issue(&elsewhere).await;
    assert_eq!(next(NOW).await, at(21));
    // An older entry in the lane itself does not take it back.
    assert_eq!(next(at(20)).await, at(21));
    assert_eq!(next(at(21)).await, at(21));
    assert_eq!(next(at(22)).await, at(22));

    // The other platform and the other app have instants of their own.
    world.issue_one(entry(&lane(IOS, "1"), 500)).await;
    neighbour.issue_one(entry(&asked, 600)).await;
    assert_eq!(next(NOW).await, at(21));
    let both = world.look(vec![asked.clone(), lane(IOS, "7")], NOW).await;
    assert_eq!(both.lanes.iter().map(|lane| lane.next_instant).collect::<Vec<_>>(), [at(21), at(501)]);
}

pub(super) async fn a_head_is_told_whatever_its_state(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let first = entry(&asked, 1);
    world.issue_one(first.clone()).await;
    world.issue_one(entry(&lane(ANDROID, "2"), 2)).await;
    let head = world.look_at(&asked, NOW).await.head.unwrap();
    assert_eq!((head.entry.id, head.fingerprint, head.version), (first.id, first.fingerprint, 2));

    let held = NewEntry { held: true, origin: Some(first.id), ..entry(&asked, 3) };
    world.issue_one(held.clone()).await;
    let head = world.look_at(&asked, NOW).await.head.unwrap();
    assert_eq!((head.entry.id, head.entry.held, head.origin), (held.id, true, Some(first.id)));
    assert_eq!(world.look_at(&lane(IOS, "1"), NOW).await.head, None);
}

pub(super) async fn an_open_rollout_is_told(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.issue_one(rolling(&lane(ANDROID, "1"), 1)).await;
    let lanes = vec![lane(ANDROID, "1"), lane(ANDROID, "2"), lane(IOS, "1")];
    let prepared = world.look(lanes, NOW).await;
    assert_eq!(prepared.lanes.iter().map(|lane| lane.rollout_active).collect::<Vec<_>>(), [true, false, false]);
}

pub(super) async fn looking_stores_nothing(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let before = world.trace().await;
    world.look(vec![lane(ANDROID, "1")], NOW).await;
    assert_eq!(world.trace().await, before);
}
