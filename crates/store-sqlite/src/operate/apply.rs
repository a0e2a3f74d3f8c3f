//! One operation: first what refuses it, in the order that [`Operate::apply`](store::Operate::apply) states, then its
//! rows. Only [`CommitError::TooManyConditionalEntries`] is seen in what was written; the transaction takes it back.

use std::collections::{BTreeSet, HashSet};

use model::{AppId, BlobHash, KeyId, Lane, Millis, UpdateId};
use sqlx::{SqliteConnection, query_scalar};
use store::{CommitError, EntrySignature, NewEntry, Operation, Place, Seal};

use super::{edits, issue, owns};
use crate::columns::{blob_hash, hex_list};
use crate::fault::fault;
use crate::issued::{IssuedRow, query_issued};
use crate::{apps, audit, history, keys};

/// Makes all of it visible; returns the app's new version.
pub(super) async fn apply(tx: &mut SqliteConnection, operation: &Operation, seal: &Seal) -> Result<u64, CommitError> {
    let app = operation.app;
    check_version(tx, operation).await?;
    if let Some(platform) = operation.out_of_order() {
        return Err(CommitError::OutOfOrder(platform));
    }
    check_instants(tx, app, &operation.entries).await?;
    if operation.at_version.is_none() {
        check_pins(tx, operation).await?;
    }
    let mut touched = edits::apply(tx, app, &operation.edits, seal.now).await?;
    for group in &operation.groups {
        if !owns(tx, app, group.branch).await? {
            return Err(CommitError::UnknownTarget);
        }
    }
    let places = operation.places()?;
    check_rollouts(tx, &places).await?;
    check_blobs(tx, operation).await?;
    check_signatures(tx, operation, &seal.signatures).await?;

    let version = apps::raise_version(tx, app).await?.ok_or(CommitError::UnknownApp)?;
    issue::issue(tx, operation, version, seal).await?;
    for EntrySignature { update, key_id, signature } in &seal.signatures {
        keys::insert_signature(tx, *update, key_id, signature).await?;
    }
    audit::write(tx, app, &seal.actor, operation.action, &operation.detail, seal.now).await?;
    touched.extend(places);
    check_lanes(tx, touched).await?;
    Ok(version)
}

async fn check_version(tx: &mut SqliteConnection, operation: &Operation) -> Result<(), CommitError> {
    let actual = apps::version(tx, operation.app).await?.ok_or(CommitError::UnknownApp)?;
    match operation.at_version {
        Some(expected) if expected != actual => Err(CommitError::VersionMoved { expected, actual }),
        _ => Ok(()),
    }
}

/// Every entry is later than all that was issued for its platform, over all branches and runtime versions, also than
/// what was deleted since (architecture.md §4 *Order*).
async fn check_instants(tx: &mut SqliteConnection, app: AppId, entries: &[NewEntry]) -> Result<(), CommitError> {
    let app = app.0.as_bytes().as_slice();
    for NewEntry { lane, created_at, .. } in entries {
        let platform = lane.platform.as_str();
        let newest = query_scalar!(
            r#"SELECT max(
                ifnull((SELECT max(created_at) FROM updates WHERE app_id = ?1 AND platform = ?2), ?3),
                ifnull((SELECT max(created_at) FROM deleted_updates WHERE app_id = ?1 AND platform = ?2), ?3)
            ) AS "newest!: i64""#,
            app,
            platform,
            i64::MIN
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(fault)?;
        if Millis(newest) >= *created_at {
            return Err(CommitError::HeadMoved { platform: lane.platform });
        }
    }
    Ok(())
}

/// What is published without a look at the app's version is held just when its branch is pinned. A branch that the app
/// does not have is told later.
async fn check_pins(tx: &mut SqliteConnection, operation: &Operation) -> Result<(), CommitError> {
    let app = operation.app.0.as_bytes().as_slice();
    for entry in &operation.entries {
        let branch = operation.branch_of(entry.group)?;
        let branch = branch.0.as_bytes().as_slice();
        let pinned = query_scalar!(
            r#"SELECT pinned AS "pinned: bool" FROM branches WHERE id = ? AND app_id = ? AND deleted_at IS NULL"#,
            branch,
            app
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(fault)?;
        if pinned.is_some_and(|pinned| pinned != entry.held) {
            return Err(CommitError::HeadMoved { platform: entry.lane.platform });
        }
    }
    Ok(())
}

/// No rollout is open where an entry goes. One that waits behind a pin is served to nobody.
async fn check_rollouts(tx: &mut SqliteConnection, places: &[Place]) -> Result<(), CommitError> {
    for (branch, lane) in places {
        let branch = branch.0.as_bytes().as_slice();
        let (platform, runtime_version) = (lane.platform.as_str(), lane.runtime_version.as_str());
        let open = query_scalar!(
            r#"SELECT EXISTS (
                SELECT 1 FROM updates
                WHERE branch_id = ? AND platform = ? AND runtime_version = ?
                    AND rollout_share IS NOT NULL AND disabled = 0 AND held = 0
            ) AS "open!: bool""#,
            branch,
            platform,
            runtime_version
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(fault)?;
        if open {
            return Err(CommitError::RolloutActive(lane.clone()));
        }
    }
    Ok(())
}

async fn check_blobs(tx: &mut SqliteConnection, operation: &Operation) -> Result<(), CommitError> {
    let app = operation.app.0.as_bytes().as_slice();
    let wanted: BTreeSet<BlobHash> =
        operation.entries.iter().flat_map(|entry| &entry.assets).map(|asset| asset.hash).collect();
    let wanted = hex_list(wanted.iter().map(|hash| hash.0.as_slice()));
    let missing = query_scalar!(
        r#"SELECT unhex(wanted.value) AS "hash!: Vec<u8>" FROM json_each(?1) AS wanted
        WHERE NOT EXISTS (SELECT 1 FROM app_blobs WHERE app_id = ?2 AND app_blobs.hash = unhex(wanted.value))
        ORDER BY wanted.key LIMIT 1"#,
        wanted,
        app
    )
    .fetch_optional(tx)
    .await
    .map_err(fault)?;
    match missing {
        None => Ok(()),
        Some(hash) => Err(CommitError::MissingBlob(blob_hash("app_blobs", &hash)?)),
    }
}

/// Every key of the app has signed every new entry, once; what else was signed is an entry of the app.
async fn check_signatures(
    tx: &mut SqliteConnection,
    operation: &Operation,
    signatures: &[EntrySignature],
) -> Result<(), CommitError> {
    let keys: Vec<KeyId> = keys::all(tx, operation.app).await?.into_iter().map(|key| key.key_id).collect();
    let issued: HashSet<UpdateId> = operation.entries.iter().map(|entry| entry.id).collect();
    let mut wanted: HashSet<(UpdateId, &KeyId)> =
        issued.iter().flat_map(|entry| keys.iter().map(|key| (*entry, key))).collect();
    for EntrySignature { update, key_id, .. } in signatures {
        let fits = if issued.contains(update) {
            wanted.remove(&(*update, key_id))
        } else {
            keys.contains(key_id) && history::has(tx, operation.app, *update).await?
        };
        if !fits {
            return Err(CommitError::StraySignature { update: *update, key_id: key_id.clone() });
        }
    }
    match wanted.into_iter().min() {
        None => Ok(()),
        Some((update, key_id)) => Err(CommitError::MissingSignature { update, key_id: key_id.clone() }),
    }
}

/// No lane that the operation touched has more entries than a walk may look at.
async fn check_lanes(tx: &mut SqliteConnection, touched: BTreeSet<Place>) -> Result<(), CommitError> {
    for (branch, lane) in touched {
        let branch = branch.0.as_bytes().as_slice();
        let (platform, runtime_version) = (lane.platform.as_str(), lane.runtime_version.as_str());
        // One more than a lane may have tells.
        let rows = query_issued!(
            "WHERE branch_id = ? AND platform = ? AND runtime_version = ? AND disabled = 0 AND held = 0
            ORDER BY created_at DESC LIMIT 33",
            branch,
            platform,
            runtime_version
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(fault)?;
        let newest_first: Vec<_> = rows.into_iter().map(IssuedRow::past).collect::<Result<_, _>>()?;
        if Lane::reachable(newest_first.into_iter().map(|past| past.entry)).is_err() {
            return Err(CommitError::TooManyConditionalEntries(lane));
        }
    }
    Ok(())
}
