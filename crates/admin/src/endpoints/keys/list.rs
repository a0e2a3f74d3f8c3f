//! `GET /api/v1/apps/{app}/keys`

use axum::Json;
use axum::extract::State;

use crate::Admin;
use crate::auth::Operator;
use crate::failure::Failure;
use crate::openapi::{InApp, refusals};
use crate::request::{self, Path};

refusals!(ReadsInApp);

/// Lists the signing keys, without their private parts.
#[utoipa::path(
    get, path = "/api/v1/apps/{app}/keys", tag = "keys", operation_id = "list_keys",
    params(InApp),
    responses((status = 200, description = "By key id.", body = api::Keys), Refusals),
)]
pub async fn handle(
    State(admin): State<Admin>,
    _operator: Operator,
    Path(app): Path<String>,
) -> Result<Json<api::Keys>, Failure> {
    let keys = admin.publishing.keys(&request::app(&app)?).await?;
    Ok(Json(api::Keys { keys: keys.into_iter().map(super::key).collect() }))
}
