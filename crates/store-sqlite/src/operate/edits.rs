//! One statement an edit, each within the operation's app.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::control::{Edit, RegisteredEmbedded};
use model::{AppId, BranchId, ChannelId, ChannelName, Millis, Rollout, Rule, Target, UpdateId};
use sqlx::{SqliteConnection, query};
use store::{CommitError, Place, StoreError};

use super::owns;
use crate::apps;
use crate::columns::{lane, rollout_columns, rule_text, uuid};
use crate::fault::fault;

/// Applies the edits in their order; returns the lanes in which a walk may go another way now.
pub(super) async fn apply(
    tx: &mut SqliteConnection,
    app: AppId,
    edits: &[Edit],
    now: Millis,
) -> Result<BTreeSet<Place>, CommitError> {
    let mut touched = BTreeSet::new();
    for edit in edits {
        match edit {
            Edit::DisableUpdate { update, disabled } => touched.insert(disable(tx, app, *update, *disabled).await?),
            Edit::ReleaseUpdate { update } => touched.insert(release(tx, app, *update).await?),
            Edit::SetRollout { update, rollout } => {
                touched.insert(set_rollout(tx, app, *update, rollout.as_ref()).await?)
            }
            Edit::SetRule { update, rule } => touched.insert(set_rule(tx, app, *update, rule.as_ref()).await?),
            Edit::DeleteUpdate { update } => touched.insert(delete_update(tx, app, *update).await?),
            elsewhere if around(tx, app, elsewhere, now).await? => true,
            _ => return Err(CommitError::UnknownTarget),
        };
    }
    Ok(touched)
}

/// The edits that change no entry; whether the app had what they name.
async fn around(tx: &mut SqliteConnection, app: AppId, edit: &Edit, now: Millis) -> Result<bool, StoreError> {
    let (connection, app_id) = (&mut *tx, app.0.as_bytes().as_slice());
    let done = match edit {
        Edit::CreateBranch { id, name } => {
            apps::insert_branch(tx, app, *id, name, now).await?;
            return Ok(true);
        }
        Edit::CreateChannel { id, name, branch } => {
            return apps::insert_channel(tx, app, *id, name, *branch, now).await;
        }
        Edit::PointChannel { channel, target } => return point_channel(tx, app, *channel, target).await,
        Edit::RegisterEmbedded(embedded) => {
            register(tx, app, embedded).await?;
            return Ok(true);
        }
        Edit::RenameBranch { branch, name } => {
            let (branch, name) = (branch.0.as_bytes().as_slice(), name.as_str());
            query!(
                "UPDATE branches SET name = ? WHERE id = ? AND app_id = ? AND deleted_at IS NULL",
                name,
                branch,
                app_id
            )
            .execute(connection)
            .await
        }
        Edit::DeleteBranch { branch } => {
            let (free, branch) = (format!("deleted:{branch}"), branch.0.as_bytes().as_slice());
            query!(
                "UPDATE branches SET name = ?, deleted_at = ? WHERE id = ? AND app_id = ? AND deleted_at IS NULL",
                free,
                now.0,
                branch,
                app_id
            )
            .execute(connection)
            .await
        }
        Edit::PinBranch { branch, pinned } => {
            let branch = branch.0.as_bytes().as_slice();
            query!(
                "UPDATE branches SET pinned = ? WHERE id = ? AND app_id = ? AND deleted_at IS NULL",
                pinned,
                branch,
                app_id
            )
            .execute(connection)
            .await
        }
        Edit::PauseChannel { channel, paused } => {
            let channel = channel.0.as_bytes().as_slice();
            query!("UPDATE channels SET paused = ? WHERE id = ? AND app_id = ?", paused, channel, app_id)
                .execute(connection)
                .await
        }
        Edit::DeleteChannel { channel } => {
            let channel = channel.0.as_bytes().as_slice();
            query!("DELETE FROM channels WHERE id = ? AND app_id = ?", channel, app_id).execute(connection).await
        }
        Edit::SetMessage { group, message } => {
            let group = group.0.as_bytes().as_slice();
            query!("UPDATE update_groups SET message = ? WHERE id = ? AND app_id = ?", message, group, app_id)
                .execute(connection)
                .await
        }
        Edit::DisableUpdate { .. }
        | Edit::ReleaseUpdate { .. }
        | Edit::SetRollout { .. }
        | Edit::SetRule { .. }
        | Edit::DeleteUpdate { .. } => return Ok(false),
    };
    Ok(done.map_err(fault)?.rows_affected() == 1)
}

async fn point_channel(
    tx: &mut SqliteConnection,
    app: AppId,
    channel: ChannelId,
    target: &Target,
) -> Result<bool, StoreError> {
    for branch in target.branches() {
        if !owns(tx, app, branch).await? {
            return Ok(false);
        }
    }
    let (app, channel) = (app.0.as_bytes().as_slice(), channel.0.as_bytes().as_slice());
    let (branch, split) = match target {
        Target::Branch(branch) => (branch, None),
        Target::Split { old, new, share, salt } => (old, Some((new, Rollout { share: *share, salt: *salt }))),
    };
    let (branch, (second, share)) = (branch.0.as_bytes().as_slice(), split.as_ref().copied().unzip());
    let second = second.map(|second: &BranchId| second.0.as_bytes().as_slice());
    let (share, salt) = rollout_columns(share.as_ref());
    let done = query!(
        "UPDATE channels SET branch_id = ?, split_branch_id = ?, split_share = ?, split_salt = ?
        WHERE id = ? AND app_id = ?",
        branch,
        second,
        share,
        salt,
        channel,
        app
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(done.rows_affected() == 1)
}

/// Of one that is known, only what is missing is filled in.
async fn register(tx: &mut SqliteConnection, app: AppId, embedded: &RegisteredEmbedded) -> Result<(), StoreError> {
    let (app, id) = (app.0.as_bytes().as_slice(), embedded.id.0.as_bytes().as_slice());
    let (platform, runtime_version) = (embedded.platform.as_str(), embedded.runtime_version.as_str());
    let launch_hash = embedded.launch_hash.as_ref().map(|hash| hash.0.as_slice());
    let channel = embedded.channel.as_ref().map(ChannelName::as_str);
    query!(
        "INSERT INTO embedded_updates (app_id, id, platform, runtime_version, created_at, launch_hash, channel)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (app_id, id) DO UPDATE
        SET launch_hash = coalesce(launch_hash, excluded.launch_hash), channel = coalesce(channel, excluded.channel)",
        app,
        id,
        platform,
        runtime_version,
        embedded.created_at.0,
        launch_hash,
        channel
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

/// Where an entry lies that an edit changed.
struct Touched {
    branch_id: Vec<u8>,
    platform: String,
    runtime_version: String,
}

impl Touched {
    fn place(found: Result<Option<Self>, sqlx::Error>) -> Result<Place, CommitError> {
        let row = found.map_err(fault)?.ok_or(CommitError::UnknownTarget)?;
        Ok((BranchId(uuid("updates", &row.branch_id)?), lane("updates", &row.platform, &row.runtime_version)?))
    }
}

async fn disable(
    tx: &mut SqliteConnection,
    app: AppId,
    update: UpdateId,
    disabled: bool,
) -> Result<Place, CommitError> {
    let (app, update) = (app.0.as_bytes().as_slice(), update.0.as_bytes().as_slice());
    let found = sqlx::query_as!(
        Touched,
        "UPDATE updates SET disabled = ? WHERE id = ? AND app_id = ? RETURNING branch_id, platform, runtime_version",
        disabled,
        update,
        app
    );
    Touched::place(found.fetch_optional(tx).await)
}

async fn release(tx: &mut SqliteConnection, app: AppId, update: UpdateId) -> Result<Place, CommitError> {
    let (app, update) = (app.0.as_bytes().as_slice(), update.0.as_bytes().as_slice());
    let found = sqlx::query_as!(
        Touched,
        "UPDATE updates SET held = 0 WHERE id = ? AND app_id = ? RETURNING branch_id, platform, runtime_version",
        update,
        app
    );
    Touched::place(found.fetch_optional(tx).await)
}

async fn set_rollout(
    tx: &mut SqliteConnection,
    app: AppId,
    update: UpdateId,
    rollout: Option<&Rollout>,
) -> Result<Place, CommitError> {
    let (app, update) = (app.0.as_bytes().as_slice(), update.0.as_bytes().as_slice());
    let (share, salt) = rollout_columns(rollout);
    let found = sqlx::query_as!(
        Touched,
        "UPDATE updates SET rollout_share = ?, rollout_salt = ? WHERE id = ? AND app_id = ?
        RETURNING branch_id, platform, runtime_version",
        share,
        salt,
        update,
        app
    );
    Touched::place(found.fetch_optional(tx).await)
}

async fn set_rule(
    tx: &mut SqliteConnection,
    app: AppId,
    update: UpdateId,
    rule: Option<&Arc<Rule>>,
) -> Result<Place, CommitError> {
    let (app, update, rule) = (app.0.as_bytes().as_slice(), update.0.as_bytes().as_slice(), rule_text(rule)?);
    let found = sqlx::query_as!(
        Touched,
        "UPDATE updates SET rule = ? WHERE id = ? AND app_id = ? RETURNING branch_id, platform, runtime_version",
        rule,
        update,
        app
    );
    Touched::place(found.fetch_optional(tx).await)
}

/// Takes the entry away with all that refers to it, and its group when nothing else is in it. What devices that run it
/// refuse goes by its instant, so that stays.
async fn delete_update(tx: &mut SqliteConnection, app: AppId, update: UpdateId) -> Result<Place, CommitError> {
    let (app, update) = (app.0.as_bytes().as_slice(), update.0.as_bytes().as_slice());
    let row = query!(
        "SELECT group_id, branch_id, platform, runtime_version FROM updates WHERE id = ? AND app_id = ?",
        update,
        app
    )
    .fetch_optional(&mut *tx)
    .await
    .map_err(fault)?
    .ok_or(CommitError::UnknownTarget)?;
    for statement in [
        query!(
            "INSERT INTO deleted_updates (id, app_id, branch_id, platform, runtime_version, created_at, kind)
            SELECT id, app_id, branch_id, platform, runtime_version, created_at, kind FROM updates WHERE id = ?",
            update
        ),
        query!("DELETE FROM signatures WHERE update_id = ?", update),
        query!("DELETE FROM update_assets WHERE update_id = ?", update),
        query!("UPDATE updates SET origin_id = NULL WHERE origin_id = ?", update),
        query!("DELETE FROM updates WHERE id = ?", update),
        query!(
            "DELETE FROM update_groups
            WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM updates WHERE group_id = ?1)",
            row.group_id
        ),
    ] {
        statement.execute(&mut *tx).await.map_err(fault)?;
    }
    let place = (uuid("updates", &row.branch_id)?, lane("updates", &row.platform, &row.runtime_version)?);
    Ok((BranchId(place.0), place.1))
}
