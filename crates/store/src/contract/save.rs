//! Contracts of [`Operate::save_prepared`](crate::Operate::save_prepared) and
//! [`Operate::prepared`](crate::Operate::prepared).

use bytes::Bytes;
use model::control::{Edit, RegisteredEmbedded};
use model::{AppId, BranchId, ChannelId, LaneId, Millis, Target, UpdateGroupId, UpdateId};
use serde_json::json;

use super::Databases;
use super::world::{
    ANDROID, IOS, NOW, World, asset, at, blob, branch_name, channel_name, directive, entry, fresh, lane, rolling, rule,
    ruled, seal, tenth,
};
use crate::{
    AuditAction, Effect, NewAsset, NewEntry, Operation, SESSION_LIFETIME, SaveError, Seal, SessionId, StoreError,
};

pub(super) async fn a_session_comes_back_as_it_went(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let full = full_operation(&world);
    let bare = world.publish(vec![entry(&lane(IOS, "1"), 5)]);
    let (of_full, of_bare) = (world.save(&full).await, world.save(&bare).await);
    assert_eq!(world.store.prepared(world.app, of_full, NOW).await.unwrap(), Some(full));
    assert_eq!(world.store.prepared(world.app, of_bare, NOW).await.unwrap(), Some(bare));
    assert_eq!(world.store.prepared(world.app, SessionId(fresh()), NOW).await.unwrap(), None);
}

pub(super) async fn a_session_is_not_served(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.upload(blob(1), 10).await;
    let before = world.trace().await;
    let waiting = NewEntry { assets: vec![asset(blob(1), "a")], ..entry(&lane(ANDROID, "1"), 50) };
    let operation = world.publish(vec![waiting.clone()]);
    world.save(&operation).await;

    assert_eq!(world.trace().await, before);
    assert_eq!(world.store.update(world.app, waiting.id).await.unwrap(), None);
    assert_eq!(world.group(operation.groups[0].id).await, None);
    // What waits takes no instant.
    world.issue_at(&lane(ANDROID, "1"), [1]).await;
}

pub(super) async fn a_session_lives_for_an_hour(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let session = world.save(&world.publish(vec![entry(&lane(ANDROID, "1"), 1)])).await;
    let end = Millis(NOW.0 + SESSION_LIFETIME.0);
    let found = async |now: Millis| world.store.prepared(world.app, session, now).await.unwrap().is_some();
    assert!(found(Millis(end.0 - 1)).await);
    assert!(!found(end).await);
}

pub(super) async fn a_session_of_another_app_is_not_told(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let session = world.save(&world.publish(vec![entry(&lane(ANDROID, "1"), 1)])).await;
    assert_eq!(world.store.prepared(neighbour.app, session, NOW).await.unwrap(), None);
}

pub(super) async fn a_committed_session_is_gone(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let session = world.save(&world.publish(vec![entry(&lane(ANDROID, "1"), 1)])).await;
    world.try_commit(session).await.unwrap();
    assert!(!world.waits(session).await);
}

pub(super) async fn nothing_to_issue_is_refused(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let pause = vec![Edit::PauseChannel { channel: world.channel, paused: true }];
    for operation in [world.publish(Vec::new()), world.edits(pause).await] {
        let refused = world.store.save_prepared(SessionId(fresh()), operation, NOW).await;
        assert!(matches!(refused, Err(SaveError::Empty)), "{refused:?}");
    }
}

pub(super) async fn the_branch_must_be_the_apps_own(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let deleted = BranchId(fresh());
    world.edit(vec![Edit::CreateBranch { id: deleted, name: branch_name("beta") }]).await;
    world.edit(vec![Edit::DeleteBranch { branch: deleted }]).await;
    let to = |app, branch| Operation { app, ..world.publish_to(branch, vec![entry(&lane(ANDROID, "1"), 1)]) };
    for operation in [
        to(world.app, neighbour.branch),
        to(world.app, deleted),
        to(world.app, BranchId(fresh())),
        to(AppId(fresh()), world.branch),
    ] {
        let session = SessionId(fresh());
        let refused = world.store.save_prepared(session, operation.clone(), NOW).await;
        assert!(matches!(refused, Err(SaveError::UnknownBranch)), "{refused:?}");
        assert_eq!(world.store.prepared(operation.app, session, NOW).await.unwrap(), None);
    }
}

pub(super) async fn a_session_id_is_used_once(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let first = world.publish(vec![entry(&lane(ANDROID, "1"), 1)]);
    let session = world.save(&first).await;
    let second = world.publish(vec![entry(&lane(ANDROID, "1"), 2)]);
    let refused = world.store.save_prepared(session, second, NOW).await;
    assert!(matches!(refused, Err(SaveError::Store(StoreError::Constraint(_)))), "{refused:?}");
    assert_eq!(world.store.prepared(world.app, session, NOW).await.unwrap(), Some(first));
}

pub(super) async fn saving_forgets_no_living_session(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let waiting = full_operation(&world);
    let session = world.save(&waiting).await;
    let done = world.save(&world.publish(vec![entry(&lane(IOS, "9"), 1)])).await;
    world.try_commit(done).await.unwrap();
    let late = Millis(NOW.0 + SESSION_LIFETIME.0 - 1);

    let another = world.publish(vec![entry(&lane(IOS, "1"), 5)]);
    world.store.save_prepared(SessionId(fresh()), another, late).await.unwrap();

    assert_eq!(world.store.prepared(world.app, session, late).await.unwrap(), Some(waiting));
    // A commit is repeated for longer than a session waits.
    let late = Millis(NOW.0 + 2 * SESSION_LIFETIME.0);
    let another = world.publish(vec![entry(&lane(IOS, "1"), 6)]);
    world.store.save_prepared(SessionId(fresh()), another, late).await.unwrap();
    let again = Seal { now: late, outcome: json!("second"), ..seal() };
    assert_eq!(world.store.commit(world.app, done, again).await.unwrap(), Effect::Replayed(seal().outcome));
}

/// Every field has a value of its own, and every edit is there.
fn full_operation(world: &World) -> Operation {
    let (one, two) = (lane(ANDROID, "1.0.0+ü"), lane(IOS, "exposdk:57.0.0"));
    let rolling = NewEntry {
        assets: vec![
            NewAsset { launch: true, content_type: "application/javascript".into(), ..asset(blob(9), "bundle") },
            asset(blob(1), "0a'\"\\,é"),
            asset(blob(2), "0b"),
        ],
        ..rolling(&one, 10)
    };
    let held = NewEntry {
        body: Bytes::from_static(b"\xff\x00 not even text\r\n"),
        held: true,
        disabled: true,
        origin: Some(rolling.id),
        ..directive(&two, 11)
    };
    let new = BranchId(fresh());
    let mut operation = world.publish(vec![rolling, held]);
    let second = world.publish_to(new, vec![ruled(&two, 12)]);
    operation.groups.extend(second.groups);
    operation.entries.extend(second.entries);
    operation.action = AuditAction::RollBack;
    operation.detail = json!({ "z": 1, "a": { "before": null, "after": [2.5, "ü\n"] } });
    operation.at_version = Some(7);
    let group = &mut operation.groups[0];
    group.channel = Some(channel_name("production"));
    group.message = Some("why\nnot".into());
    group.git_commit = Some("c0ffee".into());
    group.git_branch = Some("feature/x".into());
    group.git_dirty = Some(false);
    operation.edits = every_edit(new, two);
    operation
}

fn every_edit(branch: BranchId, of_ios: LaneId) -> Vec<Edit> {
    let (channel, update, group) = (ChannelId(fresh()), UpdateId(fresh()), UpdateGroupId(fresh()));
    let split = Target::Split { old: branch, new: BranchId(fresh()), share: tenth().share, salt: tenth().salt };
    let full = RegisteredEmbedded {
        id: update,
        platform: of_ios.platform,
        runtime_version: of_ios.runtime_version,
        created_at: at(-1),
        launch_hash: Some(blob(3)),
        channel: Some(channel_name("ü")),
    };
    let bare = RegisteredEmbedded { launch_hash: None, channel: None, ..full.clone() };
    vec![
        Edit::CreateBranch { id: branch, name: branch_name("a \"b\"") },
        Edit::RenameBranch { branch, name: branch_name("ü") },
        Edit::DeleteBranch { branch },
        Edit::PinBranch { branch, pinned: true },
        Edit::CreateChannel { id: channel, name: channel_name("c"), branch },
        Edit::PointChannel { channel, target: Target::Branch(branch) },
        Edit::PointChannel { channel, target: split },
        Edit::PauseChannel { channel, paused: false },
        Edit::DeleteChannel { channel },
        Edit::DisableUpdate { update, disabled: true },
        Edit::ReleaseUpdate { update },
        Edit::SetRollout { update, rollout: Some(tenth()) },
        Edit::SetRollout { update, rollout: None },
        Edit::SetRule { update, rule: Some(rule()) },
        Edit::SetRule { update, rule: None },
        Edit::SetMessage { group, message: Some("m\n".into()) },
        Edit::SetMessage { group, message: None },
        Edit::DeleteUpdate { update },
        Edit::RegisterEmbedded(full),
        Edit::RegisterEmbedded(bare),
    ]
}
