//! Stored outcomes of requests that may arrive twice.

use async_trait::async_trait;
use model::Millis;
use serde_json::Value;
use sqlx::{SqliteConnection, query};
use store::{IDEMPOTENCY_LIFETIME, Idempotency, IdempotencyConflict, ReplayError, Replays, StoreError};

use crate::SqliteStore;
use crate::columns::json;
use crate::fault::fault;

#[async_trait]
impl Replays for SqliteStore {
    async fn replay(&self, request: &Idempotency, now: Millis) -> Result<Option<Value>, ReplayError> {
        let mut connection = self.readers().acquire().await.map_err(fault)?;
        find(&mut connection, Some(request), now).await
    }
}

/// The outcome of the request, when it took effect before.
pub(crate) async fn find<E: From<StoreError> + From<IdempotencyConflict>>(
    connection: &mut SqliteConnection,
    request: Option<&Idempotency>,
    now: Millis,
) -> Result<Option<Value>, E> {
    let Some(request) = request else { return Ok(None) };
    let token = request.token.0.as_bytes().as_slice();
    let expired = now.0 - IDEMPOTENCY_LIFETIME.0;
    let row = query!(
        "SELECT body_hash, outcome FROM idempotency
        WHERE token_id = ? AND method = ? AND path = ? AND request_key = ? AND created_at > ?",
        token,
        request.method,
        request.path,
        request.key,
        expired
    )
    .fetch_optional(connection)
    .await
    .map_err(fault)?;
    match row {
        None => Ok(None),
        Some(row) if row.body_hash == request.body_hash => Ok(Some(json("idempotency", &row.outcome)?)),
        Some(_) => Err(IdempotencyConflict.into()),
    }
}

/// Stores the outcome within the effect's transaction, and forgets what is too old.
pub(crate) async fn keep(
    tx: &mut SqliteConnection,
    request: Option<&Idempotency>,
    outcome: &Value,
    now: Millis,
) -> Result<(), StoreError> {
    let Some(request) = request else { return Ok(()) };
    let expired = now.0 - IDEMPOTENCY_LIFETIME.0;
    query!("DELETE FROM idempotency WHERE created_at <= ?", expired).execute(&mut *tx).await.map_err(fault)?;
    let (token, body_hash) = (request.token.0.as_bytes().as_slice(), request.body_hash.as_slice());
    let outcome = outcome.to_string();
    query!(
        "INSERT INTO idempotency (token_id, method, path, request_key, body_hash, outcome, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)",
        token,
        request.method,
        request.path,
        request.key,
        body_hash,
        outcome,
        now.0
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}
