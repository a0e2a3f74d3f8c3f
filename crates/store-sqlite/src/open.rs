//! Opening the file and bringing its schema up to date.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, SqlitePool, Transaction};
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
        let writer = pool(1).connect_with(options.clone().create_if_missing(true)).await.map_err(fault)?;
        migrate(&writer).await?;
        let readers = pool(READERS).connect_with(options.pragma("query_only", "ON")).await.map_err(fault)?;
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

    /// The writer itself, to set it up in tests.
    #[cfg(test)]
    pub(crate) fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    /// For single statements that only read.
    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }
}

/// Connections that fell out of step are replaced. On a full disk or a failed write SQLite ends the transaction by
/// itself, the driver's own roll back then fails, and the driver takes the connection for one inside a transaction from
/// then on: the only writer would refuse every later intent. A connection that comes back healthy is in none.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
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

#[cfg(test)]
mod tests {
    use super::SqliteStore;

    /// An acknowledged write survives a power cut, references hold, and readers cannot write.
    #[tokio::test]
    async fn connections_are_set_up_as_promised() {
        let directory = tempfile::TempDir::new().unwrap();
        let store = SqliteStore::open(&directory.path().join("updraft.db")).await.unwrap();
        for (pool, setting, value) in [
            (&store.writer, "PRAGMA synchronous", 2_i64),
            (&store.writer, "PRAGMA foreign_keys", 1),
            (&store.writer, "PRAGMA busy_timeout", 10_000),
            (&store.writer, "PRAGMA query_only", 0),
            (&store.readers, "PRAGMA query_only", 1),
            (&store.readers, "PRAGMA busy_timeout", 10_000),
        ] {
            let set: i64 = sqlx::query_scalar(setting).fetch_one(pool).await.unwrap();
            assert_eq!(set, value, "{setting}");
        }
        assert_eq!(store.writer.options().get_max_connections(), 1);
    }

    /// Writing starts with the lock, so that a check within the transaction still holds when it writes.
    #[tokio::test]
    async fn a_writer_has_the_lock_from_its_first_moment() {
        let directory = tempfile::TempDir::new().unwrap();
        let store = SqliteStore::open(&directory.path().join("updraft.db")).await.unwrap();
        let other = SqliteStore::open(&directory.path().join("updraft.db")).await.unwrap();
        sqlx::raw_sql("PRAGMA busy_timeout = 0").execute(&other.writer).await.unwrap();
        let held = store.write().await.unwrap();
        assert!(other.write().await.is_err());
        held.rollback().await.unwrap();
        assert!(other.write().await.is_ok());
    }
}
