//! Contracts of [`ReadSnapshots`](crate::ReadSnapshots).

use std::collections::BTreeSet;

use futures_util::future;
use model::{AppId, BranchId, ChannelId, Entry, EntryKind, KnownUpdate, Target, UpdateId};
use uuid::Uuid;

use super::Databases;
use super::world::{
    ANDROID, IOS, NOW, World, actor, asset, at, blob, bootstrap, branch_name, channel_name, entry, fresh, lane,
    rolling, slug, tenth,
};
use crate::{AppState, AssetRecord, ContentEncoding, EncodedBlob, LaneId, NewAsset, NewChannel, NewEntry};

pub(super) async fn an_unknown_app_has_no_state(databases: &dyn Databases) {
    let world = World::new(databases).await;
    assert!(world.store.load(AppId(fresh())).await.unwrap().is_none());
    assert_eq!(world.store.assets(AppId(fresh()), 0).await.unwrap(), []);
    let state = world.load().await;
    assert_eq!((state.snapshot.app, state.snapshot.slug, state.snapshot.version), (world.app, slug("demo"), 1));
    let production = &state.snapshot.channels[&channel_name("production")];
    assert_eq!((&production.target, production.paused), (&Target::Branch(world.branch), false));
    assert_eq!(state.snapshot.channels.len(), 1);
    assert_eq!(state.snapshot.branches[&world.branch].name, branch_name("main"));
    assert!(state.entries.is_empty() && state.snapshot.known.is_empty() && state.snapshot.embedded.is_empty());
}

pub(super) async fn versions_are_told_by_id(databases: &dyn Databases) {
    let database = databases.create().await;
    let store = database.open().await;
    assert_eq!(store.versions().await.unwrap(), []);
    // Neither the order of creation nor that of the slugs.
    for (number, named) in [(2, "b"), (3, "a"), (1, "c")] {
        let mut wanted = bootstrap(named);
        wanted.app = AppId(Uuid::from_u128(number << 120));
        store.bootstrap(wanted).await.unwrap();
    }
    let id = |number: u128| AppId(Uuid::from_u128(number << 120));
    let beta = NewChannel { id: ChannelId(fresh()), name: channel_name("beta") };
    store.ensure_channel(id(2), beta, BranchId(fresh()), &actor(), NOW).await.unwrap();
    assert_eq!(store.versions().await.unwrap(), [(id(1), 1), (id(2), 2), (id(3), 1)]);
}

pub(super) async fn a_lane_ends_where_everyone_is_served(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let ids = world.issue_at(&asked, [1, 2, 3]).await;

    let state = world.load().await;

    assert_eq!(served(&state, world.branch, &asked), [ids[2]]);
    let known = |instant| KnownUpdate { created_at: at(instant), branch: world.branch };
    assert_eq!(state.snapshot.known.len(), 3);
    for (id, instant) in ids.iter().zip([1, 2, 3]) {
        assert_eq!(state.snapshot.known[id], known(instant));
    }
}

pub(super) async fn a_rolling_entry_keeps_what_is_beneath(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(IOS, "1");
    let ids = world.issue_at(&asked, [1, 2]).await;
    let rolling = world.issue_one(rolling(&asked, 3)).await;
    let state = world.load().await;
    assert_eq!(served(&state, world.branch, &asked), [rolling, ids[1]]);
    assert_eq!(entries(&state, world.branch, &asked)[0].rollout, Some(tenth()));
    assert_eq!(entries(&state, world.branch, &asked)[1].rollout, None);
}

pub(super) async fn a_held_entry_is_known_but_not_served(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let ids = world.issue_at(&asked, [1]).await;
    let held = world.issue_one(NewEntry { held: true, ..entry(&asked, 2) }).await;
    let state = world.load().await;
    assert_eq!(served(&state, world.branch, &asked), ids);
    assert!(state.snapshot.known.contains_key(&held));
}

pub(super) async fn a_directive_is_served_but_not_known(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    world.issue_at(&asked, [1]).await;
    let directive = NewEntry { kind: EntryKind::RollBackToEmbedded, ..entry(&asked, 2) };
    world.issue_one(directive.clone()).await;
    let state = world.load().await;
    assert_eq!(served(&state, world.branch, &asked), [directive.id]);
    assert_eq!(entries(&state, world.branch, &asked)[0].kind, EntryKind::RollBackToEmbedded);
    assert_eq!(state.entries[0].kind, EntryKind::RollBackToEmbedded);
    assert!(!state.snapshot.known.contains_key(&directive.id), "no device runs a directive");
}

pub(super) async fn lanes_and_branches_are_kept_apart(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let beta = NewChannel { id: ChannelId(fresh()), name: channel_name("beta") };
    let other_branch = BranchId(fresh());
    world.store.ensure_channel(world.app, beta, other_branch, &actor(), NOW).await.unwrap();
    let lanes = [lane(ANDROID, "1"), lane(ANDROID, "1 1"), lane(IOS, "1"), lane(IOS, "ü/+%")];
    let mut expected = Vec::new();
    for (instant, branch) in [(0, world.branch), (100, other_branch)] {
        for (offset, lane) in (1..).zip(&lanes) {
            let mut prepared = world.session(vec![entry(lane, instant + offset)]);
            prepared.branch = branch;
            world.issue(&prepared).await;
            expected.push((branch, lane.clone(), prepared.entries[0].id));
        }
    }
    neighbour.issue_at(&lane(ANDROID, "1"), [999]).await;

    let state = world.load().await;

    assert_eq!(state.snapshot.branches.len(), 2);
    assert_eq!((state.snapshot.known.len(), state.entries.len()), (8, 8));
    for (branch, lane, id) in expected {
        assert_eq!(served(&state, branch, &lane), [id], "{lane:?}");
        let stored = state.entries.iter().find(|stored| stored.id == id).unwrap();
        assert_eq!((stored.branch, stored.platform), (branch, lane.platform));
        assert_eq!(stored.runtime_version, lane.runtime_version);
        assert_eq!(state.snapshot.known[&id].branch, branch);
    }
}

pub(super) async fn bytes_are_those_of_reachable_entries(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let (one, two) = (lane(ANDROID, "1"), lane(ANDROID, "2"));
    world.issue_at(&one, [1, 2]).await;
    let beneath = entry(&one, 3);
    let top = rolling(&one, 4);
    let beside = entry(&two, 5);
    for sent in [&beneath, &top, &beside] {
        world.issue_one(sent.clone()).await;
    }
    let state = world.load().await;
    let bodies: BTreeSet<_> = state.entries.iter().map(|stored| (stored.id, stored.body.clone())).collect();
    let expected = [beneath, top, beside].map(|sent| (sent.id, sent.body));
    assert_eq!(bodies, BTreeSet::from(expected));
    assert_eq!(state.entries.len(), 3);
}

/// A reader beside a writer: whatever it sees was one instant.
pub(super) async fn version_and_content_agree(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let reader = world.reopened().await;
    let asked = lane(ANDROID, "1");
    let write = async {
        world.issue_at(&asked, 1..=40).await;
    };
    let read = async {
        let mut seen = 1;
        while seen < 41 {
            let state = reader.load().await;
            let version = state.snapshot.version;
            assert!(version >= seen, "the version went back from {seen} to {version}");
            assert_eq!(u64::try_from(state.snapshot.known.len()).unwrap(), version - 1);
            if version > 1 {
                let head = served(&state, reader.branch, &asked);
                assert_eq!(head, [state.entries[0].id]);
                let newest = state.snapshot.known.values().map(|known| known.created_at).max();
                assert_eq!(newest, Some(state.snapshot.known[&head[0]].created_at));
            }
            seen = version;
        }
    };
    future::join(write, read).await;
}

pub(super) async fn assets_are_those_that_entries_refer_to(databases: &dyn Databases) {
    let world = World::new(databases).await;
    for number in [1, 2, 3] {
        world.upload(blob(number), u64::from(number) * 100).await;
    }
    let brotli = EncodedBlob { encoding: ContentEncoding::Brotli, hash: blob(8), size: 30 };
    let gzip = EncodedBlob { encoding: ContentEncoding::Gzip, hash: blob(9), size: 40 };
    world.store.record_encodings(blob(2), &[gzip, brotli], NOW).await.unwrap();
    let bundle = NewAsset { launch: true, content_type: "application/javascript".into(), ..asset(blob(2), "b") };
    let assets = vec![bundle, asset(blob(1), "x"), asset(blob(1), "y")];
    world.issue_one(NewEntry { assets, ..entry(&lane(ANDROID, "1"), 1) }).await;

    let mut told = world.store.assets(world.app, 0).await.unwrap();

    for asset in &mut told {
        asset.encodings.sort_by_key(|variant| variant.encoding);
    }
    let script = AssetRecord {
        hash: blob(2),
        content_type: "application/javascript".into(),
        size: 200,
        encodings: vec![brotli, gzip],
    };
    assert_eq!(told, [image(1, 100), script]);
}

pub(super) async fn an_asset_keeps_its_first_type(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let typed = |content_type: &str, instant| {
        let again = NewAsset { content_type: content_type.into(), ..asset(blob(1), "a") };
        NewEntry { assets: vec![again], ..entry(&lane(ANDROID, "1"), instant) }
    };
    for app in [&world, &neighbour] {
        app.upload(blob(1), 10).await;
    }
    neighbour.issue_one(typed("text/plain", 1)).await;
    world.issue_one(typed("image/png", 1)).await;
    let second = world.issue_one(typed("image/jpeg", 2)).await;

    assert_eq!(world.store.assets(world.app, 0).await.unwrap(), [image(1, 10)]);
    assert_eq!(world.store.assets(neighbour.app, 0).await.unwrap()[0].content_type, "text/plain");
    let told = world.store.update(world.app, second).await.unwrap().unwrap();
    let types: Vec<_> = told.assets.iter().map(|asset| asset.content_type.as_str()).collect();
    assert_eq!(types, ["image/png"]);
}

pub(super) async fn assets_come_after_a_version(databases: &dyn Databases) {
    let world = World::new(databases).await;
    for number in [1, 2, 3] {
        world.upload(blob(number), 10).await;
    }
    let with = |numbers: &[u8], instant| {
        let assets = numbers.iter().map(|number| asset(blob(*number), &format!("key {number}"))).collect();
        NewEntry { assets, ..entry(&lane(ANDROID, "1"), instant) }
    };
    world.issue_one(with(&[3, 1], 1)).await;
    world.issue_one(with(&[1, 2], 2)).await;
    let after = async |version: u64| {
        let told = world.store.assets(world.app, version).await.unwrap();
        told.into_iter().map(|asset| asset.hash).collect::<Vec<_>>()
    };
    assert_eq!(after(0).await, [blob(1), blob(2), blob(3)]);
    assert_eq!(after(1).await, [blob(1), blob(2), blob(3)]);
    assert_eq!(after(2).await, [blob(2)]);
    assert_eq!(after(3).await, []);
}

pub(super) async fn assets_are_told_per_app(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    for app in [&world, &neighbour] {
        app.upload(blob(1), 10).await;
    }
    let assets = vec![asset(blob(1), "a")];
    world.issue_one(NewEntry { assets, ..entry(&lane(ANDROID, "1"), 1) }).await;
    assert_eq!(world.store.assets(world.app, 0).await.unwrap(), [image(1, 10)]);
    assert_eq!(world.store.assets(neighbour.app, 0).await.unwrap(), []);
}

fn image(number: u8, size: u64) -> AssetRecord {
    AssetRecord { hash: blob(number), content_type: "image/png".into(), size, encodings: Vec::new() }
}

fn entries<'s>(state: &'s AppState, branch: BranchId, lane: &LaneId) -> &'s [Entry] {
    &state.snapshot.branches[&branch].lanes(lane.platform)[&lane.runtime_version].entries
}

fn served(state: &AppState, branch: BranchId, lane: &LaneId) -> Vec<UpdateId> {
    entries(state, branch, lane).iter().map(|entry| entry.id).collect()
}
