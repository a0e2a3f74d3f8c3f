//! Contracts of [`Publish::save_prepared`](crate::Publish::save_prepared) and
//! [`Publish::prepared`](crate::Publish::prepared).

use bytes::Bytes;
use model::{AppId, EntryKind, Millis};

use super::Databases;
use super::world::{ANDROID, IOS, NOW, World, asset, blob, channel_name, entry, fresh, lane, tenth};
use crate::{
    AuditAction, ExpectedHead, NewAsset, NewEntry, PreparedPublish, SESSION_LIFETIME, SaveError, SessionId, StoreError,
};

pub(super) async fn a_session_comes_back_as_it_went(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let full = full_session(&world);
    let bare = world.session(vec![entry(&lane(IOS, "1"), 5)]);
    world.save(&full).await;
    world.save(&bare).await;
    assert_eq!(world.store.prepared(world.app, full.session, NOW).await.unwrap(), Some(full));
    assert_eq!(world.store.prepared(world.app, bare.session, NOW).await.unwrap(), Some(bare));
    assert_eq!(world.store.prepared(world.app, SessionId(fresh()), NOW).await.unwrap(), None);
}

pub(super) async fn a_session_is_not_served(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.upload(blob(1), 10).await;
    let before = world.trace().await;
    let asked = lane(ANDROID, "1");
    let waiting = NewEntry { assets: vec![asset(blob(1), "a")], ..entry(&asked, 50) };
    world.save(&world.session(vec![waiting.clone()])).await;

    assert_eq!(world.trace().await, before);
    let look = world.look_at(&asked, NOW).await;
    assert_eq!((look.head, look.next_instant), (None, NOW));
    assert_eq!(world.store.lanes(world.app, world.branch).await.unwrap(), []);
    assert_eq!(world.store.update(world.app, waiting.id).await.unwrap(), None);
}

pub(super) async fn a_session_lives_for_an_hour(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let prepared = world.session(vec![entry(&lane(ANDROID, "1"), 1)]);
    world.save(&prepared).await;
    let end = Millis(NOW.0 + SESSION_LIFETIME.0);
    let found = async |now: Millis| world.store.prepared(world.app, prepared.session, now).await.unwrap().is_some();
    assert!(found(Millis(end.0 - 1)).await);
    assert!(!found(end).await);
}

pub(super) async fn a_session_of_another_app_is_not_told(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let prepared = world.session(vec![entry(&lane(ANDROID, "1"), 1)]);
    world.save(&prepared).await;
    assert_eq!(world.store.prepared(neighbour.app, prepared.session, NOW).await.unwrap(), None);
}

pub(super) async fn a_committed_session_is_gone(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let prepared = world.session(vec![entry(&lane(ANDROID, "1"), 1)]);
    world.issue(&prepared).await;
    assert_eq!(world.store.prepared(world.app, prepared.session, NOW).await.unwrap(), None);
}

pub(super) async fn nothing_to_issue_is_refused(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let refused = world.store.save_prepared(world.session(Vec::new()), None, NOW).await;
    assert!(matches!(refused, Err(SaveError::Empty)), "{refused:?}");
}

pub(super) async fn instants_must_rise(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let (one, two) = (lane(ANDROID, "1"), lane(ANDROID, "2"));
    for (first, second) in [(5, 5), (6, 5)] {
        // Also with an entry of the other platform between them, and across runtime versions.
        let entries = vec![entry(&one, first), entry(&lane(IOS, "1"), 9), entry(&two, second)];
        let refused = world.store.save_prepared(world.session(entries), None, NOW).await;
        assert!(matches!(refused, Err(SaveError::OutOfOrder(ANDROID))), "{refused:?}");
    }
    // Platforms do not order each other.
    let entries = vec![entry(&one, 5), entry(&lane(IOS, "1"), 5), entry(&two, 6), entry(&lane(IOS, "2"), 6)];
    world.save(&world.session(entries)).await;
}

pub(super) async fn the_branch_must_be_the_apps_own(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let mut prepared = world.session(vec![entry(&lane(ANDROID, "1"), 1)]);
    prepared.branch = neighbour.branch;
    let refused = world.store.save_prepared(prepared.clone(), None, NOW).await;
    assert!(matches!(refused, Err(SaveError::UnknownBranch)), "{refused:?}");
    (prepared.app, prepared.branch) = (AppId(fresh()), world.branch);
    let refused = world.store.save_prepared(prepared, None, NOW).await;
    assert!(matches!(refused, Err(SaveError::UnknownBranch)), "{refused:?}");
}

pub(super) async fn a_session_id_is_used_once(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let first = world.session(vec![entry(&lane(ANDROID, "1"), 1)]);
    world.save(&first).await;
    let mut second = world.session(vec![entry(&lane(ANDROID, "1"), 2)]);
    second.session = first.session;
    let refused = world.store.save_prepared(second, None, NOW).await;
    assert!(matches!(refused, Err(SaveError::Store(StoreError::Constraint(_)))), "{refused:?}");
    assert_eq!(world.store.prepared(world.app, first.session, NOW).await.unwrap(), Some(first));
}

pub(super) async fn saving_forgets_no_living_session(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let (waiting, done) = (full_session(&world), world.session(vec![entry(&lane(IOS, "9"), 1)]));
    world.save(&waiting).await;
    world.issue(&done).await;
    let late = Millis(NOW.0 + SESSION_LIFETIME.0 - 1);

    let another = world.session(vec![entry(&lane(IOS, "1"), 5)]);
    world.store.save_prepared(another, None, late).await.unwrap();

    assert_eq!(world.store.prepared(world.app, waiting.session, late).await.unwrap(), Some(waiting));
    // A commit is repeated for longer than a session waits.
    let late = Millis(NOW.0 + 2 * SESSION_LIFETIME.0);
    let another = world.session(vec![entry(&lane(IOS, "1"), 6)]);
    world.store.save_prepared(another, None, late).await.unwrap();
    let mut again = world.commit(done.session);
    again.now = late;
    let outcome = again.outcome.clone();
    assert_eq!(world.store.commit(again).await.unwrap(), crate::Effect::Replayed(outcome));
}

/// Every field has a value of its own.
fn full_session(world: &World) -> PreparedPublish {
    let (one, two) = (lane(ANDROID, "1.0.0+ü"), lane(IOS, "exposdk:57.0.0"));
    let rolling = NewEntry {
        rollout: Some(tenth()),
        assets: vec![
            NewAsset { launch: true, content_type: "application/javascript".into(), ..asset(blob(9), "bundle") },
            asset(blob(1), "0a'\"\\,é"),
            asset(blob(2), "0b"),
        ],
        ..entry(&one, 10)
    };
    let directive = NewEntry {
        kind: EntryKind::RollBackToEmbedded,
        body: Bytes::from_static(b"\xff\x00 not even text\r\n"),
        held: true,
        origin: Some(rolling.id),
        ..entry(&two, 11)
    };
    let head = Some(rolling.id);
    let expected_heads = vec![ExpectedHead { lane: two, head: None }, ExpectedHead { lane: one, head }];
    let mut prepared = world.session(vec![rolling, directive]);
    prepared.action = AuditAction::RollBack;
    prepared.group.channel = Some(channel_name("production"));
    prepared.group.message = Some("why\nnot".into());
    prepared.group.git_commit = Some("c0ffee".into());
    prepared.group.git_branch = Some("feature/x".into());
    prepared.group.git_dirty = Some(false);
    prepared.expected_heads = expected_heads;
    prepared
}
