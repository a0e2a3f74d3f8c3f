//! `POST /api/v1/apps/{app}/updates/{id}/promote`

use axum::Json;
use axum::extract::State;
use publishing::{Command, Destination};

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::bodies::Promotion;
use crate::openapi::{DryRun, Idempotent, InApp, refusals};
use crate::operate::operate;
use crate::request::{Parsed, Path};

refusals!(
    Operates,
    InvalidName,
    RolloutOver100,
    UnknownChannel,
    UnknownBranch,
    UnknownUpdate,
    SplitChannel,
    RolloutActive,
    TooManyConditionalEntries,
    InvalidRule,
);

/// Issues a group's content again on another branch.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/updates/{id}/promote", tag = "updates", operation_id = "promote_update",
    params(InApp, Idempotent, DryRun, ("id" = api::texts::Id, Path, description = "A group's id, or one update's.")),
    request_body(content = Promotion, description = "Names either a channel or a branch."),
    responses((status = 200, description = "What it did.", body = api::Operated), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, id)): Path<(String, String)>,
    Parsed { body, asked }: Parsed<api::Reissue>,
) -> Result<Json<api::Operated>, Failure> {
    let command = Command::Promote {
        updates: fields::selection(&id, body.platform.as_deref())?,
        to: Destination::parse(body.channel.as_deref(), body.branch.as_deref())?,
        terms: fields::terms(body.rollout, body.rule, body.on_rollout)?,
        message: fields::message(body.message)?,
    };
    Ok(Json(operate(&admin, &operator, &app, command, &asked).await?))
}
