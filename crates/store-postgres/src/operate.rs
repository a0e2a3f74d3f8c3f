//! Changing apps.
//!
//! An operation takes one way, whether it was prepared or not: the app is locked, then [`apply::apply`]. A session is
//! nothing but an operation that waits in tables of its own.

mod apply;
mod checks;
mod edits;
mod issue;
mod session;
mod waiting;

use async_trait::async_trait;
use model::{AppId, BranchId, Millis};
use sqlx::{PgConnection, query_scalar};
use store::{CommitError, Committed, Effect, Operate, Operation, SaveError, Seal, SessionId, StoreError};

use self::session::Session;
use crate::fault::fault;
use crate::{PostgresStore, apps, replay};

#[async_trait]
impl Operate for PostgresStore {
    async fn apply(&self, operation: Operation, seal: Seal) -> Result<Effect<Committed>, CommitError> {
        let mut tx = self.write().await?;
        let locked = apps::lock(&mut tx, operation.app).await?;
        let seal = Seal { now: self.now(&mut tx, seal.now).await?, ..seal };
        if let Some(before) = replay::find::<CommitError>(&mut tx, seal.idempotency.as_ref(), seal.now).await? {
            return Ok(Effect::Replayed(before));
        }
        let version = apply::apply(&mut tx, locked, &operation, &seal).await?;
        replay::keep(&mut tx, seal.idempotency.as_ref(), &seal.outcome, seal.now).await?;
        tx.commit().await.map_err(fault)?;
        Ok(Effect::Fresh(Committed { version }))
    }

    async fn save_prepared(&self, session: SessionId, operation: Operation, now: Millis) -> Result<(), SaveError> {
        let mut tx = self.write().await?;
        let now = self.now(&mut tx, now).await?;
        session::save(&mut tx, session, &operation, now).await?;
        tx.commit().await.map_err(fault)?;
        Ok(())
    }

    async fn prepared(&self, app: AppId, session: SessionId, now: Millis) -> Result<Option<Operation>, StoreError> {
        let mut tx = self.read().await?;
        let now = self.now(&mut tx, now).await?;
        match session::find(&mut tx, app, session, now).await? {
            Some(Session::Waiting(operation)) => Ok(Some(*operation)),
            Some(Session::Committed(_)) | None => Ok(None),
        }
    }

    async fn commit(&self, app: AppId, session: SessionId, seal: Seal) -> Result<Effect<Committed>, CommitError> {
        let mut tx = self.write().await?;
        let locked = apps::lock(&mut tx, app).await?;
        let seal = Seal { now: self.now(&mut tx, seal.now).await?, ..seal };
        if let Some(before) = replay::find::<CommitError>(&mut tx, seal.idempotency.as_ref(), seal.now).await? {
            return Ok(Effect::Replayed(before));
        }
        session::lock(&mut tx, session).await?;
        let operation = match session::find(&mut tx, app, session, seal.now).await? {
            Some(Session::Waiting(operation)) => operation,
            Some(Session::Committed(outcome)) => return Ok(Effect::Replayed(outcome)),
            None => return Err(CommitError::UnknownSession),
        };
        let version = apply::apply(&mut tx, locked, &operation, &seal).await?;
        session::finish(&mut tx, session, &seal.outcome, seal.now).await?;
        replay::keep(&mut tx, seal.idempotency.as_ref(), &seal.outcome, seal.now).await?;
        tx.commit().await.map_err(fault)?;
        Ok(Effect::Fresh(Committed { version }))
    }
}

/// Whether the app has this branch and it is not deleted.
async fn owns(connection: &mut PgConnection, app: AppId, branch: BranchId) -> Result<bool, StoreError> {
    query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM branches WHERE id = $1 AND app_id = $2 AND deleted_at IS NULL) AS "owns!""#,
        branch.0,
        app.0
    )
    .fetch_one(connection)
    .await
    .map_err(fault)
}
