//! Small hot blobs in memory, in front of any reader.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use model::BlobHash;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use tokio::sync::Semaphore;

use crate::{BlobError, BlobReader, ReadBlobs};

/// What a cache may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheLimits {
    /// All blobs together, in bytes.
    pub budget: u64,
    /// Larger blobs are never kept but streamed, in bytes.
    pub largest_blob: u64,
    /// How many blobs may be read into memory at once, beside the budget; further ones are streamed meanwhile.
    pub fills: usize,
}

impl Default for CacheLimits {
    /// 32 MiB of blobs of up to 4 MiB, four being read at once: at most 48 MiB.
    fn default() -> Self {
        Self { budget: 32 * 1024 * 1024, largest_blob: 4 * 1024 * 1024, fills: 4 }
    }
}

/// Keeps whole blobs in memory, shares them without copying, and reads each at most once however many ask for it at
/// the same time. What it keeps was checked against its hash. Cheap to clone.
#[derive(Clone)]
pub struct CachedBlobs {
    shared: Arc<Shared>,
}

struct Shared {
    inner: Arc<dyn ReadBlobs>,
    kept: Cache<BlobHash, Kept, Weight>,
    largest_blob: u64,
    fills: Semaphore,
}

/// What is known about a blob.
#[derive(Clone)]
enum Kept {
    Whole(Bytes),
    /// Too large to keep: asked again, it is streamed without waiting for others who ask.
    Large,
}

#[derive(Clone)]
struct Weight;

/// What an entry takes beside the bytes, roughly.
const ENTRY_OVERHEAD: u64 = 128;

impl Weighter<BlobHash, Kept> for Weight {
    fn weight(&self, _: &BlobHash, kept: &Kept) -> u64 {
        ENTRY_OVERHEAD
            + match kept {
                Kept::Whole(bytes) => bytes.len() as u64,
                Kept::Large => 0,
            }
    }
}

impl CachedBlobs {
    /// A cache in front of `inner`.
    pub fn new(inner: Arc<dyn ReadBlobs>, limits: CacheLimits) -> Self {
        // A shard keeps nothing heavier than its own share, so there are only as many as hold two of the largest each.
        let largest_blob = limits.largest_blob.min(limits.budget / 2);
        let shards = (limits.budget / (2 * (largest_blob + ENTRY_OVERHEAD))).clamp(1, 8);
        let shards = if shards.is_power_of_two() { shards } else { shards.next_power_of_two() / 2 };
        let typical_blob = 16 * 1024;
        let items = usize::try_from(limits.budget / typical_blob).unwrap_or(usize::MAX).max(256);
        let options = OptionsBuilder::new()
            .weight_capacity(limits.budget)
            .estimated_items_capacity(items)
            .shards(usize::try_from(shards).unwrap_or(1))
            .build();
        let kept = match options {
            Ok(options) => {
                Cache::with_options(options, Weight, DefaultHashBuilder::default(), DefaultLifecycle::default())
            }
            // Only an option left out is an error, and none is.
            Err(_) => Cache::with_weighter(items, limits.budget, Weight),
        };
        Self { shared: Arc::new(Shared { inner, kept, largest_blob, fills: Semaphore::new(limits.fills) }) }
    }

    /// How many bytes are kept now, the entries' own size included.
    pub fn weight(&self) -> u64 {
        self.shared.kept.weight()
    }
}

#[async_trait::async_trait]
impl ReadBlobs for CachedBlobs {
    async fn open(&self, hash: BlobHash, range: Option<Range<u64>>) -> Result<BlobReader, BlobError> {
        let Shared { inner, kept, largest_blob, fills } = &*self.shared;
        // Whoever gets the guard reads for all who wait; if it fails or is dropped, the next one gets the guard.
        let guard = match kept.get_value_or_guard_async(&hash).await {
            Ok(Kept::Whole(bytes)) => return BlobReader::from_memory(&bytes, range),
            Ok(Kept::Large) => return inner.open(hash, range).await,
            Err(guard) => guard,
        };
        let Ok(_fill) = fills.try_acquire() else {
            drop(guard);
            return inner.open(hash, range).await;
        };
        let whole = inner.open(hash, None).await?;
        if whole.size > *largest_blob {
            // Losing the entry again at once is no harm.
            let _ = guard.insert(Kept::Large);
            return if range.is_none() { Ok(whole) } else { inner.open(hash, range).await };
        }
        let bytes = whole.into_verified_bytes(hash, *largest_blob).await?;
        let _ = guard.insert(Kept::Whole(bytes.clone()));
        BlobReader::from_memory(&bytes, range)
    }

    fn in_memory(&self, hash: BlobHash) -> Option<Bytes> {
        match self.shared.kept.get(&hash) {
            Some(Kept::Whole(bytes)) => Some(bytes),
            Some(Kept::Large) | None => None,
        }
    }
}

impl std::fmt::Debug for CachedBlobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CachedBlobs({} bytes)", self.weight())
    }
}
