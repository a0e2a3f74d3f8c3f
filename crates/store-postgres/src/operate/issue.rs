//! The rows of what an operation issues.

use std::collections::BTreeMap;

use model::{AppId, BlobHash, ChannelName, UpdateId};
use sqlx::{PgConnection, query, query_scalar};
use store::{CommitError, NewEntry, NewGroup, Operation, Seal, StoreError};
use uuid::Uuid;

use crate::columns::{kind_word, rollout_columns, rule_text, signed};
use crate::fault::fault;

pub(super) async fn issue(
    tx: &mut PgConnection,
    operation: &Operation,
    version: u64,
    seal: &Seal,
) -> Result<(), CommitError> {
    for group in &operation.groups {
        insert_group(tx, operation.app, group, seal).await?;
    }
    check_ids(tx, operation).await?;
    for entry in &operation.entries {
        insert_entry(tx, operation, entry, version).await?;
        insert_assets(tx, entry).await?;
    }
    Ok(note_types(tx, operation, version).await?)
}

async fn insert_group(tx: &mut PgConnection, app: AppId, group: &NewGroup, seal: &Seal) -> Result<(), StoreError> {
    query!(
        "INSERT INTO update_groups
            (id, app_id, branch_id, channel, message, git_commit, git_branch, git_dirty, published_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        group.id.0,
        app.0,
        group.branch.0,
        group.channel.as_ref().map(ChannelName::as_str),
        group.message.as_deref(),
        group.git_commit.as_deref(),
        group.git_branch.as_deref(),
        group.git_dirty,
        seal.actor.0,
        seal.now.0
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

async fn insert_entry(
    tx: &mut PgConnection,
    operation: &Operation,
    entry: &NewEntry,
    version: u64,
) -> Result<(), StoreError> {
    let (share, salt) = rollout_columns(entry.rollout.as_ref());
    query!(
        "INSERT INTO updates (id, app_id, group_id, branch_id, platform, runtime_version, created_at, kind, app_version,
            fingerprint, origin_id, held, disabled, rollout_share, rollout_salt, rule, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        entry.id.0,
        operation.app.0,
        entry.group.0,
        operation.branch_of(entry.group)?.0,
        entry.lane.platform.as_str(),
        entry.lane.runtime_version.as_str(),
        entry.created_at.0,
        kind_word(entry.kind),
        signed(version)?,
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

/// Devices may run the update that has an id, or had it.
async fn check_ids(tx: &mut PgConnection, operation: &Operation) -> Result<(), CommitError> {
    let ids: Vec<Uuid> = operation.entries.iter().map(|entry| entry.id.0).collect();
    let taken = query_scalar!(
        r#"SELECT id AS "id!" FROM updates WHERE id = ANY ($1::uuid[])
        UNION ALL SELECT id FROM deleted_updates WHERE id = ANY ($1::uuid[])
        LIMIT 1"#,
        &ids
    )
    .fetch_optional(tx)
    .await
    .map_err(fault)?;
    taken.map_or(Ok(()), |id| Err(CommitError::IdTaken(UpdateId(id))))
}

/// All assets in one statement: an update may have 20,000.
async fn insert_assets(tx: &mut PgConnection, entry: &NewEntry) -> Result<(), StoreError> {
    if entry.assets.is_empty() {
        return Ok(());
    }
    let hashes: Vec<[u8; 32]> = entry.assets.iter().map(|asset| asset.hash.0).collect();
    let keys: Vec<&str> = entry.assets.iter().map(|asset| asset.key.as_str()).collect();
    let launches: Vec<bool> = entry.assets.iter().map(|asset| asset.launch).collect();
    query!(
        "INSERT INTO update_assets (update_id, position, hash, key, launch)
        SELECT $1, asset.position - 1, asset.hash, asset.key, asset.launch
        FROM unnest($2::bytea[], $3::text[], $4::boolean[]) WITH ORDINALITY AS asset (hash, key, launch, position)",
        entry.id.0,
        &hashes as _,
        &keys as _,
        &launches
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

/// The type of a blob is the one that the app first published it with; of several in one operation, the least.
async fn note_types(tx: &mut PgConnection, operation: &Operation, version: u64) -> Result<(), StoreError> {
    let mut types: BTreeMap<BlobHash, &str> = BTreeMap::new();
    for asset in operation.entries.iter().flat_map(|entry| &entry.assets) {
        let least = types.entry(asset.hash).or_insert(&asset.content_type);
        *least = asset.content_type.as_str().min(least);
    }
    if types.is_empty() {
        return Ok(());
    }
    let (hashes, types): (Vec<[u8; 32]>, Vec<&str>) = types.into_iter().map(|(hash, used)| (hash.0, used)).unzip();
    query!(
        "UPDATE app_blobs SET first_used_version = $1, content_type = used.content_type
        FROM unnest($2::bytea[], $3::text[]) AS used (hash, content_type)
        WHERE app_blobs.app_id = $4 AND app_blobs.hash = used.hash AND first_used_version IS NULL",
        signed(version)?,
        &hashes as _,
        &types as _,
        operation.app.0
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}
