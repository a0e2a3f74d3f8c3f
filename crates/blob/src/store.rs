//! The store itself: the only way in for bytes, and the plain way out.

use std::error::Error;
use std::ops::Range;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _};
use model::BlobHash;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::{GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt as _};

use crate::address;
use crate::disk::Disk;
use crate::incoming::{Hasher, Incoming, Part, hash_of};
use crate::read::clamp;
use crate::{BlobError, BlobReader, ReadBlobs};

/// Blobs in one object store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct BlobStore {
    objects: Arc<dyn ObjectStore>,
    /// Only for a local directory.
    disk: Option<Arc<Disk>>,
}

/// Proof that a blob lies at its address, was hashed byte by byte, and would survive a power cut. Only a [`BlobStore`]
/// makes one; what publishes an update asks for one per blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedBlob {
    hash: BlobHash,
    size: u64,
}

impl VerifiedBlob {
    /// The blob's address.
    pub fn hash(&self) -> BlobHash {
        self.hash
    }

    /// The blob's size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl BlobStore {
    /// Blobs in a local directory, which is made if it is missing. One process at a time may write to it. Blocks
    /// while it makes the folders.
    ///
    /// Everything is synced to the disk before it counts: the file before it gets its name, the folder after.
    pub fn local(directory: impl AsRef<Path>) -> Result<Self, BlobError> {
        let directory = directory.as_ref();
        let disk =
            Disk::prepare(directory).map_err(|source| BlobError::Directory { path: directory.to_owned(), source })?;
        let objects = LocalFileSystem::new_with_prefix(directory).map_err(BlobError::Store)?.with_fsync(true);
        Ok(Self { objects: Arc::new(objects), disk: Some(Arc::new(disk)) })
    }

    /// Blobs in memory, for tests.
    pub fn in_memory() -> Self {
        Self::over(Arc::new(InMemory::new()))
    }

    /// Blobs in any object store that acknowledges only what is durable, as the clouds do.
    pub fn over(objects: Arc<dyn ObjectStore>) -> Self {
        Self { objects, disk: None }
    }

    /// Takes in a blob from a stream that nobody trusts.
    ///
    /// Hashes every byte and counts them against `limit` (bytes). The blob appears at its address at once and whole,
    /// and only if it has the `expected` hash; after any error, or when the caller drops the future, nothing of it is
    /// visible. Memory: one part of 5 MiB and one chunk. Two uploads of one blob at once do not disturb each other.
    ///
    /// When something lies at the address already, it is read and hashed first: its size alone proves nothing, a power
    /// cut or a bad disk leaves files of the right size. If it is intact, nothing is written; the stream is still read
    /// to its end and must have the hash, so that nobody claims bytes that he does not have. If it is not, the new
    /// bytes replace it.
    pub async fn stage<S, E>(&self, expected: BlobHash, limit: u64, body: S) -> Result<VerifiedBlob, BlobError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let body = pin!(body);
        let mut incoming = Incoming::new(body, limit);
        if let Some(intact) = self.find_intact(expected).await {
            incoming.drain().await?;
            incoming.check(expected)?;
            return Ok(intact);
        }
        let first = incoming.next_part().await?;
        let size = if first.is_last {
            let size = incoming.check(expected)?;
            self.put(expected, first.bytes).await?;
            size
        } else {
            self.put_in_parts(expected, first, incoming).await?
        };
        Ok(VerifiedBlob { hash: expected, size })
    }

    /// Stores bytes that were made here, such as a compressed variant.
    pub async fn put_bytes(&self, bytes: Bytes) -> Result<VerifiedBlob, BlobError> {
        let size = bytes.len() as u64;
        let shared = bytes.clone();
        // Megabytes take milliseconds to hash: not on a thread that answers requests.
        let task = tokio::task::spawn_blocking(move || hash_of(&shared));
        let hash = task.await.map_err(|error| BlobError::Store(error.into()))?;
        if let Some(intact) = self.find_intact(hash).await {
            return Ok(intact);
        }
        self.put(hash, bytes).await?;
        Ok(VerifiedBlob { hash, size })
    }

    /// Reads and hashes what lies at the address, and syncs it. `None` when nothing does, [`BlobError::Damaged`] when
    /// it is not the blob.
    pub async fn verify(&self, hash: BlobHash) -> Result<Option<VerifiedBlob>, BlobError> {
        let reader = match self.get(hash, None).await {
            Ok(reader) => reader,
            Err(BlobError::Missing { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let size = reader.size;
        let mut hasher = Hasher::new();
        let mut pieces = reader.into_stream();
        while let Some(piece) = pieces.try_next().await? {
            hasher.update(&piece);
        }
        if hasher.finish() != hash {
            return Err(BlobError::Damaged { hash });
        }
        self.make_durable(hash).await?;
        Ok(Some(VerifiedBlob { hash, size }))
    }

    /// The size of what lies at the address, in bytes, without reading it.
    pub async fn size(&self, hash: BlobHash) -> Result<Option<u64>, BlobError> {
        match self.objects.head(&address::of(hash)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(BlobError::Store(error)),
        }
    }

    /// The whole blob, checked against its hash. [`BlobError::TooLarge`] when it has more than `limit` bytes.
    pub async fn read(&self, hash: BlobHash, limit: u64) -> Result<Bytes, BlobError> {
        self.get(hash, None).await?.into_verified_bytes(hash, limit).await
    }

    /// Removes what killed uploads left in a local directory, if nobody has written to it since `older_than_ms`
    /// (milliseconds since the Unix epoch); returns how many files. At start, with no upload running, now is right.
    ///
    /// Other backends keep parts of unfinished uploads out of sight; there a lifecycle rule of the bucket removes them.
    pub async fn sweep_temporary(&self, older_than_ms: i64) -> Result<usize, BlobError> {
        let Some(disk) = self.disk.clone() else { return Ok(0) };
        blocking(move || disk.sweep_unfinished(older_than_ms)).await
    }

    /// For the contract suite, which damages what lies there.
    #[cfg(any(test, feature = "contract"))]
    pub(crate) fn objects(&self) -> &dyn ObjectStore {
        &*self.objects
    }

    /// Whatever keeps the old bytes from being read, new ones are the remedy.
    async fn find_intact(&self, hash: BlobHash) -> Option<VerifiedBlob> {
        match self.verify(hash).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%hash, error = &error as &dyn Error, "a stored blob cannot be trusted; replacing it");
                None
            }
        }
    }

    async fn put(&self, hash: BlobHash, bytes: Bytes) -> Result<(), BlobError> {
        self.objects.put(&address::of(hash), bytes.into()).await.map_err(BlobError::writing)?;
        Ok(())
    }

    /// The upload stays invisible until it is completed, and it is completed only when the hash is right.
    async fn put_in_parts<S, E>(&self, expected: BlobHash, first: Part, incoming: Incoming<S>) -> Result<u64, BlobError>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut upload = self.objects.put_multipart(&address::of(expected)).await.map_err(BlobError::writing)?;
        match send_parts(&mut *upload, expected, first, incoming).await {
            Ok(size) => {
                // If this fails the local backend forgets its unfinished file, which the next start sweeps.
                upload.complete().await.map_err(BlobError::writing)?;
                Ok(size)
            }
            Err(error) => {
                if let Err(abort) = upload.abort().await {
                    tracing::warn!(%expected, error = &abort as &dyn Error, "an upload could not be cleaned up");
                }
                Err(error)
            }
        }
    }

    async fn get(&self, hash: BlobHash, range: Option<Range<u64>>) -> Result<BlobReader, BlobError> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let found = self.objects.get_opts(&address::of(hash), options).await;
        Ok(BlobReader::from_store(hash, found.map_err(|error| BlobError::reading(error, hash))?))
    }

    async fn make_durable(&self, hash: BlobHash) -> Result<(), BlobError> {
        let Some(disk) = self.disk.clone() else { return Ok(()) };
        blocking(move || disk.make_durable(hash)).await
    }
}

#[async_trait::async_trait]
impl ReadBlobs for BlobStore {
    async fn open(&self, hash: BlobHash, range: Option<Range<u64>>) -> Result<BlobReader, BlobError> {
        let opened = self.get(hash, range.clone()).await;
        // Each store words a bad range in its own way, so it is told apart by asking for the size.
        if let (Err(BlobError::Store(_)), Some(range)) = (&opened, range)
            && let Some(size) = self.size(hash).await?
        {
            clamp(range, size)?;
        }
        opened
    }
}

async fn send_parts<S, E>(
    upload: &mut dyn MultipartUpload,
    expected: BlobHash,
    first: Part,
    mut incoming: Incoming<S>,
) -> Result<u64, BlobError>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut part = first;
    loop {
        if !part.bytes.is_empty() {
            upload.put_part(part.bytes.into()).await.map_err(BlobError::writing)?;
        }
        if part.is_last {
            return incoming.check(expected);
        }
        part = incoming.next_part().await?;
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, BlobError> {
    let task = tokio::task::spawn_blocking(work);
    task.await.map_err(|error| BlobError::Store(error.into()))?.map_err(BlobError::File)
}
