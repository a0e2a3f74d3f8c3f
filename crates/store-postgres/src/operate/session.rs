//! Prepared operations that wait for their commit.

use model::control::Edit;
use model::{AppId, Millis};
use serde_json::Value;
use sqlx::{PgConnection, query, query_scalar};
use store::{AuditAction, IDEMPOTENCY_LIFETIME, Operation, SESSION_LIFETIME, SaveError, SessionId, StoreError};

use super::{owns, waiting};
use crate::columns::{json, json_text, signed, unsigned, word};
use crate::fault::{fault, one_row};

/// A session that is still known.
pub(super) enum Session {
    /// It can be committed.
    Waiting(Box<Operation>),
    /// It was; this is what was answered.
    Committed(Value),
}

pub(super) async fn save(
    tx: &mut PgConnection,
    session: SessionId,
    operation: &Operation,
    now: Millis,
) -> Result<(), SaveError> {
    if operation.entries.is_empty() {
        return Err(SaveError::Empty);
    }
    if let Some(platform) = operation.out_of_order() {
        return Err(SaveError::OutOfOrder(platform));
    }
    check_branches(tx, operation).await?;
    forget_old(tx, now).await?;
    insert_session(tx, session, operation, now).await?;
    for (position, group) in (0_i64..).zip(&operation.groups) {
        waiting::insert_group(tx, session, position, group).await?;
    }
    for (position, entry) in (0_i64..).zip(&operation.entries) {
        operation.branch_of(entry.group)?;
        waiting::insert_entry(tx, session, position, entry).await?;
        waiting::insert_assets(tx, session, entry).await?;
    }
    Ok(())
}

/// Keeps the session from being forgotten while it is committed: clocks of servers differ.
pub(super) async fn lock(tx: &mut PgConnection, session: SessionId) -> Result<(), StoreError> {
    query!("SELECT id FROM publish_sessions WHERE id = $1 FOR UPDATE", session.0)
        .fetch_optional(tx)
        .await
        .map_err(fault)?;
    Ok(())
}

/// The session, committed or not; one that has expired uncommitted is gone.
pub(super) async fn find(
    connection: &mut PgConnection,
    app: AppId,
    session: SessionId,
    now: Millis,
) -> Result<Option<Session>, StoreError> {
    const TABLE: &str = "publish_sessions";
    let row = query!(
        "SELECT action, detail, at_version, edits, outcome FROM publish_sessions
        WHERE id = $1 AND app_id = $2 AND (committed_at IS NOT NULL OR created_at > $3)",
        session.0,
        app.0,
        now.0 - SESSION_LIFETIME.0
    )
    .fetch_optional(&mut *connection)
    .await
    .map_err(fault)?;
    let Some(row) = row else { return Ok(None) };
    if let Some(outcome) = row.outcome {
        return Ok(Some(Session::Committed(json(TABLE, &outcome)?)));
    }
    Ok(Some(Session::Waiting(Box::new(Operation {
        app,
        action: word(TABLE, &row.action, AuditAction::parse)?,
        detail: json(TABLE, &row.detail)?,
        at_version: row.at_version.map(|version| unsigned(TABLE, version)).transpose()?,
        edits: json(TABLE, &row.edits)?,
        groups: waiting::groups(connection, session).await?,
        entries: waiting::entries(connection, session).await?,
    }))))
}

/// Leaves of the session what a second commit is answered with.
pub(super) async fn finish(
    tx: &mut PgConnection,
    session: SessionId,
    outcome: &Value,
    now: Millis,
) -> Result<(), StoreError> {
    for statement in [
        query!("DELETE FROM session_assets WHERE session_id = $1", session.0),
        query!("DELETE FROM session_entries WHERE session_id = $1", session.0),
        query!("DELETE FROM session_groups WHERE session_id = $1", session.0),
    ] {
        statement.execute(&mut *tx).await.map_err(fault)?;
    }
    let done = query!(
        "UPDATE publish_sessions SET outcome = $1, committed_at = $2 WHERE id = $3 AND committed_at IS NULL",
        outcome.to_string(),
        now.0,
        session.0
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    one_row("commit", done.rows_affected())
}

/// Every group goes to a branch of the app, or to one that the operation itself creates.
async fn check_branches(tx: &mut PgConnection, operation: &Operation) -> Result<(), SaveError> {
    let app = query_scalar!("SELECT id FROM apps WHERE id = $1", operation.app.0);
    if app.fetch_optional(&mut *tx).await.map_err(fault)?.is_none() {
        return Err(SaveError::UnknownBranch);
    }
    for group in &operation.groups {
        let creates = |edit: &Edit| matches!(edit, Edit::CreateBranch { id, .. } if *id == group.branch);
        if !operation.edits.iter().any(creates) && !owns(tx, operation.app, group.branch).await? {
            return Err(SaveError::UnknownBranch);
        }
    }
    Ok(())
}

/// Sessions that can no longer be committed, and outcomes that nobody may ask for any more. Those that another
/// transaction is committing or forgetting are left to it.
async fn forget_old(tx: &mut PgConnection, now: Millis) -> Result<(), StoreError> {
    query!(
        "DELETE FROM publish_sessions WHERE id = ANY (ARRAY (
            SELECT id FROM publish_sessions
            WHERE (committed_at IS NULL AND created_at <= $1) OR (created_at <= $1 AND committed_at <= $2)
            FOR UPDATE SKIP LOCKED
        ))",
        now.0 - SESSION_LIFETIME.0,
        now.0 - IDEMPOTENCY_LIFETIME.0
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

async fn insert_session(
    tx: &mut PgConnection,
    session: SessionId,
    operation: &Operation,
    now: Millis,
) -> Result<(), StoreError> {
    query!(
        "INSERT INTO publish_sessions (id, app_id, action, detail, at_version, edits, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)",
        session.0,
        operation.app.0,
        operation.action.as_str(),
        operation.detail.to_string(),
        operation.at_version.map(signed).transpose()?,
        json_text(&operation.edits)?,
        now.0
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}
