//! The hot path: checks and assets from prepared bytes. Never writes, renders or signs.
//!
//! A check, in this order and nowhere else ([`Delivery::check`]):
//!
//! 1. parse what the request says
//! 2. authenticate
//! 3. take the app's snapshot
//! 4. `decide`
//! 5. pick the prepared bytes for (choice, shape, key id)
//! 6. hand one [`CheckRecord`](record::CheckRecord) to the sinks
//!
//! Its budget: no database, no object store, no lock that a writer holds, no signature, no rendering. A test counts the
//! allocations of a check and commits the numbers (`tests/allocations.rs`). Everything that it reads was made ready by
//! [`Delivery::reload`] and is swapped in whole.

pub mod assets;
pub mod body;
pub mod check;
pub mod codes;
pub mod door;
pub mod explain;
mod facts;
pub mod prepared;
mod problem;
pub mod record;
mod refresh;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwap;
use blob::ReadBlobs;
use model::{AppId, AppSlug, BlobHash};
use store::{AssetRecord, ReadSnapshots};

use door::Door;
use prepared::PreparedApp;
use record::{CheckRecord, CheckSink};

pub use check::Asked;
pub use problem::Problem;
pub use refresh::RefreshError;

/// The app of `GET /update`.
pub const DEFAULT_APP: &str = "default";

/// Answers devices. One for the process; shared by all connections.
pub struct Delivery {
    apps: ArcSwap<Apps>,
    /// Not read by a check. Written for moments by a reload; a check never waits for it.
    assets: RwLock<HashMap<BlobHash, Arc<AssetRecord>>>,
    door: Box<dyn Door>,
    sinks: Vec<Arc<dyn CheckSink>>,
    snapshots: Arc<dyn ReadSnapshots>,
    blobs: Arc<dyn ReadBlobs>,
    /// One reload at a time, so that a snapshot never goes backwards.
    reloading: tokio::sync::Mutex<()>,
}

/// Every app as a check sees it.
#[derive(Default)]
struct Apps {
    by_slug: HashMap<AppSlug, Arc<PreparedApp>>,
}

impl Delivery {
    /// Knows no app before [`Delivery::reload_all`].
    pub fn new(
        snapshots: Arc<dyn ReadSnapshots>,
        blobs: Arc<dyn ReadBlobs>,
        door: Box<dyn Door>,
        sinks: Vec<Arc<dyn CheckSink>>,
    ) -> Self {
        Self {
            apps: ArcSwap::default(),
            assets: RwLock::default(),
            door,
            sinks,
            snapshots,
            blobs,
            reloading: tokio::sync::Mutex::default(),
        }
    }

    /// The version of an app that checks are answered from.
    pub fn version(&self, app: AppId) -> Option<u64> {
        let apps = self.apps.load();
        apps.by_slug.values().find(|prepared| prepared.snapshot.app == app).map(|prepared| prepared.snapshot.version)
    }

    /// Whether there is a snapshot, so that checks can be answered.
    pub fn is_ready(&self) -> bool {
        !self.apps.load().by_slug.is_empty()
    }

    fn record(&self, record: CheckRecord) {
        if let Some((last, others)) = self.sinks.split_last() {
            for sink in others {
                sink.take(record.clone());
            }
            last.take(record);
        }
    }

    fn asset_record(&self, hash: BlobHash) -> Option<Arc<AssetRecord>> {
        self.assets.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned()
    }
}
