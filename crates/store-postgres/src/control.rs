//! Apps as operations see them.

use async_trait::async_trait;
use model::control::{BranchState, ChannelState, Control, DeletedEntry, PastEntry, RegisteredEmbedded};
use model::{
    AppId, AppSlug, BranchId, BranchName, ChannelId, ChannelName, KeyId, LaneId, Millis, Salt, Target, UpdateId,
};
use sqlx::{PgConnection, query};
use store::{Controlled, ReadControl, StoreError};
use uuid::Uuid;

use crate::PostgresStore;
use crate::columns::{basis_points, blob_hash, kind, lane, name, unsigned};
use crate::fault::fault;
use crate::issued::{IssuedRow, query_issued};

#[async_trait]
impl ReadControl for PostgresStore {
    async fn control(&self, app: AppId, now: Millis) -> Result<Option<Controlled>, StoreError> {
        let mut tx = self.read().await?;
        let Some(control) = read(&mut tx, app).await? else { return Ok(None) };
        let now = self.now(&mut tx, now).await?;
        Ok(Some(Controlled { control, now }))
    }

    async fn missing_signatures(&self, app: AppId, entries: &[UpdateId]) -> Result<Vec<(UpdateId, KeyId)>, StoreError> {
        let entries: Vec<Uuid> = entries.iter().map(|entry| entry.0).collect();
        let rows = query!(
            "SELECT updates.id, signing_keys.key_id
            FROM unnest($2::uuid[]) WITH ORDINALITY AS asked (id, position)
            JOIN updates ON updates.id = asked.id AND updates.app_id = $1
            JOIN signing_keys ON signing_keys.app_id = $1
            WHERE NOT EXISTS (
                SELECT 1 FROM signatures WHERE update_id = updates.id AND signatures.key_id = signing_keys.key_id
            )
            ORDER BY asked.position, signing_keys.key_id",
            app.0,
            &entries
        )
        .fetch_all(self.pool())
        .await
        .map_err(fault)?;
        rows.into_iter().map(|row| Ok((UpdateId(row.id), name("signing_keys", &row.key_id, KeyId::parse)?))).collect()
    }
}

/// The app, within a transaction; none when there is no such app.
pub(crate) async fn read(connection: &mut PgConnection, app: AppId) -> Result<Option<Control>, StoreError> {
    let row = query!("SELECT slug, version FROM apps WHERE id = $1", app.0)
        .fetch_optional(&mut *connection)
        .await
        .map_err(fault)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Control {
        app,
        slug: name("apps", &row.slug, AppSlug::parse)?,
        version: unsigned("apps", row.version)?,
        channels: channels(connection, app).await?,
        branches: branches(connection, app).await?,
        entries: entries(connection, app).await?,
        deleted: deleted(connection, app).await?,
        embedded: embedded(connection, app).await?,
    }))
}

async fn channels(connection: &mut PgConnection, app: AppId) -> Result<Vec<ChannelState>, StoreError> {
    const TABLE: &str = "channels";
    let rows = query!(
        "SELECT id, name, branch_id, split_branch_id, split_share, split_salt, paused
        FROM channels WHERE app_id = $1 ORDER BY name",
        app.0
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            let branch = BranchId(row.branch_id);
            let target = match (row.split_branch_id, row.split_share, row.split_salt) {
                (Some(new), Some(share), Some(salt)) => Target::Split {
                    old: branch,
                    new: BranchId(new),
                    share: basis_points(TABLE, share)?,
                    salt: Salt(salt),
                },
                _ => Target::Branch(branch),
            };
            let id = ChannelId(row.id);
            Ok(ChannelState { id, name: name(TABLE, &row.name, ChannelName::parse)?, target, paused: row.paused })
        })
        .collect()
}

async fn branches(connection: &mut PgConnection, app: AppId) -> Result<Vec<BranchState>, StoreError> {
    let rows =
        query!("SELECT id, name, pinned FROM branches WHERE app_id = $1 AND deleted_at IS NULL ORDER BY name", app.0)
            .fetch_all(connection)
            .await
            .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            let name = name("branches", &row.name, BranchName::parse)?;
            Ok(BranchState { id: BranchId(row.id), name, pinned: row.pinned })
        })
        .collect()
}

/// Every entry of the app, newest first.
async fn entries(connection: &mut PgConnection, app: AppId) -> Result<Vec<PastEntry>, StoreError> {
    let rows = query_issued!("WHERE app_id = $1 ORDER BY created_at DESC, id DESC", app.0)
        .fetch_all(connection)
        .await
        .map_err(fault)?;
    rows.into_iter().map(IssuedRow::past).collect()
}

/// What is left of deleted entries, newest first.
async fn deleted(connection: &mut PgConnection, app: AppId) -> Result<Vec<DeletedEntry>, StoreError> {
    const TABLE: &str = "deleted_updates";
    let rows = query!(
        "SELECT id, branch_id, platform, runtime_version, created_at, kind FROM deleted_updates
        WHERE app_id = $1 ORDER BY created_at DESC, id DESC",
        app.0
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            Ok(DeletedEntry {
                id: UpdateId(row.id),
                branch: BranchId(row.branch_id),
                lane: lane(TABLE, &row.platform, &row.runtime_version)?,
                created_at: Millis(row.created_at),
                kind: kind(TABLE, &row.kind)?,
            })
        })
        .collect()
}

async fn embedded(connection: &mut PgConnection, app: AppId) -> Result<Vec<RegisteredEmbedded>, StoreError> {
    const TABLE: &str = "embedded_updates";
    let rows = query!(
        "SELECT id, platform, runtime_version, created_at, launch_hash, channel FROM embedded_updates
        WHERE app_id = $1 ORDER BY id",
        app.0
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            let LaneId { platform, runtime_version } = lane(TABLE, &row.platform, &row.runtime_version)?;
            Ok(RegisteredEmbedded {
                id: UpdateId(row.id),
                platform,
                runtime_version,
                created_at: Millis(row.created_at),
                launch_hash: row.launch_hash.map(|hash| blob_hash(TABLE, &hash)).transpose()?,
                channel: row.channel.map(|channel| name(TABLE, &channel, ChannelName::parse)).transpose()?,
            })
        })
        .collect()
}
