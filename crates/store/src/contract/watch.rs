//! Contracts of [`Watch`](crate::Watch).

use std::pin::pin;

use futures_util::FutureExt;
use futures_util::future::{self, Either};

use super::Databases;
use super::world::{ANDROID, World, entry, lane};
use crate::{Change, Changes};

/// What another process stores is told to whoever listened before, or the store is of one process and tells nothing.
pub(super) async fn a_change_is_told_or_nothing_is(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let other = world.reopened().await;
    let mut changes = world.store.changes().await.unwrap();
    for instant in [1, 2] {
        other.issue(&other.publish(vec![entry(&lane(ANDROID, "1"), instant)])).await;
    }
    if databases.tells_changes() {
        assert!(hears(&world, &mut *changes, 3).await, "the change was not told");
        other.edit(Vec::new()).await;
        assert!(hears(&world, &mut *changes, 4).await, "the next change was not told");
    } else {
        let told = changes.next().now_or_never();
        assert!(told.is_none(), "a store of one process told {told:?}");
    }
}

/// Whether the app is told to be at this version, before the versions were asked for so often that seconds passed.
async fn hears(world: &World, changes: &mut dyn Changes, wanted: u64) -> bool {
    let told = async {
        loop {
            match changes.next().await.unwrap() {
                Change::App { app, version } if app == world.app && version >= wanted => break,
                Change::App { .. } => {}
                // Whoever is told this asks for the versions.
                Change::Missed => break,
            }
        }
    };
    let meanwhile = async {
        for _ in 0..10_000 {
            world.version().await;
        }
    };
    matches!(future::select(pin!(told), pin!(meanwhile)).await, Either::Left(_))
}
