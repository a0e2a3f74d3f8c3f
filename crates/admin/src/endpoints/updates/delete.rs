//! `DELETE /api/v1/apps/{app}/updates/{id}`

use axum::Json;
use axum::extract::State;
use publishing::Command;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::fields;
use crate::openapi::{DryRun, Idempotent, InApp, refusals};
use crate::operate::operate;
use crate::request::{Nothing, OnPlatform, Parsed, Path, Query};

refusals!(Operates, UnknownUpdate, UpdateNeeded);

/// Deletes a group, or one update, when nothing needs it.
///
/// Needed is what a device can be offered, may run with nothing later behind it, or what a later update repeats.
#[utoipa::path(
    delete, path = "/api/v1/apps/{app}/updates/{id}", tag = "updates", operation_id = "delete_update",
    params(InApp, Idempotent, DryRun, ("id" = api::texts::Id, Path, description = "A group's id, or one update's."), api::WhichPlatform),
    responses((status = 200, description = "What it did.", body = api::Operated), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, id)): Path<(String, String)>,
    Query(query): Query<OnPlatform>,
    Parsed { asked, .. }: Parsed<Nothing>,
) -> Result<Json<api::Operated>, Failure> {
    let command = Command::DeleteUpdates(fields::selection(&id, query.platform.as_deref())?);
    Ok(Json(operate(&admin, &operator, &app, command, &asked).await?))
}
