//! Contracts of [`Apps`](crate::Apps).

use model::control::{BranchState, ChannelState, Control};
use model::{AppId, Millis, Target};
use serde_json::json;

use super::Databases;
use super::world::{NOW, World, actor, at, bootstrap, branch_name, channel_name, fresh, key, key_id, slug, token};
use crate::{AppRecord, AuditAction, Bootstrapped, SealedKey, StoreError, TokenHash};

pub(super) async fn a_fresh_app_has_all_it_needs(databases: &dyn Databases) {
    let database = databases.create().await;
    let store = database.open().await;
    let mut wanted = bootstrap("hello");
    (wanted.key, wanted.token, wanted.now) = (Some(key("main")), Some(token(1)), at(3));
    let (app, channel, branch) = (wanted.app, wanted.channel.id, wanted.branch.id);
    assert_eq!(store.app(&slug("hello")).await.unwrap(), None);
    assert_eq!(store.control(app, NOW).await.unwrap(), None);

    let created = store.bootstrap(wanted).await.unwrap();

    let record = AppRecord { id: app, slug: slug("hello"), version: 1, created_at: at(3) };
    assert_eq!(created, Bootstrapped::Created(record.clone()));
    assert_eq!(store.app(&slug("hello")).await.unwrap(), Some(record.clone()));
    assert_eq!(store.app(&slug("other")).await.unwrap(), None);
    assert_eq!(store.apps().await.unwrap(), [record]);
    assert_eq!(store.versions().await.unwrap(), [(app, 1)]);
    let production = channel_name("production");
    let expected = Control {
        app,
        slug: slug("hello"),
        version: 1,
        channels: vec![ChannelState { id: channel, name: production, target: Target::Branch(branch), paused: false }],
        branches: vec![BranchState { id: branch, name: branch_name("main"), pinned: false }],
        entries: Vec::new(),
        deleted: Vec::new(),
        embedded: Vec::new(),
    };
    assert_eq!(store.control(app, NOW).await.unwrap().unwrap().control, expected);
    let keys = store.keys(app).await.unwrap();
    assert_eq!(keys.iter().map(|key| key.key_id.as_str()).collect::<Vec<_>>(), ["main"]);
    let sealed = store.sealed_key(app, &key_id("main")).await.unwrap();
    assert_eq!(sealed, Some(SealedKey(b"sealed main".to_vec())));
    assert_eq!(store.token(TokenHash([1; 32])).await.unwrap().unwrap().created_at, at(3));
    let audit = store.audit(app, None, 10).await.unwrap();
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
    assert_eq!(world.store.control(app, NOW).await.unwrap(), None);
    assert_eq!(world.store.keys(app).await.unwrap(), []);
}

pub(super) async fn apps_are_told_by_slug(databases: &dyn Databases) {
    let database = databases.create().await;
    let store = database.open().await;
    assert_eq!(store.apps().await.unwrap(), []);
    for (instant, named) in [(1, "b"), (2, "a-9"), (3, "c"), (4, "a0")] {
        let mut wanted = bootstrap(named);
        wanted.now = at(instant);
        store.bootstrap(wanted).await.unwrap();
    }
    let apps = store.apps().await.unwrap();
    let told: Vec<(&str, Millis)> = apps.iter().map(|app| (app.slug.as_str(), app.created_at)).collect();
    assert_eq!(told, [("a-9", at(2)), ("a0", at(4)), ("b", at(1)), ("c", at(3))]);
    for app in apps {
        assert_eq!(store.app(&app.slug).await.unwrap(), Some(app));
    }
}

pub(super) async fn an_app_tells_its_version(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.neighbour().await;
    world.edit(Vec::new()).await;
    assert_eq!(world.store.app(&slug("demo")).await.unwrap().unwrap().version, 2);
    let versions: Vec<u64> = world.store.apps().await.unwrap().into_iter().map(|app| app.version).collect();
    assert_eq!(versions, [2, 1]);
    assert_eq!(world.store.versions().await.unwrap().len(), 2);
    assert!(!world.store.versions().await.unwrap().contains(&(AppId(fresh()), 1)));
}
