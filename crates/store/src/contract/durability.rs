//! Contracts about what a later start finds.

use super::Databases;
use super::world::{
    ANDROID, IOS, NOW, World, actor, asset, at, blob, entry, key, key_id, lane, request, rolling, signature, token,
};
use crate::{AddKey, Commit, ContentEncoding, Effect, EncodedBlob, NewEntry, SealedKey, TokenHash};
use serde_json::json;

pub(super) async fn everything_survives_a_restart(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.store.add_token(token(1), NOW).await.unwrap();
    let intent = AddKey {
        app: world.app,
        key: key("main"),
        signatures: Vec::new(),
        at_version: 1,
        once: None,
        actor: actor(),
        now: NOW,
    };
    world.store.add_key(intent).await.unwrap();
    world.upload(blob(1), 10).await;
    let variant = EncodedBlob { encoding: ContentEncoding::Zstd, hash: blob(2), size: 5 };
    world.store.record_encodings(blob(1), &[variant], NOW).await.unwrap();
    let android = NewEntry { assets: vec![asset(blob(1), "a")], ..rolling(&lane(ANDROID, "1"), 1) };
    let ios = entry(&lane(IOS, "1"), 1);
    let prepared = world.session(vec![android.clone(), ios.clone()]);
    world.save(&prepared).await;
    let signatures = vec![signature(&android, "main"), signature(&ios, "main")];
    let idempotency = Some(request("k"));
    let commit = Commit { signatures, idempotency, outcome: json!("done"), ..world.commit(prepared.session) };
    world.store.commit(commit).await.unwrap();
    let (before, assets) = (world.trace().await, world.store.assets(world.app, 0).await.unwrap());
    let told = world.store.update(world.app, android.id).await.unwrap();
    let World { database, store, app, branch } = world;
    drop(store);

    let again = World { store: database.open().await, database, app, branch };

    assert_eq!(again.trace().await, before);
    assert_eq!(again.store.assets(app, 0).await.unwrap(), assets);
    assert_eq!(again.store.update(app, android.id).await.unwrap(), told);
    assert_eq!(again.store.sealed_key(app, &key_id("main")).await.unwrap(), Some(SealedKey(b"sealed main".to_vec())));
    assert!(again.store.token(TokenHash([1; 32])).await.unwrap().is_some());
    assert_eq!(again.store.encodings(&[blob(1)]).await.unwrap()[&blob(1)], [variant]);
    assert_eq!(again.store.replay(&request("k"), NOW).await.unwrap(), Some(json!("done")));
    assert_eq!(again.look_at(&lane(ANDROID, "1"), NOW).await.next_instant, at(2));
}

pub(super) async fn a_session_survives_a_restart(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let prepared = world.session(vec![entry(&lane(ANDROID, "1"), 1)]);
    world.save(&prepared).await;
    let World { database, store, app, branch } = world;
    drop(store);
    let again = World { store: database.open().await, database, app, branch };
    assert_eq!(again.store.prepared(app, prepared.session, NOW).await.unwrap(), Some(prepared.clone()));
    assert!(matches!(again.try_commit(prepared.session).await, Ok(Effect::Fresh(_))));
}
