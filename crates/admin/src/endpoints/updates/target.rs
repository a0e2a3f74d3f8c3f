//! `PUT /api/v1/apps/{app}/updates/{id}/rule`

use std::sync::Arc;

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

refusals!(Operates, InvalidRule, UnknownUpdate, NotServed, RolloutActive, TooManyConditionalEntries);

/// Serves a group, or one update, to the devices of a rule only.
///
/// It counts for what is served or waits behind a pin. Nobody loses what they have: devices that run the update and that
/// the rule leaves out stay on it until something later is served to them. What lies beneath is served to them, and is
/// issued again where they would refuse it.
#[utoipa::path(
    put, path = "/api/v1/apps/{app}/updates/{id}/rule", tag = "updates", operation_id = "target_update",
    params(InApp, Idempotent, DryRun, ("id" = api::texts::Id, Path, description = "A group's id, or one update's.")),
    request_body = api::TargetUpdate,
    responses((status = 200, description = "What it did.", body = api::Operated), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    operator: Operator,
    Path((app, id)): Path<(String, String)>,
    Parsed { body, asked }: Parsed<api::TargetUpdate>,
) -> Result<Json<api::Operated>, Failure> {
    let updates = fields::selection(&id, body.platform.as_deref())?;
    let command = Command::Target { updates, rule: Some(Arc::new(fields::rule(&body.rule)?)) };
    Ok(Json(operate(&admin, &operator, &app, command, &asked).await?))
}
