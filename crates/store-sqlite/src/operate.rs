//! Changing apps.
//!
//! An operation takes one way, whether it was prepared or not: [`apply::apply`], in the writing transaction. A session
//! is nothing but an operation that waits in tables of its own.

mod apply;
mod edits;
mod issue;
mod session;

use async_trait::async_trait;
use model::{AppId, BranchId, Millis};
use serde_json::Value;
use sqlx::{SqliteConnection, query_scalar};
use store::{CommitError, Committed, Effect, Operate, Operation, SaveError, Seal, SessionId, StoreError};

use self::session::Session;
use crate::fault::fault;
use crate::{SqliteStore, replay};

#[async_trait]
impl Operate for SqliteStore {
    async fn apply(&self, operation: Operation, seal: Seal) -> Result<Effect<Committed>, CommitError> {
        let mut tx = self.write().await?;
        if let Some(before) = replayed(&mut tx, &seal).await? {
            return Ok(Effect::Replayed(before));
        }
        let version = apply::apply(&mut tx, &operation, &seal).await?;
        replay::keep(&mut tx, seal.idempotency.as_ref(), &seal.outcome, seal.now).await?;
        tx.commit().await.map_err(fault)?;
        Ok(Effect::Fresh(Committed { version }))
    }

    async fn save_prepared(&self, session: SessionId, operation: Operation, now: Millis) -> Result<(), SaveError> {
        let mut tx = self.write().await?;
        session::save(&mut tx, session, &operation, now).await?;
        tx.commit().await.map_err(fault)?;
        Ok(())
    }

    async fn prepared(&self, app: AppId, session: SessionId, now: Millis) -> Result<Option<Operation>, StoreError> {
        let mut tx = self.read().await?;
        match session::find(&mut tx, app, session, now).await? {
            Some(Session::Waiting(operation)) => Ok(Some(*operation)),
            Some(Session::Committed(_)) | None => Ok(None),
        }
    }

    async fn commit(&self, app: AppId, session: SessionId, seal: Seal) -> Result<Effect<Committed>, CommitError> {
        let mut tx = self.write().await?;
        if let Some(before) = replayed(&mut tx, &seal).await? {
            return Ok(Effect::Replayed(before));
        }
        let operation = match session::find(&mut tx, app, session, seal.now).await? {
            Some(Session::Waiting(operation)) => operation,
            Some(Session::Committed(outcome)) => return Ok(Effect::Replayed(outcome)),
            None => return Err(CommitError::UnknownSession),
        };
        let version = apply::apply(&mut tx, &operation, &seal).await?;
        session::finish(&mut tx, session, &seal.outcome, seal.now).await?;
        replay::keep(&mut tx, seal.idempotency.as_ref(), &seal.outcome, seal.now).await?;
        tx.commit().await.map_err(fault)?;
        Ok(Effect::Fresh(Committed { version }))
    }
}

async fn replayed(tx: &mut SqliteConnection, seal: &Seal) -> Result<Option<Value>, CommitError> {
    replay::find(tx, seal.idempotency.as_ref(), seal.now).await
}

/// Whether the app has this branch and it is not deleted.
async fn owns(connection: &mut SqliteConnection, app: AppId, branch: BranchId) -> Result<bool, StoreError> {
    let (app, branch) = (app.0.as_bytes().as_slice(), branch.0.as_bytes().as_slice());
    query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM branches WHERE id = ? AND app_id = ? AND deleted_at IS NULL) AS "owns!: bool""#,
        branch,
        app
    )
    .fetch_one(connection)
    .await
    .map_err(fault)
}
