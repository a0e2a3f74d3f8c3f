//! What was issued.

use async_trait::async_trait;
use model::{AppId, BranchId, ChannelName, Millis, UpdateGroupId, UpdateId};
use sqlx::{SqliteConnection, query, query_scalar};
use store::{Actor, GroupRecord, History, NewGroup, StoreError, StoredUpdate, UpdateAsset};

use crate::SqliteStore;
use crate::columns::{blob_hash, hex_list, name, unsigned, uuid};
use crate::fault::fault;
use crate::issued::query_issued;

#[async_trait]
impl History for SqliteStore {
    async fn update(&self, app: AppId, update: UpdateId) -> Result<Option<StoredUpdate>, StoreError> {
        let mut tx = self.read().await?;
        let (app_id, update_id) = (app.0.as_bytes().as_slice(), update.0.as_bytes().as_slice());
        let row = query_issued!("WHERE app_id = ? AND id = ?", app_id, update_id)
            .fetch_optional(&mut *tx)
            .await
            .map_err(fault)?;
        let Some(row) = row else { return Ok(None) };
        let body = query_scalar!("SELECT body FROM updates WHERE id = ?", update_id)
            .fetch_one(&mut *tx)
            .await
            .map_err(fault)?;
        let assets = assets(&mut tx, app, update).await?;
        Ok(Some(StoredUpdate { past: row.past()?, body: body.into(), assets }))
    }

    async fn groups(&self, app: AppId, groups: &[UpdateGroupId]) -> Result<Vec<GroupRecord>, StoreError> {
        const TABLE: &str = "update_groups";
        let app = app.0.as_bytes().as_slice();
        let groups = hex_list(groups.iter().map(|group| group.0.as_bytes().as_slice()));
        let rows = query!(
            r#"SELECT id, branch_id, channel, message, git_commit, git_branch, git_dirty AS "git_dirty: bool",
                published_by, created_at
            FROM update_groups WHERE app_id = ? AND id IN (SELECT unhex(value) FROM json_each(?)) ORDER BY id"#,
            app,
            groups
        )
        .fetch_all(self.readers())
        .await
        .map_err(fault)?;
        rows.into_iter()
            .map(|row| {
                let group = NewGroup {
                    id: UpdateGroupId(uuid(TABLE, &row.id)?),
                    branch: BranchId(uuid(TABLE, &row.branch_id)?),
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

/// Whether the app has issued this entry.
pub(crate) async fn has(connection: &mut SqliteConnection, app: AppId, update: UpdateId) -> Result<bool, StoreError> {
    let (app, update) = (app.0.as_bytes().as_slice(), update.0.as_bytes().as_slice());
    query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM updates WHERE id = ? AND app_id = ?) AS "has!: bool""#, update, app)
        .fetch_one(connection)
        .await
        .map_err(fault)
}

async fn assets(
    connection: &mut SqliteConnection,
    app: AppId,
    update: UpdateId,
) -> Result<Vec<UpdateAsset>, StoreError> {
    let (app, update) = (app.0.as_bytes().as_slice(), update.0.as_bytes().as_slice());
    let rows = query!(
        r#"SELECT asset.hash, asset.key, asset.launch AS "launch: bool", used.content_type AS "content_type!", blobs.size
        FROM update_assets AS asset
        JOIN app_blobs AS used ON used.app_id = ?1 AND used.hash = asset.hash
        JOIN blobs ON blobs.hash = asset.hash
        WHERE asset.update_id = ?2
        ORDER BY asset.position"#,
        app,
        update
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
