//! Apps as operations see them.

use async_trait::async_trait;
use model::control::{BranchState, ChannelState, Control, DeletedEntry, PastEntry, RegisteredEmbedded};
use model::{
    AppId, AppSlug, BranchId, BranchName, ChannelId, ChannelName, KeyId, LaneId, Millis, Salt, Target, UpdateId,
};
use sqlx::{SqliteConnection, query};
use store::{Controlled, ReadControl, StoreError};

use crate::SqliteStore;
use crate::columns::{basis_points, blob_hash, hex_list, kind, lane, name, unsigned, uuid};
use crate::fault::fault;
use crate::issued::{IssuedRow, query_issued};

#[async_trait]
impl ReadControl for SqliteStore {
    /// The only clock is the caller's: SQLite reads the same one.
    async fn control(&self, app: AppId, now: Millis) -> Result<Option<Controlled>, StoreError> {
        let mut tx = self.read().await?;
        Ok(read(&mut tx, app).await?.map(|control| Controlled { control, now }))
    }

    async fn missing_signatures(&self, app: AppId, entries: &[UpdateId]) -> Result<Vec<(UpdateId, KeyId)>, StoreError> {
        let app = app.0.as_bytes().as_slice();
        let entries = hex_list(entries.iter().map(|entry| entry.0.as_bytes().as_slice()));
        let rows = query!(
            r#"SELECT updates.id, signing_keys.key_id
            FROM json_each(?2) AS asked
            JOIN updates ON updates.id = unhex(asked.value) AND updates.app_id = ?1
            JOIN signing_keys ON signing_keys.app_id = ?1
            WHERE NOT EXISTS (
                SELECT 1 FROM signatures WHERE update_id = updates.id AND signatures.key_id = signing_keys.key_id
            )
            ORDER BY asked.key, signing_keys.key_id"#,
            app,
            entries
        )
        .fetch_all(self.readers())
        .await
        .map_err(fault)?;
        rows.into_iter()
            .map(|row| Ok((UpdateId(uuid("updates", &row.id)?), name("signing_keys", &row.key_id, KeyId::parse)?)))
            .collect()
    }
}

/// The app, within a transaction; none when there is no such app.
pub(crate) async fn read(connection: &mut SqliteConnection, app: AppId) -> Result<Option<Control>, StoreError> {
    let id = app.0.as_bytes().as_slice();
    let row = query!("SELECT slug, version FROM apps WHERE id = ?", id)
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

async fn channels(connection: &mut SqliteConnection, app: AppId) -> Result<Vec<ChannelState>, StoreError> {
    const TABLE: &str = "channels";
    let app = app.0.as_bytes().as_slice();
    let rows = query!(
        r#"SELECT id, name, branch_id, split_branch_id, split_share, split_salt, paused AS "paused: bool"
        FROM channels WHERE app_id = ? ORDER BY name"#,
        app
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            let branch = BranchId(uuid(TABLE, &row.branch_id)?);
            let target = match (row.split_branch_id, row.split_share, row.split_salt) {
                (Some(new), Some(share), Some(salt)) => Target::Split {
                    old: branch,
                    new: BranchId(uuid(TABLE, &new)?),
                    share: basis_points(TABLE, share)?,
                    salt: Salt(uuid(TABLE, &salt)?),
                },
                _ => Target::Branch(branch),
            };
            Ok(ChannelState {
                id: ChannelId(uuid(TABLE, &row.id)?),
                name: name(TABLE, &row.name, ChannelName::parse)?,
                target,
                paused: row.paused,
            })
        })
        .collect()
}

async fn branches(connection: &mut SqliteConnection, app: AppId) -> Result<Vec<BranchState>, StoreError> {
    const TABLE: &str = "branches";
    let app = app.0.as_bytes().as_slice();
    let rows = query!(
        r#"SELECT id, name, pinned AS "pinned: bool" FROM branches
        WHERE app_id = ? AND deleted_at IS NULL ORDER BY name"#,
        app
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            Ok(BranchState {
                id: BranchId(uuid(TABLE, &row.id)?),
                name: name(TABLE, &row.name, BranchName::parse)?,
                pinned: row.pinned,
            })
        })
        .collect()
}

/// Every entry of the app, newest first.
async fn entries(connection: &mut SqliteConnection, app: AppId) -> Result<Vec<PastEntry>, StoreError> {
    let app = app.0.as_bytes().as_slice();
    let rows = query_issued!("WHERE app_id = ? ORDER BY created_at DESC, id DESC", app)
        .fetch_all(connection)
        .await
        .map_err(fault)?;
    rows.into_iter().map(IssuedRow::past).collect()
}

/// What is left of deleted entries, newest first.
async fn deleted(connection: &mut SqliteConnection, app: AppId) -> Result<Vec<DeletedEntry>, StoreError> {
    const TABLE: &str = "deleted_updates";
    let app = app.0.as_bytes().as_slice();
    let rows = query!(
        "SELECT id, branch_id, platform, runtime_version, created_at, kind FROM deleted_updates
        WHERE app_id = ? ORDER BY created_at DESC, id DESC",
        app
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            Ok(DeletedEntry {
                id: UpdateId(uuid(TABLE, &row.id)?),
                branch: BranchId(uuid(TABLE, &row.branch_id)?),
                lane: lane(TABLE, &row.platform, &row.runtime_version)?,
                created_at: Millis(row.created_at),
                kind: kind(TABLE, &row.kind)?,
            })
        })
        .collect()
}

async fn embedded(connection: &mut SqliteConnection, app: AppId) -> Result<Vec<RegisteredEmbedded>, StoreError> {
    const TABLE: &str = "embedded_updates";
    let app = app.0.as_bytes().as_slice();
    let rows = query!(
        "SELECT id, platform, runtime_version, created_at, launch_hash, channel FROM embedded_updates
        WHERE app_id = ? ORDER BY id",
        app
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            let LaneId { platform, runtime_version } = lane(TABLE, &row.platform, &row.runtime_version)?;
            Ok(RegisteredEmbedded {
                id: UpdateId(uuid(TABLE, &row.id)?),
                platform,
                runtime_version,
                created_at: Millis(row.created_at),
                launch_hash: row.launch_hash.map(|hash| blob_hash(TABLE, &hash)).transpose()?,
                channel: row.channel.map(|channel| name(TABLE, &channel, ChannelName::parse)).transpose()?,
            })
        })
        .collect()
}
