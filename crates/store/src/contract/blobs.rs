//! Contracts of [`Blobs`](crate::Blobs).

use std::collections::HashMap;

use model::{AppId, BlobHash};

use super::Databases;
use super::world::{NOW, World, at, blob, fresh};
use crate::{ContentEncoding, EncodedBlob, StoreError};

pub(super) async fn missing_is_answered_in_the_order_asked(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.upload(blob(2), 20).await;
    let asked = [(blob(3), 30), (blob(1), 10), (blob(2), 20), (blob(3), 30), (blob(0), 0)];

    let missing = world.store.missing_blobs(world.app, &asked).await.unwrap();

    assert_eq!(missing, [blob(3), blob(1), blob(0)]);
    assert_eq!(world.store.missing_blobs(world.app, &[]).await.unwrap(), []);
}

pub(super) async fn missing_is_answered_per_app(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    neighbour.upload(blob(1), 10).await;

    assert_eq!(world.store.missing_blobs(world.app, &[(blob(1), 10)]).await.unwrap(), [blob(1)]);
    assert_eq!(world.store.missing_blobs(neighbour.app, &[(blob(1), 10)]).await.unwrap(), []);
    world.upload(blob(1), 10).await;
    assert_eq!(world.store.missing_blobs(world.app, &[(blob(1), 10)]).await.unwrap(), []);
}

pub(super) async fn another_size_counts_as_missing(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.upload(blob(1), 10).await;
    for size in [0, 9, 11, u64::MAX] {
        assert_eq!(world.store.missing_blobs(world.app, &[(blob(1), size)]).await.unwrap(), [blob(1)], "{size}");
    }
}

pub(super) async fn twenty_thousand_blobs_are_one_question(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let asked: Vec<(BlobHash, u64)> = (0..20_000_u32).map(numbered).map(|hash| (hash, 5)).collect();
    world.upload(numbered(7), 5).await;

    let missing = world.store.missing_blobs(world.app, &asked).await.unwrap();

    let expected: Vec<BlobHash> = asked.iter().map(|(hash, _)| *hash).filter(|hash| *hash != numbered(7)).collect();
    assert!(missing == expected, "{} of {} are missing", missing.len(), asked.len());
    let hashes: Vec<BlobHash> = asked.iter().map(|(hash, _)| *hash).collect();
    assert_eq!(world.store.encodings(&hashes).await.unwrap(), HashMap::new());
}

pub(super) async fn recording_again_changes_nothing(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let variant = EncodedBlob { encoding: ContentEncoding::Brotli, hash: blob(2), size: 4 };
    world.upload(blob(1), 10).await;
    world.store.record_encodings(blob(1), &[variant], NOW).await.unwrap();

    world.store.record_blob(world.app, blob(1), 10, at(1)).await.unwrap();

    assert_eq!(world.store.missing_blobs(world.app, &[(blob(1), 10)]).await.unwrap(), []);
    assert_eq!(world.store.encodings(&[blob(1)]).await.unwrap(), HashMap::from([(blob(1), vec![variant])]));
}

pub(super) async fn one_hash_has_one_size(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    world.upload(blob(1), 10).await;

    for app in [world.app, neighbour.app] {
        let refused = world.store.record_blob(app, blob(1), 11, NOW).await;
        assert!(matches!(refused, Err(StoreError::Corrupt { table: "blobs", .. })), "{refused:?}");
    }

    assert_eq!(world.store.missing_blobs(world.app, &[(blob(1), 10)]).await.unwrap(), []);
    assert_eq!(world.store.missing_blobs(neighbour.app, &[(blob(1), 10)]).await.unwrap(), [blob(1)]);
}

pub(super) async fn recording_needs_the_app(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let refused = world.store.record_blob(AppId(fresh()), blob(1), 10, NOW).await;
    assert!(matches!(refused, Err(StoreError::Constraint(_))), "{refused:?}");
    // Nothing of it stayed: the size is still open.
    world.upload(blob(1), 12).await;
}

pub(super) async fn encodings_tell_untried_from_useless(databases: &dyn Databases) {
    let world = World::new(databases).await;
    for number in [1, 2, 3] {
        world.upload(blob(number), 100).await;
    }
    let gzip = EncodedBlob { encoding: ContentEncoding::Gzip, hash: blob(4), size: 50 };
    let zstd = EncodedBlob { encoding: ContentEncoding::Zstd, hash: blob(5), size: 40 };
    let brotli = EncodedBlob { encoding: ContentEncoding::Brotli, hash: blob(6), size: 30 };
    world.store.record_encodings(blob(1), &[zstd, brotli, gzip], NOW).await.unwrap();
    world.store.record_encodings(blob(2), &[], NOW).await.unwrap();

    let mut known = world.store.encodings(&[blob(1), blob(2), blob(3), blob(9)]).await.unwrap();

    let mut of_first = known.remove(&blob(1)).unwrap();
    of_first.sort_by_key(|variant| variant.encoding);
    assert_eq!(of_first, [brotli, gzip, zstd]);
    assert_eq!(known, HashMap::from([(blob(2), Vec::new())]));
    assert_eq!(world.store.encodings(&[blob(3)]).await.unwrap(), HashMap::new());
    // A variant is no upload of the app's.
    assert_eq!(world.store.missing_blobs(world.app, &[(blob(4), 50)]).await.unwrap(), [blob(4)]);
}

pub(super) async fn encodings_are_replaced(databases: &dyn Databases) {
    let world = World::new(databases).await;
    world.upload(blob(1), 100).await;
    world.upload(blob(2), 100).await;
    let variant = |hash, size| EncodedBlob { encoding: ContentEncoding::Brotli, hash, size };
    for of in [blob(1), blob(2)] {
        world.store.record_encodings(of, &[variant(blob(3), 50)], NOW).await.unwrap();
    }

    world.store.record_encodings(blob(1), &[variant(blob(4), 45)], at(1)).await.unwrap();

    let expected = HashMap::from([(blob(1), vec![variant(blob(4), 45)]), (blob(2), vec![variant(blob(3), 50)])]);
    assert_eq!(world.store.encodings(&[blob(1), blob(2)]).await.unwrap(), expected);
}

pub(super) async fn encodings_need_their_blob(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let variant = EncodedBlob { encoding: ContentEncoding::Gzip, hash: blob(2), size: 5 };
    let refused = world.store.record_encodings(blob(1), &[variant], NOW).await;
    assert!(matches!(refused, Err(StoreError::WrongRowCount { expected: 1, actual: 0, .. })), "{refused:?}");
}

fn numbered(number: u32) -> BlobHash {
    let mut hash = [0xab; 32];
    hash[..4].copy_from_slice(&number.to_be_bytes());
    BlobHash(hash)
}
