//! The store that the settings name.

use std::path::Path;
use std::sync::Arc;

use store::{Store, StoreError};
use store_postgres::{PostgresStore, Time};
use store_sqlite::SqliteStore;

use crate::config::{DatabaseSource, Settings};

/// An open database.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file, for one server.
    Sqlite(SqliteStore),
    /// A server, for any number.
    Postgres(Box<PostgresStore>),
}

/// The file of [`Database::Sqlite`] in the data directory.
const FILE: &str = "updraft.sqlite";

impl Database {
    /// Opens the database and brings its schema up to date. `time` is for PostgreSQL: SQLite has no clock of its own.
    pub async fn open(settings: &Settings, time: Time) -> Result<Self, StoreError> {
        match &settings.database {
            DatabaseSource::DataDir => SqliteStore::open(&settings.data_dir.join(FILE)).await.map(Self::Sqlite),
            DatabaseSource::Postgres(url) => Ok(Self::Postgres(Box::new(PostgresStore::open(url, time).await?))),
        }
    }

    /// Whether a SQLite database was ever made in the directory.
    pub fn is_in(data_dir: &Path) -> bool {
        data_dir.join(FILE).exists()
    }

    /// The database as all rooms see it.
    pub fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => Arc::new(store.clone()),
            Self::Postgres(store) => Arc::new(PostgresStore::clone(store)),
        }
    }

    /// Closes its connections after the work that is under way.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}
