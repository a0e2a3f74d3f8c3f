//! The audit log.

use async_trait::async_trait;
use model::{AppId, Millis};
use serde_json::Value;
use sqlx::{SqliteConnection, query};
use store::{Actor, AuditAction, AuditLine, ReadAudit, StoreError};

use crate::SqliteStore;
use crate::columns::{json, unsigned, word};
use crate::fault::fault;

const TABLE: &str = "audit_log";

#[async_trait]
impl ReadAudit for SqliteStore {
    async fn audit(&self, app: AppId, before: Option<u64>, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
        let app = app.0.as_bytes().as_slice();
        let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
        let rows = query!(
            "SELECT id, at, actor, action, detail FROM audit_log WHERE app_id = ? AND id < ? ORDER BY id DESC LIMIT ?",
            app,
            before,
            limit
        )
        .fetch_all(self.readers())
        .await
        .map_err(fault)?;
        rows.into_iter()
            .map(|row| {
                Ok(AuditLine {
                    id: unsigned(TABLE, row.id)?,
                    at: Millis(row.at),
                    actor: Actor(row.actor),
                    action: word(TABLE, &row.action, AuditAction::parse)?,
                    detail: json(TABLE, &row.detail)?,
                })
            })
            .collect()
    }
}

/// Writes the line of an intent, within its transaction.
pub(crate) async fn write(
    tx: &mut SqliteConnection,
    app: AppId,
    actor: &Actor,
    action: AuditAction,
    detail: &Value,
    now: Millis,
) -> Result<(), StoreError> {
    let (app, action, detail) = (app.0.as_bytes().as_slice(), action.as_str(), detail.to_string());
    query!(
        "INSERT INTO audit_log (app_id, at, actor, action, detail) VALUES (?, ?, ?, ?, ?)",
        app,
        now.0,
        actor.0,
        action,
        detail
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}
