//! What refuses an operation. The app is locked, so what holds here holds until the end.

use std::collections::{BTreeSet, HashMap, HashSet};

use model::{AppId, BlobHash, KeyId, Lane, Millis, Platform, UpdateId};
use sqlx::{PgConnection, query, query_scalar};
use store::{CommitError, EntrySignature, NewEntry, Operation, Place, StoreError};
use uuid::Uuid;

use crate::columns::blob_hash;
use crate::fault::fault;
use crate::issued::{IssuedRow, query_issued};
use crate::{history, keys};

/// Every entry is later than all that was issued for its platform, over all branches and runtime versions, also than
/// what was deleted since (architecture.md §4 *Order*).
pub(super) async fn instants(tx: &mut PgConnection, app: AppId, entries: &[NewEntry]) -> Result<(), CommitError> {
    let mut newest: HashMap<Platform, Option<i64>> = HashMap::new();
    for NewEntry { lane, created_at, .. } in entries {
        let platform = lane.platform;
        let before = match newest.get(&platform) {
            Some(before) => *before,
            None => *newest.entry(platform).or_insert(of_platform(tx, app, platform).await?),
        };
        if before.is_some_and(|before| Millis(before) >= *created_at) {
            return Err(CommitError::HeadMoved { platform });
        }
    }
    Ok(())
}

async fn of_platform(tx: &mut PgConnection, app: AppId, platform: Platform) -> Result<Option<i64>, StoreError> {
    query_scalar!(
        "SELECT greatest(
            (SELECT max(created_at) FROM updates WHERE app_id = $1 AND platform = $2),
            (SELECT max(created_at) FROM deleted_updates WHERE app_id = $1 AND platform = $2)
        )",
        app.0,
        platform.as_str()
    )
    .fetch_one(tx)
    .await
    .map_err(fault)
}

/// What is published without a look at the app's version is held just when its branch is pinned. A branch that the app
/// does not have is told later.
pub(super) async fn pins(tx: &mut PgConnection, operation: &Operation) -> Result<(), CommitError> {
    let branches: Vec<Uuid> = operation.groups.iter().map(|group| group.branch.0).collect();
    let rows = query!(
        "SELECT id, pinned FROM branches WHERE id = ANY ($1::uuid[]) AND app_id = $2 AND deleted_at IS NULL",
        &branches,
        operation.app.0
    )
    .fetch_all(tx)
    .await
    .map_err(fault)?;
    let pinned: HashMap<Uuid, bool> = rows.into_iter().map(|row| (row.id, row.pinned)).collect();
    for entry in &operation.entries {
        let branch = operation.branch_of(entry.group)?;
        if pinned.get(&branch.0).is_some_and(|pinned| *pinned != entry.held) {
            return Err(CommitError::HeadMoved { platform: entry.lane.platform });
        }
    }
    Ok(())
}

/// No rollout is open where an entry goes. One that waits behind a pin is served to nobody.
pub(super) async fn rollouts(tx: &mut PgConnection, places: &[Place]) -> Result<(), CommitError> {
    for (branch, lane) in places {
        let open = query_scalar!(
            r#"SELECT EXISTS (
                SELECT 1 FROM updates
                WHERE branch_id = $1 AND platform = $2 AND runtime_version = $3
                    AND rollout_share IS NOT NULL AND NOT disabled AND NOT held
            ) AS "open!""#,
            branch.0,
            lane.platform.as_str(),
            lane.runtime_version.as_str()
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

/// The app has uploaded every asset.
pub(super) async fn blobs(tx: &mut PgConnection, operation: &Operation) -> Result<(), CommitError> {
    let wanted: BTreeSet<BlobHash> =
        operation.entries.iter().flat_map(|entry| &entry.assets).map(|asset| asset.hash).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let wanted: Vec<[u8; 32]> = wanted.into_iter().map(|hash| hash.0).collect();
    let missing = query_scalar!(
        r#"SELECT wanted.hash AS "hash!" FROM unnest($1::bytea[]) AS wanted (hash)
        WHERE NOT EXISTS (SELECT 1 FROM app_blobs WHERE app_id = $2 AND app_blobs.hash = wanted.hash)
        ORDER BY wanted.hash LIMIT 1"#,
        &wanted as _,
        operation.app.0
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
pub(super) async fn signatures(
    tx: &mut PgConnection,
    operation: &Operation,
    signatures: &[EntrySignature],
) -> Result<(), CommitError> {
    let keys: Vec<KeyId> = keys::all(tx, operation.app).await?.into_iter().map(|key| key.key_id).collect();
    let issued: HashSet<UpdateId> = operation.entries.iter().map(|entry| entry.id).collect();
    let stored = signatures.iter().map(|signed| signed.update).filter(|update| !issued.contains(update));
    let stored = history::known(tx, operation.app, stored).await?;
    let mut wanted: HashSet<(UpdateId, &KeyId)> =
        issued.iter().flat_map(|entry| keys.iter().map(|key| (*entry, key))).collect();
    for EntrySignature { update, key_id, .. } in signatures {
        let fits = if issued.contains(update) {
            wanted.remove(&(*update, key_id))
        } else {
            keys.contains(key_id) && stored.contains(update)
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
pub(super) async fn lanes(tx: &mut PgConnection, touched: BTreeSet<Place>) -> Result<(), CommitError> {
    for (branch, lane) in touched {
        // One more than a lane may have tells.
        let rows = query_issued!(
            "WHERE branch_id = $1 AND platform = $2 AND runtime_version = $3 AND NOT disabled AND NOT held
            ORDER BY created_at DESC LIMIT 33",
            branch.0,
            lane.platform.as_str(),
            lane.runtime_version.as_str()
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
