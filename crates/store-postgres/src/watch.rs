//! Hearing what other servers change.

use std::time::Duration;

use async_trait::async_trait;
use backon::{ExponentialBuilder, Retryable};
use model::AppId;
use sqlx::Error;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use store::{Change, Changes, StoreError, Watch};
use tokio::time::timeout;
use tracing::{info, warn};
use uuid::Uuid;

use crate::PostgresStore;
use crate::fault::fault;

/// The name that changes are told under.
pub(crate) const CHANNEL: &str = "updraft";

/// A connection that says nothing for this long is asked whether it still lives: a network that loses it without a word
/// would otherwise be noticed hours later.
const SILENCE: Duration = Duration::from_secs(30);

/// How long it may take to answer, and to connect.
const PATIENCE: Duration = Duration::from_secs(5);

const SHORTEST_BREAK: Duration = Duration::from_millis(100);
const LONGEST_BREAK: Duration = Duration::from_secs(10);

#[async_trait]
impl Watch for PostgresStore {
    async fn changes(&self) -> Result<Box<dyn Changes>, StoreError> {
        let options = self.options().clone();
        let listener = listen(&options).await.map_err(fault)?;
        Ok(Box::new(Listening { options, listener: Some(listener) }))
    }
}

struct Listening {
    options: PgConnectOptions,
    /// None while there is no connection.
    listener: Option<PgListener>,
}

#[async_trait]
impl Changes for Listening {
    /// Goes on for ever: a lost connection is made again, and then changes may have been missed.
    async fn next(&mut self) -> Result<Change, StoreError> {
        let Some(listener) = &mut self.listener else { return Ok(self.connect_again().await) };
        match heard(listener, SILENCE, PATIENCE).await {
            Ok(payload) => Ok(change(&payload)),
            Err(error) => {
                warn!(%error, "lost the connection that tells what other servers change");
                self.listener = None;
                Ok(self.connect_again().await)
            }
        }
    }
}

impl Listening {
    async fn connect_again(&mut self) -> Change {
        let breaks = ExponentialBuilder::default()
            .with_min_delay(SHORTEST_BREAK)
            .with_max_delay(LONGEST_BREAK)
            .without_max_times()
            .with_jitter();
        // Without a limit of times it ends with a connection, or not at all.
        if let Ok(listener) = (|| listen(&self.options)).retry(breaks).await {
            info!("hearing again what other servers change");
            self.listener = Some(listener);
        }
        Change::Missed
    }
}

/// A pool of its own for the one connection, so that it takes none away from callers.
async fn listen(options: &PgConnectOptions) -> Result<PgListener, Error> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_with(options.clone())
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    // Making a connection again in silence would hide that changes were missed.
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// The next payload. A connection that is silent for so long is asked whether it lives, and has so much patience to say so.
async fn heard(listener: &mut PgListener, silence: Duration, patience: Duration) -> Result<String, Error> {
    loop {
        match timeout(silence, listener.try_recv()).await {
            Ok(Ok(Some(notification))) => return Ok(notification.payload().to_owned()),
            Ok(Ok(None)) => return Err(Error::Io(std::io::ErrorKind::ConnectionAborted.into())),
            Ok(Err(error)) => return Err(error),
            Err(_silent) => {
                let asked = timeout(patience, sqlx::raw_sql("SELECT").execute(&mut *listener)).await;
                asked.map_err(|_| Error::Io(std::io::ErrorKind::TimedOut.into()))??;
            }
        }
    }
}

/// `<app id> <version>`; of anything else only that something changed is known.
fn change(payload: &str) -> Change {
    let parsed = payload.split_once(' ').and_then(|(app, version)| {
        Some(Change::App { app: AppId(Uuid::try_parse(app).ok()?), version: version.parse().ok()? })
    });
    parsed.unwrap_or(Change::Missed)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::str::FromStr;
    use std::sync::Arc;

    use futures_util::future;
    use postgres_cluster::{Cluster, Database};
    use sqlx::{AssertSqlSafe, Connection, PgConnection};
    use tempfile::TempDir;
    use tokio::io::copy_bidirectional;
    use tokio::net::{UnixListener, UnixStream};
    use tokio::sync::Notify;

    use super::*;

    #[test]
    fn payloads_name_an_app_and_its_version() {
        let app = AppId(Uuid::from_u128(7));
        assert_eq!(change(&format!("{app} 42")), Change::App { app, version: 42 });
        for strange in ["", "42", "x 42", &format!("{app}"), &format!("{app} -1"), &format!("{app} 1 2")] {
            assert_eq!(change(strange), Change::Missed, "{strange}");
        }
    }

    /// What is told between a question and its answer is heard as well.
    #[tokio::test]
    async fn a_connection_that_is_often_asked_hears_everything() {
        let database = Cluster::shared().database();
        let options = options(&database);
        let mut listener = listen(&options).await.unwrap();
        let telling = async {
            let mut other = PgConnection::connect_with(&options).await.unwrap();
            for number in 0..200 {
                let notify = AssertSqlSafe(format!("NOTIFY {CHANNEL}, '{number}'"));
                sqlx::raw_sql(notify).execute(&mut other).await.unwrap();
            }
        };
        let hearing = async {
            for number in 0..200 {
                let payload = heard(&mut listener, Duration::from_micros(300), PATIENCE).await.unwrap();
                assert_eq!(payload, number.to_string());
            }
        };
        future::join(telling, hearing).await;
    }

    /// A network that carries nothing any more and says nothing either.
    #[tokio::test]
    async fn a_connection_that_does_not_answer_is_lost() {
        let database = Cluster::shared().database();
        let real = options(&database).get_socket().unwrap().join(SOCKET);
        let place = TempDir::new().unwrap();
        let frozen = Arc::new(Notify::new());
        tokio::spawn(carry(UnixListener::bind(place.path().join(SOCKET)).unwrap(), real, Arc::clone(&frozen)));
        let mut listener = listen(&options(&database).socket(place.path())).await.unwrap();
        let short = Duration::from_millis(50);
        let alive = timeout(4 * short, heard(&mut listener, short, PATIENCE)).await;
        assert!(alive.is_err(), "{alive:?}");
        frozen.notify_one();
        let lost = heard(&mut listener, short, short).await;
        assert!(matches!(&lost, Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::TimedOut), "{lost:?}");
    }

    const SOCKET: &str = ".s.PGSQL.5432";

    fn options(database: &Database) -> PgConnectOptions {
        PgConnectOptions::from_str(database.url()).unwrap()
    }

    /// Carries one connection until it is frozen; then holds both of its ends.
    async fn carry(from: UnixListener, to: impl AsRef<Path>, frozen: Arc<Notify>) {
        let (mut client, _) = from.accept().await.unwrap();
        let mut server = UnixStream::connect(to).await.unwrap();
        tokio::select! {
            done = copy_bidirectional(&mut client, &mut server) => panic!("it ended before: {done:?}"),
            () = frozen.notified() => future::pending().await,
        }
    }
}
