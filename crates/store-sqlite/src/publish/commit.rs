//! Making a prepared publish visible: one transaction, first all checks, then all rows.

use std::collections::HashSet;

use model::{AppId, BranchId, KeyId, Millis, UpdateId};
use serde_json::json;
use sqlx::{SqliteConnection, query, query_scalar};
use store::{
    Actor, AuditAction, Commit, CommitError, Committed, Effect, EntrySignature, LaneId, SESSION_LIFETIME, SessionId,
    StoreError,
};

use super::look::rollout_active;
use super::newest;
use crate::apps::raise_version;
use crate::columns::{blob_hash, json as stored_json, lane, signed, uuid, word};
use crate::fault::{fault, one_row};
use crate::{SqliteStore, audit, keys, replay};

pub(super) async fn commit(store: &SqliteStore, intent: Commit) -> Result<Effect<Committed>, CommitError> {
    let Commit { app, session, signatures, outcome, idempotency, actor, now } = intent;
    let mut tx = store.write().await?;
    if let Some(before) = replay::find::<CommitError>(&mut tx, idempotency.as_ref(), now).await? {
        return Ok(Effect::Replayed(before));
    }
    let found = find(&mut tx, app, session, now).await?;
    if let Some(before) = found.outcome {
        return Ok(Effect::Replayed(stored_json("publish_sessions", &before)?));
    }
    let entries = entries(&mut tx, session).await?;
    check_instants(&mut tx, app, &entries).await?;
    check_heads(&mut tx, session, found.branch).await?;
    check_rollouts(&mut tx, found.branch, &entries).await?;
    check_blobs(&mut tx, app, session).await?;
    check_signatures(&mut tx, app, &entries, &signatures).await?;

    let version = raise_version(&mut tx, app).await?.ok_or(CommitError::UnknownSession)?;
    issue(&mut tx, app, session, version, &actor, now).await?;
    for EntrySignature { update, key_id, signature } in &signatures {
        keys::insert_signature(&mut tx, *update, key_id, signature).await?;
    }
    finish(&mut tx, session, &outcome.to_string(), now).await?;
    replay::keep(&mut tx, idempotency.as_ref(), &outcome, now).await?;
    let updates: Vec<UpdateId> = entries.iter().map(|entry| entry.id).collect();
    let detail = json!({ "branch": found.branch, "updates": updates });
    audit::write(&mut tx, app, &actor, found.action, &detail, now).await?;
    tx.commit().await.map_err(fault)?;
    Ok(Effect::Fresh(Committed { version }))
}

struct Session {
    branch: BranchId,
    action: AuditAction,
    outcome: Option<String>,
}

/// An entry of the session, as far as the checks are concerned.
struct Waiting {
    id: UpdateId,
    lane: LaneId,
    created_at: Millis,
}

/// The session, committed or not; an uncommitted one that has expired is gone.
async fn find(tx: &mut SqliteConnection, app: AppId, session: SessionId, now: Millis) -> Result<Session, CommitError> {
    const TABLE: &str = "publish_sessions";
    let (app, id) = (app.0.as_bytes().as_slice(), session.0.as_bytes().as_slice());
    let expired = now.0 - SESSION_LIFETIME.0;
    let row = query!(
        "SELECT branch_id, action, outcome FROM publish_sessions
        WHERE id = ? AND app_id = ? AND (committed_at IS NOT NULL OR created_at > ?)",
        id,
        app,
        expired
    )
    .fetch_optional(tx)
    .await
    .map_err(fault)?
    .ok_or(CommitError::UnknownSession)?;
    Ok(Session {
        branch: BranchId(uuid(TABLE, &row.branch_id)?),
        action: word(TABLE, &row.action, AuditAction::parse)?,
        outcome: row.outcome,
    })
}

async fn entries(tx: &mut SqliteConnection, session: SessionId) -> Result<Vec<Waiting>, StoreError> {
    const TABLE: &str = "session_entries";
    let session = session.0.as_bytes().as_slice();
    let rows = query!(
        "SELECT update_id, platform, runtime_version, created_at FROM session_entries
        WHERE session_id = ? ORDER BY position",
        session
    )
    .fetch_all(tx)
    .await
    .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            Ok(Waiting {
                id: UpdateId(uuid(TABLE, &row.update_id)?),
                lane: lane(TABLE, &row.platform, &row.runtime_version)?,
                created_at: Millis(row.created_at),
            })
        })
        .collect()
}

/// Every entry is later than all that was issued for its platform (architecture.md §4 *Order*). Among themselves they
/// rise: saving them checked that.
async fn check_instants(tx: &mut SqliteConnection, app: AppId, entries: &[Waiting]) -> Result<(), CommitError> {
    for Waiting { lane, created_at, .. } in entries {
        if newest(tx, app, lane.platform).await?.is_some_and(|newest| newest >= *created_at) {
            return Err(CommitError::HeadMoved { platform: lane.platform });
        }
    }
    Ok(())
}

async fn check_heads(tx: &mut SqliteConnection, session: SessionId, branch: BranchId) -> Result<(), CommitError> {
    let (session, branch) = (session.0.as_bytes().as_slice(), branch.0.as_bytes().as_slice());
    let moved = query!(
        "SELECT platform, runtime_version FROM session_heads AS expected
        WHERE session_id = ?1 AND head_id IS NOT (
            SELECT id FROM updates
            WHERE branch_id = ?2 AND platform = expected.platform AND runtime_version = expected.runtime_version
            ORDER BY created_at DESC LIMIT 1
        )
        LIMIT 1",
        session,
        branch
    )
    .fetch_optional(tx)
    .await
    .map_err(fault)?;
    match moved {
        None => Ok(()),
        Some(row) => {
            let platform = lane("session_heads", &row.platform, &row.runtime_version)?.platform;
            Err(CommitError::HeadMoved { platform })
        }
    }
}

async fn check_rollouts(tx: &mut SqliteConnection, branch: BranchId, entries: &[Waiting]) -> Result<(), CommitError> {
    for Waiting { lane, .. } in entries {
        if rollout_active(tx, branch, lane).await? {
            return Err(CommitError::RolloutActive(lane.clone()));
        }
    }
    Ok(())
}

async fn check_blobs(tx: &mut SqliteConnection, app: AppId, session: SessionId) -> Result<(), CommitError> {
    let (app, session) = (app.0.as_bytes().as_slice(), session.0.as_bytes().as_slice());
    let missing = query_scalar!(
        "SELECT asset.hash FROM session_assets AS asset
        WHERE asset.session_id = ?1
            AND NOT EXISTS (SELECT 1 FROM app_blobs WHERE app_id = ?2 AND app_blobs.hash = asset.hash)
        ORDER BY asset.hash LIMIT 1",
        session,
        app
    )
    .fetch_optional(tx)
    .await
    .map_err(fault)?;
    match missing {
        None => Ok(()),
        Some(hash) => Err(CommitError::MissingBlob(blob_hash("session_assets", &hash)?)),
    }
}

/// Every key of the app has signed every entry, once, and nothing else was signed.
async fn check_signatures(
    tx: &mut SqliteConnection,
    app: AppId,
    entries: &[Waiting],
    signatures: &[EntrySignature],
) -> Result<(), CommitError> {
    let keys = keys::all(tx, app).await?;
    let mut wanted: HashSet<(UpdateId, &KeyId)> =
        entries.iter().flat_map(|entry| keys.iter().map(|key| (entry.id, &key.key_id))).collect();
    for EntrySignature { update, key_id, .. } in signatures {
        if !wanted.remove(&(*update, key_id)) {
            return Err(CommitError::StraySignature { update: *update, key_id: key_id.clone() });
        }
    }
    match wanted.into_iter().min() {
        None => Ok(()),
        Some((update, key_id)) => Err(CommitError::MissingSignature { update, key_id: key_id.clone() }),
    }
}

/// Moves the session's group, entries and assets to where devices get them from.
async fn issue(
    tx: &mut SqliteConnection,
    app: AppId,
    session: SessionId,
    version: u64,
    actor: &Actor,
    now: Millis,
) -> Result<(), StoreError> {
    let (app, session, version) = (app.0.as_bytes().as_slice(), session.0.as_bytes().as_slice(), signed(version)?);
    query!(
        "INSERT INTO update_groups
            (id, app_id, branch_id, channel, message, git_commit, git_branch, git_dirty, published_by, created_at)
        SELECT group_id, app_id, branch_id, channel, message, git_commit, git_branch, git_dirty, ?1, ?2
        FROM publish_sessions WHERE id = ?3",
        actor.0,
        now.0,
        session
    )
    .execute(&mut *tx)
    .await
    .map_err(fault)?;
    query!(
        "INSERT INTO updates (id, app_id, group_id, branch_id, platform, runtime_version, created_at, kind, app_version,
            fingerprint, origin_id, held, rollout_share, rollout_salt, body)
        SELECT update_id, app_id, group_id, branch_id, platform, runtime_version, entry.created_at, kind, ?1,
            fingerprint, origin_id, held, rollout_share, rollout_salt, body
        FROM session_entries AS entry JOIN publish_sessions AS session ON session.id = entry.session_id
        WHERE session.id = ?2 ORDER BY entry.position",
        version,
        session
    )
    .execute(&mut *tx)
    .await
    .map_err(fault)?;
    query!(
        "UPDATE app_blobs
        SET first_used_version = ?1, content_type = (
            SELECT min(content_type) FROM session_assets AS asset
            WHERE asset.session_id = ?2 AND asset.hash = app_blobs.hash
        )
        WHERE app_id = ?3 AND first_used_version IS NULL
            AND hash IN (SELECT hash FROM session_assets WHERE session_id = ?2)",
        version,
        session,
        app
    )
    .execute(&mut *tx)
    .await
    .map_err(fault)?;
    query!(
        "INSERT INTO update_assets (update_id, position, hash, key, launch)
        SELECT update_id, position, hash, key, launch FROM session_assets WHERE session_id = ?",
        session
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

/// Leaves of the session what a second commit is answered with.
async fn finish(tx: &mut SqliteConnection, session: SessionId, outcome: &str, now: Millis) -> Result<(), StoreError> {
    let session = session.0.as_bytes().as_slice();
    query!("DELETE FROM session_entries WHERE session_id = ?", session).execute(&mut *tx).await.map_err(fault)?;
    query!("DELETE FROM session_assets WHERE session_id = ?", session).execute(&mut *tx).await.map_err(fault)?;
    query!("DELETE FROM session_heads WHERE session_id = ?", session).execute(&mut *tx).await.map_err(fault)?;
    let done = query!(
        "UPDATE publish_sessions SET outcome = ?, committed_at = ? WHERE id = ? AND committed_at IS NULL",
        outcome,
        now.0,
        session
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    one_row("commit", done.rows_affected())
}
