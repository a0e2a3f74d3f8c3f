//! What was issued.

use async_trait::async_trait;
use model::{AppId, BranchId, ChannelName, Platform, RuntimeVersion, UpdateGroupId, UpdateId};
use sqlx::{SqliteConnection, query, query_scalar};
use store::{Actor, History, IssuedEntry, LaneHead, LaneId, NewGroup, StoreError, StoredUpdate, UpdateAsset};

use crate::SqliteStore;
use crate::columns::{blob_hash, name, uuid};
use crate::fault::fault;
use crate::issued::{IssuedRow, query_issued};

#[async_trait]
impl History for SqliteStore {
    async fn lanes(&self, app: AppId, branch: BranchId) -> Result<Vec<LaneHead>, StoreError> {
        let (app, branch) = (app.0.as_bytes().as_slice(), branch.0.as_bytes().as_slice());
        let rows = query_issued!(
            "WHERE app_id = ?1 AND branch_id = ?2 AND NOT EXISTS (
                SELECT 1 FROM updates AS later
                WHERE later.branch_id = updates.branch_id AND later.platform = updates.platform
                    AND later.runtime_version = updates.runtime_version AND later.created_at > updates.created_at
            )
            ORDER BY platform, runtime_version",
            app,
            branch
        )
        .fetch_all(self.readers())
        .await
        .map_err(fault)?;
        rows.into_iter()
            .map(|row| {
                let (_, lane) = row.place()?;
                Ok(LaneHead { lane, head: row.issued()? })
            })
            .collect()
    }

    async fn lane(
        &self,
        app: AppId,
        branch: BranchId,
        platform: Platform,
        runtime_version: &RuntimeVersion,
    ) -> Result<Vec<IssuedEntry>, StoreError> {
        let (app, branch) = (app.0.as_bytes().as_slice(), branch.0.as_bytes().as_slice());
        let (platform, runtime_version) = (platform.as_str(), runtime_version.as_str());
        let rows = query_issued!(
            "WHERE app_id = ? AND branch_id = ? AND platform = ? AND runtime_version = ?
            ORDER BY created_at DESC",
            app,
            branch,
            platform,
            runtime_version
        )
        .fetch_all(self.readers())
        .await
        .map_err(fault)?;
        rows.into_iter().map(IssuedRow::issued).collect()
    }

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
        let (group, issued_by) = group(&mut tx, &row.group_id).await?;
        let assets = assets(&mut tx, app, update).await?;
        let (branch, lane) = row.place()?;
        let issued = row.issued()?;
        Ok(Some(StoredUpdate { issued, group, issued_by, branch, lane, body: body.into(), assets }))
    }
}

/// The newest entry of a lane, whatever its state.
pub(crate) async fn head(
    connection: &mut SqliteConnection,
    branch: BranchId,
    lane: &LaneId,
) -> Result<Option<IssuedEntry>, StoreError> {
    let branch = branch.0.as_bytes().as_slice();
    let (platform, runtime_version) = (lane.platform.as_str(), lane.runtime_version.as_str());
    query_issued!(
        "WHERE branch_id = ? AND platform = ? AND runtime_version = ?
        ORDER BY created_at DESC LIMIT 1",
        branch,
        platform,
        runtime_version
    )
    .fetch_optional(connection)
    .await
    .map_err(fault)?
    .map(IssuedRow::issued)
    .transpose()
}

async fn group(connection: &mut SqliteConnection, id: &[u8]) -> Result<(NewGroup, Actor), StoreError> {
    const TABLE: &str = "update_groups";
    let row = query!(
        r#"SELECT channel, message, git_commit, git_branch, git_dirty AS "git_dirty: bool", published_by
        FROM update_groups WHERE id = ?"#,
        id
    )
    .fetch_one(connection)
    .await
    .map_err(fault)?;
    let channel = row.channel.map(|channel| name(TABLE, &channel, ChannelName::parse)).transpose()?;
    let group = NewGroup {
        id: UpdateGroupId(uuid(TABLE, id)?),
        channel,
        message: row.message,
        git_commit: row.git_commit,
        git_branch: row.git_branch,
        git_dirty: row.git_dirty,
    };
    Ok((group, Actor(row.published_by)))
}

async fn assets(
    connection: &mut SqliteConnection,
    app: AppId,
    update: UpdateId,
) -> Result<Vec<UpdateAsset>, StoreError> {
    let (app, update) = (app.0.as_bytes().as_slice(), update.0.as_bytes().as_slice());
    let rows = query!(
        r#"SELECT asset.hash, asset.key, asset.launch AS "launch: bool", used.content_type AS "content_type!"
        FROM update_assets AS asset
        JOIN app_blobs AS used ON used.app_id = ?1 AND used.hash = asset.hash
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
            let hash = blob_hash("update_assets", &row.hash)?;
            Ok(UpdateAsset { hash, key: row.key, content_type: row.content_type, launch: row.launch })
        })
        .collect()
}
