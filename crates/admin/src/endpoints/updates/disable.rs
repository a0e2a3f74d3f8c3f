//! `POST /api/v1/apps/{app}/updates/{id}/disable`

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

refusals!(Operates, UnknownUpdate);

/// Disables a group, or one update: it is served to nobody any more.
///
/// Devices that run it stay on it until something later is published; a warning says so. To move them, roll back.
#[utoipa::path(
    post, path = "/api/v1/apps/{app}/updates/{id}/disable", tag = "updates", operation_id = "disable_update",
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
    let command = Command::Disable(fields::selection(&id, body.platform.as_deref())?);
    Ok(Json(operate(&admin, &operator, &app, command, &asked).await?))
}
