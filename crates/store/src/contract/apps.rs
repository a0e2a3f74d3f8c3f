//! Contracts of [`Apps`](crate::Apps).

use model::{AppId, BranchId, ChannelId, Target};
use serde_json::json;

use super::Databases;
use super::world::{
    ANDROID, NOW, World, actor, at, bootstrap, branch_name, channel_name, fresh, key, key_id, lane, slug, token,
};
use crate::{
    AppRecord, AppsError, AuditAction, Bootstrapped, ChannelRecord, Destination, NewChannel, Prepare, SealedKey,
    StoreError, TokenHash,
};

pub(super) async fn a_fresh_app_has_all_it_needs(databases: &dyn Databases) {
    let database = databases.create().await;
    let store = database.open().await;
    let mut wanted = bootstrap("hello");
    (wanted.key, wanted.token, wanted.now) = (Some(key("main")), Some(token(1)), at(3));
    let (app, channel, branch) = (wanted.app, wanted.channel.id, wanted.branch.id);
    assert_eq!(store.app(&slug("hello")).await.unwrap(), None);

    let created = store.bootstrap(wanted).await.unwrap();

    let record = AppRecord { id: app, slug: slug("hello"), version: 1, created_at: at(3) };
    assert_eq!(created, Bootstrapped::Created(record.clone()));
    assert_eq!(store.app(&slug("hello")).await.unwrap(), Some(record.clone()));
    assert_eq!(store.app(&slug("other")).await.unwrap(), None);
    assert_eq!(store.apps().await.unwrap(), [record]);
    assert_eq!(store.versions().await.unwrap(), [(app, 1)]);
    let production =
        ChannelRecord { id: channel, name: channel_name("production"), target: Target::Branch(branch), paused: false };
    assert_eq!(store.channels(app).await.unwrap(), [production]);
    let keys = store.keys(app).await.unwrap();
    assert_eq!(keys.iter().map(|key| key.key_id.as_str()).collect::<Vec<_>>(), ["main"]);
    let sealed = store.sealed_key(app, &key_id("main")).await.unwrap();
    assert_eq!(sealed, Some(SealedKey(b"sealed main".to_vec())));
    assert_eq!(store.token(TokenHash([1; 32])).await.unwrap().unwrap().created_at, at(3));
    let audit = store.audit(app, 10).await.unwrap();
    assert_eq!(audit.len(), 1);
    assert_eq!((audit[0].at, &audit[0].actor, audit[0].action), (at(3), &actor(), AuditAction::CreateApp));
    assert_eq!(audit[0].detail["slug"], json!("hello"));
}

pub(super) async fn an_existing_app_is_left_alone(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let before = world.trace().await;
    let mut again = bootstrap("demo");
    (again.key, again.token) = (Some(key("main")), Some(token(1)));

    let found = world.store.bootstrap(again).await.unwrap();

    let Bootstrapped::Existed(found) = found else { panic!("created twice: {found:?}") };
    assert_eq!(found.id, world.app);
    assert_eq!(world.trace().await, before);
    assert_eq!(world.store.apps().await.unwrap().len(), 1);
    assert_eq!(world.store.token(TokenHash([1; 32])).await.unwrap(), None);
}

pub(super) async fn bootstrap_is_all_or_nothing(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.store.add_token(token(1), NOW).await.unwrap();
    let mut second = bootstrap("second");
    let app = second.app;
    // The token comes last and is refused.
    (second.key, second.token) = (Some(key("main")), Some(token(1)));

    let refused = world.store.bootstrap(second).await;

    assert!(matches!(refused, Err(StoreError::Constraint(_))), "{refused:?}");
    assert_eq!(world.store.app(&slug("second")).await.unwrap(), None);
    assert_eq!(world.store.channels(app).await.unwrap(), []);
    assert_eq!(world.store.keys(app).await.unwrap(), []);
}

pub(super) async fn listings_are_in_order(databases: &dyn Databases) {
    let database = databases.create().await;
    let store = database.open().await;
    for named in ["b", "a", "c"] {
        store.bootstrap(bootstrap(named)).await.unwrap();
    }
    let apps = store.apps().await.unwrap();
    assert_eq!(apps.iter().map(|app| app.slug.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);

    let (first, second) = (apps[0].id, apps[1].id);
    for named in ["staging", "beta"] {
        store.ensure_channel(first, channel(named), BranchId(fresh()), &actor(), NOW).await.unwrap();
    }
    let names = |channels: Vec<ChannelRecord>| channels.into_iter().map(|channel| channel.name.to_string());
    let of_first: Vec<_> = names(store.channels(first).await.unwrap()).collect();
    assert_eq!(of_first, ["beta", "production", "staging"]);
    let of_second: Vec<_> = names(store.channels(second).await.unwrap()).collect();
    assert_eq!(of_second, ["production"]);
    let branches = store.branches(first).await.unwrap();
    assert_eq!(branches.iter().map(|branch| branch.name.as_str()).collect::<Vec<_>>(), ["beta", "main", "staging"]);
    let staging = store.channels(first).await.unwrap().remove(2);
    assert_eq!(staging.target, Target::Branch(branches[2].id));
}

pub(super) async fn a_new_channel_brings_its_branch(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let (new, branch) = (channel("staging/ü+1"), BranchId(fresh()));

    let created = world.store.ensure_channel(world.app, new.clone(), branch, &actor(), at(9)).await.unwrap();

    let expected = ChannelRecord { id: new.id, name: new.name.clone(), target: Target::Branch(branch), paused: false };
    assert_eq!(created, expected);
    assert!(world.store.channels(world.app).await.unwrap().contains(&expected));
    assert_eq!(world.version().await, 2);
    let audit = world.store.audit(world.app, 1).await.unwrap();
    assert_eq!((audit[0].action, audit[0].at), (AuditAction::CreateChannel, at(9)));
    for destination in [Destination::Channel(new.name), Destination::Branch(branch_name("staging/ü+1"))] {
        let question = Prepare { app: world.app, destination, lanes: vec![lane(ANDROID, "1")], now: NOW };
        let prepared = world.store.prepare(question).await.unwrap();
        assert_eq!((prepared.branch, prepared.branch_name), (branch, branch_name("staging/ü+1")));
    }
}

pub(super) async fn a_new_channel_takes_the_branch_of_its_name(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let unused = BranchId(fresh());

    let created = world.store.ensure_channel(world.app, channel("main"), unused, &actor(), NOW).await.unwrap();

    assert_eq!(created.target, Target::Branch(world.branch));
    // The neighbour's branch of that name is the neighbour's.
    let theirs = neighbour.store.ensure_channel(neighbour.app, channel("main"), unused, &actor(), NOW).await.unwrap();
    assert_eq!(theirs.target, Target::Branch(neighbour.branch));
}

pub(super) async fn an_existing_channel_is_left_alone(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let existing = world.store.channels(world.app).await.unwrap().remove(0);
    let before = world.trace().await;

    let found =
        world.store.ensure_channel(world.app, channel("production"), BranchId(fresh()), &actor(), NOW).await.unwrap();

    assert_eq!(found, existing);
    assert_eq!(world.trace().await, before);
}

pub(super) async fn a_channel_needs_its_app(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let nobody = AppId(fresh());
    let refused = world.store.ensure_channel(nobody, channel("beta"), BranchId(fresh()), &actor(), NOW).await;
    assert!(matches!(refused, Err(AppsError::UnknownApp)), "{refused:?}");
    assert_eq!(world.store.channels(nobody).await.unwrap(), []);
    assert_eq!(world.store.branches(nobody).await.unwrap(), []);
}

fn channel(named: &str) -> NewChannel {
    NewChannel { id: ChannelId(fresh()), name: channel_name(named) }
}
