//! An object store without room, behind the real API: what a full disk says, where no disk can be filled.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use admin::Admin;
use async_trait::async_trait;
use axum::body::Body;
use blob::{BlobStore, CacheLimits, CachedBlobs};
use bytes::Bytes;
use delivery::Delivery;
use delivery::door::Open;
use futures_util::stream::BoxStream;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use model::{AppId, AppSlug, BlobHash, ChannelName, KeyId};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result, UploadPart,
};
use publishing::ports::{Announce, FetchAsset, FetchError, Outside};
use publishing::{AssetUrl, PublishError, Publishing, Rules, token_hash};
use server::machine::{SystemClock, SystemEntropy};
use signing::seal::MasterKey;
use store_sqlite::SqliteStore;
use tempfile::TempDir;
use testing::ExportedFile;
use tower::ServiceExt;

use crate::drain::noise;

/// More than one part of an upload.
const LARGE: usize = 6 << 20;
const TOKEN: &str = "a token of this test";

#[tokio::test]
async fn an_upload_without_room_is_told_and_can_be_sent_again() {
    let scratch = TempDir::new().unwrap();
    let is_full = Arc::new(AtomicBool::new(false));
    let objects = Objects { inner: InMemory::new(), is_full: is_full.clone() };
    let api = api(&scratch, BlobStore::over(Arc::new(objects))).await;
    for size in [1000, LARGE] {
        let file = ExportedFile::new("a", "png", noise(size));
        is_full.store(true, Ordering::SeqCst);
        let (status, problem) = put(&api, &file).await;
        assert_eq!((status, problem["code"].as_str()), (StatusCode::INSUFFICIENT_STORAGE, Some("no_space")), "{size}");
        assert!(is_missing(&api, &file).await, "{size}");
        is_full.store(false, Ordering::SeqCst);
        assert_eq!(put(&api, &file).await.0, StatusCode::NO_CONTENT, "{size}");
        assert!(!is_missing(&api, &file).await, "{size}");
    }
}

async fn put(api: &axum::Router, file: &ExportedFile) -> (StatusCode, serde_json::Value) {
    let path = format!("/api/v1/apps/default/blobs/{}", file.hash());
    call(api, Request::put(path), file.bytes.clone()).await
}

async fn is_missing(api: &axum::Router, file: &ExportedFile) -> bool {
    let blobs = vec![api::BlobRef { hash: file.hash(), size: file.bytes.len() as u64 }];
    let body = serde_json::to_vec(&api::WhichBlobs { blobs }).unwrap();
    let (status, answer) = call(api, Request::post("/api/v1/apps/default/blobs/missing"), body).await;
    assert_eq!(status, StatusCode::OK);
    answer["missing"] == serde_json::json!([file.hash()])
}

async fn call(api: &axum::Router, request: http::request::Builder, body: Vec<u8>) -> (StatusCode, serde_json::Value) {
    let request = request.header("authorization", format!("Bearer {TOKEN}")).body(Body::from(body)).unwrap();
    let answer = api.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// The operator API over these blobs, without a server around it.
async fn api(scratch: &TempDir, blobs: BlobStore) -> axum::Router {
    let store = Arc::new(SqliteStore::open(&scratch.path().join("updraft.sqlite")).await.unwrap());
    let rules = Rules {
        public_url: "http://updates.example.com".into(),
        max_upload_bytes: 2 * LARGE as u64,
        max_assets: 100,
        brotli_quality: 5,
        allow_private_addresses: false,
        device_key_header: None,
    };
    let outside = Outside {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        announce: Arc::new(Nobody),
        fetch: Arc::new(Nobody),
    };
    let publishing = Publishing::new(store.clone(), blobs.clone(), MasterKey::from_bytes([7; 32]), rules, outside);
    let slug = AppSlug::parse("default").unwrap();
    let (channel, key) = (ChannelName::parse("production").unwrap(), KeyId::parse("main").unwrap());
    publishing.bootstrap(&slug, &channel, &key).await.unwrap();
    let unread = Arc::new(CachedBlobs::new(Arc::new(blobs.clone()), CacheLimits::default()));
    admin::router(Admin {
        publishing,
        apps: store.clone(),
        audit: store.clone(),
        explain: Arc::new(Delivery::new(store.clone(), unread, Box::new(Open), Vec::new())),
        tokens: store,
        process_token: Some(token_hash(TOKEN)),
        public_url: "http://updates.example.com".into(),
        upload_idle_time: Duration::from_mins(1),
    })
}

/// Nobody serves devices here.
struct Nobody;

#[async_trait]
impl FetchAsset for Nobody {
    async fn sha256(&self, _: &AssetUrl) -> std::result::Result<BlobHash, FetchError> {
        Err(FetchError::Status(404))
    }
}

#[async_trait]
impl Announce for Nobody {
    async fn changed(&self, _: AppId) -> std::result::Result<(), PublishError> {
        Ok(())
    }
}

/// Objects in memory that can be told to have no room: for a whole object, and for any part but the first.
#[derive(Debug)]
struct Objects {
    inner: InMemory,
    is_full: Arc<AtomicBool>,
}

impl fmt::Display for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("objects that may be full")
    }
}

fn no_room() -> object_store::Error {
    object_store::Error::Generic { store: "full", source: Box::new(io::Error::from(io::ErrorKind::StorageFull)) }
}

#[async_trait]
impl ObjectStore for Objects {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(no_room());
        }
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let inner = self.inner.put_multipart_opts(location, options).await?;
        Ok(Box::new(Parts { inner, is_full: self.is_full.clone(), taken: 0 }))
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
struct Parts {
    inner: Box<dyn MultipartUpload>,
    is_full: Arc<AtomicBool>,
    taken: usize,
}

#[async_trait]
impl MultipartUpload for Parts {
    fn put_part(&mut self, payload: PutPayload) -> UploadPart {
        self.taken += 1;
        if self.taken > 1 && self.is_full.load(Ordering::SeqCst) {
            return Box::pin(async { Err(no_room()) });
        }
        self.inner.put_part(payload)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.inner.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}
