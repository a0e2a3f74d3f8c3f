//! The groups, entries and assets of a session.

use std::collections::HashMap;

use model::control::ContentFingerprint;
use model::{BranchId, ChannelName, Millis, UpdateGroupId, UpdateId};
use sqlx::{PgConnection, query};
use store::{NewAsset, NewEntry, NewGroup, SessionId, StoreError};

use crate::columns::{blob_hash, kind, kind_word, lane, name, rollout, rollout_columns, rule, rule_text, sha256};
use crate::fault::fault;

pub(super) async fn insert_group(
    tx: &mut PgConnection,
    session: SessionId,
    position: i64,
    group: &NewGroup,
) -> Result<(), StoreError> {
    query!(
        "INSERT INTO session_groups
            (session_id, position, group_id, branch_id, channel, message, git_commit, git_branch, git_dirty)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        session.0,
        position,
        group.id.0,
        group.branch.0,
        group.channel.as_ref().map(ChannelName::as_str),
        group.message.as_deref(),
        group.git_commit.as_deref(),
        group.git_branch.as_deref(),
        group.git_dirty
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

pub(super) async fn insert_entry(
    tx: &mut PgConnection,
    session: SessionId,
    position: i64,
    entry: &NewEntry,
) -> Result<(), StoreError> {
    let (share, salt) = rollout_columns(entry.rollout.as_ref());
    query!(
        "INSERT INTO session_entries (session_id, position, update_id, group_id, platform, runtime_version, created_at,
            kind, fingerprint, origin_id, held, disabled, rollout_share, rollout_salt, rule, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        session.0,
        position,
        entry.id.0,
        entry.group.0,
        entry.lane.platform.as_str(),
        entry.lane.runtime_version.as_str(),
        entry.created_at.0,
        kind_word(entry.kind),
        entry.content.0.as_slice(),
        entry.origin.map(|origin| origin.0),
        entry.held,
        entry.disabled,
        share,
        salt,
        rule_text(entry.rule.as_ref())?,
        entry.body.as_ref()
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

/// All assets in one statement: an update may have 20,000.
pub(super) async fn insert_assets(
    tx: &mut PgConnection,
    session: SessionId,
    entry: &NewEntry,
) -> Result<(), StoreError> {
    if entry.assets.is_empty() {
        return Ok(());
    }
    let hashes: Vec<[u8; 32]> = entry.assets.iter().map(|asset| asset.hash.0).collect();
    let keys: Vec<&str> = entry.assets.iter().map(|asset| asset.key.as_str()).collect();
    let types: Vec<&str> = entry.assets.iter().map(|asset| asset.content_type.as_str()).collect();
    let launches: Vec<bool> = entry.assets.iter().map(|asset| asset.launch).collect();
    query!(
        "INSERT INTO session_assets (session_id, update_id, position, hash, key, content_type, launch)
        SELECT $1, $2, asset.position - 1, asset.hash, asset.key, asset.content_type, asset.launch
        FROM unnest($3::bytea[], $4::text[], $5::text[], $6::boolean[])
            WITH ORDINALITY AS asset (hash, key, content_type, launch, position)",
        session.0,
        entry.id.0,
        &hashes as _,
        &keys as _,
        &types as _,
        &launches
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

/// In the order that they were saved in.
pub(super) async fn groups(connection: &mut PgConnection, session: SessionId) -> Result<Vec<NewGroup>, StoreError> {
    let rows = query!(
        "SELECT group_id, branch_id, channel, message, git_commit, git_branch, git_dirty
        FROM session_groups WHERE session_id = $1 ORDER BY position",
        session.0
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            let channel = |channel: String| name("session_groups", &channel, ChannelName::parse);
            Ok(NewGroup {
                id: UpdateGroupId(row.group_id),
                branch: BranchId(row.branch_id),
                channel: row.channel.map(channel).transpose()?,
                message: row.message,
                git_commit: row.git_commit,
                git_branch: row.git_branch,
                git_dirty: row.git_dirty,
            })
        })
        .collect()
}

/// In the order that they were saved in, with their assets.
pub(super) async fn entries(connection: &mut PgConnection, session: SessionId) -> Result<Vec<NewEntry>, StoreError> {
    const TABLE: &str = "session_entries";
    let rows = query!(
        "SELECT update_id, group_id, platform, runtime_version, created_at, kind, fingerprint, origin_id, held, disabled,
            rollout_share, rollout_salt, rule, body
        FROM session_entries WHERE session_id = $1 ORDER BY position",
        session.0
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(fault)?;
    let mut assets = assets(connection, session).await?;
    rows.into_iter()
        .map(|row| {
            let id = UpdateId(row.update_id);
            Ok(NewEntry {
                id,
                group: UpdateGroupId(row.group_id),
                lane: lane(TABLE, &row.platform, &row.runtime_version)?,
                created_at: Millis(row.created_at),
                kind: kind(TABLE, &row.kind)?,
                body: row.body.into(),
                content: ContentFingerprint(sha256(TABLE, &row.fingerprint)?),
                origin: row.origin_id.map(UpdateId),
                held: row.held,
                disabled: row.disabled,
                rollout: rollout(TABLE, row.rollout_share, row.rollout_salt)?,
                rule: rule(TABLE, row.rule.as_deref())?,
                assets: assets.remove(&id).unwrap_or_default(),
            })
        })
        .collect()
}

async fn assets(
    connection: &mut PgConnection,
    session: SessionId,
) -> Result<HashMap<UpdateId, Vec<NewAsset>>, StoreError> {
    let rows = query!(
        "SELECT update_id, hash, key, content_type, launch
        FROM session_assets WHERE session_id = $1 ORDER BY update_id, position",
        session.0
    )
    .fetch_all(connection)
    .await
    .map_err(fault)?;
    let mut assets: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let hash = blob_hash("session_assets", &row.hash)?;
        let asset = NewAsset { hash, key: row.key, content_type: row.content_type, launch: row.launch };
        assets.entry(UpdateId(row.update_id)).or_default().push(asset);
    }
    Ok(assets)
}
