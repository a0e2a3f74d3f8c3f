//! `POST /api/v1/apps/{app}/channels/{channel}/rollout`

use axum::extract::State;
use publishing::Command;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{Conditional, DryRun, Idempotent, InApp, refusals};
use crate::operate::{Tagged, operate_if};
use crate::request::{Parsed, Path};

refusals!(
    Operates,
    PreconditionFailed,
    InvalidName,
    RolloutOver100,
    UnknownChannel,
    UnknownBranch,
    SplitChannel,
    NoChannelRollout,
    SameBranch,
    TooManyConditionalEntries,
);

/// Moves a channel's devices to another branch, share by share.
///
/// Devices cross over in both directions: those outside the share go back to the old branch.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/channels/{channel}/rollout", tag = "channels",
    operation_id = "change_channel_rollout",
    params(InApp, Idempotent, DryRun, Conditional, ("channel" = api::texts::ChannelName, Path, description = "The channel's name, percent-encoded.")),
    request_body = api::ChangeChannelRollout,
    responses((status = 200, description = "What it did.", body = api::Operated,
        headers(("etag" = String, description = "The entity tag that it has now, for `If-Match`."))), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, channel)): Path<(String, String)>,
    Parsed { body, asked }: Parsed<api::ChangeChannelRollout>,
) -> Result<Tagged<api::Operated>, Failure> {
    use api::ChangeChannelRollout as Change;
    let channel = fields::channel_in_path(&channel)?;
    let command = match body {
        Change::Start { branch, basis_points } => Command::StartChannelRollout {
            channel,
            branch: fields::branch("branch", &branch)?,
            share: fields::share("basis_points", basis_points)?,
        },
        Change::Set { basis_points } => {
            Command::SetChannelRollout { channel, share: fields::share("basis_points", basis_points)? }
        }
        Change::Finish {} => Command::FinishChannelRollout(channel),
        Change::Revert {} => Command::RevertChannelRollout(channel),
    };
    operate_if(&admin, &operator, &app, command, &asked).await
}
