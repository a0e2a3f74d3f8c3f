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
        match heard(listener).await {
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

/// The next payload.
async fn heard(listener: &mut PgListener) -> Result<String, Error> {
    loop {
        match timeout(SILENCE, listener.try_recv()).await {
            Ok(Ok(Some(notification))) => return Ok(notification.payload().to_owned()),
            Ok(Ok(None)) => return Err(Error::Io(std::io::ErrorKind::ConnectionAborted.into())),
            Ok(Err(error)) => return Err(error),
            Err(_silent) => {
                let asked = timeout(PATIENCE, sqlx::raw_sql("SELECT").execute(&mut *listener)).await;
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
    use super::*;

    #[test]
    fn payloads_name_an_app_and_its_version() {
        let app = AppId(Uuid::from_u128(7));
        assert_eq!(change(&format!("{app} 42")), Change::App { app, version: 42 });
        for strange in ["", "42", "x 42", &format!("{app}"), &format!("{app} -1"), &format!("{app} 1 2")] {
            assert_eq!(change(strange), Change::Missed, "{strange}");
        }
    }
}
