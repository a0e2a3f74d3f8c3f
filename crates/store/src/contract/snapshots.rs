//! Contracts of [`ReadSnapshots`](crate::ReadSnapshots).

use std::collections::BTreeSet;

use futures_util::future;
use model::control::{Edit, RegisteredEmbedded};
use model::{AppId, BranchId, EmbeddedUpdate, Entry, EntryKind, KnownUpdate, LaneId, Target, UpdateId};
use serde_json::json;
use uuid::Uuid;

use super::Databases;
use super::world::{
    ANDROID, IOS, World, at, bootstrap, branch_name, channel_name, directive, entry, fresh, lane, rolling, rule, ruled,
    seal, slug, tenth,
};
use crate::{AppState, AuditAction, NewEntry, Operation};

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
    let nothing = Operation {
        app: id(2),
        action: AuditAction::Enable,
        detail: json!({}),
        at_version: Some(1),
        edits: Vec::new(),
        groups: Vec::new(),
        entries: Vec::new(),
    };
    store.apply(nothing, seal()).await.unwrap();
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

pub(super) async fn a_ruled_entry_keeps_what_is_beneath(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(IOS, "1");
    let beneath = world.issue_at(&asked, [1, 2]).await[1];
    let first = world.issue_one(ruled(&asked, 3)).await;
    let second = world.issue_one(ruled(&asked, 4)).await;
    let state = world.load().await;
    assert_eq!(served(&state, world.branch, &asked), [second, first, beneath]);
    let rules: Vec<_> = entries(&state, world.branch, &asked).iter().map(|entry| entry.rule.clone()).collect();
    assert_eq!(rules, [Some(rule()), Some(rule()), None]);
}

pub(super) async fn a_disabled_entry_is_known_but_not_served(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let ids = world.issue_at(&asked, [1, 2]).await;
    world.edit(vec![Edit::DisableUpdate { update: ids[1], disabled: true }]).await;
    let state = world.load().await;
    assert_eq!(served(&state, world.branch, &asked), ids[..1]);
    assert!(state.snapshot.known.contains_key(&ids[1]));
}

pub(super) async fn only_branches_of_channels_are_served(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let (seen, hidden) = (world.beside("seen").await, BranchId(fresh()));
    world.edit(vec![Edit::CreateBranch { id: hidden, name: branch_name("hidden") }]).await;
    let sent = [(1, world.branch), (2, seen), (3, hidden)];
    for (instant, branch) in sent {
        world.issue(&world.publish_to(branch, vec![entry(&asked, instant)])).await;
    }
    // Half of the devices see another branch.
    let (share, salt) = (tenth().share, tenth().salt);
    let target = Target::Split { old: world.branch, new: seen, share, salt };
    world.edit(vec![Edit::PointChannel { channel: world.channel, target: target.clone() }]).await;
    let beta = world.control().await.channel(&channel_name("seen")).unwrap().id;
    world.edit(vec![Edit::DeleteChannel { channel: beta }]).await;
    world.edit(vec![Edit::PauseChannel { channel: world.channel, paused: true }]).await;

    let state = world.load().await;

    let branches: BTreeSet<BranchId> = state.snapshot.branches.keys().copied().collect();
    assert_eq!(branches, BTreeSet::from([world.branch, seen]));
    assert_eq!(state.entries.len(), 2);
    assert_eq!(state.snapshot.known.len(), 3);
    assert!(state.snapshot.known.values().any(|known| known.branch == hidden));
    let production = &state.snapshot.channels[&channel_name("production")];
    assert_eq!((&production.target, production.paused), (&target, true));
    assert_eq!(state.snapshot.channels.len(), 1);
}

pub(super) async fn a_deleted_branch_is_not_served_but_known(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let other = world.beside("beta").await;
    let operation = world.publish_to(other, vec![entry(&lane(ANDROID, "1"), 1)]);
    world.issue(&operation).await;
    let channel = world.control().await.channel(&channel_name("beta")).unwrap().id;
    world.edit(vec![Edit::DeleteChannel { channel }, Edit::DeleteBranch { branch: other }]).await;
    let state = world.load().await;
    assert!(!state.snapshot.branches.contains_key(&other) && state.entries.is_empty());
    assert_eq!(state.snapshot.known[&operation.entries[0].id], KnownUpdate { created_at: at(1), branch: other });
}

pub(super) async fn embedded_updates_are_known(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.neighbour().await;
    let embedded = RegisteredEmbedded {
        id: UpdateId(fresh()),
        platform: IOS,
        runtime_version: lane(IOS, "1").runtime_version,
        created_at: at(-9),
        launch_hash: None,
        channel: None,
    };
    world.edit(vec![Edit::RegisterEmbedded(embedded.clone())]).await;
    let told = world.load().await.snapshot.embedded;
    assert_eq!(told.into_iter().collect::<Vec<_>>(), [(embedded.id, EmbeddedUpdate { created_at: at(-9) })]);
}

pub(super) async fn a_held_entry_is_known_but_not_served(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let ids = world.issue_at(&asked, [1]).await;
    world.edit(vec![Edit::PinBranch { branch: world.branch, pinned: true }]).await;
    let held = world.issue_one(NewEntry { held: true, ..entry(&asked, 2) }).await;
    let state = world.load().await;
    assert_eq!(served(&state, world.branch, &asked), ids);
    assert!(state.snapshot.known.contains_key(&held));
}

/// Devices that run it refuse what is older.
pub(super) async fn a_deleted_entry_is_known_but_not_served(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let ids = world.issue_at(&asked, [1, 2]).await;
    let roll_back = world.issue_one(directive(&asked, 3)).await;
    let before = world.load().await.snapshot.known;
    for update in [ids[1], roll_back] {
        world.edit(vec![Edit::DeleteUpdate { update }]).await;
    }
    let state = world.load().await;
    assert_eq!(served(&state, world.branch, &asked), ids[..1]);
    assert_eq!(state.snapshot.known, before);
    assert!(before.contains_key(&ids[1]) && !before.contains_key(&roll_back));
}

pub(super) async fn a_directive_is_served_but_not_known(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    world.issue_at(&asked, [1]).await;
    let directive = directive(&asked, 2);
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
    let other_branch = world.beside("beta").await;
    let lanes = [lane(ANDROID, "1"), lane(ANDROID, "1 1"), lane(IOS, "1"), lane(IOS, "ü/+%")];
    let mut expected = Vec::new();
    for (instant, branch) in [(0, world.branch), (100, other_branch)] {
        for (offset, lane) in (1..).zip(&lanes) {
            let operation = world.publish_to(branch, vec![entry(lane, instant + offset)]);
            world.issue(&operation).await;
            expected.push((branch, lane.clone(), operation.entries[0].id));
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

fn entries<'s>(state: &'s AppState, branch: BranchId, lane: &LaneId) -> &'s [Entry] {
    &state.snapshot.branches[&branch].lanes(lane.platform)[&lane.runtime_version].entries
}

fn served(state: &AppState, branch: BranchId, lane: &LaneId) -> Vec<UpdateId> {
    entries(state, branch, lane).iter().map(|entry| entry.id).collect()
}
