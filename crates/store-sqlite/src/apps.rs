//! Apps.

use async_trait::async_trait;
use model::{AppId, AppSlug, BranchId, BranchName, ChannelId, ChannelName, Millis};
use serde_json::json;
use sqlx::{SqliteConnection, query, query_as, query_scalar};
use store::{AppRecord, Apps, AuditAction, Bootstrap, Bootstrapped, NewBranch, NewChannel, StoreError};

use crate::columns::{app_id, name, unsigned};
use crate::fault::{fault, one_row};
use crate::{SqliteStore, audit, keys, tokens};

#[async_trait]
impl Apps for SqliteStore {
    async fn bootstrap(&self, bootstrap: Bootstrap) -> Result<Bootstrapped, StoreError> {
        let mut tx = self.write().await?;
        if let Some(app) = find(&mut tx, &bootstrap.slug).await? {
            return Ok(Bootstrapped::Existed(app));
        }
        let (app, now) = (bootstrap.app, bootstrap.now);
        let (id, slug) = (app.0.as_bytes().as_slice(), bootstrap.slug.as_str());
        query!("INSERT INTO apps (id, slug, version, created_at) VALUES (?, ?, 1, ?)", id, slug, now.0)
            .execute(&mut *tx)
            .await
            .map_err(fault)?;
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
        tx.commit().await.map_err(fault)?;
        Ok(Bootstrapped::Created(AppRecord { id: app, slug: bootstrap.slug, version: 1, created_at: now }))
    }

    async fn app(&self, slug: &AppSlug) -> Result<Option<AppRecord>, StoreError> {
        let mut connection = self.readers().acquire().await.map_err(fault)?;
        find(&mut connection, slug).await
    }

    async fn apps(&self) -> Result<Vec<AppRecord>, StoreError> {
        let rows = query_as!(AppRow, "SELECT id, slug, version, created_at FROM apps ORDER BY slug")
            .fetch_all(self.readers())
            .await
            .map_err(fault)?;
        rows.into_iter().map(AppRow::record).collect()
    }
}

/// The app's version; none when there is no such app.
pub(crate) async fn version(connection: &mut SqliteConnection, app: AppId) -> Result<Option<u64>, StoreError> {
    let id = app.0.as_bytes().as_slice();
    let found =
        query_scalar!("SELECT version FROM apps WHERE id = ?", id).fetch_optional(connection).await.map_err(fault)?;
    found.map(|version| unsigned("apps", version)).transpose()
}

/// The app's version after this intent; none when there is no such app.
pub(crate) async fn raise_version(tx: &mut SqliteConnection, app: AppId) -> Result<Option<u64>, StoreError> {
    let id = app.0.as_bytes().as_slice();
    let raised = query_scalar!("UPDATE apps SET version = version + 1 WHERE id = ? RETURNING version", id)
        .fetch_optional(tx)
        .await
        .map_err(fault)?;
    raised.map(|version| unsigned("apps", version)).transpose()
}

struct AppRow {
    id: Vec<u8>,
    slug: String,
    version: i64,
    created_at: i64,
}

impl AppRow {
    fn record(self) -> Result<AppRecord, StoreError> {
        Ok(AppRecord {
            id: app_id(&self.id)?,
            slug: name("apps", &self.slug, AppSlug::parse)?,
            version: unsigned("apps", self.version)?,
            created_at: Millis(self.created_at),
        })
    }
}

async fn find(connection: &mut SqliteConnection, slug: &AppSlug) -> Result<Option<AppRecord>, StoreError> {
    let slug = slug.as_str();
    query_as!(AppRow, "SELECT id, slug, version, created_at FROM apps WHERE slug = ?", slug)
        .fetch_optional(connection)
        .await
        .map_err(fault)?
        .map(AppRow::record)
        .transpose()
}

/// Adds a branch, empty and not pinned.
pub(crate) async fn insert_branch(
    tx: &mut SqliteConnection,
    app: AppId,
    id: BranchId,
    name: &BranchName,
    now: Millis,
) -> Result<(), StoreError> {
    let (app, id, name) = (app.0.as_bytes().as_slice(), id.0.as_bytes().as_slice(), name.as_str());
    query!("INSERT INTO branches (id, app_id, name, created_at) VALUES (?, ?, ?, ?)", id, app, name, now.0)
        .execute(tx)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Adds a channel that points at a branch; whether the app has the branch.
pub(crate) async fn insert_channel(
    tx: &mut SqliteConnection,
    app: AppId,
    id: ChannelId,
    name: &ChannelName,
    branch: BranchId,
    now: Millis,
) -> Result<bool, StoreError> {
    let (app, id) = (app.0.as_bytes().as_slice(), id.0.as_bytes().as_slice());
    let (name, branch) = (name.as_str(), branch.0.as_bytes().as_slice());
    let done = query!(
        "INSERT INTO channels (id, app_id, name, branch_id, created_at)
        SELECT ?, app_id, ?, id, ? FROM branches WHERE id = ? AND app_id = ? AND deleted_at IS NULL",
        id,
        name,
        now.0,
        branch,
        app
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(done.rows_affected() == 1)
}
