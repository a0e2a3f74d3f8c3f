//! The look before rendering.

use model::{AppId, BranchId, BranchName, Target, next_instant};
use sqlx::{SqliteConnection, query, query_scalar};
use store::{Destination, LaneBefore, LaneId, Prepare, PrepareError, Prepared, StoreError};

use super::newest;
use crate::columns::{name, unsigned, uuid};
use crate::fault::fault;
use crate::{SqliteStore, apps, history};

pub(super) async fn prepare(store: &SqliteStore, question: Prepare) -> Result<Prepared, PrepareError> {
    let Prepare { app, destination, lanes, now } = question;
    let mut tx = store.read().await?;
    let id = app.0.as_bytes().as_slice();
    let version = query_scalar!("SELECT version FROM apps WHERE id = ?", id)
        .fetch_optional(&mut *tx)
        .await
        .map_err(fault)?
        .ok_or(PrepareError::UnknownApp)?;
    let (branch, branch_name) = branch(&mut tx, app, destination).await?;
    let mut before = Vec::with_capacity(lanes.len());
    for lane in lanes {
        before.push(LaneBefore {
            next_instant: next_instant(now, newest(&mut tx, app, lane.platform).await?),
            head: history::head(&mut tx, branch, &lane).await?,
            rollout_active: rollout_active(&mut tx, branch, &lane).await?,
            lane,
        });
    }
    Ok(Prepared { branch, branch_name, version: unsigned("apps", version)?, lanes: before })
}

/// Whether a rollout is open in the lane.
pub(super) async fn rollout_active(
    connection: &mut SqliteConnection,
    branch: BranchId,
    lane: &LaneId,
) -> Result<bool, StoreError> {
    let branch = branch.0.as_bytes().as_slice();
    let (platform, runtime_version) = (lane.platform.as_str(), lane.runtime_version.as_str());
    query_scalar!(
        r#"SELECT EXISTS (
            SELECT 1 FROM updates
            WHERE branch_id = ? AND platform = ? AND runtime_version = ? AND rollout_share IS NOT NULL AND disabled = 0
        ) AS "active!: bool""#,
        branch,
        platform,
        runtime_version
    )
    .fetch_one(connection)
    .await
    .map_err(fault)
}

async fn branch(
    connection: &mut SqliteConnection,
    app: AppId,
    destination: Destination,
) -> Result<(BranchId, BranchName), PrepareError> {
    let (branch, branch_name) = match destination {
        Destination::Branch(wanted) => (named(connection, app, &wanted).await?, wanted),
        Destination::Channel(wanted) => {
            let channels = apps::channels(connection, app).await?;
            let found = channels.into_iter().find(|channel| channel.name == wanted);
            match found.map(|channel| channel.target) {
                None => return Err(PrepareError::UnknownChannel(wanted)),
                Some(Target::Split { .. }) => return Err(PrepareError::ChannelIsSplit(wanted)),
                Some(Target::Branch(branch)) => (Some(branch), name_of(connection, branch).await?),
            }
        }
    };
    branch.map(|branch| (branch, branch_name.clone())).ok_or(PrepareError::UnknownBranch(branch_name))
}

async fn named(
    connection: &mut SqliteConnection,
    app: AppId,
    branch: &BranchName,
) -> Result<Option<BranchId>, StoreError> {
    let (app, branch) = (app.0.as_bytes().as_slice(), branch.as_str());
    query!("SELECT id FROM branches WHERE app_id = ? AND name = ?", app, branch)
        .fetch_optional(connection)
        .await
        .map_err(fault)?
        .map(|row| uuid("branches", &row.id).map(BranchId))
        .transpose()
}

async fn name_of(connection: &mut SqliteConnection, branch: BranchId) -> Result<BranchName, StoreError> {
    let branch = branch.0.as_bytes().as_slice();
    let text =
        query_scalar!("SELECT name FROM branches WHERE id = ?", branch).fetch_one(connection).await.map_err(fault)?;
    name("branches", &text, BranchName::parse)
}
