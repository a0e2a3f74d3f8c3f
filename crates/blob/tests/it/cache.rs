//! The cache in front of a reader.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use blob::{BlobBody, BlobError, BlobReader, BlobStore, CacheLimits, CachedBlobs, ReadBlobs};
use bytes::Bytes;
use futures_util::{TryStreamExt as _, future};
use model::BlobHash;
use tokio::sync::Semaphore;

const MIB: usize = 1024 * 1024;

/// A reader that counts, and answers only when it is let.
struct Watched {
    blobs: BlobStore,
    opened: AtomicUsize,
    gate: Semaphore,
}

impl Watched {
    /// Every call may pass.
    fn open() -> Arc<Self> {
        Self::with_gate(Semaphore::MAX_PERMITS)
    }

    fn with_gate(calls: usize) -> Arc<Self> {
        Arc::new(Self { blobs: BlobStore::in_memory(), opened: AtomicUsize::new(0), gate: Semaphore::new(calls) })
    }

    fn count(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }

    async fn put(&self, byte: u8, length: usize) -> BlobHash {
        self.blobs.put_bytes(vec![byte; length].into()).await.unwrap().hash()
    }
}

#[async_trait::async_trait]
impl ReadBlobs for Watched {
    async fn open(&self, hash: BlobHash, range: Option<Range<u64>>) -> Result<BlobReader, BlobError> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        self.blobs.open(hash, range).await
    }
}

fn cached(inner: &Arc<Watched>, limits: CacheLimits) -> CachedBlobs {
    CachedBlobs::new(Arc::clone(inner) as Arc<dyn ReadBlobs>, limits)
}

fn in_memory(reader: BlobReader) -> Bytes {
    match reader.body {
        BlobBody::Memory(bytes) => bytes,
        BlobBody::Stream(_) => unreachable!("streamed"),
    }
}

async fn streamed(reader: BlobReader) -> Vec<u8> {
    match reader.body {
        BlobBody::Memory(_) => unreachable!("from memory"),
        BlobBody::Stream(stream) => stream.try_collect::<Vec<_>>().await.unwrap().concat(),
    }
}

#[tokio::test]
async fn a_hot_blob_is_read_once_and_shared() {
    let inner = Watched::open();
    let cache = cached(&inner, CacheLimits::default());
    // Up to the largest size that the defaults keep.
    for (number, length) in [0, 10_000, 2 * MIB, 4 * MIB].into_iter().enumerate() {
        let hash = inner.put(1, length).await;
        assert_eq!(cache.in_memory(hash), None);
        let first = in_memory(cache.open(hash, None).await.unwrap());
        let second = in_memory(cache.open(hash, None).await.unwrap());
        let third = cache.in_memory(hash).unwrap();
        assert_eq!(first, vec![1; length]);
        assert!(first.as_ptr() == second.as_ptr() && first.as_ptr() == third.as_ptr(), "{length} bytes were copied");
        assert_eq!(inner.count(), number + 1);
    }
}

#[tokio::test]
async fn ranges_are_cut_from_memory() {
    let inner = Watched::open();
    let cache = cached(&inner, CacheLimits::default());
    let hash = inner.blobs.put_bytes("0123456789".into()).await.unwrap().hash();
    for (range, expected) in [(2..5, "234"), (0..10, "0123456789"), (8..99, "89")] {
        let reader = cache.open(hash, Some(range.clone())).await.unwrap();
        assert_eq!((reader.size, reader.range.clone()), (10, range.start..range.end.min(10)));
        assert_eq!(in_memory(reader), expected);
    }
    for range in [10..11, 4..4] {
        let error = cache.open(hash, Some(range)).await.unwrap_err();
        assert!(matches!(error, BlobError::RangeOutside { size: 10 }), "{error:?}");
    }
    assert_eq!(inner.count(), 1);
}

#[tokio::test]
async fn a_hundred_who_ask_at_once_cause_one_read() {
    let inner = Watched::with_gate(0);
    let hash = inner.put(1, 10_000).await;
    let cache = cached(&inner, CacheLimits::default());
    let asking = future::join_all((0..100).map(|_| cache.open(hash, None)));
    let (readers, ()) = future::join(asking, async { inner.gate.add_permits(100) }).await;
    assert_eq!(inner.count(), 1);
    for reader in readers {
        assert_eq!(in_memory(reader.unwrap()).len(), 10_000);
    }
}

#[tokio::test]
async fn when_the_one_who_reads_goes_away_another_takes_over() {
    let inner = Watched::with_gate(0);
    let hash = inner.put(1, 10_000).await;
    let cache = cached(&inner, CacheLimits::default());
    let mut first = Box::pin(cache.open(hash, None));
    let mut second = Box::pin(cache.open(hash, None));
    assert!(futures_util::poll!(&mut first).is_pending());
    assert!(futures_util::poll!(&mut second).is_pending());
    assert_eq!(inner.count(), 1, "the second waits for the first");
    drop(first);
    inner.gate.add_permits(1);
    assert_eq!(in_memory(second.await.unwrap()).len(), 10_000);
    assert_eq!(inner.count(), 2);
}

#[tokio::test]
async fn a_large_blob_is_streamed_and_never_kept() {
    let inner = Watched::open();
    let cache = cached(&inner, CacheLimits::default());
    let hash = inner.put(1, 4 * MIB + 1).await;
    for _ in 0..3 {
        assert_eq!(streamed(cache.open(hash, None).await.unwrap()).await.len(), 4 * MIB + 1);
    }
    assert_eq!(streamed(cache.open(hash, Some(5..9)).await.unwrap()).await, [1; 4]);
    let other = inner.put(2, 4 * MIB + 1).await;
    assert_eq!(streamed(cache.open(other, Some(5..9)).await.unwrap()).await, [2; 4], "also when asked first by range");
    assert_eq!(cache.in_memory(hash), None);
    assert!(cache.weight() < 1024, "{cache:?}");
}

#[tokio::test]
async fn those_who_ask_for_a_known_large_blob_do_not_wait_for_each_other() {
    let inner = Watched::with_gate(1);
    let hash = inner.put(1, 4 * MIB + 1).await;
    let cache = cached(&inner, CacheLimits::default());
    cache.open(hash, None).await.unwrap();
    let mut asking = [cache.open(hash, None), cache.open(hash, None), cache.open(hash, Some(0..1))];
    for one in &mut asking {
        assert!(futures_util::poll!(one).is_pending());
    }
    assert_eq!(inner.count(), 4);
}

#[tokio::test]
async fn the_budget_holds_and_what_is_asked_often_stays() {
    let inner = Watched::open();
    let limits = CacheLimits { budget: 8 * MIB as u64, largest_blob: MIB as u64, fills: 4 };
    let cache = cached(&inner, limits);
    let hot = inner.put(255, 10_000).await;
    for byte in 0..60 {
        let hash = inner.put(byte, MIB - 1000).await;
        cache.open(hash, None).await.unwrap();
        cache.open(hot, None).await.unwrap();
        assert!(cache.weight() <= limits.budget, "{cache:?}");
    }
    assert!(cache.weight() > limits.budget / 2, "the budget is used: {cache:?}");
    assert_eq!(inner.count(), 61, "the hot one was read once");
}

#[tokio::test]
async fn more_fills_than_allowed_are_streamed_instead_of_waiting() {
    let inner = Watched::with_gate(0);
    let (one, two) = (inner.put(1, 100).await, inner.put(2, 200).await);
    let cache = cached(&inner, CacheLimits { fills: 1, ..CacheLimits::default() });
    let mut first = Box::pin(cache.open(one, None));
    assert!(futures_util::poll!(&mut first).is_pending());
    let mut second = Box::pin(cache.open(two, None));
    assert!(futures_util::poll!(&mut second).is_pending());
    inner.gate.add_permits(2);
    assert_eq!(streamed(second.await.unwrap()).await, [2; 200]);
    assert_eq!(in_memory(first.await.unwrap()), [1; 100].as_slice());
    inner.gate.add_permits(1);
    assert_eq!(in_memory(cache.open(two, None).await.unwrap()), [2; 200].as_slice());
}

#[tokio::test]
async fn damaged_bytes_are_neither_served_nor_kept() {
    let directory = tempfile::tempdir().unwrap();
    let blobs = BlobStore::local(directory.path()).unwrap();
    let hash = blobs.put_bytes("as it was".into()).await.unwrap().hash();
    let digits = hash.to_string();
    let file = directory.path().join("blobs").join(&digits[..2]).join(&digits[2..]);
    std::fs::write(&file, "as it WAS").unwrap();
    let cache = CachedBlobs::new(Arc::new(blobs.clone()), CacheLimits::default());
    assert!(matches!(cache.open(hash, None).await, Err(BlobError::Damaged { .. })));
    assert_eq!(cache.in_memory(hash), None);
    blobs.put_bytes("as it was".into()).await.unwrap();
    assert_eq!(in_memory(cache.open(hash, None).await.unwrap()), "as it was");
}

#[tokio::test]
async fn a_missing_blob_is_asked_again() {
    let inner = Watched::open();
    let cache = cached(&inner, CacheLimits::default());
    let hash = BlobStore::in_memory().put_bytes("later".into()).await.unwrap().hash();
    for _ in 0..2 {
        assert!(matches!(cache.open(hash, None).await, Err(BlobError::Missing { .. })));
    }
    inner.blobs.put_bytes("later".into()).await.unwrap();
    assert_eq!(in_memory(cache.open(hash, None).await.unwrap()), "later");
}
