//! Connecting, and bringing the schema up to date.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use model::Millis;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, Postgres, Transaction, query_scalar};
use store::StoreError;
use tokio::time::timeout;

use crate::fault::fault;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Operations on one app wait for each other anyway, and loads are few; a default PostgreSQL has room for 100.
const CONNECTIONS: u32 = 12;

/// How long a caller waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// What every connection of the pool is told. The longest statement inserts the assets of a large publish; the longest
/// lock is that operation's. A server that dies without a word leaves its transaction to the last of them. The durability
/// that a database's owner took away would break the promise that an acknowledged operation stays.
const SESSION: &str = "
    SET statement_timeout = '30s';
    SET lock_timeout = '15s';
    SET idle_in_transaction_session_timeout = '60s';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
";

/// Whoever migrates waits for another server that is migrating; a lock that is held for longer is a case for people.
const MIGRATION_SESSION: &str = "SET statement_timeout = 0; SET lock_timeout = '120s';";

/// Where the time of operations comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The database's clock, one for all servers.
    Database,
    /// The caller's, for tests that have a clock of their own.
    Caller,
}

/// A database that is open. Clones share its connections.
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
    options: PgConnectOptions,
    time: Time,
}

impl PostgresStore {
    /// Connects to `postgresql://user:password@host:port/database` and applies the migrations that it lacks, one server
    /// after the other when several start at once.
    ///
    /// A database of a newer release is refused with [`StoreError::SchemaNewer`] and left as it is; one whose applied
    /// migrations are not those of this program is [`StoreError::Corrupt`]; an address that cannot be read and a
    /// database that cannot be reached are [`StoreError::Unavailable`], neither of which repeats the password.
    pub async fn open(url: &str, time: Time) -> Result<Self, StoreError> {
        let mut options = PgConnectOptions::from_str(url).map_err(fault)?;
        if options.get_application_name().is_none() {
            options = options.application_name("updraft");
        }
        migrate(&options).await?;
        let pool = pool(CONNECTIONS, SESSION).connect_with(options.clone()).await.map_err(fault)?;
        Ok(Self { pool, options, time })
    }

    /// Closes all connections after the work that is under way.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A writing transaction whose every statement sees what is committed by then. Dropped without a commit it leaves
    /// nothing. The level is named because a database's owner may have set another default.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.begin("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await
    }

    /// A transaction whose statements all see the same instant.
    pub(crate) async fn read(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// In a task of its own, which nobody who stops waiting can cut: a connection whose `BEGIN` was sent and not heard
    /// would go back to the pool inside a transaction that the driver does not know of.
    async fn begin(&self, statement: &'static str) -> Result<Transaction<'static, Postgres>, StoreError> {
        let pool = self.pool.clone();
        let begun = tokio::spawn(async move { pool.begin_with(statement).await }).await;
        begun.map_err(|panicked| StoreError::Unavailable(panicked.into()))?.map_err(fault)
    }

    /// For single statements that only read.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// For a connection beside the pool.
    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Now, by the clock that operations go by.
    pub(crate) async fn now(&self, connection: &mut PgConnection, caller: Millis) -> Result<Millis, StoreError> {
        match self.time {
            Time::Caller => Ok(caller),
            Time::Database => {
                query_scalar!(r#"SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "now!""#)
                    .fetch_one(connection)
                    .await
                    .map(Millis)
                    .map_err(fault)
            }
        }
    }
}

/// The options hold the password.
impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("host", &self.options.get_host())
            .field("database", &self.options.get_database())
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

/// On a connection of its own, closed at the end: a migrator that fails keeps its lock for as long as that lives.
async fn migrate(options: &PgConnectOptions) -> Result<(), StoreError> {
    let alone = match pool(1, MIGRATION_SESSION).connect_with(options.clone()).await {
        Ok(alone) => alone,
        Err(error) => return Err(unreachable(options, error).await),
    };
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    let corrupt = |what: &str, error| Err(StoreError::corrupt("_sqlx_migrations", what, error));
    let migrated = match MIGRATIONS.run(&alone).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(found)) if found > known => Err(StoreError::SchemaNewer { found, known }),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => Err(fault(error)),
        Err(error @ MigrateError::VersionMismatch(_)) => corrupt("an applied migration differs from ours", error),
        Err(error) => corrupt("the applied migrations are not ours", error),
    };
    alone.close().await;
    migrated
}

/// A pool waits for a database that refuses connections because it may be starting, and then only says that time is up.
/// One more attempt tells why.
async fn unreachable(options: &PgConnectOptions, error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::PoolTimedOut => match timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(options)).await {
            Ok(Err(why)) => fault(why),
            _ => fault(error),
        },
        error => fault(error),
    }
}

/// Connections that are told how to behave before they are used, and tested each time.
fn pool(connections: u32, session: &'static str) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(true)
        .after_connect(move |connection, _| {
            Box::pin(async move { sqlx::raw_sql(session).execute(connection).await.map(drop) })
        })
}

#[cfg(test)]
mod tests {
    use postgres_cluster::Cluster;
    use sqlx::{AssertSqlSafe, query_scalar};

    use super::{PostgresStore, Time};

    #[tokio::test]
    async fn connections_are_set_up_as_promised() {
        let database = Cluster::shared().database();
        let careless = "ALTER ROLE CURRENT_USER SET synchronous_commit = off";
        let before = PostgresStore::open(database.url(), Time::Caller).await.unwrap();
        sqlx::raw_sql(careless).execute(before.pool()).await.unwrap();
        let store = PostgresStore::open(database.url(), Time::Caller).await.unwrap();
        for (setting, value) in [
            ("statement_timeout", "30s"),
            ("lock_timeout", "15s"),
            ("idle_in_transaction_session_timeout", "1min"),
            ("synchronous_commit", "on"),
            ("application_name", "updraft"),
        ] {
            let sql = AssertSqlSafe(format!("SHOW {setting}"));
            let set: String = query_scalar(sql).fetch_one(store.pool()).await.unwrap();
            assert_eq!(set, value, "{setting}");
        }
        assert_eq!(store.pool().options().get_max_connections(), 12);
    }

    /// Writing sees what others commit meanwhile, reading does not, whatever a database's owner set.
    #[tokio::test]
    async fn transactions_name_their_level() {
        let database = Cluster::shared().database();
        let url = format!("{}?options=-c%20default_transaction_isolation%3Dserializable", database.url());
        let store = PostgresStore::open(&url, Time::Caller).await.unwrap();
        for (mut tx, level, read_only) in [
            (store.write().await.unwrap(), "read committed", "off"),
            (store.read().await.unwrap(), "repeatable read", "on"),
        ] {
            let shown: String = query_scalar("SHOW transaction_isolation").fetch_one(&mut *tx).await.unwrap();
            assert_eq!(shown, level);
            let shown: String = query_scalar("SHOW transaction_read_only").fetch_one(&mut *tx).await.unwrap();
            assert_eq!(shown, read_only);
        }
    }
}
