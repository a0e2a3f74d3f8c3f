//! Contracts of [`ReadSnapshots::assets`](crate::ReadSnapshots::assets).

use super::Databases;
use super::world::{ANDROID, NOW, World, asset, blob, entry, lane};
use crate::{AssetRecord, ContentEncoding, EncodedBlob, NewAsset, NewEntry};

pub(super) async fn assets_are_those_that_entries_refer_to(databases: &dyn Databases) {
    let world = World::new(databases).await;
    for number in [1, 2, 3] {
        world.upload(blob(number), u64::from(number) * 100).await;
    }
    let brotli = EncodedBlob { encoding: ContentEncoding::Brotli, hash: blob(8), size: 30 };
    let gzip = EncodedBlob { encoding: ContentEncoding::Gzip, hash: blob(9), size: 40 };
    world.store.record_encodings(blob(2), &[gzip, brotli], NOW).await.unwrap();
    let bundle = NewAsset { launch: true, content_type: "application/javascript".into(), ..asset(blob(2), "b") };
    let assets = vec![bundle, asset(blob(1), "x"), asset(blob(1), "y")];
    world.issue_one(NewEntry { assets, ..entry(&lane(ANDROID, "1"), 1) }).await;

    let mut told = world.store.assets(world.app, 0).await.unwrap();

    for asset in &mut told {
        asset.encodings.sort_by_key(|variant| variant.encoding);
    }
    let script = AssetRecord {
        hash: blob(2),
        content_type: "application/javascript".into(),
        size: 200,
        encodings: vec![brotli, gzip],
    };
    assert_eq!(told, [image(1, 100), script]);
}

pub(super) async fn an_asset_keeps_its_first_type(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let typed = |content_type: &str, instant| {
        let again = NewAsset { content_type: content_type.into(), ..asset(blob(1), "a") };
        NewEntry { assets: vec![again], ..entry(&lane(ANDROID, "1"), instant) }
    };
    for app in [&world, &neighbour] {
        app.upload(blob(1), 10).await;
    }
    neighbour.issue_one(typed("text/plain", 1)).await;
    world.issue_one(typed("image/png", 1)).await;
    let second = world.issue_one(typed("image/jpeg", 2)).await;

    assert_eq!(world.store.assets(world.app, 0).await.unwrap(), [image(1, 10)]);
    assert_eq!(world.store.assets(neighbour.app, 0).await.unwrap()[0].content_type, "text/plain");
    let told = world.store.update(world.app, second).await.unwrap().unwrap();
    let types: Vec<_> = told.assets.iter().map(|asset| asset.content_type.as_str()).collect();
    assert_eq!(types, ["image/png"]);
}

/// So that all stores agree, whatever order they look in.
pub(super) async fn the_least_of_several_types_is_taken(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.upload(blob(1), 10).await;
    let typed = ["image/png", "application/x", "text/plain"]
        .map(|name| NewAsset { content_type: name.into(), ..asset(blob(1), name) });
    let [first, second, third] = typed;
    let one = NewEntry { assets: vec![first, second], ..entry(&lane(ANDROID, "1"), 1) };
    let two = NewEntry { assets: vec![third], ..entry(&lane(ANDROID, "1"), 2) };
    world.issue(&world.publish(vec![one, two])).await;
    assert_eq!(world.store.assets(world.app, 0).await.unwrap()[0].content_type, "application/x");
}

pub(super) async fn assets_come_after_a_version(databases: &dyn Databases) {
    let world = World::new(databases).await;
    for number in [1, 2, 3] {
        world.upload(blob(number), 10).await;
    }
    let with = |numbers: &[u8], instant| {
        let assets = numbers.iter().map(|number| asset(blob(*number), &format!("key {number}"))).collect();
        NewEntry { assets, ..entry(&lane(ANDROID, "1"), instant) }
    };
    world.issue_one(with(&[3, 1], 1)).await;
    world.issue_one(with(&[1, 2], 2)).await;
    let after = async |version: u64| {
        let told = world.store.assets(world.app, version).await.unwrap();
        told.into_iter().map(|asset| asset.hash).collect::<Vec<_>>()
    };
    assert_eq!(after(0).await, [blob(1), blob(2), blob(3)]);
    assert_eq!(after(1).await, [blob(1), blob(2), blob(3)]);
    assert_eq!(after(2).await, [blob(2)]);
    assert_eq!(after(3).await, []);
}

pub(super) async fn assets_are_told_per_app(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    for app in [&world, &neighbour] {
        app.upload(blob(1), 10).await;
    }
    let assets = vec![asset(blob(1), "a")];
    world.issue_one(NewEntry { assets, ..entry(&lane(ANDROID, "1"), 1) }).await;
    assert_eq!(world.store.assets(world.app, 0).await.unwrap(), [image(1, 10)]);
    assert_eq!(world.store.assets(neighbour.app, 0).await.unwrap(), []);
}

fn image(number: u8, size: u64) -> AssetRecord {
    AssetRecord { hash: blob(number), content_type: "image/png".into(), size, encodings: Vec::new() }
}
