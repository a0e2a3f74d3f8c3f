//! From settings to a running server, and back to nothing.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use admin::Admin;
use async_trait::async_trait;
use blob::{BlobStore, CacheLimits, CachedBlobs, ReadBlobs};
use delivery::door::{ApiKeys, Door, Open};
use delivery::record::CheckSink;
use delivery::{Delivery, RefreshError};
use model::{AppId, AppSlug, ChannelName, KeyId};
use publishing::ports::{Announce, Clock, Entropy, Outside};
use publishing::{PublishError, Publishing, Rules, token_hash};
use store::{Store, StoreError};
use store_postgres::Time;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::check_log::{CheckLog, CheckLogWriter};
use crate::config::{Access, DatabaseSource, Settings};
use crate::database::Database;
use crate::fetch::WebFetch;
use crate::follow;
use crate::machine::{SystemClock, SystemEntropy};
use crate::master_key::{self, MasterKeyError};
use crate::routes::Routes;

/// Why a server did not start. Names the setting to change.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be used.
    #[error("data_dir: {path} cannot be used")]
    DataDir {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another server uses the data directory.
    #[error("data_dir: {path} is in use by another server")]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// The address cannot be listened on.
    #[error(
        "listen: {address} cannot be listened on; choose another with UPDRAFT_LISTEN, and UPDRAFT_PUBLIC_URL with it"
    )]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is no master key.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The master key does not open what is stored.
    #[error("{setting}: it does not open the stored signing keys; restore the master key of this data")]
    WrongMasterKey {
        /// Where the key comes from.
        setting: String,
        /// Why.
        #[source]
        source: PublishError,
    },
    /// The database cannot be opened.
    #[error("data_dir, database.url: the database cannot be used")]
    Store(#[from] StoreError),
    /// The blobs cannot be opened.
    #[error("data_dir: the blobs cannot be used")]
    Blobs(#[from] blob::BlobError),
    /// The first app cannot be created.
    #[error("the first app cannot be created")]
    FirstStart(#[from] PublishError),
    /// What is stored cannot be served.
    #[error("what is stored cannot be served")]
    Refresh(#[from] RefreshError),
    /// The request log's thread cannot be started.
    #[error("the request log cannot be started")]
    CheckLog(#[source] std::io::Error),
}

/// Puts something between the server and its store.
pub type WrapStore = Box<dyn FnOnce(Arc<dyn Store>) -> Arc<dyn Store> + Send>;

/// What a test may put in the place of the machine's.
pub struct Parts {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Whose clock instants of new entries come from, where the database has one of its own.
    pub time: Time,
    /// Wraps the store, for instance to let it fail.
    pub wrap_store: WrapStore,
    /// Take the records of checks beside the request log.
    pub sinks: Vec<Arc<dyn CheckSink>>,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            time: Time::Database,
            wrap_store: Box::new(std::convert::identity),
            sinks: Vec::new(),
        }
    }
}

/// What the first start made, to be shown once.
#[derive(Debug)]
pub struct Created {
    /// The operator's token.
    pub token: Zeroizing<String>,
}

/// A server that answers.
pub struct RunningServer {
    /// Where it listens; the port is the real one also when the settings say 0.
    pub address: SocketAddr,
    /// Some at the very first start.
    pub created: Option<Created>,
    /// A token that lives as long as this process.
    pub process_token: Zeroizing<String>,
    /// What answers devices.
    pub delivery: Arc<Delivery>,
    /// Scheme and authority that asset URLs begin with.
    pub public_url: Arc<str>,
    publishing: Publishing,
    database: Database,
    stop: oneshot::Sender<()>,
    connections: JoinHandle<()>,
    following: [JoinHandle<()>; 2],
    log: Option<CheckLogWriter>,
    lock: Option<std::fs::File>,
}

impl RunningServer {
    /// Whether the app ever issued an entry.
    pub async fn has_issued(&self, app: &str) -> bool {
        let Ok(app) = AppSlug::parse(app) else { return false };
        self.publishing.has_issued(&app).await.unwrap_or(true)
    }

    /// The certificate of an app's key, in PEM.
    pub async fn certificate(&self, app: &str, key_id: &str) -> Option<String> {
        let keys = self.publishing.keys(&AppSlug::parse(app).ok()?).await.ok()?;
        keys.into_iter().find(|key| key.key_id.as_str() == key_id).map(|key| key.certificate_pem)
    }

    /// Accepts no more, lets requests under way finish, writes the log to its end, closes the database.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        if let Err(error) = self.connections.await {
            tracing::error!(%error, "the accept loop failed");
        }
        for following in self.following {
            following.abort();
            let _ = following.await;
        }
        // The log's writer ends when the last sink is gone, and delivery holds one.
        drop((self.delivery, self.publishing));
        if let Some(log) = self.log {
            let written = tokio::task::spawn_blocking(|| log.finish());
            if tokio::time::timeout(LOG_TIME, written).await.is_err() {
                tracing::warn!("the request log could not be written to its end");
            }
        }
        self.database.close().await;
        drop(self.lock);
    }

    /// Waits for the accept loop's end, which is a failure.
    pub async fn failed(&mut self) {
        let _ = (&mut self.connections).await;
    }
}

/// In milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;
/// For the last lines of the request log, whose reader may stand still.
const LOG_TIME: Duration = Duration::from_secs(5);
/// Starts with the machine's clock and randomness.
pub async fn start(settings: Settings) -> Result<RunningServer, StartError> {
    start_with(settings, Parts::default()).await
}

/// Starts with the given parts.
pub async fn start_with(settings: Settings, parts: Parts) -> Result<RunningServer, StartError> {
    let data_dir = settings.data_dir.clone();
    let unusable = |source| StartError::DataDir { path: data_dir.clone(), source };
    std::fs::create_dir_all(&data_dir).map_err(unusable)?;
    // First the address: who cannot listen should not touch the data of who can.
    let listener = TcpListener::bind(settings.listen).await;
    let listener = listener.map_err(|source| StartError::Listen { address: settings.listen, source })?;
    let address = listener.local_addr().map_err(unusable)?;
    // A database on a server of its own is shared, and the directory with it.
    let shared = settings.database != DatabaseSource::DataDir;
    let lock = if shared { None } else { Some(lock(&data_dir)?) };
    keep_out_of_git(&data_dir).map_err(unusable)?;

    let known = Database::is_in(&data_dir);
    let key_of = |is_new| master_key::load(&settings.master_key, is_new, &*parts.entropy);
    // SQLite makes its file when it is opened; a key that cannot be had should leave none.
    let early = if shared { None } else { Some(key_of(!known)?) };
    let database = Database::open(&settings, parts.time).await?;
    let store = (parts.wrap_store)(database.store());
    let master_key = match early {
        Some(key) => key,
        None => key_of(store.apps().await?.is_empty())?,
    };
    let blobs = BlobStore::local(data_dir.join("blobs"))?;
    // Unfinished files of this start's past; on a shared directory, of others' long past.
    let unfinished_since = if shared { parts.clock.now().0 - DAY } else { parts.clock.now().0 };
    blobs.sweep_temporary(unfinished_since).await?;
    let cache = CacheLimits {
        budget: settings.assets.memory_cache_bytes,
        largest_blob: settings.assets.memory_cache_largest_bytes,
        ..CacheLimits::default()
    };
    let cached: Arc<dyn ReadBlobs> = Arc::new(CachedBlobs::new(Arc::new(blobs.clone()), cache));

    let mut sinks = parts.sinks;
    let mut log = None;
    if settings.log.checks {
        let started = CheckLog::start(settings.log.checks_waiting, std::io::stdout());
        let (sink, writer) = started.map_err(StartError::CheckLog)?;
        sinks.push(Arc::new(sink));
        log = Some(writer);
    }
    let delivery = Arc::new(Delivery::new(store.clone(), cached, door(&settings), sinks));

    let rules = Rules {
        public_url: public_url(&settings, address),
        max_upload_bytes: settings.limits.max_upload_bytes,
        max_assets: settings.limits.max_assets,
        brotli_quality: settings.assets.brotli_quality,
        allow_private_addresses: settings.admin_publish.allow_private_addresses,
        device_key_header: match settings.devices.access {
            Access::Open => None,
            Access::ApiKeys(_) => Some(settings.devices.api_key_header.to_string()),
        },
    };
    let public_url: Arc<str> = rules.public_url.as_str().into();
    let outside = Outside {
        clock: parts.clock.clone(),
        entropy: parts.entropy,
        announce: Arc::new(Reload(delivery.clone())),
        fetch: Arc::new(WebFetch::new(&settings.admin_publish, settings.limits.max_upload_bytes)),
    };
    let publishing = Publishing::new(store.clone(), blobs, master_key, rules, outside);
    publishing.open_all_keys().await.map_err(|error| match error {
        PublishError::Store(error) => StartError::Store(error),
        source => StartError::WrongMasterKey { setting: master_key::setting(&settings.master_key), source },
    })?;
    let created = first_start(&publishing).await?;
    delivery.reload_all().await?;

    let process_token = publishing.new_token();
    let watch: Arc<dyn store::Watch> = store.clone();
    let admin = Admin {
        publishing: publishing.clone(),
        apps: store.clone(),
        audit: store.clone(),
        explain: delivery.clone(),
        tokens: store.clone(),
        process_token: Some(token_hash(&process_token)),
        public_url: public_url.clone(),
        upload_idle_time: settings.limits.upload_idle_time,
    };
    let routes = Arc::new(Routes { delivery: delivery.clone(), admin: admin::router(admin), clock: parts.clock });
    let following =
        [tokio::spawn(follow::poll(delivery.clone())), tokio::spawn(follow::listen(delivery.clone(), watch))];
    let (stop, stopped) = oneshot::channel();
    let connections = tokio::spawn(async move {
        let stopped = async { stopped.await.unwrap_or(()) };
        crate::connections::serve(listener, routes, settings.limits, stopped).await;
    });
    Ok(RunningServer {
        address,
        created,
        process_token,
        delivery,
        public_url,
        publishing,
        database,
        stop,
        connections,
        following,
        log,
        lock,
    })
}

/// The directory holds keys, and may lie in a project's working tree.
fn keep_out_of_git(data_dir: &std::path::Path) -> std::io::Result<()> {
    let ignore = data_dir.join(".gitignore");
    if ignore.exists() { Ok(()) } else { std::fs::write(ignore, "*\n") }
}

/// Two servers on one directory would each believe to be the only writer.
fn lock(data_dir: &std::path::Path) -> Result<std::fs::File, StartError> {
    let path = data_dir.join("lock");
    let file = std::fs::File::create(&path).map_err(|source| StartError::DataDir { path: path.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StartError::InUse { path: data_dir.to_owned() }),
        Err(std::fs::TryLockError::Error(source)) => Err(StartError::DataDir { path, source }),
    }
}

fn door(settings: &Settings) -> Box<dyn Door> {
    match &settings.devices.access {
        Access::Open => Box::new(Open),
        Access::ApiKeys(keys) => {
            let header = settings.devices.api_key_header.clone();
            Box::new(ApiKeys::new(header, keys.iter().map(String::as_str)))
        }
    }
}

/// The settings' address; its port is the real one when the settings left both ports to the system.
fn public_url(settings: &Settings, address: SocketAddr) -> String {
    let url = settings.public_url.as_str();
    match url.strip_suffix(":0") {
        Some(host) => format!("{host}:{}", address.port()),
        None => url.to_owned(),
    }
}

async fn first_start(publishing: &Publishing) -> Result<Option<Created>, StartError> {
    let named = |error: model::NameError| PublishError::Internal(error.to_string());
    let slug = AppSlug::parse(delivery::DEFAULT_APP).map_err(named)?;
    let channel = ChannelName::parse("production").map_err(named)?;
    let key = KeyId::parse("main").map_err(named)?;
    let first = publishing.bootstrap(&slug, &channel, &key).await?;
    Ok(first.map(|first| Created { token: first.token }))
}

/// A publish is visible when the snapshot of this process has it.
struct Reload(Arc<Delivery>);

#[async_trait]
impl Announce for Reload {
    async fn changed(&self, app: AppId) -> Result<(), PublishError> {
        self.0.reload(app).await.map_err(|error| match error {
            // Worth another try, which is answered when the change is seen.
            RefreshError::Store(error) => PublishError::Store(error),
            other => PublishError::Internal(format!("the change is stored, but {other}")),
        })
    }
}
