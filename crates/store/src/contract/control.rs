//! Contracts of [`ReadControl`](crate::ReadControl).

use futures_util::future;
use model::control::{PastEntry, RegisteredEmbedded};
use model::{AppId, BasisPoints, BlobHash, BranchId, ChannelId, Entry, LaneId, Millis, Target, UpdateId};

use super::Databases;
use super::world::{
    ANDROID, IOS, NOW, World, at, branch_name, channel_name, directive, entry, fresh, key, key_id, lane, rolling,
    ruled, signature, signed, tenth,
};
use crate::{AddKey, NewEntry};
use model::control::Edit;

pub(super) async fn an_unknown_app_has_no_control(databases: &dyn Databases) {
    let world = World::new(databases).await;
    assert_eq!(world.store.control(AppId(fresh()), NOW).await.unwrap(), None);
}

/// The database's clock, or the caller's.
pub(super) async fn now_is_told(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let now = async |now: Millis| world.store.control(world.app, now).await.unwrap().unwrap().now;
    let asked = (Millis(5), at(9));
    let told = (now(asked.0).await, now(asked.1).await);
    let own_clock = told.0 <= told.1 && told.1.0 - told.0.0 < 60_000 && told.0 > Millis(1_700_000_000_000);
    assert!(told == asked || own_clock, "{told:?}");
}

pub(super) async fn entries_are_told_as_they_were_issued(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1.0.0+ü %");
    let plain = entry(&asked, 1);
    let copy = NewEntry { origin: Some(plain.id), ..rolling(&lane(ANDROID, "2"), 2) };
    let disabled = NewEntry { disabled: true, ..entry(&asked, 3) };
    let sent = vec![plain, copy, disabled, directive(&asked, 4), ruled(&lane(IOS, "1"), 5)];
    let operation = world.publish(sent);
    world.issue(&operation).await;
    world.edit(vec![Edit::PinBranch { branch: world.branch, pinned: true }]).await;
    let held = world.publish(vec![NewEntry { held: true, ..rolling(&asked, 6) }]);
    world.issue(&held).await;

    let told = world.control().await.entries;

    let expected = |version, sent: &NewEntry| past(world.branch, version, sent);
    let mut entries = vec![expected(4, &held.entries[0])];
    entries.extend(operation.entries.iter().rev().map(|sent| expected(2, sent)));
    assert_eq!(told, entries);
}

pub(super) async fn entries_are_told_newest_first(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let other = world.beside("beta").await;
    let (mut low, mut high) = (entry(&lane(ANDROID, "1"), 10), entry(&lane(IOS, "1"), 10));
    // The same instant on both platforms: ids decide, whichever platform and whichever came first.
    if low.id > high.id {
        (low.id, high.id) = (high.id, low.id);
    }
    world.issue(&world.publish(vec![high.clone()])).await;
    world.issue(&world.publish_to(other, vec![low.clone()])).await;
    let late = world.issue_one(entry(&lane(IOS, "2"), 30)).await;
    let middle = world.issue_one(entry(&lane(ANDROID, "9"), 20)).await;
    neighbour.issue_at(&lane(ANDROID, "1"), [25]).await;

    let told: Vec<UpdateId> = world.control().await.entries.into_iter().map(|past| past.entry.id).collect();

    assert_eq!(told, [late, middle, high.id, low.id]);
    assert_eq!(neighbour.control().await.entries.len(), 1);
}

pub(super) async fn names_are_told_by_their_bytes(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    for named in ["ä", "b", "B", "a b", "a-b", "a"] {
        world.beside(named).await;
    }
    let control = world.control().await;
    let channels: Vec<&str> = control.channels.iter().map(|channel| channel.name.as_str()).collect();
    assert_eq!(channels, ["B", "a", "a b", "a-b", "b", "production", "ä"]);
    let branches: Vec<&str> = control.branches.iter().map(|branch| branch.name.as_str()).collect();
    assert_eq!(branches, ["B", "a", "a b", "a-b", "b", "main", "ä"]);
    for channel in &control.channels {
        let Target::Branch(branch) = channel.target else { panic!("{channel:?}") };
        let expected = if channel.id == world.channel { "main" } else { channel.name.as_str() };
        assert_eq!(control.branch(branch).unwrap().name.as_str(), expected);
    }
    let theirs = neighbour.control().await;
    assert_eq!((theirs.channels.len(), theirs.branches.len(), theirs.version), (1, 1, 1));
}

pub(super) async fn splits_and_embedded_updates_are_told(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let new = world.beside("beta").await;
    let share = BasisPoints::try_from(1_234).unwrap();
    let target = Target::Split { old: world.branch, new, share, salt: tenth().salt };
    let full = RegisteredEmbedded {
        id: UpdateId(fresh()),
        platform: IOS,
        runtime_version: lane(IOS, "1 ü").runtime_version,
        created_at: at(-5),
        launch_hash: Some(BlobHash([7; 32])),
        channel: Some(channel_name("production")),
    };
    let bare = RegisteredEmbedded {
        id: UpdateId(fresh()),
        platform: ANDROID,
        launch_hash: None,
        channel: None,
        ..full.clone()
    };
    let point = Edit::PointChannel { channel: world.channel, target: target.clone() };
    let register = [&bare, &full].map(|embedded| Edit::RegisterEmbedded(embedded.clone()));
    world.edit([vec![point], register.to_vec()].concat()).await;

    let control = world.control().await;

    assert_eq!(control.channel(&channel_name("production")).unwrap().target, target);
    let mut by_id = vec![full, bare];
    by_id.sort_by_key(|embedded| embedded.id);
    assert_eq!(control.embedded, by_id);
}

/// A reader beside a writer: whatever it sees was one instant.
pub(super) async fn control_is_one_instant(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let reader = world.reopened().await;
    let write = async {
        for instant in 1..=20 {
            let branch = BranchId(fresh());
            let mut operation = world.publish_to(branch, vec![entry(&lane(ANDROID, "1"), instant)]);
            let name = format!("{instant}");
            operation.edits = vec![
                Edit::CreateBranch { id: branch, name: branch_name(&name) },
                Edit::CreateChannel { id: ChannelId(fresh()), name: channel_name(&name), branch },
            ];
            world.issue(&operation).await;
        }
    };
    let read = async {
        let mut seen = 1;
        while seen < 21 {
            let control = reader.control().await;
            assert!(control.version >= seen, "the version went back from {seen} to {}", control.version);
            seen = control.version;
            let issued = usize::try_from(seen).unwrap() - 1;
            let found = (control.entries.len(), control.branches.len(), control.channels.len());
            assert_eq!(found, (issued, issued + 1, issued + 1));
        }
    };
    future::join(write, read).await;
}

pub(super) async fn missing_signatures_are_told_in_order(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let asked = lane(ANDROID, "1");
    let first = world.issue_at(&asked, [1]).await[0];
    assert_eq!(world.store.missing_signatures(world.app, &[first]).await.unwrap(), []);
    world.add_key(key("b")).await;
    let second = entry(&asked, 2);
    world.store.apply(world.publish(vec![second.clone()]), signed(vec![signature(&second, "b")])).await.unwrap();
    world.add_key(key("a")).await;
    neighbour.add_key(key("n")).await;
    let theirs = entry(&asked, 1);
    let publish = neighbour.publish(vec![theirs.clone()]);
    neighbour.store.apply(publish, signed(vec![signature(&theirs, "n")])).await.unwrap();

    let missing = async |entries: &[UpdateId]| {
        let missing = world.store.missing_signatures(world.app, entries).await.unwrap();
        missing.into_iter().map(|(entry, key)| (entry, key.to_string())).collect::<Vec<_>>()
    };
    let (a, b) = ("a".to_owned(), "b".to_owned());
    let expected = [(second.id, a.clone()), (first, a.clone()), (first, b.clone())];
    assert_eq!(missing(&[second.id, theirs.id, UpdateId(fresh()), first]).await, expected);
    let expected = [(first, a.clone()), (first, b), (second.id, a)];
    assert_eq!(missing(&[first, second.id]).await, expected);
    assert_eq!(missing(&[]).await, []);

    let at_version = world.version().await;
    let signatures = vec![(first, b"c".to_vec()), (second.id, b"c".to_vec())];
    let intent =
        AddKey { app: world.app, key: key("c"), signatures, at_version, actor: super::world::actor(), now: NOW };
    world.store.add_key(intent).await.unwrap();
    let still = world.store.missing_signatures(world.app, &[second.id]).await.unwrap();
    assert_eq!(still, [(second.id, key_id("a"))]);
}

/// What is told of an entry that was issued.
pub(super) fn past(branch: BranchId, version: u64, sent: &NewEntry) -> PastEntry {
    let NewEntry { id, group, ref lane, created_at, kind, content, origin, held, disabled, rollout, ref rule, .. } =
        *sent;
    let lane = LaneId::clone(lane);
    let entry = Entry { id, group, created_at, kind, disabled, held, rollout, rule: rule.clone() };
    PastEntry { branch, lane, entry, origin, content, version }
}
