//! Contracts of edits to branches, channels and registered binaries, and of what holds for every edit.

use model::control::{Edit, RegisteredEmbedded};
use model::{AppId, BranchId, ChannelId, Target, UpdateGroupId, UpdateId};

use super::Databases;
use super::world::{
    ANDROID, IOS, World, at, blob, branch_name, channel_name, entry, fresh, lane, rolling, rule, seal, tenth,
};
use crate::{AuditAction, CommitError, NewEntry, Operation, StoreError};

pub(super) async fn edits_lead_where_the_model_says(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let [one, two, three] = [1, 2, 3].map(|number| lane(ANDROID, &number.to_string()));
    let first = world.issue_at(&one, [1]).await[0];
    let copy = world.issue_one(NewEntry { origin: Some(first), ..entry(&two, 2) }).await;
    world.edit(vec![Edit::PinBranch { branch: world.branch, pinned: true }]).await;
    let held = world.issue_one(NewEntry { held: true, ..entry(&three, 3) }).await;
    let theirs = neighbour.trace().await;
    let (branch, channel) = (BranchId(fresh()), ChannelId(fresh()));
    let share = tenth().share;
    let split = Target::Split { old: world.branch, new: branch, share, salt: tenth().salt };
    let embedded = embedded(UpdateId(fresh()));
    let steps = vec![
        Edit::CreateBranch { id: branch, name: branch_name("beta") },
        Edit::RenameBranch { branch, name: branch_name("alpha") },
        Edit::PinBranch { branch: world.branch, pinned: false },
        Edit::PinBranch { branch, pinned: true },
        Edit::CreateChannel { id: channel, name: channel_name("beta"), branch },
        Edit::PointChannel { channel: world.channel, target: split },
        Edit::PauseChannel { channel, paused: true },
        Edit::PauseChannel { channel, paused: false },
        Edit::DisableUpdate { update: copy, disabled: true },
        Edit::SetRollout { update: first, rollout: Some(tenth()) },
        Edit::SetRollout { update: first, rollout: None },
        Edit::SetRule { update: first, rule: Some(rule()) },
        Edit::SetRule { update: first, rule: None },
        Edit::ReleaseUpdate { update: held },
        Edit::DisableUpdate { update: copy, disabled: false },
        Edit::DeleteUpdate { update: first },
        Edit::RegisterEmbedded(embedded.clone()),
        Edit::PointChannel { channel: world.channel, target: Target::Branch(world.branch) },
        Edit::DeleteChannel { channel },
        Edit::DeleteBranch { branch },
    ];
    for step in steps {
        let mut expected = world.control().await;
        expected.apply(&step).unwrap();
        expected.version += 1;
        assert_eq!(world.edit(vec![step.clone()]).await, expected.version, "{step:?}");
        assert_eq!(world.control().await, expected, "{step:?}");
    }
    assert_eq!(neighbour.trace().await, theirs);
}

/// What an edit names must be the app's own and still there; nothing of the operation stays, also not what came before.
pub(super) async fn edits_name_what_the_app_has(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let theirs = neighbour.publish(vec![entry(&lane(ANDROID, "1"), 1)]);
    neighbour.issue(&theirs).await;
    let gone = world.publish(vec![entry(&lane(ANDROID, "1"), 1)]);
    world.issue(&gone).await;
    let deleted = world.beside("gone").await;
    let channel = world.control().await.channel(&channel_name("gone")).unwrap().id;
    let update = gone.entries[0].id;
    world
        .edit(vec![
            Edit::DeleteUpdate { update },
            Edit::DeleteChannel { channel },
            Edit::DeleteBranch { branch: deleted },
        ])
        .await;
    let strangers = [
        (neighbour.branch, neighbour.channel, theirs.entries[0].id, theirs.groups[0].id),
        (deleted, channel, update, gone.groups[0].id),
        (BranchId(fresh()), ChannelId(fresh()), UpdateId(fresh()), UpdateGroupId(fresh())),
    ];
    let before = (world.trace().await, neighbour.trace().await);
    for (branch, channel, update, group) in strangers {
        let split = |old, new| Target::Split { old, new, share: tenth().share, salt: tenth().salt };
        let point = |target| Edit::PointChannel { channel: world.channel, target };
        let edits = [
            Edit::RenameBranch { branch, name: branch_name("x") },
            Edit::DeleteBranch { branch },
            Edit::PinBranch { branch, pinned: true },
            Edit::CreateChannel { id: ChannelId(fresh()), name: channel_name("x"), branch },
            Edit::PointChannel { channel, target: Target::Branch(world.branch) },
            point(Target::Branch(branch)),
            point(split(branch, world.branch)),
            point(split(world.branch, branch)),
            Edit::PauseChannel { channel, paused: true },
            Edit::DeleteChannel { channel },
            Edit::DisableUpdate { update, disabled: true },
            Edit::ReleaseUpdate { update },
            Edit::SetRollout { update, rollout: None },
            Edit::SetRule { update, rule: None },
            Edit::SetMessage { group, message: None },
            Edit::DeleteUpdate { update },
        ];
        for edit in edits {
            let good = Edit::CreateBranch { id: BranchId(fresh()), name: branch_name("before") };
            let refused = world.store.apply(world.edits(vec![good, edit.clone()]).await, seal()).await;
            assert!(matches!(refused, Err(CommitError::UnknownTarget)), "{edit:?}: {refused:?}");
        }
    }
    assert_eq!((world.trace().await, neighbour.trace().await), before);
}

pub(super) async fn a_taken_name_is_refused(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let beta = world.beside("beta").await;
    let taken = [
        Edit::CreateBranch { id: BranchId(fresh()), name: branch_name("main") },
        Edit::RenameBranch { branch: beta, name: branch_name("main") },
        Edit::CreateChannel { id: ChannelId(fresh()), name: channel_name("production"), branch: beta },
        Edit::CreateBranch { id: beta, name: branch_name("same id") },
    ];
    for edit in taken {
        let refused = world.refused_at_once(&world.edits(vec![edit.clone()]).await, &seal()).await;
        assert!(matches!(refused, CommitError::Store(StoreError::Constraint(_))), "{edit:?}: {refused:?}");
    }
    // Names are free again, differ by case, and are another app's business.
    world
        .edit(vec![
            Edit::RenameBranch { branch: beta, name: branch_name("gamma") },
            Edit::CreateBranch { id: BranchId(fresh()), name: branch_name("beta") },
            Edit::CreateBranch { id: BranchId(fresh()), name: branch_name("Beta") },
        ])
        .await;
    neighbour.beside("beta").await;
}

pub(super) async fn edits_apply_in_their_order(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let (new, channel) = (BranchId(fresh()), ChannelId(fresh()));
    // Each but the first would be refused before the one above it.
    world
        .edit(vec![
            Edit::RenameBranch { branch: world.branch, name: branch_name("old") },
            Edit::CreateBranch { id: new, name: branch_name("main") },
            Edit::CreateChannel { id: channel, name: channel_name("beta"), branch: new },
            Edit::PointChannel { channel, target: Target::Branch(world.branch) },
            Edit::DeleteBranch { branch: new },
            Edit::CreateBranch { id: BranchId(fresh()), name: branch_name("main") },
        ])
        .await;
    let control = world.control().await;
    let names: Vec<&str> = control.branches.iter().map(|branch| branch.name.as_str()).collect();
    assert_eq!(names, ["main", "old"]);
    assert_eq!(control.channel(&channel_name("beta")).unwrap().target, Target::Branch(world.branch));

    let ahead = vec![Edit::PauseChannel { channel: ChannelId(fresh()), paused: true }];
    let refused = world.refused_at_once(&world.edits(ahead).await, &seal()).await;
    assert!(matches!(refused, CommitError::UnknownTarget), "{refused:?}");
}

/// Devices run its updates, and its name is free for another.
pub(super) async fn a_deleted_branch_keeps_its_entries(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let mut issued = Vec::new();
    for instant in [1, 2] {
        let branch = BranchId(fresh());
        world.edit(vec![Edit::CreateBranch { id: branch, name: branch_name("beta") }]).await;
        let operation = world.publish_to(branch, vec![entry(&asked, instant)]);
        world.issue(&operation).await;
        world.edit(vec![Edit::DeleteBranch { branch }]).await;
        issued.insert(0, (branch, operation.entries[0].id));
        let refused = world.refused_at_once(&world.publish_to(branch, vec![entry(&asked, 9)]), &seal()).await;
        assert!(matches!(refused, CommitError::UnknownTarget), "{refused:?}");
    }
    let control = world.control().await;
    assert_eq!(control.branches.iter().map(|branch| branch.id).collect::<Vec<_>>(), [world.branch]);
    let told: Vec<_> = control.entries.iter().map(|past| (past.branch, past.entry.id)).collect();
    assert_eq!(told, issued);
    // Their instants still count.
    let refused = world.refused_at_once(&world.publish(vec![entry(&asked, 2)]), &seal()).await;
    assert!(matches!(refused, CommitError::HeadMoved { platform: ANDROID }), "{refused:?}");
}

pub(super) async fn a_known_embedded_update_stays_as_it_is(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let first = embedded(UpdateId(fresh()));
    let other = RegisteredEmbedded { platform: ANDROID, launch_hash: None, created_at: at(99), ..first.clone() };
    world.edit(vec![Edit::RegisterEmbedded(first.clone())]).await;
    neighbour.edit(vec![Edit::RegisterEmbedded(other.clone())]).await;

    let version = world.edit(vec![Edit::RegisterEmbedded(other.clone())]).await;

    assert_eq!(version, 3);
    assert_eq!(world.control().await.embedded, [first]);
    assert_eq!(neighbour.control().await.embedded, [other]);
}

/// Only what was not told before is taken over.
pub(super) async fn a_registration_is_completed(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let full = embedded(UpdateId(fresh()));
    let bare = RegisteredEmbedded { launch_hash: None, channel: None, ..full.clone() };
    let with_hash = RegisteredEmbedded { channel: None, ..full.clone() };
    let other = RegisteredEmbedded { launch_hash: Some(blob(6)), channel: Some(channel_name("beta")), ..full.clone() };
    let with_other_channel = RegisteredEmbedded { launch_hash: full.launch_hash, ..other.clone() };
    for (told, known) in [
        (&bare, &bare),
        (&with_hash, &with_hash),
        (&bare, &with_hash),
        (&other, &with_other_channel),
        (&full, &with_other_channel),
    ] {
        world.edit(vec![Edit::RegisterEmbedded(told.clone())]).await;
        assert_eq!(world.control().await.embedded, std::slice::from_ref(known));
    }
}

/// One operation moves names and pointers, ends what is open, and issues to what it has just made.
pub(super) async fn edits_come_before_entries(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked = lane(ANDROID, "1");
    let open = world.issue_one(rolling(&asked, 1)).await;
    let new = BranchId(fresh());
    let mut operation = world.publish(vec![rolling(&asked, 10)]);
    let elsewhere = world.publish_to(new, vec![entry(&asked, 11), entry(&lane(IOS, "1"), 3)]);
    operation.groups.extend(elsewhere.groups);
    operation.entries.extend(elsewhere.entries);
    operation.action = AuditAction::Promote;
    operation.at_version = Some(2);
    operation.edits = vec![
        Edit::CreateBranch { id: new, name: branch_name("beta") },
        Edit::CreateChannel { id: ChannelId(fresh()), name: channel_name("beta"), branch: new },
        Edit::SetRollout { update: open, rollout: None },
    ];
    let session = world.save(&operation).await;
    assert_eq!(world.store.prepared(world.app, session, at(1)).await.unwrap().as_ref(), Some(&operation));

    world.try_commit(session).await.unwrap();

    let control = world.control().await;
    assert_eq!(control.version, 3);
    let told: Vec<_> = control.entries.iter().map(|past| (past.branch, past.entry.id, past.entry.group)).collect();
    let [main, beta, ios] = [0, 1, 2].map(|place: usize| &operation.entries[place]);
    let expected = [(new, beta), (world.branch, main), (new, ios)].map(|(branch, sent)| (branch, sent.id, sent.group));
    assert_eq!(told[..3], expected);
    assert_eq!((control.entries[1].entry.rollout, control.entries[3].entry.rollout), (Some(tenth()), None));
    assert_eq!(world.load().await.snapshot.branches[&new].ios.len(), 1);
}

pub(super) async fn nothing_to_do_raises_the_version(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let before = world.control().await;
    assert_eq!(world.edit(Vec::new()).await, 2);
    let after = world.control().await;
    assert_eq!(after, model::control::Control { version: 2, ..before });
    assert_eq!(world.last_line().await.action, AuditAction::Disable);
    let nobody = Operation { app: AppId(fresh()), at_version: None, ..world.edits(Vec::new()).await };
    let refused = world.store.apply(nobody, seal()).await;
    assert!(matches!(refused, Err(CommitError::UnknownApp)), "{refused:?}");
}

fn embedded(id: UpdateId) -> RegisteredEmbedded {
    RegisteredEmbedded {
        id,
        platform: IOS,
        runtime_version: lane(IOS, "1.0").runtime_version,
        created_at: at(-1),
        launch_hash: Some(blob(5)),
        channel: Some(channel_name("production")),
    }
}
