//! Apps.

use async_trait::async_trait;
use model::{AppId, AppSlug, BranchId, BranchName, ChannelId, ChannelName, Millis};
use serde_json::json;
use sqlx::{PgConnection, query, query_as, query_scalar};
use store::{AppRecord, Apps, AuditAction, Bootstrap, Bootstrapped, NewBranch, NewChannel, StoreError};
use uuid::Uuid;

use crate::columns::{name, unsigned};
use crate::fault::{fault, one_row};
use crate::watch::CHANNEL;
use crate::{PostgresStore, audit, keys, tokens};

#[async_trait]
impl Apps for PostgresStore {
    async fn bootstrap(&self, bootstrap: Bootstrap) -> Result<Bootstrapped, StoreError> {
        let mut tx = self.write().await?;
        let (app, now) = (bootstrap.app, self.now(&mut tx, bootstrap.now).await?);
        // Two servers may start at once: the second waits here until the first has its app.
        let created = query!(
            "INSERT INTO apps (id, slug, version, created_at) VALUES ($1, $2, 1, $3) ON CONFLICT (slug) DO NOTHING",
            app.0,
            bootstrap.slug.as_str(),
            now.0
        )
        .execute(&mut *tx)
        .await
        .map_err(fault)?;
        if created.rows_affected() == 0 {
            let existing = find(&mut tx, &bootstrap.slug).await?;
            let there = existing.ok_or(StoreError::WrongRowCount { intent: "bootstrap", expected: 1, actual: 0 })?;
            return Ok(Bootstrapped::Existed(there));
        }
        let (NewBranch { id: branch, name: of_branch }, NewChannel { id: channel, name: of_channel }) =
            (&bootstrap.branch, &bootstrap.channel);
        insert_branch(&mut tx, app, *branch, of_branch, now).await?;
        let pointed = insert_channel(&mut tx, app, *channel, of_channel, *branch, now).await?;
        one_row("bootstrap", pointed.into())?;
        if let Some(key) = &bootstrap.key {
            keys::insert(&mut tx, app, key, now).await?;
        }
        if let Some(token) = &bootstrap.token {
            tokens::insert(&mut tx, token, now).await?;
        }
        let detail = json!({
            "slug": bootstrap.slug,
            "channel": bootstrap.channel.name,
            "branch": bootstrap.branch.id,
            "key": bootstrap.key.as_ref().map(|key| &key.key_id),
            "token": bootstrap.token.as_ref().map(|token| token.id.0),
        });
        audit::write(&mut tx, app, &bootstrap.actor, AuditAction::CreateApp, &detail, now).await?;
        tell(&mut tx, app, 1).await?;
        tx.commit().await.map_err(fault)?;
        Ok(Bootstrapped::Created(AppRecord { id: app, slug: bootstrap.slug, version: 1, created_at: now }))
    }

    async fn app(&self, slug: &AppSlug) -> Result<Option<AppRecord>, StoreError> {
        let mut connection = self.pool().acquire().await.map_err(fault)?;
        find(&mut connection, slug).await
    }

    async fn apps(&self) -> Result<Vec<AppRecord>, StoreError> {
        let rows = query_as!(AppRow, "SELECT id, slug, version, created_at FROM apps ORDER BY slug")
            .fetch_all(self.pool())
            .await
            .map_err(fault)?;
        rows.into_iter().map(AppRow::record).collect()
    }
}

/// The app's version, which nobody else changes until the transaction ends; none when there is no such app. Rows that
/// refer to the app, such as uploaded blobs, may still be added meanwhile.
pub(crate) async fn lock(tx: &mut PgConnection, app: AppId) -> Result<Option<u64>, StoreError> {
    let found = query_scalar!("SELECT version FROM apps WHERE id = $1 FOR NO KEY UPDATE", app.0)
        .fetch_optional(tx)
        .await
        .map_err(fault)?;
    found.map(|version| unsigned("apps", version)).transpose()
}

/// The version of a locked app after this intent. Other servers hear of it when the transaction is committed.
pub(crate) async fn raise_version(tx: &mut PgConnection, app: AppId) -> Result<u64, StoreError> {
    let raised = query_scalar!("UPDATE apps SET version = version + 1 WHERE id = $1 RETURNING version", app.0)
        .fetch_one(&mut *tx)
        .await
        .map_err(fault)?;
    tell(tx, app, raised).await?;
    unsigned("apps", raised)
}

async fn tell(tx: &mut PgConnection, app: AppId, version: i64) -> Result<(), StoreError> {
    query!("SELECT pg_notify($1, $2)", CHANNEL, format!("{app} {version}")).execute(tx).await.map_err(fault)?;
    Ok(())
}

struct AppRow {
    id: Uuid,
    slug: String,
    version: i64,
    created_at: i64,
}

impl AppRow {
    fn record(self) -> Result<AppRecord, StoreError> {
        Ok(AppRecord {
            id: AppId(self.id),
            slug: name("apps", &self.slug, AppSlug::parse)?,
            version: unsigned("apps", self.version)?,
            created_at: Millis(self.created_at),
        })
    }
}

async fn find(connection: &mut PgConnection, slug: &AppSlug) -> Result<Option<AppRecord>, StoreError> {
    query_as!(AppRow, "SELECT id, slug, version, created_at FROM apps WHERE slug = $1", slug.as_str())
        .fetch_optional(connection)
        .await
        .map_err(fault)?
        .map(AppRow::record)
        .transpose()
}

/// Adds a branch, empty and not pinned.
pub(crate) async fn insert_branch(
    tx: &mut PgConnection,
    app: AppId,
    id: BranchId,
    name: &BranchName,
    now: Millis,
) -> Result<(), StoreError> {
    query!(
        "INSERT INTO branches (id, app_id, name, created_at) VALUES ($1, $2, $3, $4)",
        id.0,
        app.0,
        name.as_str(),
        now.0
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

/// Adds a channel that points at a branch; whether the app has the branch.
pub(crate) async fn insert_channel(
    tx: &mut PgConnection,
    app: AppId,
    id: ChannelId,
    name: &ChannelName,
    branch: BranchId,
    now: Millis,
) -> Result<bool, StoreError> {
    let done = query!(
        "INSERT INTO channels (id, app_id, name, branch_id, created_at)
        SELECT $1, app_id, $2, id, $3 FROM branches WHERE id = $4 AND app_id = $5 AND deleted_at IS NULL",
        id.0,
        name.as_str(),
        now.0,
        branch.0,
        app.0
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(done.rows_affected() == 1)
}
