//! What every backend must do. A backend is done when [`keeps_every_rule`] passes on it.

#![expect(clippy::unwrap_used, reason = "a suite for tests stops at the first failure")]

use std::io;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, future, stream};
use model::BlobHash;
use object_store::ObjectStoreExt as _;
use tokio::sync::oneshot;

use crate::incoming::{PART, hash_of};
use crate::{BlobBody, BlobError, BlobStore, ReadBlobs as _, address};

const LIMIT: u64 = 64 * 1024 * 1024;
/// Kinds of blob: stored in one piece, and in several parts.
const SMALL: usize = 10_000;
const LARGE: usize = PART + 10_000;

/// Runs every rule on a store, which may hold other blobs.
pub async fn keeps_every_rule(blobs: &BlobStore) {
    staged_bytes_come_back(blobs).await;
    bytes_made_here_come_back(blobs).await;
    other_bytes_than_promised_are_refused(blobs).await;
    a_cut_stream_leaves_nothing(blobs).await;
    an_abandoned_upload_leaves_nothing(blobs).await;
    the_limit_is_a_limit(blobs).await;
    staging_again_is_fine_but_proves_possession(blobs).await;
    staging_at_once_is_fine(blobs).await;
    damage_is_found_and_healed(blobs).await;
    ranges_are_read_exactly(blobs).await;
    a_missing_blob_is_missing(blobs).await;
}

/// Bytes that no other rule uses, the same every time.
fn sample(rule: &str, length: usize) -> Bytes {
    let mut state = u64::from_le_bytes(hash_of(rule.as_bytes()).0[..8].try_into().unwrap());
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&state.to_be_bytes());
    }
    bytes.truncate(length);
    bytes.into()
}

/// The bytes as a stream of chunks.
fn chunks(bytes: &Bytes, size: usize) -> impl futures_util::Stream<Item = Result<Bytes, io::Error>> + Send + use<> {
    let pieces: Vec<_> = bytes.chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces)
}

async fn stage(blobs: &BlobStore, hash: BlobHash, bytes: &Bytes) -> Result<crate::VerifiedBlob, BlobError> {
    blobs.stage(hash, LIMIT, chunks(bytes, 65_536)).await
}

async fn assert_absent(blobs: &BlobStore, hash: BlobHash) {
    assert_eq!(blobs.size(hash).await.unwrap(), None);
    assert!(matches!(blobs.open(hash, None).await, Err(BlobError::Missing { .. })));
}

async fn staged_bytes_come_back(blobs: &BlobStore) {
    for length in [0, 1, SMALL, PART - 1, PART, PART + 1, 2 * PART + 7] {
        let bytes = sample("come back", length);
        let hash = hash_of(&bytes);
        for chunk in [1_000_003, 4099] {
            let verified = blobs.stage(hash, length as u64, chunks(&bytes, chunk)).await.unwrap();
            assert_eq!((verified.hash(), verified.size()), (hash, length as u64));
        }
        assert_eq!(blobs.size(hash).await.unwrap(), Some(length as u64));
        assert!(blobs.read(hash, length as u64).await.unwrap() == bytes, "{length} bytes came back changed");
        assert_eq!(blobs.verify(hash).await.unwrap().map(|verified| verified.size()), Some(length as u64));
        if length > 0 {
            let refused = blobs.read(hash, length as u64 - 1).await;
            assert!(matches!(refused, Err(BlobError::TooLarge { .. })));
        }
    }
}

async fn bytes_made_here_come_back(blobs: &BlobStore) {
    for length in [0, SMALL, LARGE] {
        let bytes = sample("made here", length);
        for _ in 0..2 {
            let verified = blobs.put_bytes(bytes.clone()).await.unwrap();
            assert_eq!((verified.hash(), verified.size()), (hash_of(&bytes), length as u64));
        }
        assert!(blobs.read(hash_of(&bytes), LIMIT).await.unwrap() == bytes);
    }
}

async fn other_bytes_than_promised_are_refused(blobs: &BlobStore) {
    for length in [0, SMALL, LARGE] {
        let promised = hash_of(&sample("promised", length + 1));
        let sent = sample("sent instead", length);
        let error = stage(blobs, promised, &sent).await.unwrap_err();
        assert!(
            matches!(error, BlobError::HashMismatch { expected, actual } if expected == promised && actual == hash_of(&sent)),
            "{error:?}"
        );
        assert_absent(blobs, promised).await;
        if length > 0 {
            assert_absent(blobs, hash_of(&sent)).await;
        }
    }
}

async fn a_cut_stream_leaves_nothing(blobs: &BlobStore) {
    for length in [SMALL, LARGE] {
        let bytes = sample("cut", length);
        let cut =
            chunks(&bytes, 4096).take(length / 4096).chain(stream::iter([Err(io::Error::other("reset by peer"))]));
        let error = blobs.stage(hash_of(&bytes), LIMIT, cut).await.unwrap_err();
        assert!(matches!(&error, BlobError::Cut(cause) if cause.to_string() == "reset by peer"), "{error:?}");
        assert_absent(blobs, hash_of(&bytes)).await;
    }
}

async fn an_abandoned_upload_leaves_nothing(blobs: &BlobStore) {
    for length in [SMALL, LARGE] {
        let bytes = sample("abandoned", length);
        let (stalled, stalls) = oneshot::channel();
        let silence = stream::once(async move {
            stalled.send(()).unwrap();
            future::pending().await
        });
        let body = chunks(&bytes, 4096).take(length / 4096).chain(silence);
        // Dropped while it waits for the rest, as when a client goes away.
        let has_finished = tokio::select! {
            _ = blobs.stage(hash_of(&bytes), LIMIT, body) => true,
            _ = stalls => false,
        };
        assert!(!has_finished);
        assert_absent(blobs, hash_of(&bytes)).await;
        stage(blobs, hash_of(&bytes), &bytes).await.unwrap();
    }
}

async fn the_limit_is_a_limit(blobs: &BlobStore) {
    for length in [SMALL, LARGE] {
        let bytes = sample("limit", length);
        let limit = length as u64 - 1;
        for is_there in [false, true] {
            let error = blobs.stage(hash_of(&bytes), limit, chunks(&bytes, 65_536)).await.unwrap_err();
            assert!(matches!(error, BlobError::TooLarge { limit: told } if told == limit), "{error:?}");
            if !is_there {
                assert_absent(blobs, hash_of(&bytes)).await;
            }
            blobs.stage(hash_of(&bytes), limit + 1, chunks(&bytes, 65_536)).await.unwrap();
        }
    }
}

async fn staging_again_is_fine_but_proves_possession(blobs: &BlobStore) {
    for length in [SMALL, LARGE] {
        let bytes = sample("again", length);
        let hash = hash_of(&bytes);
        let first = stage(blobs, hash, &bytes).await.unwrap();
        assert_eq!(stage(blobs, hash, &bytes).await.unwrap(), first);
        let error = stage(blobs, hash, &bytes.slice(1..)).await.unwrap_err();
        assert!(matches!(error, BlobError::HashMismatch { .. }), "knowing a hash is not having the bytes: {error:?}");
        assert!(blobs.read(hash, LIMIT).await.unwrap() == bytes, "the stored blob must survive a bad upload");
    }
}

async fn staging_at_once_is_fine(blobs: &BlobStore) {
    for length in [SMALL, LARGE] {
        let bytes = sample("at once", length);
        let hash = hash_of(&bytes);
        let uploads = (0..8).map(|number| {
            let body = chunks(&bytes, 10_000 + number);
            async move { blobs.stage(hash, LIMIT, body).await }
        });
        for outcome in future::join_all(uploads).await {
            assert_eq!(outcome.unwrap().hash(), hash);
        }
        assert!(blobs.read(hash, LIMIT).await.unwrap() == bytes);
    }
}

async fn damage_is_found_and_healed(blobs: &BlobStore) {
    for length in [SMALL, LARGE] {
        let bytes = sample("damage", length);
        let hash = hash_of(&bytes);
        let mut changed = bytes.to_vec();
        changed[length / 2] ^= 1;
        let torn = Bytes::copy_from_slice(&bytes[..length / 2]);
        for damaged in [Bytes::from(changed), torn, Bytes::new()] {
            blobs.objects().put(&address::of(hash), damaged.into()).await.unwrap();
            assert!(matches!(blobs.verify(hash).await, Err(BlobError::Damaged { .. })));
            assert!(matches!(blobs.read(hash, LIMIT).await, Err(BlobError::Damaged { .. })));
            stage(blobs, hash, &bytes).await.unwrap();
            assert!(blobs.read(hash, LIMIT).await.unwrap() == bytes, "the right size is no proof");
        }
        blobs.objects().put(&address::of(hash), "damaged".into()).await.unwrap();
        blobs.put_bytes(bytes.clone()).await.unwrap();
        assert!(blobs.read(hash, LIMIT).await.unwrap() == bytes);
    }
}

async fn ranges_are_read_exactly(blobs: &BlobStore) {
    let bytes = sample("ranges", 600_000);
    let size = 600_000;
    let hash = blobs.put_bytes(bytes.clone()).await.unwrap().hash();
    for range in [0..1, 0..size, 1..size, 7..300_007, size - 1..size, 5..size + 100, 262_143..262_145] {
        let reader = blobs.open(hash, Some(range.clone())).await.unwrap();
        let end = range.end.min(size);
        assert_eq!((reader.size, reader.range.clone()), (size, range.start..end));
        let [start, end] = [range.start, end].map(|position| usize::try_from(position).unwrap());
        assert!(collect(reader.body).await == bytes[start..end], "{range:?}");
    }
    #[expect(clippy::reversed_empty_ranges, reason = "a client may ask for one")]
    let outside = [size..size + 1, size + 5..size + 9, 5..5, 0..0, 9..3, u64::MAX - 1..u64::MAX];
    for range in outside {
        let error = blobs.open(hash, Some(range.clone())).await.unwrap_err();
        assert!(matches!(error, BlobError::RangeOutside { size: told } if told == size), "{range:?} {error:?}");
    }
    let empty = blobs.put_bytes(Bytes::new()).await.unwrap().hash();
    assert!(collect(blobs.open(empty, None).await.unwrap().body).await.is_empty());
    assert!(matches!(blobs.open(empty, Some(0..1)).await, Err(BlobError::RangeOutside { size: 0 })));
}

async fn a_missing_blob_is_missing(blobs: &BlobStore) {
    let hash = hash_of(b"nobody stages this");
    assert_absent(blobs, hash).await;
    assert!(matches!(blobs.open(hash, Some(0..1)).await, Err(BlobError::Missing { hash: told }) if told == hash));
    assert!(matches!(blobs.read(hash, LIMIT).await, Err(BlobError::Missing { .. })));
    assert!(blobs.verify(hash).await.unwrap().is_none());
    assert_eq!(blobs.sweep_temporary(i64::MAX).await.unwrap(), 0);
}

async fn collect(body: BlobBody) -> Vec<u8> {
    match body {
        BlobBody::Memory(bytes) => bytes.to_vec(),
        BlobBody::Stream(stream) => stream.try_collect::<Vec<_>>().await.unwrap().concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_local_directory_keeps_every_rule() {
        let directory = tempfile::tempdir().unwrap();
        keeps_every_rule(&BlobStore::local(directory.path()).unwrap()).await;
    }

    #[tokio::test]
    async fn memory_keeps_every_rule() {
        keeps_every_rule(&BlobStore::in_memory()).await;
    }
}
