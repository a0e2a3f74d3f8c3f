//! `POST /api/v1/apps/{app}/channels`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use publishing::Command;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{DryRun, Idempotent, InApp, refusals};
use crate::operate::operate;
use crate::request::{Parsed, Path};

refusals!(Operates, InvalidName, UnknownBranch, ChannelExists);

/// Creates a channel.
///
/// It points at the branch named, else at the branch of its own name, which is created unless there is one.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/channels", tag = "channels", operation_id = "create_channel",
    params(InApp, Idempotent, DryRun), request_body = api::CreateChannel,
    responses((status = 201, description = "Binaries may name it.", body = api::Operated), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path(app): Path<String>,
    Parsed { body, asked }: Parsed<api::CreateChannel>,
) -> Result<(StatusCode, Json<api::Operated>), Failure> {
    let command = Command::CreateChannel {
        channel: fields::channel("name", &body.name)?,
        branch: body.branch.as_deref().map(|branch| fields::branch("branch", branch)).transpose()?,
    };
    Ok((StatusCode::CREATED, Json(operate(&admin, &operator, &app, command, &asked).await?)))
}
