//! Contracts of [`History`](crate::History).

use model::{AppId, UpdateGroupId, UpdateId};

use super::Databases;
use super::control::past;
use super::world::{ANDROID, IOS, World, asset, at, blob, channel_name, entry, fresh, lane, ruled, seal};
use crate::{Actor, GroupRecord, NewAsset, NewEntry, Seal, StoredUpdate, UpdateAsset};

pub(super) async fn an_entry_is_told_with_its_bytes(databases: &dyn Databases) {
    let world = World::new(databases).await;
    for number in [1, 2, 3] {
        world.upload(blob(number), 10 + u64::from(number)).await;
    }
    let asked = lane(IOS, "1.0.0");
    let bundle = NewAsset { launch: true, content_type: "application/javascript".into(), ..asset(blob(3), "b") };
    // The same bytes may have two keys.
    let assets = vec![bundle, asset(blob(2), "y"), asset(blob(1), "z"), asset(blob(2), "a'\"\\é\n")];
    let sent = NewEntry { assets, ..ruled(&asked, 1) };
    let operation = world.publish(vec![sent, entry(&asked, 2)]);
    world.issue(&operation).await;
    let sent = operation.entries[0].clone();

    let told = world.store.update(world.app, sent.id).await.unwrap().unwrap();

    let asset = |sent: &NewAsset| UpdateAsset {
        hash: sent.hash,
        key: sent.key.clone(),
        content_type: sent.content_type.clone(),
        size: 10 + u64::from(sent.hash.0[0]),
        launch: sent.launch,
    };
    let assets = sent.assets.iter().map(asset).collect();
    assert_eq!(told, StoredUpdate { past: past(world.branch, 2, &sent), body: sent.body, assets });
    let bare = world.store.update(world.app, operation.entries[1].id).await.unwrap().unwrap();
    assert_eq!((bare.assets, bare.body), (Vec::new(), operation.entries[1].body.clone()));
}

pub(super) async fn groups_are_told_by_id(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let other = world.beside("beta").await;
    let asked = lane(ANDROID, "1");
    let bare = world.publish(vec![entry(&asked, 1)]);
    let mut full = world.publish_to(other, vec![entry(&asked, 2)]);
    let group = &mut full.groups[0];
    group.channel = Some(channel_name("beta"));
    group.message = Some("why\nnot".into());
    (group.git_commit, group.git_branch) = (Some("c0ffee".into()), Some("feature/ü".into()));
    group.git_dirty = Some(true);
    let record = |operation: &crate::Operation, by: &str, instant| GroupRecord {
        group: operation.groups[0].clone(),
        issued_by: Actor(by.into()),
        issued_at: at(instant),
    };
    let mut expected = Vec::new();
    for (operation, by, instant) in [(&full, "token:ci", 50), (&bare, "user:me", 60)] {
        let mut operation = operation.clone();
        operation.entries[0].created_at = at(instant);
        let seal = Seal { actor: Actor(by.into()), now: at(instant), ..seal() };
        world.store.apply(operation.clone(), seal).await.unwrap();
        expected.push(record(&operation, by, instant));
    }
    expected.sort_by_key(|record| record.group.id);

    let (one, two) = (bare.groups[0].id, full.groups[0].id);
    let told = world.store.groups(world.app, &[two, UpdateGroupId(fresh()), one]).await.unwrap();

    assert_eq!(told, expected);
    assert_eq!(world.store.groups(world.app, &[one, two]).await.unwrap(), expected);
    assert_eq!(world.group(two).await.as_ref(), expected.iter().find(|record| record.group.id == two));
    assert_eq!(world.store.groups(world.app, &[]).await.unwrap(), []);
}

pub(super) async fn other_apps_are_not_told(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let operation = world.publish(vec![entry(&lane(ANDROID, "1"), 1)]);
    world.issue(&operation).await;
    for app in [neighbour.app, AppId(fresh())] {
        assert_eq!(world.store.update(app, operation.entries[0].id).await.unwrap(), None);
        assert_eq!(world.store.groups(app, &[operation.groups[0].id]).await.unwrap(), []);
    }
    assert_eq!(world.store.update(world.app, UpdateId(fresh())).await.unwrap(), None);
    assert!(world.store.update(world.app, operation.entries[0].id).await.unwrap().is_some());
}
