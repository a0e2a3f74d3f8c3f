//! The real server on a scratch directory.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use ::server::config::{self, Settings};
use ::server::machine::SystemEntropy;
use ::server::{Parts, RunningServer, StartError};
use postgres_cluster::{Cluster, Database};
use store::Store;
use store_postgres::PostgresStore;
use store_sqlite::SqliteStore;
use tempfile::TempDir;

use crate::{Anonymous, MockClock, Publisher, Records};

/// A server that answers on a port of its own until it is dropped.
pub struct TestServer {
    /// Its clock.
    pub clock: Arc<MockClock>,
    /// What it noted of its checks.
    pub records: Arc<Records>,
    /// What it stores in, as it sees it.
    pub store: Arc<dyn Store>,
    /// The operator's token.
    pub token: String,
    running: Option<RunningServer>,
    settings: Settings,
    directory: Arc<TempDir>,
    database: Option<Arc<Database>>,
}

/// Set to `postgres`, it gives every test server a PostgreSQL database, so that whole suites run on either store.
pub const TEST_STORE: &str = "UPDRAFT_TEST_STORE";

/// A server to start.
pub struct ServerBuilder {
    environment: Vec<(String, String)>,
    wrap_store: ::server::WrapStore,
    directory: Option<Arc<TempDir>>,
    database: Option<Arc<Database>>,
    clock: Arc<MockClock>,
}

impl Default for ServerBuilder {
    fn default() -> Self {
        Self {
            environment: Vec::new(),
            wrap_store: Box::new(std::convert::identity),
            directory: None,
            database: on_postgres().then(|| Arc::new(Cluster::shared().database())),
            clock: Arc::default(),
        }
    }
}

impl ServerBuilder {
    /// Sets a setting by its environment variable, as an operator would.
    #[must_use]
    pub fn set(mut self, variable: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != variable);
        self.environment.push((variable.to_owned(), value.to_owned()));
        self
    }

    /// Puts something between the server and its store.
    #[must_use]
    pub fn wrap_store(mut self, wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store> + Send + 'static) -> Self {
        self.wrap_store = Box::new(wrap);
        self
    }

    /// Starts it.
    pub async fn start(self) -> TestServer {
        self.try_start().await.expect("the test server starts")
    }

    /// Starts it, or says why not.
    pub async fn try_start(self) -> Result<TestServer, StartError> {
        let directory = self.directory.unwrap_or_else(|| Arc::new(TempDir::new().expect("a scratch directory")));
        let mut environment = vec![
            ("UPDRAFT_PUBLIC_URL".to_owned(), "http://127.0.0.1:0".to_owned()),
            ("UPDRAFT_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            ("UPDRAFT_DATA_DIR".to_owned(), directory.path().join("data").display().to_string()),
            ("UPDRAFT_ASSETS_BROTLI_QUALITY".to_owned(), "5".to_owned()),
            ("UPDRAFT_LOG_CHECKS".to_owned(), "false".to_owned()),
        ];
        if let Some(database) = &self.database {
            environment.push(("UPDRAFT_DATABASE_URL".to_owned(), database.url().to_owned()));
        }
        environment.retain(|(known, _)| !self.environment.iter().any(|(set, _)| set == known));
        environment.extend(self.environment);
        let settings = config::read(None, environment).expect("legal settings");
        let records = Arc::new(Records::default());
        let kept = Arc::new(OnceLock::new());
        let (wrap, keep) = (self.wrap_store, kept.clone());
        let parts = Parts {
            clock: self.clock.clone(),
            entropy: Arc::new(SystemEntropy),
            time: ::server::Time::Caller,
            wrap_store: Box::new(move |store| keep.get_or_init(|| wrap(store)).clone()),
            sinks: vec![records.clone()],
        };
        let running = ::server::start_with(settings.clone(), parts).await?;
        let token = running.process_token.to_string();
        let store = kept.get().expect("a store that was wired").clone();
        let database = self.database;
        Ok(TestServer {
            clock: self.clock,
            records,
            store,
            token,
            running: Some(running),
            settings,
            directory,
            database,
        })
    }
}

impl TestServer {
    /// A fresh server with the defaults.
    pub async fn start() -> Self {
        ServerBuilder::default().start().await
    }

    /// A fresh server to configure.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// Scheme and authority.
    pub fn url(&self) -> String {
        format!("http://{}", self.running().address)
    }

    /// What is running.
    pub fn running(&self) -> &RunningServer {
        self.running.as_ref().expect("the server runs")
    }

    /// The data directory.
    pub fn data_dir(&self) -> &Path {
        &self.settings.data_dir
    }

    /// A caller with the operator's token.
    pub fn publisher(&self) -> Publisher {
        Publisher::new(&self.url(), &self.token)
    }

    /// A caller without anything.
    pub fn anonymous(&self) -> Anonymous {
        Anonymous::new(&self.url())
    }

    /// The address of its PostgreSQL database; none on SQLite.
    pub fn postgres_url(&self) -> Option<&str> {
        self.database.as_deref().map(Database::url)
    }

    /// Its database through connections of their own, as another process has them.
    pub async fn other_store(&self) -> Arc<dyn Store> {
        if let Some(url) = self.postgres_url() {
            return Arc::new(PostgresStore::open(url, ::server::Time::Caller).await.expect("the database"));
        }
        let file = self.data_dir().join("updraft.sqlite");
        Arc::new(SqliteStore::open(&file).await.expect("the database"))
    }

    /// Stops it as SIGTERM does.
    pub async fn stop(mut self) {
        self.shut_down().await;
    }

    /// Stops it and starts another one on the same data and clock; its address is another one.
    pub async fn restart(mut self) -> Self {
        self.shut_down().await;
        let builder = ServerBuilder {
            directory: Some(self.directory.clone()),
            database: self.database.clone(),
            clock: self.clock.clone(),
            ..ServerBuilder::default()
        };
        builder.start().await
    }

    async fn shut_down(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }
}

fn on_postgres() -> bool {
    std::env::vars().any(|(name, value)| name == TEST_STORE && value == "postgres")
}
