//! What was issued.

use std::collections::HashSet;

use async_trait::async_trait;
use model::{AppId, BranchId, ChannelName, Millis, UpdateGroupId, UpdateId};
use sqlx::{PgConnection, query, query_scalar};
use store::{Actor, GroupRecord, History, NewGroup, StoreError, StoredUpdate, UpdateAsset};
use uuid::Uuid;

use crate::PostgresStore;
use crate::columns::{blob_hash, name, unsigned};
use crate::fault::fault;
use crate::issued::query_issued;

#[async_trait]
impl History for PostgresStore {
    async fn update(&self, app: AppId, update: UpdateId) -> Result<Option<StoredUpdate>, StoreError> {
        let mut tx = self.read().await?;
        let row = query_issued!("WHERE app_id = $1 AND id = $2", app.0, update.0)
            .fetch_optional(&mut *tx)
            .await
            .map_err(fault)?;
        let Some(row) = row else { return Ok(None) };
        let body = query_scalar!("SELECT body FROM updates WHERE id = $1", update.0)
            .fetch_one(&mut *tx)
            .await
            .map_err(fault)?;
        let assets = assets(&mut tx, app, update).await?;
        Ok(Some(StoredUpdate { past: row.past()?, body: body.into(), assets }))
    }

    async fn groups(&self, app: AppId, groups: &[UpdateGroupId]) -> Result<Vec<GroupRecord>, StoreError> {
        const TABLE: &str = "update_groups";
        let groups: Vec<Uuid> = groups.iter().map(|group| group.0).collect();
        let rows = query!(
            "SELECT id, branch_id, channel, message, git_commit, git_branch, git_dirty, published_by, created_at
            FROM update_groups WHERE app_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id",
            app.0,
            &groups
        )
        .fetch_all(self.pool())
        .await
        .map_err(fault)?;
        rows.into_iter()
            .map(|row| {
                let group = NewGroup {
                    id: UpdateGroupId(row.id),
                    branch: BranchId(row.branch_id),
                    channel: row.channel.map(|channel| name(TABLE, &channel, ChannelName::parse)).transpose()?,
                    message: row.message,
                    git_commit: row.git_commit,
                    git_branch: row.git_branch,
                    git_dirty: row.git_dirty,
                };
                Ok(GroupRecord { group, issued_by: Actor(row.published_by), issued_at: Millis(row.created_at) })
            })
            .collect()
    }
}

/// Those of these entries that the app has issued.
pub(crate) async fn known(
    connection: &mut PgConnection,
    app: AppId,
    updates: impl Iterator<Item = UpdateId>,
) -> Result<HashSet<UpdateId>, StoreError> {
    let asked: Vec<Uuid> = updates.map(|update| update.0).collect();
    if asked.is_empty() {
        return Ok(HashSet::new());
    }
    let known = query_scalar!("SELECT id FROM updates WHERE id = ANY ($1::uuid[]) AND app_id = $2", &asked, app.0)
        .fetch_all(connection)
        .await
        .map_err(fault)?;
    Ok(known.into_iter().map(UpdateId).collect())
}

async fn assets(connection: &mut PgConnection, app: AppId, update: UpdateId) -> Result<Vec<UpdateAsset>, StoreError> {
    let rows = query!(
        r#"SELECT asset.hash, asset.key, asset.launch, used.content_type AS "content_type!", blobs.size
        FROM update_assets AS asset
        JOIN app_blobs AS used ON used.app_id = $1 AND used.hash = asset.hash
        JOIN blobs ON blobs.hash = asset.hash
        WHERE asset.update_id = $2
        ORDER BY asset.position"#,
        app.0,
        update.0
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            Ok(UpdateAsset {
                hash: blob_hash("update_assets", &row.hash)?,
                key: row.key,
                content_type: row.content_type,
                size: unsigned("blobs", row.size)?,
                launch: row.launch,
            })
        })
        .collect()
}
