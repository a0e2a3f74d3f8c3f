//! Contracts of [`Keys`](crate::Keys).

use bytes::Bytes;
use model::{AppId, UpdateId};
use serde_json::json;

use super::Databases;
use super::world::{ANDROID, NOW, World, actor, at, entry, fresh, key, key_id, lane};
use crate::{AddKey, AuditAction, KeyError, KeyRecord, NewKey, PublicKey, SealedKey};

pub(super) async fn a_key_comes_with_its_signatures(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let served = world.issue_at(&lane(ANDROID, "1"), [1]).await[0];
    let intent = AddKey { signatures: vec![(served, b"signed".to_vec())], now: at(8), ..add(&world, "main").await };

    assert_eq!(world.store.add_key(intent).await.unwrap(), 3);

    let record = KeyRecord {
        key_id: key_id("main"),
        certificate_pem: "certificate of main".into(),
        chain_pem: Some("chain of main".into()),
        held_by_server: true,
        created_at: at(8),
    };
    assert_eq!(world.store.keys(world.app).await.unwrap(), [record]);
    let sealed = world.store.sealed_key(world.app, &key_id("main")).await.unwrap();
    assert_eq!(sealed, Some(SealedKey(b"sealed main".to_vec())));
    let state = world.load().await;
    assert_eq!(state.snapshot.version, 3);
    let public = PublicKey {
        key_id: key_id("main"),
        certificate_pem: "certificate of main".into(),
        chain_pem: Some("chain of main".into()),
    };
    assert_eq!(state.keys, [public]);
    assert_eq!(state.entries[0].signatures, [(key_id("main"), Bytes::from_static(b"signed"))]);
    let audit = &world.store.audit(world.app, None, 1).await.unwrap()[0];
    assert_eq!((audit.action, &audit.actor, audit.at), (AuditAction::AddKey, &actor(), at(8)));
    assert_eq!(audit.detail["key"], json!("main"));
    assert!(!audit.detail.to_string().contains("sealed main"));
}

pub(super) async fn a_key_elsewhere_has_no_sealed_part(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let mut intent = add(&world, "ci").await;
    intent.key = NewKey { sealed: None, chain_pem: None, ..key("ci") };
    world.store.add_key(intent).await.unwrap();

    let keys = world.store.keys(world.app).await.unwrap();
    assert_eq!((keys[0].held_by_server, &keys[0].chain_pem), (false, &None));
    assert_eq!(world.store.sealed_key(world.app, &key_id("ci")).await.unwrap(), None);
    assert_eq!(world.store.sealed_key(world.app, &key_id("unknown")).await.unwrap(), None);
    assert_eq!(world.load().await.keys[0].chain_pem, None);
}

pub(super) async fn a_moved_version_refuses_the_key(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let intent = add(&world, "main").await;
    // Published while the key's owner signed what was served before.
    world.issue_at(&lane(ANDROID, "1"), [1]).await;
    let before = world.trace().await;

    let refused = world.store.add_key(intent).await;

    assert!(matches!(refused, Err(KeyError::VersionMoved { expected: 1, actual: 2 })), "{refused:?}");
    let ahead = AddKey { at_version: 3, ..add(&world, "main").await };
    let refused = world.store.add_key(ahead).await;
    assert!(matches!(refused, Err(KeyError::VersionMoved { expected: 3, actual: 2 })), "{refused:?}");
    assert_eq!(world.trace().await, before);
}

pub(super) async fn a_key_id_is_taken_per_app(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    world.store.add_key(add(&world, "main").await).await.unwrap();
    let before = world.trace().await;

    let mut again = add(&world, "main").await;
    again.key.certificate_pem = "another".into();
    let refused = world.store.add_key(again).await;

    assert!(matches!(&refused, Err(KeyError::KeyIdTaken(id)) if id.as_str() == "main"), "{refused:?}");
    assert_eq!(world.trace().await, before);
    assert_eq!(world.store.keys(world.app).await.unwrap()[0].certificate_pem, "certificate of main");

    let mut theirs = add(&neighbour, "main").await;
    theirs.key.sealed = Some(SealedKey(b"theirs".to_vec()));
    world.store.add_key(theirs).await.unwrap();
    for (app, sealed) in [(world.app, "sealed main"), (neighbour.app, "theirs")] {
        let stored = world.store.sealed_key(app, &key_id("main")).await.unwrap();
        assert_eq!(stored, Some(SealedKey(sealed.as_bytes().to_vec())));
    }
}

pub(super) async fn a_signature_needs_its_update(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let ours = world.issue_at(&lane(ANDROID, "1"), [1]).await[0];
    let theirs = neighbour.issue_at(&lane(ANDROID, "1"), [1]).await[0];
    let waiting = entry(&lane(ANDROID, "1"), 2);
    world.save(&world.publish(vec![waiting.clone()])).await;
    let before = world.trace().await;
    for stranger in [theirs, waiting.id, UpdateId(fresh())] {
        let signatures = vec![(ours, b"signed".to_vec()), (stranger, b"signed".to_vec())];
        let refused = world.store.add_key(AddKey { signatures, ..add(&world, "main").await }).await;
        assert!(matches!(refused, Err(KeyError::UnknownUpdate(id)) if id == stranger), "{refused:?}");
    }
    assert_eq!(world.trace().await, before);
}

pub(super) async fn a_key_needs_its_app(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let refused = world.store.add_key(AddKey { app: AppId(fresh()), ..add(&world, "main").await }).await;
    assert!(matches!(refused, Err(KeyError::UnknownApp)), "{refused:?}");
    assert_eq!(world.store.keys(world.app).await.unwrap(), []);
}

pub(super) async fn keys_are_told_oldest_first(databases: &dyn Databases) {
    let world = World::new(databases).await;
    for (id, instant) in [("a", 9), ("c", 5), ("b", 5)] {
        world.store.add_key(AddKey { now: at(instant), ..add(&world, id).await }).await.unwrap();
    }
    let listed: Vec<_> = world.store.keys(world.app).await.unwrap().into_iter().map(|key| key.key_id).collect();
    assert_eq!(listed, [key_id("b"), key_id("c"), key_id("a")]);
    let served: Vec<_> = world.load().await.keys.into_iter().map(|key| key.key_id).collect();
    assert_eq!(served, listed);
}

async fn add(world: &World, id: &str) -> AddKey {
    AddKey {
        app: world.app,
        key: key(id),
        signatures: Vec::new(),
        at_version: world.version().await,
        actor: actor(),
        now: NOW,
    }
}
