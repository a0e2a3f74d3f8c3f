//! `DELETE /api/v1/apps/{app}/updates/{id}/rule`

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

refusals!(Operates, UnknownUpdate, NotServed, RolloutActive, TooManyConditionalEntries);

/// Takes the rule of a group, or of one update, away: it is served whatever devices say.
///
/// An open rollout of it goes on.
#[utoipa::path(
    delete, path = "/api/v1/apps/{app}/updates/{id}/rule", tag = "updates", operation_id = "untarget_update",
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
    let command = Command::Target { updates: fields::selection(&id, query.platform.as_deref())?, rule: None };
    Ok(Json(operate(&admin, &operator, &app, command, &asked).await?))
}
