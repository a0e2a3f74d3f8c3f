//! `GET /api/v1/apps`

use axum::Json;
use axum::extract::State;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::refusals;

refusals!(Reads);

/// Lists the apps.
#[utoipa::path(
    get, path = "/api/v1/apps", tag = "apps", operation_id = "list_apps",
    responses((status = 200, description = "By name.", body = api::Apps), Refusals),
)]
pub async fn handle(State(admin): State<Admin>, _operator: Operator) -> Result<Json<api::Apps>, Failure> {
    let apps = admin.apps.apps().await?;
    Ok(Json(api::Apps { apps: apps.iter().map(super::summary).collect::<Result<_, _>>()? }))
}
