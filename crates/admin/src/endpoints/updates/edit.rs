//! `PATCH /api/v1/apps/{app}/updates/{id}`

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

/// Gives a group another message.
///
/// Of an update's id, the update's group is meant: a message belongs to a group.
#[utoipa::path(
    patch, path = "/api/v1/apps/{app}/updates/{id}", tag = "updates", operation_id = "edit_update",
    params(InApp, Idempotent, DryRun, ("id" = api::texts::Id, Path, description = "A group's id, or one update's.")),
    request_body = api::EditUpdate,
    responses((status = 200, description = "What it did.", body = api::Operated), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, id)): Path<(String, String)>,
    Parsed { body, asked }: Parsed<api::EditUpdate>,
) -> Result<Json<api::Operated>, Failure> {
    let command =
        Command::EditMessage { updates: fields::selection(&id, None)?, message: fields::message(body.message)? };
    Ok(Json(operate(&admin, &operator, &app, command, &asked).await?))
}
