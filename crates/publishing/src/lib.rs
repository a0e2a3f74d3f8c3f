//! Publishing, rolling back and keys: rules over blobs and rows. Never knows HTTP.
//!
//! A publish is, in this order:
//!
//! 1. [`Publishing::upload`] each file: verified bytes, then the row that says this app brought them.
//! 2. [`Publishing::prepare`]: compressed variants are made, instants taken, the exact manifest bytes rendered, judged by
//!    the strict client of their platform, and stored unseen.
//! 3. [`Publishing::commit`]: the bytes are signed by every key that the server holds, signatures made elsewhere are
//!    verified, and all platforms become visible in one transaction.
//!
//! Cut at any point, it leaves nothing served and can be run again. Everything else that changes an app is a [`Command`]:
//! planned by `model::control::plan`, rendered and signed here, applied by the store in one transaction.

mod audit;
mod bootstrap;
mod command;
mod commit;
mod consequence;
mod content;
mod encode;
mod error;
mod issue;
mod judge;
mod keys;
mod listing;
mod operate;
pub mod ports;
mod precondition;
mod prepare;
mod record;
mod remote;
mod render;
mod told_rule;
mod turns;
mod upload;

use std::sync::Arc;

use blob::BlobStore;
use model::{AppId, AppSlug, BlobHash, Millis};
use signing::seal::MasterKey;
use store::{AppRecord, Store};
use tokio::sync::Semaphore;

pub use blob::BlobError;
pub use bootstrap::{FirstStart, new_token, token_hash};
pub use command::{Command, Destination, TermsAsked};
pub use commit::{CommitRequest, DetachedSignature};
pub use consequence::{Consequence, Place, Shown as ShownPlace};
pub use error::PublishError;
pub use keys::{GenerateKey, ImportKey, KeyInfo};
pub use listing::{Listed, Page, PageAsked, Shown, ShownFile, State};
pub use operate::{Caller, IssuedGroup, IssuedUpdate, Outcome};
pub use precondition::{IfMatch, channel_etag, updates_etag};
pub use prepare::{ExportAsset, PlatformExport, PrepareRequest, PreparedPublish, PreparedUpdate, Source, Warning};
pub use record::{KnownRecord, Metadata, MetadataError, Record, RemoteAsset, RemoteFile};
pub use remote::{AssetUrl, AssetUrlError, FileName, FileNameError, is_public, parse_sha256};
pub use told_rule::told_rule;
pub use upload::UploadError;

use ports::{Announce, Clock, Entropy, FetchAsset, Outside};
use turns::OneAtATime;

/// The one signature algorithm that the client knows.
pub const ALGORITHM: &str = protocol::structured::RSA_V1_5_SHA256;

/// An instant as the wire spells it, with milliseconds and `Z`.
pub fn instant(instant: Millis) -> Result<String, PublishError> {
    render::timestamp(instant).map(|timestamp| timestamp.to_string())
}

/// Reads the one form in which [`instant`] writes.
pub fn parse_instant(text: &str) -> Result<Millis, protocol::timestamp::TimestampError> {
    text.parse().map(|timestamp: protocol::Timestamp| Millis(timestamp.as_millis()))
}

/// A signature in padded standard base64.
pub fn signature(base64: &str) -> Result<signing::Signature, signing::SignatureError> {
    signing::Signature::from_base64(base64)
}

/// What bounds a publish and shapes what it issues.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What asset URLs begin with: scheme and authority, without a trailing slash.
    pub public_url: String,
    /// Bytes of one uploaded file.
    pub max_upload_bytes: u64,
    /// Assets of one update.
    pub max_assets: usize,
    /// Brotli's quality, 5 to 9.
    pub brotli_quality: u32,
    /// Whether files of updates may lie at addresses that are not public.
    pub allow_private_addresses: bool,
    /// The header with the key that devices must send, where they must: they send it to every host of a file.
    pub device_key_header: Option<String>,
}

/// The use cases. One for the process.
#[derive(Clone)]
pub struct Publishing {
    store: Arc<dyn Store>,
    blobs: BlobStore,
    master_key: Arc<MasterKey>,
    rules: Arc<Rules>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    announce: Arc<dyn Announce>,
    fetch: Arc<dyn FetchAsset>,
    compressing: Arc<Semaphore>,
    fetching: Arc<Semaphore>,
    one_at_a_time: OneAtATime<AppId>,
    encoding: OneAtATime<BlobHash>,
}

impl Publishing {
    /// Wires the use cases to what they work on.
    pub fn new(store: Arc<dyn Store>, blobs: BlobStore, master_key: MasterKey, rules: Rules, outside: Outside) -> Self {
        let Outside { clock, entropy, announce, fetch } = outside;
        Self {
            store,
            blobs,
            master_key: Arc::new(master_key),
            rules: Arc::new(rules),
            clock,
            entropy,
            announce,
            fetch,
            compressing: Arc::new(Semaphore::new(encode::AT_A_TIME)),
            fetching: Arc::new(Semaphore::new(record::FETCHES_AT_A_TIME)),
            one_at_a_time: OneAtATime::default(),
            encoding: OneAtATime::default(),
        }
    }

    /// Whether the app ever issued an entry, whatever became of it.
    pub async fn has_issued(&self, app: &AppSlug) -> Result<bool, PublishError> {
        let app = self.app(app).await?.id;
        Ok(!self.control(app).await?.control.entries.is_empty())
    }

    /// Opens every private key that is stored, so that a wrong master key is met at the start and not at the next
    /// publish.
    pub async fn open_all_keys(&self) -> Result<(), PublishError> {
        for app in self.store.apps().await? {
            for key in self.store.keys(app.id).await?.iter().filter(|key| key.held_by_server) {
                self.open_key(app.id, &key.key_id).await?;
            }
        }
        Ok(())
    }

    fn now(&self) -> Millis {
        self.clock.now()
    }

    async fn app(&self, slug: &AppSlug) -> Result<AppRecord, PublishError> {
        self.store.app(slug).await?.ok_or(PublishError::UnknownApp)
    }

    fn new_id(&self) -> uuid::Uuid {
        ports::ordered_id(self.now(), self.entropy.bytes())
    }

    /// What updates and salts get: nothing of it can be foretold.
    fn random_id(&self) -> uuid::Uuid {
        ports::random_id(self.entropy.bytes())
    }
}
