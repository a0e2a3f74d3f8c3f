//! One statement an edit, each within the operation's app.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::control::{Edit, RegisteredEmbedded};
use model::{AppId, BranchId, ChannelId, ChannelName, Millis, Rollout, Rule, Target, UpdateId};
use sqlx::{PgConnection, query, query_as};
use store::{CommitError, Place, StoreError};
use uuid::Uuid;

use super::owns;
use crate::apps;
use crate::columns::{lane, rollout_columns, rule_text};
use crate::fault::fault;

/// Applies the edits in their order; returns the lanes in which a walk may go another way now.
pub(super) async fn apply(
    tx: &mut PgConnection,
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
async fn around(tx: &mut PgConnection, app: AppId, edit: &Edit, now: Millis) -> Result<bool, StoreError> {
    let connection = &mut *tx;
    let done =
        match edit {
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
                query!(
                    "UPDATE branches SET name = $1 WHERE id = $2 AND app_id = $3 AND deleted_at IS NULL",
                    name.as_str(),
                    branch.0,
                    app.0
                )
                .execute(connection)
                .await
            }
            Edit::DeleteBranch { branch } => query!(
                "UPDATE branches SET name = $1, deleted_at = $2 WHERE id = $3 AND app_id = $4 AND deleted_at IS NULL",
                format!("deleted:{branch}"),
                now.0,
                branch.0,
                app.0
            )
            .execute(connection)
            .await,
            Edit::PinBranch { branch, pinned } => {
                query!(
                    "UPDATE branches SET pinned = $1 WHERE id = $2 AND app_id = $3 AND deleted_at IS NULL",
                    *pinned,
                    branch.0,
                    app.0
                )
                .execute(connection)
                .await
            }
            Edit::PauseChannel { channel, paused } => {
                query!("UPDATE channels SET paused = $1 WHERE id = $2 AND app_id = $3", *paused, channel.0, app.0)
                    .execute(connection)
                    .await
            }
            Edit::DeleteChannel { channel } => {
                query!("DELETE FROM channels WHERE id = $1 AND app_id = $2", channel.0, app.0).execute(connection).await
            }
            Edit::SetMessage { group, message } => {
                query!(
                    "UPDATE update_groups SET message = $1 WHERE id = $2 AND app_id = $3",
                    message.as_deref(),
                    group.0,
                    app.0
                )
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
    tx: &mut PgConnection,
    app: AppId,
    channel: ChannelId,
    target: &Target,
) -> Result<bool, StoreError> {
    for branch in target.branches() {
        if !owns(tx, app, branch).await? {
            return Ok(false);
        }
    }
    let (branch, second, split) = match *target {
        Target::Branch(branch) => (branch, None, None),
        Target::Split { old, new, share, salt } => (old, Some(new.0), Some(Rollout { share, salt })),
    };
    let (share, salt) = rollout_columns(split.as_ref());
    let done = query!(
        "UPDATE channels SET branch_id = $1, split_branch_id = $2, split_share = $3, split_salt = $4
        WHERE id = $5 AND app_id = $6",
        branch.0,
        second,
        share,
        salt,
        channel.0,
        app.0
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(done.rows_affected() == 1)
}

/// Of one that is known, only what is missing is filled in.
async fn register(tx: &mut PgConnection, app: AppId, embedded: &RegisteredEmbedded) -> Result<(), StoreError> {
    query!(
        "INSERT INTO embedded_updates AS known (app_id, id, platform, runtime_version, created_at, launch_hash, channel)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (app_id, id) DO UPDATE
        SET launch_hash = coalesce(known.launch_hash, excluded.launch_hash),
            channel = coalesce(known.channel, excluded.channel)",
        app.0,
        embedded.id.0,
        embedded.platform.as_str(),
        embedded.runtime_version.as_str(),
        embedded.created_at.0,
        embedded.launch_hash.as_ref().map(|hash| hash.0.as_slice()),
        embedded.channel.as_ref().map(ChannelName::as_str)
    )
    .execute(tx)
    .await
    .map_err(fault)?;
    Ok(())
}

/// Where an entry lies that an edit changed.
struct Touched {
    branch_id: Uuid,
    platform: String,
    runtime_version: String,
}

impl Touched {
    fn place(found: Result<Option<Self>, sqlx::Error>) -> Result<Place, CommitError> {
        let row = found.map_err(fault)?.ok_or(CommitError::UnknownTarget)?;
        Ok((BranchId(row.branch_id), lane("updates", &row.platform, &row.runtime_version)?))
    }
}

async fn disable(tx: &mut PgConnection, app: AppId, update: UpdateId, disabled: bool) -> Result<Place, CommitError> {
    let found = query_as!(
        Touched,
        "UPDATE updates SET disabled = $1 WHERE id = $2 AND app_id = $3 RETURNING branch_id, platform, runtime_version",
        disabled,
        update.0,
        app.0
    );
    Touched::place(found.fetch_optional(tx).await)
}

async fn release(tx: &mut PgConnection, app: AppId, update: UpdateId) -> Result<Place, CommitError> {
    let found = query_as!(
        Touched,
        "UPDATE updates SET held = false WHERE id = $1 AND app_id = $2 RETURNING branch_id, platform, runtime_version",
        update.0,
        app.0
    );
    Touched::place(found.fetch_optional(tx).await)
}

async fn set_rollout(
    tx: &mut PgConnection,
    app: AppId,
    update: UpdateId,
    rollout: Option<&Rollout>,
) -> Result<Place, CommitError> {
    let (share, salt) = rollout_columns(rollout);
    let found = query_as!(
        Touched,
        "UPDATE updates SET rollout_share = $1, rollout_salt = $2 WHERE id = $3 AND app_id = $4
        RETURNING branch_id, platform, runtime_version",
        share,
        salt,
        update.0,
        app.0
    );
    Touched::place(found.fetch_optional(tx).await)
}

async fn set_rule(
    tx: &mut PgConnection,
    app: AppId,
    update: UpdateId,
    rule: Option<&Arc<Rule>>,
) -> Result<Place, CommitError> {
    let found = query_as!(
        Touched,
        "UPDATE updates SET rule = $1 WHERE id = $2 AND app_id = $3 RETURNING branch_id, platform, runtime_version",
        rule_text(rule)?,
        update.0,
        app.0
    );
    Touched::place(found.fetch_optional(tx).await)
}

/// Takes the entry away with all that refers to it, and its group when nothing else is in it. What devices that run it
/// refuse goes by its instant, so that stays.
async fn delete_update(tx: &mut PgConnection, app: AppId, update: UpdateId) -> Result<Place, CommitError> {
    let row = query!(
        "SELECT group_id, branch_id, platform, runtime_version FROM updates WHERE id = $1 AND app_id = $2",
        update.0,
        app.0
    )
    .fetch_optional(&mut *tx)
    .await
    .map_err(fault)?
    .ok_or(CommitError::UnknownTarget)?;
    for statement in [
        query!(
            "INSERT INTO deleted_updates (id, app_id, branch_id, platform, runtime_version, created_at, kind)
            SELECT id, app_id, branch_id, platform, runtime_version, created_at, kind FROM updates WHERE id = $1",
            update.0
        ),
        query!("DELETE FROM signatures WHERE update_id = $1", update.0),
        query!("DELETE FROM update_assets WHERE update_id = $1", update.0),
        query!("UPDATE updates SET origin_id = NULL WHERE origin_id = $1", update.0),
        query!("DELETE FROM updates WHERE id = $1", update.0),
        query!(
            "DELETE FROM update_groups
            WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM updates WHERE group_id = $1)",
            row.group_id
        ),
    ] {
        statement.execute(&mut *tx).await.map_err(fault)?;
    }
    Ok((BranchId(row.branch_id), lane("updates", &row.platform, &row.runtime_version)?))
}
