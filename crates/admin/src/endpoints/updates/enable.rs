//! `POST /api/v1/apps/{app}/updates/{id}/enable`

use axum::Json;
use axum::extract::State;
use publishing::Command;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{DryRun, Idempotent, InApp, refusals};
use crate::operate::operate;
use crate::request::{Parsed, Path};

refusals!(Operates, UnknownUpdate, RolloutActive, TooManyConditionalEntries);

/// Enables a group, or one update, that was disabled: it is served again.
///
/// Where it is what a device would be offered, a warning says to whom it is served again.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/updates/{id}/enable", tag = "updates", operation_id = "enable_update",
    params(InApp, Idempotent, DryRun, ("id" = api::texts::Id, Path, description = "A group's id, or one update's.")),
    request_body = Option<api::WhichPlatform>,
    responses((status = 200, description = "What it did.", body = api::Operated), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, id)): Path<(String, String)>,
    Parsed { body, asked }: Parsed<api::WhichPlatform>,
) -> Result<Json<api::Operated>, Failure> {
    let command = Command::Enable(fields::selection(&id, body.platform.as_deref())?);
    Ok(Json(operate(&admin, &operator, &app, command, &asked).await?))
}
