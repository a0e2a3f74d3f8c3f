//! Contracts about what a later start finds.

use model::control::Edit;
use serde_json::json;

use super::Databases;
use super::world::{
    ANDROID, IOS, NOW, World, asset, at, blob, branch_name, entry, key, key_id, lane, request, rolling, ruled,
    signature, token,
};
use crate::{ContentEncoding, Effect, EncodedBlob, NewEntry, Seal, SealedKey, TokenHash};

pub(super) async fn everything_survives_a_restart(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.store.add_token(token(1), NOW).await.unwrap();
    world.add_key(key("main")).await;
    world.upload(blob(1), 10).await;
    let variant = EncodedBlob { encoding: ContentEncoding::Zstd, hash: blob(2), size: 5 };
    world.store.record_encodings(blob(1), &[variant], NOW).await.unwrap();
    let android = NewEntry { assets: vec![asset(blob(1), "a")], ..rolling(&lane(ANDROID, "1"), 1) };
    let ios = ruled(&lane(IOS, "1"), 1);
    let session = world.save(&world.publish(vec![android.clone(), ios.clone()])).await;
    let signatures = vec![signature(&android, "main"), signature(&ios, "main")];
    let seal = Seal { signatures, ..super::world::under(request("k"), "done") };
    world.store.commit(world.app, session, seal).await.unwrap();
    let rename = Edit::RenameBranch { branch: world.branch, name: branch_name("renamed") };
    world.edit(vec![rename, Edit::PinBranch { branch: world.branch, pinned: true }]).await;
    let (before, assets) = (world.trace().await, world.store.assets(world.app, 0).await.unwrap());
    let told = world.store.update(world.app, android.id).await.unwrap();

    let again = world.restarted().await;

    assert_eq!(again.trace().await, before);
    let (app, store) = (again.app, &again.store);
    assert_eq!(store.assets(app, 0).await.unwrap(), assets);
    assert_eq!(store.update(app, android.id).await.unwrap(), told);
    assert_eq!(store.sealed_key(app, &key_id("main")).await.unwrap(), Some(SealedKey(b"sealed main".to_vec())));
    assert!(store.token(TokenHash([1; 32])).await.unwrap().is_some());
    assert_eq!(store.encodings(&[blob(1)]).await.unwrap()[&blob(1)], [variant]);
    assert_eq!(store.replay(&request("k"), NOW).await.unwrap(), Some(json!("done")));
    assert_eq!(again.control().await.next_instant(ANDROID, NOW), at(2));
}

pub(super) async fn a_session_survives_a_restart(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let operation = world.publish(vec![entry(&lane(ANDROID, "1"), 1)]);
    let session = world.save(&operation).await;
    let again = world.restarted().await;
    assert_eq!(again.store.prepared(again.app, session, NOW).await.unwrap(), Some(operation));
    assert!(matches!(again.try_commit(session).await, Ok(Effect::Fresh(_))));
}
