//! `PATCH /api/v1/apps/{app}/channels/{channel}`

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
    UnknownChannel,
    UnknownBranch,
    SplitChannel,
    TooManyConditionalEntries
);

/// Points a channel at another branch, pauses it, or resumes it.
///
/// Devices follow at their next check. What is older than a roll back that they may have taken is issued again.
#[utoipa::path(
    patch, path = "/api/v1/apps/{app}/channels/{channel}", tag = "channels", operation_id = "change_channel",
    params(InApp, Idempotent, DryRun, Conditional, ("channel" = api::texts::ChannelName, Path, description = "The channel's name, percent-encoded.")),
    request_body(content = api::ChangeChannel, description = "Exactly one of the two."),
    responses((status = 200, description = "What it did.", body = api::Operated,
        headers(("etag" = String, description = "The entity tag that it has now, for `If-Match`."))), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, channel)): Path<(String, String)>,
    Parsed { body, asked }: Parsed<api::ChangeChannel>,
) -> Result<Tagged<api::Operated>, Failure> {
    let channel = fields::channel_in_path(&channel)?;
    let command = match body {
        api::ChangeChannel { branch: Some(branch), paused: None } => {
            Command::PointChannel { channel, branch: fields::branch("branch", &branch)? }
        }
        api::ChangeChannel { branch: None, paused: Some(paused) } => Command::PauseChannel { channel, paused },
        _ => return Err(Failure::bad_field("body", "it has not exactly one of `branch` and `paused`")),
    };
    operate_if(&admin, &operator, &app, command, &asked).await
}
