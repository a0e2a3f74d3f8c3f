//! `DELETE /api/v1/apps/{app}/channels/{channel}`

use axum::extract::State;
use publishing::Command;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{Conditional, DryRun, Idempotent, InApp, refusals};
use crate::operate::{Tagged, operate_if};
use crate::request::{Nothing, Parsed, Path};

refusals!(Operates, PreconditionFailed, UnknownChannel);

/// Deletes a channel.
///
/// Binaries that name it are told that there is no such channel, and go on with what they have.
#[utoipa::path(
    delete, path = "/api/v1/apps/{app}/channels/{channel}", tag = "channels", operation_id = "delete_channel",
    params(InApp, Idempotent, DryRun, Conditional, ("channel" = api::texts::ChannelName, Path, description = "The channel's name, percent-encoded.")),
    responses((status = 200, description = "What it did.", body = api::Operated), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, channel)): Path<(String, String)>,
    Parsed { asked, .. }: Parsed<Nothing>,
) -> Result<Tagged<api::Operated>, Failure> {
    let command = Command::DeleteChannel(fields::channel_in_path(&channel)?);
    operate_if(&admin, &operator, &app, command, &asked).await
}
