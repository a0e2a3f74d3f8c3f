//! Contracts of [`History`](crate::History).

use model::{AppId, BranchId, ChannelId, Entry, EntryKind, UpdateId};

use super::Databases;
use super::world::{
    ANDROID, IOS, NOW, World, actor, asset, at, blob, channel_name, entry, fresh, lane, rolling, tenth,
};
use crate::{IssuedEntry, NewAsset, NewChannel, NewEntry, StoredUpdate, UpdateAsset};

pub(super) async fn a_lane_is_told_newest_first(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let first = entry(&asked, 1);
    let held = NewEntry { held: true, ..entry(&asked, 2) };
    let directive = NewEntry { kind: EntryKind::RollBackToEmbedded, ..entry(&asked, 3) };
    let copy = NewEntry { origin: Some(first.id), ..rolling(&asked, 4) };
    let sent = [&first, &held, &directive, &copy];
    for (beside, entry_sent) in (100..).zip(sent) {
        world.issue_one(entry_sent.clone()).await;
        world.issue_one(entry(&lane(IOS, "1"), beside)).await;
    }

    let told = world.store.lane(world.app, world.branch, ANDROID, &asked.runtime_version).await.unwrap();

    assert_eq!(told.len(), sent.len());
    for (told, (sent, version)) in told.iter().zip(sent.into_iter().zip([2, 4, 6, 8]).rev()) {
        let expected = IssuedEntry {
            entry: Entry {
                id: sent.id,
                group: told.entry.group,
                created_at: sent.created_at,
                kind: sent.kind,
                disabled: false,
                held: sent.held,
                rollout: sent.rollout,
            },
            version,
            fingerprint: sent.fingerprint,
            origin: sent.origin,
        };
        assert_eq!(*told, expected);
    }
    assert_eq!(told[0].entry.rollout, Some(tenth()));
}

pub(super) async fn heads_are_told_per_lane(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let beta = NewChannel { id: ChannelId(fresh()), name: channel_name("beta") };
    let other_branch = BranchId(fresh());
    world.store.ensure_channel(world.app, beta, other_branch, &actor(), NOW).await.unwrap();
    assert_eq!(world.store.lanes(world.app, world.branch).await.unwrap(), []);
    let (ios, two, one) = (lane(IOS, "1"), lane(ANDROID, "2"), lane(ANDROID, "1"));
    let of_ios = world.issue_at(&ios, [1, 2]).await[1];
    let of_two = world.issue_at(&two, [3]).await[0];
    world.issue_at(&one, [4]).await;
    let of_one = world.issue_one(NewEntry { held: true, ..entry(&one, 5) }).await;
    let mut elsewhere = world.session(vec![entry(&one, 6)]);
    elsewhere.branch = other_branch;
    world.issue(&elsewhere).await;

    let told = world.store.lanes(world.app, world.branch).await.unwrap();

    let heads: Vec<_> = told.into_iter().map(|told| (told.lane, told.head.entry.id)).collect();
    assert_eq!(heads, [(one.clone(), of_one), (two, of_two), (ios, of_ios)]);
    let told = world.store.lanes(world.app, other_branch).await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0].lane, told[0].head.entry.id), (&one, elsewhere.entries[0].id));
}

pub(super) async fn an_entry_is_told_with_its_bytes(databases: &dyn Databases) {
    let world = World::new(databases).await;
    for number in [1, 2, 3] {
        world.upload(blob(number), 10).await;
    }
    let asked = lane(IOS, "1.0.0");
    let bundle = NewAsset { launch: true, content_type: "application/javascript".into(), ..asset(blob(3), "b") };
    // The same bytes may have two keys.
    let assets = vec![bundle, asset(blob(2), "y"), asset(blob(1), "z"), asset(blob(2), "a")];
    let sent = NewEntry { assets, ..entry(&asked, 1) };
    let mut prepared = world.session(vec![sent.clone(), entry(&asked, 2)]);
    prepared.group.message = Some("why".into());
    prepared.group.channel = Some(channel_name("production"));
    (prepared.group.git_commit, prepared.group.git_branch) = (Some("c0ffee".into()), Some("feature".into()));
    prepared.group.git_dirty = Some(true);
    world.issue(&prepared).await;

    let told = world.store.update(world.app, sent.id).await.unwrap().unwrap();

    let StoredUpdate { issued, group, issued_by, branch, lane, body, assets } = told;
    assert_eq!((issued.entry.id, issued.entry.created_at, issued.version), (sent.id, at(1), 2));
    assert_eq!((issued.fingerprint, issued.origin), (sent.fingerprint, None));
    assert_eq!((group, issued_by), (prepared.group, actor()));
    assert_eq!((branch, lane, body), (world.branch, asked, sent.body));
    let expected: Vec<UpdateAsset> = sent
        .assets
        .into_iter()
        .map(|sent| UpdateAsset {
            hash: sent.hash,
            key: sent.key,
            content_type: sent.content_type,
            launch: sent.launch,
        })
        .collect();
    assert_eq!(assets, expected);
}

pub(super) async fn other_apps_are_not_told(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let asked = lane(ANDROID, "1");
    let ours = world.issue_at(&asked, [1]).await[0];
    for app in [neighbour.app, AppId(fresh())] {
        assert_eq!(world.store.lanes(app, world.branch).await.unwrap(), []);
        assert_eq!(world.store.lane(app, world.branch, ANDROID, &asked.runtime_version).await.unwrap(), []);
        assert_eq!(world.store.update(app, ours).await.unwrap(), None);
    }
    assert_eq!(world.store.update(world.app, UpdateId(fresh())).await.unwrap(), None);
}
