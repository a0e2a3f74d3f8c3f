//! Stored outcomes of requests that may arrive twice.

use async_trait::async_trait;
use model::Millis;
use serde_json::Value;
use sqlx::{PgConnection, query};
use store::{IDEMPOTENCY_LIFETIME, Idempotency, IdempotencyConflict, ReplayError, Replays, StoreError};

use crate::PostgresStore;
use crate::columns::json;
use crate::fault::{fault, one_row};

#[async_trait]
impl Replays for PostgresStore {
    async fn replay(&self, request: &Idempotency, now: Millis) -> Result<Option<Value>, ReplayError> {
        let mut connection = self.pool().acquire().await.map_err(fault)?;
        let now = self.now(&mut connection, now).await?;
        find(&mut connection, Some(request), now).await
    }
}

/// The outcome of the request, when it took effect before. An intent asks after it has locked the app, so that the
/// second of two at once finds what the first one stored.
pub(crate) async fn find<E: From<StoreError> + From<IdempotencyConflict>>(
    connection: &mut PgConnection,
    request: Option<&Idempotency>,
    now: Millis,
) -> Result<Option<Value>, E> {
    let Some(request) = request else { return Ok(None) };
    let row = query!(
        "SELECT body_hash, outcome FROM idempotency
        WHERE token_id = $1 AND method = $2 AND path = $3 AND request_key = $4 AND created_at > $5",
        request.token.0,
        request.method,
        request.path,
        request.key,
        now.0 - IDEMPOTENCY_LIFETIME.0
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

/// Stores the outcome within the effect's transaction, and forgets what is too old. Rows that another transaction is
/// forgetting are left to it: two that wait for each other's rows would never end.
pub(crate) async fn keep(
    tx: &mut PgConnection,
    request: Option<&Idempotency>,
    outcome: &Value,
    now: Millis,
) -> Result<(), StoreError> {
    let Some(request) = request else { return Ok(()) };
    let expired = now.0 - IDEMPOTENCY_LIFETIME.0;
    query!(
        "DELETE FROM idempotency WHERE ctid = ANY (ARRAY (
            SELECT ctid FROM idempotency WHERE created_at <= $1 FOR UPDATE SKIP LOCKED
        ))",
        expired
    )
    .execute(&mut *tx)
    .await
    .map_err(fault)?;
    let kept = query!(
        "INSERT INTO idempotency AS known (token_id, method, path, request_key, body_hash, outcome, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (token_id, method, path, request_key) DO UPDATE
        SET body_hash = excluded.body_hash, outcome = excluded.outcome, created_at = excluded.created_at
        WHERE known.created_at <= $8",
        request.token.0,
        request.method,
        request.path,
        request.key,
        request.body_hash.as_slice(),
        outcome.to_string(),
        now.0,
        expired
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    one_row("keep an outcome", kept.rows_affected())
}
