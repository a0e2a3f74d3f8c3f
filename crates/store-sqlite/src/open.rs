//! Opening the file and bringing its schema up to date.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};
use store::StoreError;

use crate::fault::fault;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// How long a writer of another process, such as a backup, is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Loads are short and few; more readers would only compete for the same two cores.
const READERS: u32 = 4;

/// A database file that is open. Clones share its connections.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the database, creates it when there is none, and applies the migrations that it lacks.
    ///
    /// The directory must exist. A database of a newer release is refused with [`StoreError::SchemaNewer`] and left as it
    /// is; one whose applied migrations are not those of this program is [`StoreError::Corrupt`].
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone().create_if_missing(true))
            .await
            .map_err(fault)?;
        migrate(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.pragma("query_only", "ON"))
            .await
            .map_err(fault)?;
        Ok(Self { writer, readers })
    }

    /// Closes all connections after the work that is under way, and moves the log into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// The one writing transaction. Dropped without a commit it leaves nothing.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(fault)
    }

    /// A transaction whose statements all see the same instant.
    pub(crate) async fn read(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.readers.begin().await.map_err(fault)
    }

    /// For single statements that only read.
    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }
}

async fn migrate(writer: &SqlitePool) -> Result<(), StoreError> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    let corrupt = |what: &str, error| Err(StoreError::corrupt("_sqlx_migrations", what, error));
    match MIGRATIONS.run(writer).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(found)) if found > known => Err(StoreError::SchemaNewer { found, known }),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => Err(fault(error)),
        Err(error @ MigrateError::VersionMismatch(_)) => corrupt("an applied migration differs from ours", error),
        Err(error) => corrupt("the applied migrations are not ours", error),
    }
}
