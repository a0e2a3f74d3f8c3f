//! The rows of what an operation issues.

use std::collections::{BTreeMap, HashMap};

use model::{AppId, BlobHash, ChannelName};
use serde_json::{Value, json};
use sqlx::{SqliteConnection, query, query_scalar};
use store::{CommitError, NewEntry, NewGroup, Operation, Seal, StoreError};

use crate::columns::{hex_list, kind_word, rollout_columns, rule_text, signed};
use crate::fault::fault;

pub(super) async fn issue(
    tx: &mut SqliteConnection,
    operation: &Operation,
    version: u64,
    seal: &Seal,
) -> Result<(), CommitError> {
    for group in &operation.groups {
        insert_group(tx, operation.app, group, seal).await?;
    }
    for entry in &operation.entries {
        check_id(tx, entry).await?;
    }
    for entry in &operation.entries {
        insert_entry(tx, operation, entry, version).await?;
        insert_assets(tx, entry).await?;
    }
    Ok(note_types(tx, operation, version).await?)
}

async fn insert_group(tx: &mut SqliteConnection, app: AppId, group: &NewGroup, seal: &Seal) -> Result<(), StoreError> {
    let (app, id) = (app.0.as_bytes().as_slice(), group.id.0.as_bytes().as_slice());
    let (branch, channel) = (group.branch.0.as_bytes().as_slice(), group.channel.as_ref().map(ChannelName::as_str));
    query!(
        "INSERT INTO update_groups
            (id, app_id, branch_id, channel, message, git_commit, git_branch, git_dirty, published_by, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        app,
        branch,
        channel,
        group.message,
        group.git_commit,
        group.git_branch,
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
    tx: &mut SqliteConnection,
    operation: &Operation,
    entry: &NewEntry,
    version: u64,
) -> Result<(), StoreError> {
    let (app, branch) = (operation.app, operation.branch_of(entry.group)?);
    let (app, branch) = (app.0.as_bytes().as_slice(), branch.0.as_bytes().as_slice());
    let (id, group) = (entry.id.0.as_bytes().as_slice(), entry.group.0.as_bytes().as_slice());
    let (platform, runtime_version) = (entry.lane.platform.as_str(), entry.lane.runtime_version.as_str());
    let (kind, version, content) = (kind_word(entry.kind), signed(version)?, entry.content.0.as_slice());
    let origin = entry.origin.as_ref().map(|origin| origin.0.as_bytes().as_slice());
    let (share, salt) = rollout_columns(entry.rollout.as_ref());
    let (rule, body) = (rule_text(entry.rule.as_ref())?, entry.body.as_ref());
    query!(
        "INSERT INTO updates (id, app_id, group_id, branch_id, platform, runtime_version, created_at, kind, app_version,
            fingerprint, origin_id, held, disabled, rollout_share, rollout_salt, rule, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        app,
        group,
        branch,
        platform,
        runtime_version,
        entry.created_at.0,
        kind,
        version,
        content,
        origin,
        entry.held,
        entry.disabled,
        share,
        salt,
        rule,
        body
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

/// Devices may run the update that has this id, or had it.
async fn check_id(tx: &mut SqliteConnection, entry: &NewEntry) -> Result<(), CommitError> {
    let id = entry.id.0.as_bytes().as_slice();
    let taken = query_scalar!(
        r#"SELECT EXISTS (
            SELECT 1 FROM updates WHERE id = ?1 UNION ALL SELECT 1 FROM deleted_updates WHERE id = ?1
        ) AS "taken!: bool""#,
        id
    )
    .fetch_one(tx)
    .await
    .map_err(fault)?;
    if taken { Err(CommitError::IdTaken(entry.id)) } else { Ok(()) }
}

/// All assets in one statement: an update may have 20,000.
async fn insert_assets(tx: &mut SqliteConnection, entry: &NewEntry) -> Result<(), StoreError> {
    if entry.assets.is_empty() {
        return Ok(());
    }
    let update = entry.id.0.as_bytes().as_slice();
    let list: Value = entry.assets.iter().map(|asset| json!([asset.hash, asset.key, u8::from(asset.launch)])).collect();
    let list = list.to_string();
    query!(
        "INSERT INTO update_assets (update_id, position, hash, key, launch)
        SELECT ?1, asset.key, unhex(asset.value ->> 0), asset.value ->> 1, asset.value ->> 2 FROM json_each(?2) AS asset",
        update,
        list
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

/// The type of a blob is the one that the app first published it with; of several in one operation, the least.
async fn note_types(tx: &mut SqliteConnection, operation: &Operation, version: u64) -> Result<(), StoreError> {
    let mut types: HashMap<BlobHash, &str> = HashMap::new();
    for asset in operation.entries.iter().flat_map(|entry| &entry.assets) {
        let least = types.entry(asset.hash).or_insert(&asset.content_type);
        *least = asset.content_type.as_str().min(least);
    }
    // A statement a type, of which there are few, so that each blob is found by its hash.
    let mut by_type: BTreeMap<&str, Vec<BlobHash>> = BTreeMap::new();
    for (hash, content_type) in types {
        by_type.entry(content_type).or_default().push(hash);
    }
    let (app, version) = (operation.app.0.as_bytes().as_slice(), signed(version)?);
    for (content_type, blobs) in by_type {
        let blobs = hex_list(blobs.iter().map(|hash| hash.0.as_slice()));
        query!(
            "UPDATE app_blobs SET first_used_version = ?, content_type = ?
            WHERE app_id = ? AND hash IN (SELECT unhex(value) FROM json_each(?)) AND first_used_version IS NULL",
            version,
            content_type,
            app,
            blobs
        )
        .execute(&mut *tx)
        .await
        .map_err(fault)?;
    }
    Ok(())
}
