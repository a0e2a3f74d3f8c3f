//! Issuing entries.

mod commit;
mod look;
mod session;

use async_trait::async_trait;
use model::{AppId, Millis};
use sqlx::{SqliteConnection, query_scalar};
use store::{
    Commit, CommitError, Committed, Effect, Once, Prepare, PrepareError, Prepared, PreparedPublish, Publish, SaveError,
    SessionId, StoreError,
};

use crate::SqliteStore;
use crate::fault::fault;

#[async_trait]
impl Publish for SqliteStore {
    async fn prepare(&self, question: Prepare) -> Result<Prepared, PrepareError> {
        look::prepare(self, question).await
    }

    async fn save_prepared(
        &self,
        prepared: PreparedPublish,
        once: Option<Once>,
        now: Millis,
    ) -> Result<Effect<()>, SaveError> {
        session::save(self, prepared, once, now).await
    }

    async fn prepared(
        &self,
        app: AppId,
        session: SessionId,
        now: Millis,
    ) -> Result<Option<PreparedPublish>, StoreError> {
        session::find(self, app, session, now).await
    }

    async fn commit(&self, commit: Commit) -> Result<Effect<Committed>, CommitError> {
        commit::commit(self, commit).await
    }
}

/// The latest instant that was issued for this app and platform, over all branches and runtime versions.
async fn newest(
    connection: &mut SqliteConnection,
    app: AppId,
    platform: model::Platform,
) -> Result<Option<Millis>, StoreError> {
    let (app, platform) = (app.0.as_bytes().as_slice(), platform.as_str());
    let newest = query_scalar!(
        r#"SELECT max(created_at) AS "newest?: i64" FROM updates WHERE app_id = ? AND platform = ?"#,
        app,
        platform
    )
    .fetch_one(connection)
    .await
    .map_err(fault)?;
    Ok(newest.map(Millis))
}
