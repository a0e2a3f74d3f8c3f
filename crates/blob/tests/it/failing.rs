//! Object stores that fail, whatever the disk does.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use blob::{BlobError, BlobStore};
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use model::BlobHash;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result, UploadPart,
};

const LARGE: usize = 11 * 1024 * 1024;

/// Where a store fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Put,
    SecondPart,
    Complete,
}

/// A store in memory that fails at one place, with one kind of error.
#[derive(Debug)]
struct FaultyStore {
    inner: InMemory,
    fault: Fault,
    kind: io::ErrorKind,
    was_aborted: Arc<AtomicBool>,
}

impl FaultyStore {
    fn blobs(fault: Fault, kind: io::ErrorKind) -> (BlobStore, Arc<AtomicBool>) {
        let was_aborted = Arc::new(AtomicBool::new(false));
        let store = Self { inner: InMemory::new(), fault, kind, was_aborted: Arc::clone(&was_aborted) };
        (BlobStore::over(Arc::new(store)), was_aborted)
    }
}

fn failure(kind: io::ErrorKind) -> object_store::Error {
    object_store::Error::Generic { store: "faulty", source: Box::new(io::Error::from(kind)) }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "faulty at {:?}", self.fault)
    }
}

#[async_trait::async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        if self.fault == Fault::Put {
            return Err(failure(self.kind));
        }
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let inner = self.inner.put_multipart_opts(location, options).await?;
        let was_aborted = Arc::clone(&self.was_aborted);
        Ok(Box::new(FaultyUpload { inner, fault: self.fault, kind: self.kind, parts: 0, was_aborted }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[derive(Debug)]
struct FaultyUpload {
    inner: Box<dyn MultipartUpload>,
    fault: Fault,
    kind: io::ErrorKind,
    parts: usize,
    was_aborted: Arc<AtomicBool>,
}

#[async_trait::async_trait]
impl MultipartUpload for FaultyUpload {
    fn put_part(&mut self, payload: PutPayload) -> UploadPart {
        self.parts += 1;
        if self.fault == Fault::SecondPart && self.parts == 2 {
            let error = failure(self.kind);
            return Box::pin(async move { Err(error) });
        }
        self.inner.put_part(payload)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        if self.fault == Fault::Complete {
            return Err(failure(self.kind));
        }
        self.inner.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.was_aborted.store(true, Ordering::SeqCst);
        self.inner.abort().await
    }
}

async fn stage(blobs: &BlobStore, length: usize) -> (BlobHash, std::result::Result<blob::VerifiedBlob, BlobError>) {
    let bytes = Bytes::from(vec![5; length]);
    let hash = BlobStore::in_memory().put_bytes(bytes.clone()).await.unwrap().hash();
    (hash, blobs.stage(hash, 1 << 30, stream::iter([Ok::<_, io::Error>(bytes)])).await)
}

#[tokio::test]
async fn a_full_store_is_no_space_wherever_it_says_so() {
    for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
        for (fault, length) in [(Fault::Put, 1000), (Fault::SecondPart, LARGE), (Fault::Complete, LARGE)] {
            let (blobs, was_aborted) = FaultyStore::blobs(fault, kind);
            let (hash, outcome) = stage(&blobs, length).await;
            assert!(matches!(outcome, Err(BlobError::NoSpace(_))), "{fault:?} {outcome:?}");
            assert_eq!(blobs.size(hash).await.unwrap(), None, "{fault:?}");
            assert_eq!(was_aborted.load(Ordering::SeqCst), fault == Fault::SecondPart, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn another_failure_is_the_stores_own() {
    for (fault, length) in [(Fault::Put, 1000), (Fault::SecondPart, LARGE), (Fault::Complete, LARGE)] {
        let (blobs, _) = FaultyStore::blobs(fault, io::ErrorKind::ConnectionReset);
        let (hash, outcome) = stage(&blobs, length).await;
        assert!(matches!(outcome, Err(BlobError::Store(_))), "{fault:?} {outcome:?}");
        assert_eq!(blobs.size(hash).await.unwrap(), None, "{fault:?}");
    }
}
